"""How scores become places: grids, gates, combinations, ranks, the ladder."""

import itertools
import random

import pytest

from competitions.board_rules import (
    BoardRules,
    Column,
    Gate,
    ladder,
    mean_ranks,
    on_grid,
    weighted_sum,
)

UP, DOWN = Column("iou", 2.0, True), Column("seconds", 1.0, False)


@pytest.mark.parametrize(
    ("value", "step", "expected"),
    [(0.8124, 0.005, 0.81), (0.8126, 0.005, 0.815), (0.814, 0.005, 0.815), (-0.8126, 0.005, -0.815), (7, 5, 5)],
)
def test_scores_on_one_grid_point_are_equal(value, step, expected):
    assert on_grid(value, step) == expected


def test_being_tied_is_transitive():
    rules = BoardRules("iou", True, decimals=6, tie_tolerance=0.01)
    values = [random.Random(7).random() for _ in range(60)]
    for a, b, c in itertools.combinations(values, 3):
        if rules.key(a) == rules.key(b) and rules.key(b) == rules.key(c):
            assert rules.key(a) == rules.key(c)
    assert len({rules.key(value) for value in values}) < len(values)


@pytest.mark.parametrize("tolerance", [None, 0.003])
@pytest.mark.parametrize("higher", [True, False])
def test_the_key_never_turns_two_scores_round(higher, tolerance):
    rules = BoardRules("iou", higher, decimals=4, tie_tolerance=tolerance)
    ordered = sorted((random.Random(3).uniform(-2, 2) for _ in range(200)), reverse=higher)
    keys = [rules.key(value) for value in ordered]
    assert keys == sorted(keys)


@pytest.mark.parametrize(
    ("values", "passes"),
    [({"iou": 0.8, "seconds": 9}, True), ({"iou": 0.79, "seconds": 9}, False), ({"seconds": 9}, False)],
)
def test_a_gate_asks_for_a_value_and_lets_its_own_bound_pass(values, passes):
    rules = BoardRules("seconds", False, decimals=2, gates=(Gate("iou", at_least=0.8),))
    assert rules.group(values) == (0 if passes else 1)


def test_a_gate_may_ask_for_a_value_at_most():
    assert Gate("seconds", at_most=9.0).lets_pass({"seconds": 9.0})
    assert not Gate("seconds", at_most=9.0).lets_pass({"seconds": 9.1})


def test_a_weighted_sum_subtracts_columns_of_the_other_direction():
    values = {"iou": 0.8, "seconds": 0.5}
    assert weighted_sum(values, [UP, DOWN], higher_is_better=True) == pytest.approx(2 * 0.8 - 0.5)
    assert weighted_sum(values, [UP, DOWN], higher_is_better=False) == pytest.approx(0.5 - 2 * 0.8)
    assert weighted_sum({"iou": 0.8}, [UP, DOWN], higher_is_better=True) is None


def test_mean_ranks_share_ties_and_put_missing_values_last():
    even = [Column("a", 1, True), Column("b", 1, False)]
    rows = [{"a": 3, "b": 1}, {"a": 2, "b": 1}, {"a": 2, "b": 5}, {"a": 1}]
    assert mean_ranks(rows, even) == [(1 + 1.5) / 2, (2.5 + 1.5) / 2, (2.5 + 3) / 2, 4.0]
    assert mean_ranks(rows[:2], [Column("a", 3, True), Column("b", 1, False)]) == [(3 + 1.5) / 4, (6 + 1.5) / 4]
    assert mean_ranks([], even) == []


def test_mean_ranks_follow_their_rows_in_any_order():
    columns = [UP, DOWN]
    rows = [{"iou": random.Random(one).random(), "seconds": one % 4} for one in range(30)]
    by_row = dict(zip(map(id, rows), mean_ranks(rows, columns), strict=True))
    shuffled = random.Random(1).sample(rows, len(rows))
    assert mean_ranks(shuffled, columns) == [by_row[id(row)] for row in shuffled]


@pytest.mark.parametrize(
    ("values", "higher", "shown"),
    [
        ([0.80, 0.8004, 0.81, 0.79], True, [0, 0, 2, 2]),
        ([0.800, 0.801, 0.8019], True, [0, 1, 1]),
        ([5.0, 4.9995, 4.9], False, [0, 0, 2]),
        ([None, 0.5, None, 0.4], True, [0, 1, 1, 1]),
        ([], True, []),
    ],
)
def test_the_ladder_shows_a_score_only_when_it_is_better_by_a_step(values, higher, shown):
    assert ladder(values, 0.001, higher_is_better=higher) == shown


def test_small_steps_never_add_up_unseen():
    """Compared is with the best that was shown: many small gains together are shown once they make a step."""
    values = [0.8 + 0.0004 * number for number in range(6)]
    assert ladder(values, 0.001, higher_is_better=True) == [0, 0, 0, 3, 3, 3]
