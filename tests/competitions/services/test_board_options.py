"""Boards with tolerance, ladder, gates and combinations, through the services that a worker calls."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from competitions.models import Board, Competition, Evaluation, Phase, Standing, Team
from competitions.queries.leaderboards import all_rows, board_page, row_of
from competitions.queries.submissions import public_scores
from competitions.services import (
    board_releases,
    evaluations,
    leaderboards,
)
from competitions.services.scoring_versions import rebuild
from competitions.status import BoardKind
from tests import makers

pytestmark = pytest.mark.django_db
RANKS = {
    "kind": "ranks",
    "of": [
        {"metric": "rmse", "weight": 1.0, "higher_is_better": False},
        {"metric": "mae", "weight": 1.0, "higher_is_better": False},
    ],
}


def change(competition: Competition, **fields: Any) -> None:
    """As an import of a changed contest does."""
    Board.objects.filter(phase__competition=competition).update(**fields)
    for board in boards(competition).values():
        rebuild(board)


def boards(competition: Competition) -> dict[str, Board]:
    found = Board.objects.filter(phase__competition=competition).select_related("phase__competition", "task")
    return {board.kind: board for board in found}


def order(competition: Competition, kind: str = BoardKind.PUBLIC) -> list[str]:
    return [row.standing.team.name.removesuffix(" team") for row in all_rows(boards(competition)[kind])]


def scored(team: Team, rmse: float, mae: float, *, private: tuple[float, float] = (1.0, 1.0), **fields: Any):
    submission = makers.make_submission(team, **fields)
    public, hidden = {"rmse": rmse, "mae": mae}, {"rmse": private[0], "mae": private[1]}
    result = makers.make_result(public=0, private=0)
    result = type(result)(public, hidden, [], [], {}, _intervals(public), _intervals(hidden))
    evaluations.record(makers.claim_of(submission), result, now=timezone.now())
    return submission


def _intervals(values: dict[str, float]) -> dict[str, Any]:
    return {key: {"low": value - 0.1, "high": value + 0.1, "level": 0.95} for key, value in values.items()}


@pytest.fixture
def teams(competition: Competition) -> dict[str, Team]:
    return {name: makers.make_team(competition, name) for name in ("ada", "ben", "cleo")}


def test_scores_within_the_tolerance_are_tied_and_the_earlier_wins(competition, teams) -> None:
    change(competition, tie_tolerance=0.05)
    scored(teams["ada"], 0.52, 1)
    scored(teams["ben"], 0.49, 1)
    scored(teams["cleo"], 0.44, 1)
    assert order(competition) == ["cleo", "ada", "ben"]


def test_whoever_fails_a_gate_stands_behind_all_others_however_good(competition, teams) -> None:
    change(competition, gates=[{"metric": "mae", "at_most": 0.5}])
    scored(teams["ada"], 0.1, 0.6)
    scored(teams["ben"], 0.9, 0.5)
    scored(teams["cleo"], 0.05, 0.9)
    assert order(competition) == ["ben", "cleo", "ada"]
    assert [row.rank for row in all_rows(boards(competition)["public"])] == [1, 2, 3]
    assert row_of(boards(competition)["public"], teams["ada"]).rank == 3


def test_a_teams_best_is_the_best_that_passes(competition, teams) -> None:
    change(competition, gates=[{"metric": "mae", "at_most": 0.5}])
    scored(teams["ada"], 0.1, 0.6)
    passing = scored(teams["ada"], 0.8, 0.4)
    assert Standing.objects.get(board__kind="public").submission == passing


def test_pages_of_a_board_with_gates_leave_nobody_out_and_show_nobody_twice(competition) -> None:
    change(competition, gates=[{"metric": "mae", "at_most": 0.5}])
    for number in range(9):
        scored(makers.make_team(competition, f"t{number}"), (number * 7 % 9) / 10, 0.4 if number % 3 else 0.9)
    board, names, cursor, ranks = boards(competition)["public"], [], "", []
    while True:
        page = board_page(board, cursor=cursor, size=2)
        names += [row.standing.team.name for row in page.rows]
        ranks += [row.rank for row in page.rows]
        cursor = page.next_cursor
        if not cursor:
            break
    assert names == [row.standing.team.name for row in all_rows(board)]
    assert ranks == list(range(1, 10))
    assert [row_of(board, row.standing.team).rank for row in all_rows(board)] == ranks


def test_a_weighted_board_sums_the_columns_of_one_submission_as_they_are_shown(competition, teams) -> None:
    weighted = {"kind": "weighted", "of": [RANKS["of"][0] | {"weight": 2.0}, RANKS["of"][1]]}
    change(competition, combine=weighted)
    scored(teams["ada"], 0.5, 0.1)
    scored(teams["ben"], 0.1, 0.7)
    scored(teams["ada"], 0.30004, 0.4)
    assert [row.standing.value for row in all_rows(boards(competition)["public"])] == pytest.approx([0.9, 1.0])
    assert order(competition) == ["ben", "ada"]


def test_on_a_board_by_ranks_one_teams_score_moves_the_others(competition, teams) -> None:
    change(competition, combine=RANKS)
    scored(teams["ada"], 0.1, 0.5)
    scored(teams["ben"], 0.2, 0.4)
    values = {row.standing.team.name[:3]: row.standing.value for row in all_rows(boards(competition)["public"])}
    assert values == {"ada": 1.5, "ben": 1.5}
    scored(teams["cleo"], 0.3, 0.45)
    assert order(competition) == ["ben", "ada", "cleo"]
    values = {row.standing.team.name[:3]: row.standing.value for row in all_rows(boards(competition)["public"])}
    assert values == {"ada": 2.0, "ben": 1.5, "cle": 2.5}


def test_a_large_board_by_ranks_is_ranked_by_the_sweeper(competition, teams, monkeypatch) -> None:
    monkeypatch.setattr(leaderboards, "RANKED_AT_ONCE", 1)
    change(competition, combine=RANKS)
    scored(teams["ada"], 0.1, 0.5)
    scored(teams["ben"], 0.2, 0.4)
    scored(teams["cleo"], 0.01, 9)
    assert order(competition)[-1] == "cleo", "a newcomer waits behind the others, whatever the score"
    assert leaderboards.rank_large_boards() > 0
    assert [row.standing.value for row in all_rows(boards(competition)["public"])] == [2.0, 2.0, 2.0]
    assert leaderboards.rank_large_boards() == 0


def test_a_large_board_is_ranked_again_only_when_a_row_has_changed(competition, teams, monkeypatch) -> None:
    monkeypatch.setattr(leaderboards, "RANKED_AT_ONCE", 1)
    change(competition, combine=RANKS)
    scored(teams["ada"], 0.1, 0.5)
    scored(teams["ben"], 0.2, 0.4)
    leaderboards.rank_large_boards()
    ranked, rank_whole = [], leaderboards.rank_whole
    monkeypatch.setattr(leaderboards, "rank_whole", lambda board: ranked.append(board.pk) or rank_whole(board))
    leaderboards.rank_large_boards()
    assert ranked == []
    scored(teams["ben"], 0.05, 0.3)
    leaderboards.rank_large_boards()
    assert set(ranked) == {board.pk for board in boards(competition).values()}


# -- the ladder -------------------------------------------------------------------------------------------------------


def test_on_a_ladder_a_small_gain_shows_the_earlier_score_again(competition, teams) -> None:
    """S8: the ladder answers no question finer than its step."""
    change(competition, ladder_step=0.01)
    first = scored(teams["ada"], 0.500, 0.2)
    second = scored(teams["ada"], 0.495, 0.1)
    assert public_scores(second, now=timezone.now()).metrics == {"rmse": 0.500, "mae": 0.2}
    assert public_scores(second, now=timezone.now()).repeated_from == first.pk
    assert public_scores(first, now=timezone.now()).repeated_from is None
    row = Standing.objects.get(board__kind="public")
    assert (row.submission_id, row.value, row.values, row.entries) == (first.pk, 0.5, {"rmse": 0.5, "mae": 0.2}, 2)
    third = scored(teams["ada"], 0.485, 0.3)
    assert public_scores(third, now=timezone.now()).metrics["rmse"] == 0.485
    assert Standing.objects.get(board__kind="public").submission_id == third.pk


def test_at_the_end_counts_what_the_ladder_showed(competition, teams) -> None:
    change(competition, ladder_step=0.01)
    first = scored(teams["ada"], 0.500, 0.2, private=(0.7, 0.7))
    scored(teams["ada"], 0.495, 0.1, private=(0.1, 0.1))
    private = Standing.objects.get(board__kind="private")
    assert (private.submission_id, private.value) == (first.pk, 0.7)


def test_a_ladder_goes_by_the_order_of_submission_not_of_scoring(competition, teams) -> None:
    change(competition, ladder_step=0.01)
    now = timezone.now()
    late = scored(teams["ada"], 0.495, 0.1, submitted_at=now)
    assert public_scores(late, now=timezone.now()).repeated_from is None
    early = scored(teams["ada"], 0.500, 0.2, submitted_at=now - timedelta(hours=1))
    evaluation = Evaluation.objects.get(submission=late)
    assert evaluation.shown_as == Evaluation.objects.get(submission=early)


def test_taking_the_ladder_away_shows_every_score_again(competition, teams) -> None:
    change(competition, ladder_step=0.01)
    scored(teams["ada"], 0.500, 0.2)
    second = scored(teams["ada"], 0.495, 0.1)
    change(competition, ladder_step=None)
    assert public_scores(second, now=timezone.now()).metrics["rmse"] == 0.495


# -- intervals --------------------------------------------------------------------------------------------------------


def test_a_row_keeps_the_intervals_of_its_own_side(competition, teams) -> None:
    scored(teams["ada"], 0.5, 0.2, private=(2.0, 3.0))
    rows = {row.board.kind: row for row in Standing.objects.select_related("board")}
    assert rows["public"].intervals["rmse"] == {"low": 0.4, "high": 0.6, "level": 0.95}
    assert rows["private"].intervals["rmse"] == {"low": 1.9, "high": 2.1, "level": 0.95}


def test_the_final_board_is_a_full_copy(competition, teams) -> None:
    change(competition, gates=[{"metric": "mae", "at_most": 0.5}], tie_tolerance=0.01)
    scored(teams["ada"], 0.5, 0.2, private=(0.2, 0.9))
    scored(teams["ben"], 0.5, 0.2, private=(0.3, 0.1))
    Phase.objects.update(ends_at=timezone.now() - timedelta(days=1))
    assert board_releases.release_due(now=timezone.now()) == 1
    final = boards(competition)["final"]
    assert order(competition, "final") == ["ben", "ada"]
    assert (final.gates, final.tie_tolerance) == ([{"metric": "mae", "at_most": 0.5}], 0.01)
    assert all(row.standing.intervals for row in all_rows(final))


def test_a_board_by_ranks_that_is_rebuilt_is_ranked_once(competition, teams, monkeypatch) -> None:
    for number, name in enumerate(teams):
        scored(teams[name], number, 3 - number)
    ranked: list[Board] = []
    rank = leaderboards.rank_whole
    monkeypatch.setattr(leaderboards, "rank_whole", lambda board: ranked.append(board) or rank(board))
    change(competition, combine=RANKS)
    assert len(ranked) == 2, "once for the public and once for the private board"
    assert {row.standing.value for row in all_rows(boards(competition)["public"])} == {2.0}
