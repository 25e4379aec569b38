"""Boards: the right submission counts, ties go to the earlier one, the private board waits for its release."""

import random
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser

from competitions.models import Board, Competition, Standing, Team
from competitions.permissions import can_see_board
from competitions.queries.leaderboards import InvalidCursor, all_rows, board_page, row_of, visible_boards
from competitions.services import (
    board_releases,
)
from tests import makers

pytestmark = pytest.mark.django_db


def board(competition: Competition, kind: str = "public") -> Board:
    return Board.objects.get(phase__competition=competition, kind=kind)


def values(competition: Competition, kind: str = "public") -> list[tuple[str, float]]:
    return [(row.standing.team.name, row.standing.value) for row in all_rows(board(competition, kind))]


def test_the_best_public_score_counts_and_the_private_board_follows_it(team: Team, competition: Competition) -> None:
    makers.make_scored(team, 3.0, 0.1)
    best = makers.make_scored(team, 1.0, 5.0)
    makers.make_scored(team, 2.0, 0.2)
    assert values(competition) == [("contestant team", 1.0)]
    assert values(competition, "private") == [("contestant team", 5.0)]
    assert Standing.objects.filter(submission=best).count() == 2
    assert Standing.objects.filter(entries=3).count() == 2


def test_the_last_submission_counts_where_the_phase_says_so(team: Team, competition: Competition) -> None:
    competition.phases.update(submission_rule="last")
    makers.make_scored(team, 1.0)
    makers.make_scored(team, 4.0)
    assert values(competition) == [("contestant team", 4.0)]


def test_last_means_last_uploaded_even_when_scored_in_another_order(team: Team, competition: Competition, now) -> None:
    competition.phases.update(submission_rule="last")
    makers.make_scored(team, 4.0, submitted_at=now)
    makers.make_scored(team, 1.0, submitted_at=now - timedelta(hours=1))
    assert values(competition) == [("contestant team", 4.0)]


def test_equal_scores_at_the_shown_precision_go_to_the_earlier_submission(competition: Competition, now) -> None:
    early, late = makers.make_team(competition, "early"), makers.make_team(competition, "late")
    makers.make_scored(late, 1.00001, submitted_at=now)
    makers.make_scored(early, 1.00049, submitted_at=now - timedelta(minutes=1))
    assert [name for name, _ in values(competition)] == ["early team", "late team"]


def test_higher_is_better_where_the_metric_says_so(competition: Competition) -> None:
    Board.objects.update(higher_is_better=True)
    for name, value in (("low", 0.2), ("high", 0.9), ("mid", 0.5)):
        makers.make_scored(makers.make_team(competition, name), value)
    assert [name for name, _ in values(competition)] == ["high team", "mid team", "low team"]


def test_a_board_is_the_same_whatever_the_order_of_scoring(competition: Competition, now) -> None:
    rng = random.Random(7)
    teams = [makers.make_team(competition, f"t{number}") for number in range(4)]
    uploads = [(rng.choice(teams), rng.randrange(5), now + timedelta(seconds=n)) for n in range(24)]
    expected = {}
    for team, value, at in uploads:
        expected[team.name] = min(expected.get(team.name, (9, at)), (value, at))
    rng.shuffle(uploads)
    for team, value, at in uploads:
        makers.make_scored(team, float(value), submitted_at=at)
    ranked = sorted(expected, key=expected.get)
    assert [name for name, _ in values(competition)] == ranked


def test_pages_join_without_gap_or_overlap_and_carry_the_rank(competition: Competition, now) -> None:
    rng = random.Random(3)
    for number in range(23):
        team = makers.make_team(competition, f"t{number}")
        makers.make_scored(team, float(rng.randrange(4)), submitted_at=now + timedelta(seconds=rng.randrange(3)))
    one, seen, cursor = board(competition), [], ""
    while True:
        page = board_page(one, cursor=cursor, size=5)
        seen += [(row.rank, row.standing.team_id) for row in page.rows]
        cursor = page.next_cursor
        if not cursor:
            break
    assert seen == [(row.rank, row.standing.team_id) for row in all_rows(one)]
    assert [rank for rank, _ in seen] == list(range(1, 24))
    for rank, team_id in seen:
        assert row_of(one, Team.objects.get(pk=team_id)).rank == rank


def test_a_cursor_of_another_board_is_refused(competition: Competition) -> None:
    for number in range(3):
        makers.make_scored(makers.make_team(competition, f"t{number}"), number)
    cursor = board_page(board(competition), size=1).next_cursor
    with pytest.raises(InvalidCursor):
        board_page(board(competition, "private"), cursor=cursor)
    with pytest.raises(InvalidCursor):
        board_page(board(competition), cursor="x" + cursor)


def test_release_comes_by_itself_after_the_end_and_freezes_the_final_board(
    team: Team, competition: Competition, now: datetime
) -> None:
    makers.make_scored(team, 1.0, 5.0)
    assert board_releases.release_due(now=now) == 0
    end = competition.phases.get().ends_at + timedelta(hours=1)
    assert board_releases.release_due(now=end) == 1
    assert values(competition, "final") == [("contestant team", 5.0)]
    assert board_releases.release_due(now=end) == 0
    assert Board.objects.filter(kind="final").count() == 1


def test_release_waits_until_the_last_upload_is_scored(team: Team, competition: Competition) -> None:
    makers.make_submission(team)
    end = competition.phases.get().ends_at + timedelta(hours=1)
    assert board_releases.release_due(now=end) == 0
    assert board(competition, "private").released_at is None


def test_release_waits_for_the_last_phase(team: Team, competition: Competition) -> None:
    first = competition.phases.get()
    makers.make_phase(
        competition, first.tasks.get(), first.divisions.get(), key="late", ends_at=first.ends_at + timedelta(days=9)
    )
    makers.make_scored(team, phase=first)
    assert board_releases.release_due(now=first.ends_at + timedelta(seconds=1)) == 0
    assert board_releases.release_due(now=first.ends_at + timedelta(days=10)) == 1


def test_only_organisers_see_the_private_board_before_release(
    competition: Competition, contestant, rival, juror, sponsor, visitor, organiser, operator, now: datetime
) -> None:
    private = board(competition, "private")
    people = [AnonymousUser(), contestant, rival, juror, sponsor, visitor, organiser, operator]
    expected = [False] * 6 + [True] * 2
    assert [can_see_board(person, private, now=now) for person in people] == expected
    assert [private in visible_boards(person, competition, now=now) for person in people] == expected
    private.released_at = now
    private.save()
    assert all(can_see_board(person, private, now=now) for person in people)
    assert all(private in visible_boards(person, competition, now=now) for person in people)
