"""The audit of winners: who is asked, what is decided, and that nothing is told before all of it is published."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.utils import timezone

from competitions.models import (
    AuditEvent,
    Board,
    Membership,
    Notice,
    OutboxItem,
    Standing,
    User,
    WinnerDecision,
    WinnerEntry,
)
from competitions.models.audit import AppendOnly
from competitions.queries.awards import awarded_places
from competitions.queries.winners import outlooks
from competitions.services import (
    board_releases,
    winners,
)
from competitions.services.winners import AuditRefused
from competitions.status import BoardKind, MailKind, Role, WinnerVerdict
from tests import makers
from tests.competitions.winner_stage import (
    end_contest,
    entry_of,
    hand_in,
    make_audit,
    make_award,
    make_ranked,
    opened,
)

CONFIRMED, REJECTED = WinnerVerdict.CONFIRMED, WinnerVerdict.REJECTED


@pytest.fixture
def award(competition):
    return make_award(competition)


@pytest.fixture
def record(competition, award):
    return make_audit(competition, days=10, answer_days=5)


@pytest.fixture
def teams(competition):
    return make_ranked(competition, "ada", "bob", "cleo")


def confirm(team, organiser):
    entry = entry_of(team)
    if not entry.hand_ins.exists():
        hand_in(entry)
    return winners.decide(entry, CONFIRMED, actor=organiser, now=timezone.now())


def reject(team, organiser, reason="It writes other numbers."):
    return winners.decide(entry_of(team), REJECTED, actor=organiser, now=timezone.now(), reason=reason)


def news(team):
    return list(Notice.objects.filter(user=team.members.get().user, kind=MailKind.RESULTS).order_by("pk"))


def told(team):
    user = team.members.get().user
    return [
        one.content["title"]["en"] for one in Notice.objects.filter(user=user, kind=MailKind.RESULTS).order_by("pk")
    ]


# -- opening ----------------------------------------------------------------------------------------------------------


def test_the_audit_begins_when_all_is_over_and_scored(record, teams, organiser, now):
    with pytest.raises(AuditRefused, match="not over"):
        winners.open_audit(record, actor=organiser, now=now)
    end_contest(record.competition)
    waiting = makers.make_submission(teams[2], content=b"id,y\na,9\n")
    with pytest.raises(AuditRefused):
        winners.open_audit(record, actor=organiser, now=now)
    waiting.evaluations.all().delete()
    assert winners.open_audit(record, actor=organiser, now=now).opened_at == now


def test_an_upload_that_began_before_the_deadline_is_waited_for(record, teams, organiser, now):
    end_contest(record.competition, days=0)
    with pytest.raises(AuditRefused):
        winners.open_audit(record, actor=organiser, now=timezone.now())


def test_the_first_team_is_asked_in_both_languages_and_nobody_else(record, teams, organiser):
    opened(record, organiser)
    assert [entry.team for entry in WinnerEntry.objects.all()] == [teams[0]]
    assert [told(team) for team in teams] == [["You may win a prize: please hand in your program"], [], []]
    item = OutboxItem.objects.get(kind=MailKind.RESULTS)
    assert item.recipient == teams[0].members.get().user
    assert "Prize first" in item.content["text"]["en"]
    assert item.content["text"]["ja"] != item.content["text"]["en"]
    assert mail.outbox == []


@pytest.mark.parametrize("role", [Role.OWNER, Role.ORGANISER, Role.REVIEWER])
def test_whoever_can_see_what_is_hidden_wins_no_prize(record, award, teams, organiser, role):
    """A team of organisers' stays on the board, as a baseline for instance; the prize goes to the next."""
    user = teams[0].members.get().user
    Membership.objects.create(competition=record.competition, user=user, role=role)
    (outlook,) = outlooks(record.competition)
    assert [row.contender.team for row in outlook.rows] == [teams[1].pk, teams[2].pk]
    assert [row.contender.rank for row in outlook.rows] == [2, 3]

    opened(record, organiser)
    assert [entry.team for entry in WinnerEntry.objects.all()] == [teams[1]]


@pytest.mark.parametrize("role", [Role.SPONSOR, None])
def test_whoever_sees_no_more_than_others_may_win(record, award, teams, role):
    user = teams[0].members.get().user
    contest = record.competition if role else makers.make_competition(slug="another")
    Membership.objects.create(competition=contest, user=user, role=role or Role.ORGANISER)
    (outlook,) = outlooks(record.competition)
    assert outlook.rows[0].contender.team == teams[0].pk


