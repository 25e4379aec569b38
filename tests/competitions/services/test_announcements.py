"""An announcement reaches exactly the people that were counted, once."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from competitions.models import Announcement, AuditEvent, Notice, OutboxItem
from competitions.queries.announcements import audience, visible_announcements
from competitions.services import announcements, mails, outbox
from competitions.services.announcements import AlreadySent, AudienceChanged, InvalidAnnouncement
from competitions.status import Audience, Channel, CompetitionStatus, Role
from tests import makers
from tests.competitions.pages.conftest import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def crowd(competition, organiser, team, rival):
    """A contestant who submitted, a rival and two others who did not, an organiser, and people of another contest."""
    makers.make_scored(team)
    for name in ("quiet", "idle"):
        makers.make_team(competition, name)
    elsewhere = makers.make_competition("elsewhere")
    makers.make_scored(makers.make_team(elsewhere, "stranger"))
    makers.make_member(elsewhere, "other-organiser", Role.ORGANISER)


@pytest.fixture
def draft(competition, organiser, now):
    def write(audience_kind=Audience.CONTESTANTS, phase=None, **fields):
        texts = {"title": makers.both("Storm"), "text": makers.both("The **deadline** moves.")}
        return announcements.save_draft(
            competition=competition, author=organiser, audience_kind=audience_kind, phase=phase, now=now,
            **{**texts, **fields},
        )  # fmt: skip

    return write


def send(announcement, organiser, now, expected=None):
    count = audience(announcement.competition, announcement.audience, announcement.phase).count()
    return announcements.send(announcement, actor=organiser, expected=count if expected is None else expected, now=now)


def post_all(now):
    outbox.work_off({Channel.MAIL: mails.prepare_mail}, seconds=60, clock=lambda: now)
    return sorted(one.to[0].partition("@")[0] for one in mail.outbox)


EXPECTED = {
    Audience.CONTESTANTS: ["contestant", "idle", "quiet", "rival"],
    Audience.WITHOUT_SUBMISSION: ["idle", "quiet", "rival"],
    Audience.PHASE: ["contestant"],
    Audience.ORGANISERS: ["organiser"],
}


@pytest.mark.parametrize("kind", Audience)
def test_a_mail_to_a_group_reaches_exactly_that_group(crowd, draft, organiser, competition, now, kind):
    """Not everybody, as elsewhere: codabench#2109."""
    announcement = draft(kind, competition.phases.get() if kind == Audience.PHASE else None)
    sent = send(announcement, organiser, now)
    assert post_all(now) == EXPECTED[kind]
    told = Notice.objects.filter(announcement=sent).values_list("user__username", flat=True)
    assert sorted(told) == EXPECTED[kind]
    assert sent.reached == len(EXPECTED[kind])


def test_whoever_comes_between_the_question_and_the_answer_is_asked_about_again(
    crowd, draft, organiser, competition, now
):
    announcement = draft()
    makers.make_team(competition, "late")
    with pytest.raises(AudienceChanged, match="5 people now"):
        send(announcement, organiser, now, expected=4)
    assert not OutboxItem.objects.exists()
    send(announcement, organiser, now, expected=5)
    assert "late" in post_all(now)


def test_sent_twice_is_sent_once(crowd, draft, organiser, now):
    announcement = draft()
    first = send(announcement, organiser, now)
    second = send(announcement, organiser, now + timedelta(hours=1), expected=99)
    assert first.sent_at == second.sent_at == now
    assert len(post_all(now)) == 4
    assert AuditEvent.objects.filter(verb="announcement sent").count() == 1


def test_what_was_sent_is_neither_changed_nor_discarded(crowd, draft, organiser, now):
    sent = send(draft(), organiser, now)
    with pytest.raises(AlreadySent):
        draft(draft=sent)
    with pytest.raises(AlreadySent):
        announcements.discard(sent)


