"""Mail leaves the site once: whatever dies in between, nothing is lost and nobody gets it twice."""

import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction

from competitions import tasks
from competitions.models import OutboxItem
from competitions.services import mails, outbox
from competitions.services.outbox import MAX_ATTEMPTS, WAITS
from competitions.status import Channel, MailKind, MailMode, OutboxStatus
from tests import makers

pytestmark = pytest.mark.django_db
PREPARE = {Channel.MAIL: mails.prepare_mail}
CONTENT = {"title": makers.both("You are invited"), "text": makers.both("Join us.\nAt once."), "path": "/me/"}


class Killed(BaseException):
    """The process is gone: no handler of ours runs any more."""


@pytest.fixture
def put(contestant, competition, now):
    def write(*users, key="invitation:1", content=CONTENT):
        people = users or [contestant]
        outbox.put_mails(MailKind.RESULTS, people, key=key, content=content, now=now, competition=competition)

    return write


def work(at):
    return outbox.work_off(PREPARE, seconds=20, clock=lambda: at)


def status():
    return OutboxItem.objects.get().status


# -- once -------------------------------------------------------------------------------------------------------------


def test_a_mail_goes_out_once_however_often_the_act_is_repeated(put, now):
    put()
    put()
    assert (work(now), work(now)) == (1, 0)
    assert (len(mail.outbox), status()) == (1, OutboxStatus.SENT)


def test_an_act_that_is_taken_back_sends_nothing(put, now):
    with transaction.atomic():
        put()
        transaction.set_rollback(True)
    assert work(now) == 0


def test_people_get_one_each_and_no_other_key_is_in_the_way(put, contestant, rival, now):
    put(contestant, rival)
    put(contestant, key="invitation:2")
    work(now)
    assert sorted(one.to[0] for one in mail.outbox) == [contestant.email, contestant.email, rival.email]


# -- whatever dies ----------------------------------------------------------------------------------------------------


def test_a_sender_that_dies_before_it_hands_over_loses_nothing(put, now, monkeypatch):
    put()
    monkeypatch.setattr(mails, "compose", lambda *_: (_ for _ in ()).throw(Killed()))
    with pytest.raises(Killed):
        work(now)
    monkeypatch.undo()
    assert status() == OutboxStatus.SENDING
    later = now + outbox.LEASE + timedelta(seconds=1)
    assert outbox.requeue_stuck(now=now) == 0
    assert outbox.requeue_stuck(now=later) == 1
    work(later + WAITS[0])
    assert (len(mail.outbox), status()) == (1, OutboxStatus.SENT)


def test_a_sender_that_dies_after_the_mail_left_never_sends_it_twice(put, now, monkeypatch):
    put()
    monkeypatch.setattr(outbox, "_end", lambda *_, **__: (_ for _ in ()).throw(Killed()))
    with pytest.raises(Killed):
        work(now)
    monkeypatch.undo()
    assert len(mail.outbox) == 1
    later = now + timedelta(days=1)
    outbox.requeue_stuck(now=later)
    work(later)
    assert (len(mail.outbox), status()) == (1, OutboxStatus.UNCERTAIN)
    assert outbox.send_again(OutboxItem.objects.get(), now=later)  # an operator looked into the server's log
    work(later)
    assert (len(mail.outbox), status()) == (2, OutboxStatus.SENT)


def test_a_sender_that_was_given_up_does_not_send_what_another_one_has(put, now, monkeypatch):
    put()
    prepare, later = mails.prepare_mail, now + outbox.LEASE + timedelta(seconds=1)

    def slow(item):
        ready = prepare(item)
        if item.attempt == 1:
            outbox.requeue_stuck(now=later)
            work(later + WAITS[0])
        return ready

    monkeypatch.setitem(PREPARE, Channel.MAIL, slow)
    work(now)
    assert (len(mail.outbox), status()) == (1, OutboxStatus.SENT)