def test_the_operator_of_the_site_wins_no_prize(record, award, teams):
    User.objects.filter(team_memberships__team=teams[0]).update(is_staff=True)
    (outlook,) = outlooks(record.competition)
    assert outlook.rows[0].contender.team == teams[1].pk


def test_the_deadline_is_the_end_of_a_day_where_the_contest_is(record, teams, organiser):
    opened(record, organiser)
    due = entry_of(teams[0]).due_at.astimezone(record.competition.zone)
    assert (due.hour, due.minute, due.second) == (23, 59, 59)
    assert due.date() == timezone.now().astimezone(record.competition.zone).date() + timedelta(days=10)


def test_opening_twice_asks_once(record, teams, organiser):
    opened(record, organiser)
    opened(record, organiser)
    assert WinnerEntry.objects.count() == 1
    assert AuditEvent.objects.filter(verb="opened the audit of winners").count() == 1


def test_a_team_that_may_win_two_prizes_hands_in_once(record, teams, organiser, competition):
    make_award(competition, "second", places=2)
    opened(record, organiser)
    assert [entry.team for entry in WinnerEntry.objects.order_by("pk")] == [teams[0], teams[1]]
    item = OutboxItem.objects.filter(recipient=teams[0].members.get().user).get(kind=MailKind.RESULTS)
    assert "Prize first, Prize second" in item.content["text"]["en"]


# -- deciding ---------------------------------------------------------------------------------------------------------


def test_a_rejected_team_reads_why_and_the_next_one_is_asked(record, teams, organiser):
    opened(record, organiser)
    decision = reject(teams[0], organiser)
    assert decision.answer_by == decision.decided_at + timedelta(days=5)
    assert told(teams[0])[-1] == "Your hand-in was rejected"
    text = news(teams[0])[-1].content["text"]
    assert "It writes other numbers." in text["en"]
    assert "organiser@example.org" in text["ja"]
    assert told(teams[1]) == ["You may win a prize: please hand in your program"]
    assert told(teams[2]) == []


def test_a_rejection_needs_a_reason(record, teams, organiser):
    opened(record, organiser)
    with pytest.raises(AuditRefused, match="Say why"):
        reject(teams[0], organiser, reason="  ")


def test_nothing_handed_in_cannot_be_confirmed(record, teams, organiser, now):
    opened(record, organiser)
    with pytest.raises(AuditRefused, match="nothing in"):
        winners.decide(entry_of(teams[0]), CONFIRMED, actor=organiser, now=now)


def test_decisions_are_only_ever_added_and_the_newest_counts(record, teams, organiser):
    opened(record, organiser)
    hand_in(entry_of(teams[0]))
    first = reject(teams[0], organiser)
    confirm(teams[0], organiser)
    (outlook,) = outlooks(record.competition)
    assert [str(row.contender.standing) for row in outlook.rows[:2]] == ["confirmed", "reserve"]
    assert WinnerDecision.objects.count() == 2
    for change in (first.save, first.delete, WinnerDecision.objects.all().delete):
        with pytest.raises(AppendOnly):
            change()


def test_the_same_decision_twice_is_refused(record, teams, organiser):
    opened(record, organiser)
    reject(teams[0], organiser)
    with pytest.raises(AuditRefused, match="already"):
        reject(teams[0], organiser)


def test_every_step_is_in_the_log_and_its_chain_holds(record, teams, organiser):
    opened(record, organiser)
    reject(teams[0], organiser)
    confirm(teams[1], organiser)
    winners.publish(record, actor=organiser, now=timezone.now())
    verbs = list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True))
    for verb in ("rejected a candidate", "confirmed a candidate", "published the winners", "final boards released"):
        assert verb in verbs
    call_command("verify_audit", verbosity=0)
    rejected = AuditEvent.objects.get(verb="rejected a candidate")
    assert (rejected.reason, rejected.actor) == ("It writes other numbers.", organiser)