@pytest.mark.parametrize(
    "fields",
    [
        {"title": {"en": "Storm", "ja": " "}},
        {"text": {"en": "", "ja": "嵐"}},
        {"title": makers.both("x" * 121)},
        {"audience_kind": Audience.PHASE},
        {"audience_kind": "everybody"},
    ],
)
def test_a_draft_that_lacks_something_is_refused(draft, fields):
    with pytest.raises(InvalidAnnouncement):
        draft(**fields)


def test_a_draft_contest_announces_to_nobody_but_its_organisers(crowd, draft, organiser, competition, now):
    competition.status = CompetitionStatus.DRAFT
    competition.save()
    with pytest.raises(InvalidAnnouncement, match="Publish"):
        send(draft(), organiser, now)
    send(draft(Audience.ORGANISERS), organiser, now)


def test_an_announcement_stands_on_top_of_the_overview_for_those_it_is_for(crowd, draft, organiser, now, url):
    send(draft(), organiser, now)
    send(draft(Audience.WITHOUT_SUBMISSION, title=makers.both("Do not forget")), organiser, now)
    browsers = {name: Client() for name in ("contestant", "rival", "nobody")}
    for name in ("contestant", "rival"):
        browsers[name].force_login(Notice.objects.filter(user__username=name).first().user)
    pages = {name: text_of(browser.get(url)) for name, browser in browsers.items()}
    assert all("The <strong>deadline</strong> moves." in page for page in pages.values())
    assert {name for name, page in pages.items() if "Do not forget" in page} == {"rival"}


def test_the_page_says_how_many_it_will_reach_before_it_is_sent(crowd, organisers, draft, url, now):
    announcement = draft()
    address = f"{url}organiser/announcements/{announcement.pk}/"
    assert "It will reach 4 people." in text_of(organisers.get(address))
    wrong = organisers.post(f"{address}send/", {"reach": "3"}, follow=True)
    assert "It would reach 4 people now" in text_of(wrong)
    assert not Announcement.objects.exclude(sent_at=None).exists()
    right = organisers.post(f"{address}send/", {"reach": "4"}, follow=True)
    assert "Sent to 4 people." in text_of(right)


def test_an_organiser_writes_changes_and_discards_a_draft(organisers, team, url):
    texts = {"title_en": "A", "title_ja": "あ", "text_en": "<script>x</script>", "text_ja": "い"}
    answer = organisers.post(f"{url}organiser/announcements/", {**texts, "audience": "contestants"})
    draft = Announcement.objects.get()
    assert answer["Location"].endswith(f"/{draft.pk}/")
    assert "<script>" not in draft.html["en"]
    organisers.post(answer["Location"], {**texts, "title_en": "B", "audience": "organisers"})
    draft.refresh_from_db()
    assert (draft.title["en"], draft.audience) == ("B", "organisers")
    organisers.post(f"{answer['Location']}discard/")
    assert not Announcement.objects.exists()
    assert organisers.post(f"{url}organiser/announcements/", {**texts, "title_ja": ""}).status_code == 400


def test_notices_are_read_on_a_page_and_counted_on_every_other(crowd, draft, organiser, contestants, url, now):
    send(draft(), organiser, now)
    assert 'class="topbar-count">1<' in text_of(contestants.get(url))
    page = contestants.get("/notices/")
    assert "Storm" in text_of(page)
    contestants.post("/notices/read/", {"up_to": page.context["newest"]})
    assert "topbar-count" not in text_of(contestants.get(url))


def test_the_api_lists_what_was_announced_to_the_asker(crowd, draft, organiser, contestants, nobody, competition, now):
    draft()
    send(draft(Audience.PHASE, competition.phases.get(), title=makers.both("Well done")), organiser, now)
    address = f"/api/v1/competitions/{competition.slug}/announcements/"
    assert [one["title"]["en"] for one in contestants.get(address).json()] == ["Well done"]
    assert nobody.get(address).json() == []
    assert visible_announcements(organiser).count() == 2
