"""The way into a contest and out of it: answers, acceptance, consents, admission, leaving and coming back."""

from datetime import timedelta

import pytest
from django.core import mail

from competitions.models import (
    Acceptance,
    AuditEvent,
    Competition,
    Consent,
    DataAcceptance,
    Notice,
    Registration,
    Team,
)
from competitions.participation import text_digest
from competitions.permissions import can_download, can_submit
from competitions.queries.final_choices import choosable_submissions
from competitions.queries.participation import has_consented
from competitions.queries.people import Obstacle, obstacle
from competitions.queries.submissions import allowance_for
from competitions.queries.teams import team_of
from competitions.services import consents, mails, outbox, registrations, team_invitations, team_members, teams
from competitions.services.registrations import CannotDecide, Entry
from competitions.status import Channel, ConsentWay, RegistrationStatus
from tests import makers

pytestmark = pytest.mark.django_db
QUESTIONS = [
    {"key": "resident", "label": makers.both("Do you live in Japan?"), "kind": "yes_no", "eligible": True},
    {
        "key": "status",
        "label": makers.both("Status"),
        "kind": "choice",
        "choices": [
            {"key": "student", "label": makers.both("student")},
            {"key": "other", "label": makers.both("other")},
        ],
    },
    {"key": "employer", "label": makers.both("Employer"), "kind": "text", "optional": True, "personal": True},
]
CONSENTS = [{"key": "sponsors", "label": makers.both("Sponsors may read my name and affiliation.")}]
GOOD = {"resident": "yes", "status": "student"}


@pytest.fixture
def competition(db: None) -> Competition:
    return makers.make_competition(questions=QUESTIONS, consents=CONSENTS, team_max_size=3)


@pytest.fixture
def closed_door(competition: Competition) -> Competition:
    competition.needs_approval = True
    competition.save()
    return competition


def join(user, competition, now, name="", **said) -> Team:
    entry = Entry(**{"answers": GOOD, "data_terms": competition.data_terms.last(), **said})
    terms = competition.terms.last()
    return registrations.join(
        user=user, competition=competition, team_name=name or user.username, terms=terms, entry=entry, now=now
    )


def status_of(user) -> str:
    return Registration.objects.get(user=user).status


# -- joining ----------------------------------------------------------------------------------------------------------


def test_joining_records_answers_terms_and_consents_with_version_digest_time_and_way(competition, visitor, now):
    data = makers.make_data_terms(competition)
    team = join(visitor, competition, now, consents=frozenset({"sponsors"}), way=ConsentWay.API)
    assert join(visitor, competition, now) == team
    registration = Registration.objects.get()
    assert (registration.status, registration.answers) == ("approved", {"resident": True, "status": "student"})
    rules, given = Acceptance.objects.get(user=visitor), Consent.objects.get()
    assert (rules.digest, rules.way) == (text_digest(competition.terms.last().text), "api")
    accepted = DataAcceptance.objects.get(user=visitor)
    assert (accepted.terms, accepted.digest, accepted.accepted_at) == (data, text_digest(data.text), now)
    assert (given.key, given.digest, given.given_at, given.way) == (
        "sponsors",
        text_digest(CONSENTS[0]["label"]),
        now,
        "api",
    )
    assert can_submit(visitor, competition)


def test_a_consent_is_not_given_unless_it_is_said(competition, visitor, now):
    join(visitor, competition, now)
    assert not has_consented(visitor, competition, "sponsors")
    assert not Consent.objects.exists()


def test_a_consent_is_taken_back_at_any_time_and_the_record_stays(competition, visitor, now):
    join(visitor, competition, now, consents=frozenset({"sponsors"}))
    assert has_consented(visitor, competition, "sponsors")
    for _ in range(2):
        consents.withdraw(user=visitor, competition=competition, key="sponsors", now=now)
    assert not has_consented(visitor, competition, "sponsors")
    assert Consent.objects.get().withdrawn_at == now
    consents.give(user=visitor, competition=competition, key="sponsors", way=ConsentWay.PAGE, now=now)
    assert Consent.objects.count() == 2
    assert [event.verb for event in AuditEvent.objects.filter(verb__startswith="consent")] == [
        "consent given",
        "consent withdrawn",
        "consent given",
    ]


