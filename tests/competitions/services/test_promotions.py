"""Promotion: computed when the boards are released, confirmed once, told to everybody it is about."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from competitions.models import AuditEvent, Board, Competition, Notice, OutboxItem, Phase, PromotionRule, Team
from competitions.queries.promotions import proposal
from competitions.queries.submissions import allowance_for
from competitions.queries.team_merges import Hindrance, outlook
from competitions.quota import Refusal
from competitions.services import (
    board_releases,
    phase_releases,
    promotions,
    submissions,
)
from competitions.services.promotions import CannotPromote
from tests import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def final(competition: Competition) -> Phase:
    """A second phase on a task of its own, for the first two of the one there is."""
    division = competition.divisions.get()
    return makers.make_phase(competition, makers.make_task(competition, "later"), division, key="final", position=1)


@pytest.fixture
def rule(competition: Competition, final: Phase) -> PromotionRule:
    source = competition.phases.get(key="main")
    place = {"division": competition.divisions.get(), "task": source.tasks.get()}
    return PromotionRule.objects.create(phase=final, source=source, first=2, **place)


@pytest.fixture
def teams(competition: Competition) -> dict[str, Team]:
    """By their private scores: cas, ben, ada; dan sent only what was refused."""
    found = {name: makers.make_team(competition, name) for name in ("ada", "ben", "cas", "dan")}
    for private, name in ((3.0, "ada"), (2.0, "ben"), (1.0, "cas")):
        makers.make_scored(found[name], 4 - private, private)
    makers.make_rejected(found["dan"])
    return found


@pytest.fixture
def over(competition: Competition, teams: dict[str, Team], rule: PromotionRule, now: datetime) -> datetime:
    """The first phase is over and its boards are released; the other one is open."""
    competition.phases.filter(key="main").update(ends_at=now - timedelta(hours=1))
    assert phase_releases.release_due(now=now) == 1
    return now


def confirm(rule: PromotionRule, organiser, now: datetime, **fields) -> int:
    teams = fields.pop("teams", None)
    wanted = teams if teams is not None else {one.team.pk for one in proposal(rule, now=now).proposed}
    return promotions.confirm(rule, user=organiser, teams=wanted, now=now, **fields)


def test_the_boards_of_the_first_phase_open_before_the_contest_ends_and_those_of_the_last_do_not(over, competition):
    released = Board.objects.filter(released_at__isnull=False)
    assert set(released.values_list("phase__key", "kind")) == {("main", "private"), ("main", "final")}
    assert phase_releases.release_due(now=over) == 0
    assert AuditEvent.objects.get(verb="final boards released").detail == {"phase": "main"}
    competition.phases.update(ends_at=over - timedelta(minutes=20), starts_at=over - timedelta(days=2))
    assert board_releases.release_due(now=over) == 1
    assert Board.objects.filter(kind="final", phase__key="final").exists()


def test_uploads_in_the_grace_after_the_deadline_are_waited_for(competition, teams, rule, now):
    competition.phases.filter(key="main").update(ends_at=now - timedelta(minutes=9))
    assert phase_releases.release_due(now=now) == 0


def test_before_the_release_nothing_is_proposed_and_nothing_confirmed(rule, teams, organiser, now):
    assert proposal(rule, now=now).board is None
    with pytest.raises(CannotPromote, match="not released yet"):
        confirm(rule, organiser, now, teams={teams["ada"].pk})


def test_the_first_of_the_final_board_are_promoted_and_everybody_is_told(over, rule, teams, organiser):
    assert confirm(rule, organiser, over) == 2
    decided = {one.team.name: (one.rank, one.is_promoted) for one in rule.promotions.all()}
    assert decided == {
        "cas team": (1, True),
        "ben team": (2, True),
        "ada team": (3, False),
        "dan team": (None, False),
    }
    told = {notice.user.username: notice.content["title"]["en"] for notice in Notice.objects.filter(kind="results")}
    assert told == {
        **dict.fromkeys(("cas", "ben"), "Your team is promoted"),
        **dict.fromkeys(("ada", "dan"), "Your team is not promoted"),
    }
    assert OutboxItem.objects.filter(kind="results").count() == 4
    event = AuditEvent.objects.get(verb="promotion confirmed")
    assert [one["rank"] for one in event.detail["promoted"]] == [1, 2]


def test_confirming_twice_changes_and_tells_nothing_more(over, rule, teams, organiser):
    confirm(rule, organiser, over)
    assert confirm(rule, organiser, over, teams={teams["ada"].pk}) == 2
    assert rule.promotions.count() == 4
    assert Notice.objects.filter(kind="results").count() == 4
    assert AuditEvent.objects.filter(verb="promotion confirmed").count() == 1


def test_by_a_rule_nobody_confirms_another_list_than_the_board_gives(over, rule, teams, organiser):
    with pytest.raises(CannotPromote, match="has changed"):
        confirm(rule, organiser, over, teams={teams["ada"].pk, teams["cas"].pk})
    assert not rule.promotions.exists()


def test_without_a_number_organisers_name_the_teams(over, rule, teams, organiser):
    PromotionRule.objects.update(first=None)
    rule.refresh_from_db()
    assert proposal(rule, now=over).proposed == []
    stranger = makers.make_team(makers.make_competition("other"), "stranger")
    with pytest.raises(CannotPromote, match="took part"):
        confirm(rule, organiser, over, teams={stranger.pk})
    with pytest.raises(CannotPromote, match="at least one"):
        confirm(rule, organiser, over, teams=set())
    assert confirm(rule, organiser, over, teams={teams["ada"].pk}, reason="wild card") == 1
    assert AuditEvent.objects.get(verb="promotion confirmed").reason == "wild card"


def test_a_team_that_fails_a_gate_is_not_promoted_however_few_there_are(over, rule, teams):
    final = Board.objects.get(phase__key="main", kind="final")
    final.standings.filter(team=teams["ben"]).update(group=1)
    assert [one.team.name for one in proposal(rule, now=over).proposed] == ["cas team", "ada team"]


def test_only_promoted_teams_submit_and_the_others_are_told_why(over, rule, teams, final, organiser):
    def attempt(name: str):
        user = teams[name].members.get().user
        return submissions.submit(
            user=user, phase=final, task=final.tasks.get(), chunks=[b"id,y\na,1\n"], file_name="a.csv", now=over
        )

    assert allowance_for(teams["cas"], final, now=over).refusal == Refusal.UNDECIDED
    with pytest.raises(submissions.NotPromoted, match="not confirmed them yet"):
        attempt("cas")
    confirm(rule, organiser, over)
    assert attempt("cas").phase == final
    for name in ("ada", "dan"):
        assert allowance_for(teams[name], final, now=over).refusal == Refusal.NOT_PROMOTED
        with pytest.raises(submissions.NotPromoted, match="your team is not one of them"):
            attempt(name)


def test_nobody_enters_by_merging_with_a_promoted_team(over, rule, teams, organiser):
    Competition.objects.update(team_max_size=5)
    confirm(rule, organiser, over)
    for team in teams.values():
        team.refresh_from_db()
    assert Hindrance.PROMOTED in outlook(teams["cas"], teams["ada"], now=timezone.now()).hindrances
    assert Hindrance.PROMOTED not in outlook(teams["cas"], teams["ben"], now=timezone.now()).hindrances
