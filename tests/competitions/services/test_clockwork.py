"""Reminders before a deadline and the day's digest: each once, to those whom it concerns."""

from datetime import timedelta

import pytest
from django.utils import translation

from competitions.models import Notice, OutboxItem
from competitions.services import mails, team_invitations, team_merges
from competitions.services.clockwork import digest_due, remind_due, remind_of_choices
from competitions.services.message_texts import message_text
from competitions.status import MailKind, MailMode
from tests import makers

pytestmark = pytest.mark.django_db


def told(kind):
    return [(one.user.username, one.content) for one in Notice.objects.filter(kind=kind).order_by("pk")]


def test_contestants_are_reminded_at_72_24_and_3_hours_once_each(competition, contestant, organiser):
    phase = competition.phases.get()
    for hours, expected in ((80, 0), (72, 1), (71, 0), (30, 0), (24, 1), (3, 1), (2, 0)):
        now = phase.ends_at - timedelta(hours=hours)
        assert (remind_due(now=now), remind_due(now=now)) == (expected, 0), hours
    assert remind_due(now=phase.ends_at + timedelta(seconds=1)) == 0
    assert [(name, content["hours"]) for name, content in told(MailKind.DEADLINE)] == [
        ("contestant", 72), ("contestant", 24), ("contestant", 3),
    ]  # fmt: skip


def test_a_sweeper_that_was_away_reminds_of_the_nearest_step_only(competition, contestant):
    phase = competition.phases.get()
    assert remind_due(now=phase.ends_at - timedelta(hours=2)) == 1
    assert [content["hours"] for _name, content in told(MailKind.DEADLINE)] == [2]


def test_a_deadline_that_was_moved_is_reminded_of_anew(competition, contestant):
    phase = competition.phases.get()
    assert remind_due(now=phase.ends_at - timedelta(hours=3)) == 1
    phase.ends_at += timedelta(days=10)
    phase.save()
    assert remind_due(now=phase.ends_at - timedelta(hours=3)) == 1
    assert len(told(MailKind.DEADLINE)) == 2


def test_the_digest_counts_a_days_submissions_and_tells_no_score(team, contestant, competition, now):
    makers.make_scored(team, 0.123, 0.456)
    makers.make_rejected(team, content=b"id,y\nb,1\n")
    assert digest_due(now=now) == 3  # the days before, on which nothing happened
    assert told(MailKind.SUBMISSIONS) == []
    tomorrow = now + timedelta(days=1)
    assert (digest_due(now=tomorrow), digest_due(now=tomorrow)) == (1, 0)
    assert told(MailKind.SUBMISSIONS) == [("contestant", {"scored": 1, "failed": 1})]
    text = message_text(MailKind.SUBMISSIONS, {"scored": 1, "failed": 1}, competition)
    assert text.paragraphs == ("1 submission was scored.", "1 submission was refused or failed.")
    assert OutboxItem.objects.count() == 1


def test_who_wants_it_at_once_is_told_at_once_and_not_again(team, contestant, now):
    mails.set_mode(contestant, MailKind.SUBMISSIONS, MailMode.EACH)
    makers.make_scored(team)
    assert told(MailKind.SUBMISSIONS) == [("contestant", {"scored": 1, "failed": 0})]
    digest_due(now=now + timedelta(days=1))
    assert len(told(MailKind.SUBMISSIONS)) == 1


def test_a_team_that_has_chosen_nothing_is_reminded_once_a_step(competition, team, contestant, compiled_catalogue):
    competition.final_select = 2
    competition.save()
    for content in (b"id,y\na,1\n", b"id,y\na,2\n"):
        makers.make_scored(team, 0.123, 0.456, content=content)
    phase = competition.phases.get()
    near = phase.ends_at - timedelta(hours=20)
    assert (remind_of_choices(now=near), remind_of_choices(now=near)) == (1, 0)
    ((name, content),) = told(MailKind.DEADLINE)
    assert (name, content["hours"]) == ("contestant", 24)
    with translation.override("ja"):
        text = message_text(MailKind.DEADLINE, content, competition)
    assert "最終提出を選んでいません" in text.paragraphs[1]
    assert text.path.endswith("/submissions/")


def test_people_are_told_of_invitations_and_merges(competition, team, contestant, rival, visitor, now):
    competition.team_max_size = 5
    competition.save()
    team_invitations.invite(team, name=visitor.username, user=contestant, now=now)
    team_invitations.invite(team, name=visitor.username, user=contestant, now=now)
    rivals = rival.team_memberships.get().team
    merge = team_merges.propose(team, other=rivals, user=contestant, now=now)
    team_merges.accept(merge, user=rival, now=now)
    assert [(name, content["news"]) for name, content in told(MailKind.TEAM)] == [
        (visitor.username, "invited"),
        (rival.username, "merge_proposed"),
        (contestant.username, "merged"),
    ]
    for _name, content in told(MailKind.TEAM):
        assert team.name in message_text(MailKind.TEAM, content, competition).title