def test_a_consent_to_other_words_is_none(competition, visitor, now):
    join(visitor, competition, now, consents=frozenset({"sponsors"}))
    competition.consents = [{"key": "sponsors", "label": makers.both("Sponsors may sell my data.")}]
    competition.save()
    assert not has_consented(visitor, competition, "sponsors")


@pytest.mark.parametrize(
    ("answers", "question"),
    [
        ({"status": "student"}, "resident"),
        ({**GOOD, "status": "king"}, "status"),
        ({**GOOD, "resident": "perhaps"}, "resident"),
        ({**GOOD, "employer": "x" * 501}, "employer"),
        ({**GOOD, "shoe_size": "44"}, "shoe_size"),
    ],
)
def test_an_answer_that_is_missing_or_impossible_is_named(competition, visitor, now, answers, question):
    with pytest.raises(registrations.InvalidAnswers) as caught:
        join(visitor, competition, now, answers=answers)
    assert caught.value.key == question
    assert (Registration.objects.count(), team_of(visitor, competition)) == (0, None)


def test_who_is_not_eligible_is_told_so_and_a_changed_answer_is_looked_at(competition, visitor, now):
    with pytest.raises(registrations.NotEligible, match="Do you live in Japan"):
        join(visitor, competition, now, answers={**GOOD, "resident": "no"})
    assert obstacle(visitor, competition) == Obstacle.NOT_ELIGIBLE
    assert team_of(visitor, competition) is None
    join(visitor, competition, now)
    assert (status_of(visitor), Registration.objects.get().was_ineligible) == ("waiting", True)
    assert not can_submit(visitor, competition)


def test_old_data_terms_let_nobody_in(competition, visitor, now):
    makers.make_data_terms(competition)
    with pytest.raises(consents.DataTermsOutdated):
        join(visitor, competition, now, data_terms=None)
    assert not Registration.objects.exists()


def test_a_new_version_of_the_data_terms_asks_everybody_again(competition, visitor, now):
    competition.final_select = 1
    competition.save()
    makers.make_data_terms(competition)
    team = join(visitor, competition, now)
    makers.make_submission(team)
    assert choosable_submissions(visitor, now=now).exists()
    newer = makers.make_data_terms(competition, "2", created_at=now + timedelta(hours=1))
    assert obstacle(visitor, competition) == Obstacle.DATA_TERMS_NOT_ACCEPTED
    assert not can_download(visitor, competition)
    assert not can_submit(visitor, competition)
    assert not choosable_submissions(visitor, now=now).exists()
    consents.accept_data_terms(user=visitor, terms=newer, way=ConsentWay.PAGE, now=now)
    assert can_download(visitor, competition)
    assert can_submit(visitor, competition)
    assert choosable_submissions(visitor, now=now).exists()


def test_nobody_comes_round_the_questions_through_a_team(competition, visitor, rival, now):
    captain = team_of(rival, competition).members.get().user
    invitation = team_invitations.invite(team_of(rival, competition), name="visitor", user=captain, now=now)
    terms = competition.terms.last()
    with pytest.raises(teams.NotRegistered):
        team_invitations.accept(invitation, user=visitor, terms=terms, now=now)
    join(visitor, competition, now)
    assert team_invitations.accept(invitation, user=visitor, terms=terms, now=now) == team_of(rival, competition)


# -- admission --------------------------------------------------------------------------------------------------------


def test_who_waits_sees_the_contest_and_neither_downloads_nor_submits(closed_door, visitor, organiser, now):
    join(visitor, closed_door, now)
    assert obstacle(visitor, closed_door) == Obstacle.WAITING_FOR_APPROVAL
    assert not can_download(visitor, closed_door)
    assert not can_submit(visitor, closed_door)
    registration = Registration.objects.get()
    registrations.approve(registration, actor=organiser, now=now)
    registrations.approve(registration, actor=organiser, now=now)
    assert can_download(visitor, closed_door)
    assert can_submit(visitor, closed_door)
    outbox.work_off({Channel.MAIL: mails.prepare_mail}, seconds=20, clock=lambda: now)
    assert (Notice.objects.filter(user=visitor).count(), len(mail.outbox)) == (1, 1)
    assert "You take part" in mail.outbox[0].subject