def test_a_team_declines_one_prize_and_keeps_the_other(record, teams, organiser, competition, now):
    other = make_award(competition, "second")
    opened(record, organiser)
    user = teams[0].members.get().user
    winners.decline(entry_of(teams[0]), other, user=user, now=now, reason="No tax number")
    winners.decline(entry_of(teams[0]), other, user=user, now=now)
    assert WinnerDecision.objects.count() == 1
    confirm(teams[0], organiser)
    confirm(teams[1], organiser)
    first, second = outlooks(competition)
    assert [row.team for row in first.rows if row.contender.place] == [teams[0]]
    assert [row.team for row in second.rows if row.contender.place] == [teams[1]]


def test_nobody_declines_for_another_team(record, teams, organiser, award, now):
    opened(record, organiser)
    with pytest.raises(AuditRefused, match="Only the team"):
        winners.decline(entry_of(teams[0]), award, user=teams[1].members.get().user, now=now)


def test_a_candidate_gets_more_time_with_a_reason(record, teams, organiser, now):
    opened(record, organiser)
    entry = entry_of(teams[0])
    before = entry.due_at
    with pytest.raises(AuditRefused):
        winners.extend(entry, days=3, actor=organiser, now=now, reason="")
    winners.extend(entry, days=3, actor=organiser, now=now, reason="Illness")
    assert entry_of(teams[0]).due_at == before + timedelta(days=3)
    assert told(teams[0])[-1] == "You have more time to hand in"


# -- publishing -------------------------------------------------------------------------------------------------------


def test_boards_stay_closed_after_the_end_until_the_winners_are_published(record, teams, organiser):
    opened(record, organiser)
    assert board_releases.release_due(now=timezone.now()) == 0
    assert not Board.objects.filter(released_at__isnull=False).exists()
    assert awarded_places(record.competition) is None
    confirm(teams[0], organiser)
    winners.publish(record, actor=organiser, now=timezone.now())
    assert set(Board.objects.filter(released_at__isnull=False).values_list("kind", flat=True)) == {"private", "final"}
    (places,) = awarded_places(record.competition).values()
    assert [(one.place, one.team) for one in places] == [(1, "ada team")]


def test_a_contest_without_an_audit_is_released_as_ever(competition, award, teams):
    end_contest(competition)
    assert awarded_places(competition) is None
    assert board_releases.release_due(now=timezone.now()) == 1
    (places,) = awarded_places(competition).values()
    assert [(one.place, one.team) for one in places] == [(1, "ada team")]


def test_nothing_is_published_while_a_prize_is_open(record, teams, organiser):
    opened(record, organiser)
    with pytest.raises(AuditRefused, match="Prize first"):
        winners.publish(record, actor=organiser, now=timezone.now())
    assert not Board.objects.filter(released_at__isnull=False).exists()


@pytest.mark.parametrize(("rule", "on_board"), [("keep_rank", 3), ("remove", 2)])
def test_a_rejected_team_keeps_or_loses_its_place_as_the_organiser_said(record, teams, organiser, rule, on_board):
    record.stated = {"rejected": rule}
    record.save()
    opened(record, organiser)
    reject(teams[0], organiser)
    confirm(teams[1], organiser)
    winners.publish(record, actor=organiser, now=timezone.now())
    assert Standing.objects.filter(board__kind=BoardKind.FINAL).count() == on_board
    assert Standing.objects.filter(board__kind=BoardKind.PRIVATE).count() == 3


def test_publishing_twice_releases_and_tells_once(record, teams, organiser):
    opened(record, organiser)
    confirm(teams[0], organiser)
    for _ in range(2):
        winners.publish(record, actor=organiser, now=timezone.now())
    assert [told(team)[-1] for team in teams] == ["The final results and the winners are published"] * 3
    assert AuditEvent.objects.filter(verb="published the winners").count() == 1


def test_after_publishing_nothing_is_decided_any_more(record, teams, organiser):
    opened(record, organiser)
    confirm(teams[0], organiser)
    winners.publish(record, actor=organiser, now=timezone.now())
    with pytest.raises(AuditRefused, match="published"):
        reject(teams[0], organiser)


def test_fewer_teams_than_prizes_leave_places_empty(record, organiser, competition, award):
    award.places = 3
    award.save()
    (only,) = make_ranked(competition, "ada")
    opened(record, organiser)
    confirm(only, organiser)
    winners.publish(record, actor=organiser, now=timezone.now())
    (places,) = awarded_places(competition).values()
    assert [one.team for one in places] == ["ada team", None, None]