def test_a_broker_that_is_away_delays_and_loses_nothing(put, now, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr("competitions.services.hints.app.send_task", lambda *_, **__: (_ for _ in ()).throw(OSError()))
    with django_capture_on_commit_callbacks(execute=True):
        put()
    assert work(now) == 1  # the sweeper's turn


def test_the_worker_and_the_sweeper_see_to_it(put, contestant):
    put()
    tasks.sweep()
    assert tasks.send_outbox() == 1
    assert [one.to for one in mail.outbox] == [[contestant.email]]


def test_an_operator_sees_the_outbox_and_sends_again_what_was_given_up(put, operator, nobody):
    put()
    OutboxItem.objects.update(status=OutboxStatus.FAILED, attempt=MAX_ATTEMPTS)
    nobody.force_login(operator)
    address = "/operator/competitions/outboxitem/"
    assert "invitation:1:user-" in nobody.get(address).content.decode()
    nobody.post(address, {"action": "send_again", "_selected_action": [OutboxItem.objects.get().pk]})
    assert status() == OutboxStatus.WAITING


# -- refusals ---------------------------------------------------------------------------------------------------------


def failing(monkeypatch, error, *, where="send_messages"):
    def fail(*_args):
        raise error

    monkeypatch.setattr(EmailBackend, where, fail)


def test_a_server_that_is_away_is_tried_again_later_and_later_and_not_for_ever(put, now, monkeypatch):
    put()
    failing(monkeypatch, ConnectionRefusedError(), where="open")
    at, waits = now, []
    while status() == OutboxStatus.WAITING:
        assert work(at) == 1
        item = OutboxItem.objects.get()
        waits.append(item.due_at - at)
        assert work(at) == 0
        at = max(item.due_at, at)
    assert (len(waits), tuple(waits[:-1])) == (MAX_ATTEMPTS, WAITS)
    item = OutboxItem.objects.get()
    assert (item.status, item.error) == (OutboxStatus.FAILED, "the mail server does not answer: ConnectionRefusedError")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (smtplib.SMTPServerDisconnected(), OutboxStatus.UNCERTAIN),
        (TimeoutError(), OutboxStatus.UNCERTAIN),
        (smtplib.SMTPDataError(451, b"later"), OutboxStatus.WAITING),
        (smtplib.SMTPRecipientsRefused({"a": (550, b"nobody")}), OutboxStatus.FAILED),
        (smtplib.SMTPRecipientsRefused({"a": (450, b"full")}), OutboxStatus.WAITING),
        (ValueError("a fault of ours"), OutboxStatus.WAITING),
    ],
)
def test_what_the_server_says_decides_whether_it_is_tried_again(put, now, monkeypatch, error, expected):
    put()
    failing(monkeypatch, error)
    work(now)
    assert status() == expected


def test_one_mail_that_cannot_be_made_does_not_stop_the_others(put, contestant, rival, now):
    put(contestant, content={})
    put(rival, key="invitation:2")
    work(now)
    assert [one.to for one in mail.outbox] == [[rival.email]]


# -- the mail itself --------------------------------------------------------------------------------------------------


def test_a_mail_has_both_parts_the_contests_contact_and_a_way_out(put, now, contestant, competition, settings):
    competition.title = {"en": "Tide\nBcc: x@example.org", "ja": "潮"}
    competition.save()
    put()
    work(now)
    (sent,) = mail.outbox
    assert sent.subject == "[Tide Bcc: x@example.org] You are invited"
    assert sent.reply_to == ["organiser@example.org"]
    assert "Join us.\nAt once." in sent.body
    assert sent.alternatives[0].mimetype == "text/html"
    assert f"{settings.SITE_URL}/me/" in sent.body
    address = sent.extra_headers["List-Unsubscribe"].strip("<>")
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert address in sent.body
    sent.message().as_bytes()  # no header is broken


def test_a_mail_is_in_the_persons_language(put, now, contestant, compiled_catalogue):
    contestant.language = "ja"
    contestant.save()
    put()
    work(now)
    (sent,) = mail.outbox
    assert "You are invited（日本語）" in sent.subject
    assert "今後この種類のメールを受け取らない" in sent.body
    assert '<html lang="ja">' in sent.alternatives[0].content


def test_what_a_person_switched_off_is_not_sent(put, now, contestant):
    put()
    mails.set_mode(contestant, MailKind.RESULTS, MailMode.OFF)
    work(now)
    assert (mail.outbox, status()) == ([], OutboxStatus.SKIPPED)


def test_nothing_goes_to_an_address_that_was_not_verified_or_a_person_who_is_locked_out(put, now, contestant, rival):
    put(contestant, rival)
    contestant.emailaddress_set.update(verified=False)
    rival.is_active = False
    rival.save()
    work(now)
    assert mail.outbox == []


def test_one_click_switches_one_kind_off_without_logging_in(nobody, contestant):
    address = f"/unsubscribe/{mails.unsubscribe_token(contestant, MailKind.RESULTS)}/"
    assert nobody.get(address).status_code == 200
    assert mails.modes_of(contestant)[MailKind.RESULTS] == MailMode.EACH  # programs follow links
    nobody.handler.enforce_csrf_checks = True
    assert nobody.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    modes = mails.modes_of(contestant)
    assert (modes[MailKind.RESULTS], modes[MailKind.ANNOUNCEMENT]) == (MailMode.OFF, MailMode.EACH)
    assert nobody.post(address[:-3] + "xx/").status_code == 404


def test_a_person_sets_all_switches_on_the_profile_page(contestants, contestant):
    wanted = {kind.value: mode.value for kind, mode in mails.modes_of(contestant).items()}
    answer = contestants.post("/me/mail/", {**wanted, "submissions": "each", "deadline": "off"})
    assert answer.status_code == 302
    modes = mails.modes_of(contestant)
    assert (modes[MailKind.SUBMISSIONS], modes[MailKind.DEADLINE]) == (MailMode.EACH, MailMode.OFF)
    assert contestants.post("/me/mail/", {**wanted, "team": "digest"}).status_code == 400