def test_who_is_refused_reads_why_and_may_be_admitted_later(closed_door, visitor, organiser, now):
    join(visitor, closed_door, now)
    registration = Registration.objects.get()
    with pytest.raises(CannotDecide):
        registrations.refuse(registration, actor=organiser, reason="  ", now=now)
    registrations.refuse(registration, actor=organiser, reason="Employees of the host.", now=now)
    assert obstacle(visitor, closed_door) == Obstacle.NOT_ADMITTED
    assert team_of(visitor, closed_door) is None
    with pytest.raises(registrations.NotAdmitted, match="Employees of the host"):
        join(visitor, closed_door, now)
    event = AuditEvent.objects.get(verb="registration decided")
    assert (event.actor, event.reason, event.before, event.after) == (
        organiser,
        "Employees of the host.",
        {"status": "waiting"},
        {"status": "refused"},
    )
    registrations.approve(registration, actor=organiser, now=now)
    join(visitor, closed_door, now)
    assert can_submit(visitor, closed_door)


def test_who_takes_part_cannot_be_refused_afterwards(competition, visitor, organiser, now):
    join(visitor, competition, now)
    with pytest.raises(CannotDecide):
        registrations.refuse(Registration.objects.get(), actor=organiser, reason="late", now=now)


# -- leaving ----------------------------------------------------------------------------------------------------------


def test_leaving_keeps_submissions_and_coming_back_gives_no_new_quota(competition, visitor, now):
    team = join(visitor, competition, now, consents=frozenset({"sponsors"}))
    makers.make_scored(team)
    before = allowance_for(team, competition.phases.get(), now=now).left_today
    ahead = registrations.leave_outlook(visitor, competition)
    assert (ahead.others, ahead.submissions, ahead.keeps_place) == (0, 1, True)
    for _ in range(2):
        registrations.leave(user=visitor, competition=competition, now=now)
    assert not can_submit(visitor, competition)
    assert not can_download(visitor, competition)
    assert obstacle(visitor, competition) == Obstacle.NOT_JOINED
    assert not has_consented(visitor, competition, "sponsors")
    assert team.submissions.count() == 1
    again = join(visitor, competition, now, answers={})  # nobody is asked the same twice
    assert again == team
    assert allowance_for(again, competition.phases.get(), now=now).left_today == before
    assert can_submit(visitor, competition)


def test_who_leaves_a_team_and_begins_another_has_what_they_used_before(competition, team, visitor, now):
    makers.make_mate(team, "mate")
    mate = team.members.get(user__username="mate").user
    makers.make_scored(team, user=mate, content=b"id,y\na,5\n")
    makers.make_scored(team, content=b"id,y\na,6\n")
    registrations.leave(user=mate, competition=competition, now=now)
    assert status_of(mate) == RegistrationStatus.LEFT
    fresh = join(mate, competition, now)
    phase = competition.phases.get()
    assert fresh != team
    assert allowance_for(fresh, phase, now=now).used.today == 1  # their own, not the captain's
    assert allowance_for(team, phase, now=now).used.today == 2
    assert team_members.locked(team).submissions.count() == 2


def test_a_team_that_sent_nothing_goes_with_its_last_member(competition, visitor, now):
    join(visitor, competition, now)
    registrations.leave(user=visitor, competition=competition, now=now)
    assert not Team.objects.filter(competition=competition, name="visitor").exists()
    assert join(visitor, competition, now).members.get().user == visitor


def test_who_left_while_waiting_waits_again(closed_door, visitor, now):
    join(visitor, closed_door, now)
    registrations.leave(user=visitor, competition=closed_door, now=now)
    join(visitor, closed_door, now)
    assert status_of(visitor) == RegistrationStatus.WAITING
