"""Who is ahead: rounded scores, then time, then number."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.ranking import rank_key, rounded, sort_key

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SCORES = st.floats(-1e6, 1e6)


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (0.12345, 4, 0.1234),
        (0.12355, 4, 0.1236),
        (2.5, 0, 2.0),
        (3.5, 0, 4.0),
        (-2.5, 0, -2.0),
        (0.1 + 0.2, 15, 0.3),
        (1e300, 3, 1e300),
        (1e-300, 3, 0.0),
        (22.7821334, 7, 22.7821334),
    ],
)
def test_scores_are_rounded_half_to_even_as_printed(value: float, decimals: int, expected: float) -> None:
    assert rounded(value, decimals) == expected


def test_a_score_just_below_zero_is_not_minus_zero() -> None:
    assert math.copysign(1, rounded(-1e-9, 3)) == 1
    assert math.copysign(1, sort_key(0.0, higher_is_better=True, decimals=3)) == 1


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_has_no_rank(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        sort_key(value, higher_is_better=False, decimals=3)


@pytest.mark.parametrize("decimals", [-1, 16])
def test_impossible_decimals_are_refused(decimals: int) -> None:
    with pytest.raises(ValueError, match="decimals"):
        rounded(1.0, decimals)


@given(SCORES, SCORES, st.booleans(), st.integers(0, 12))
def test_the_better_score_is_never_behind(one: float, other: float, higher: bool, decimals: int) -> None:
    keys = [sort_key(value, higher_is_better=higher, decimals=decimals) for value in (one, other)]
    if keys[0] != keys[1]:
        assert (keys[0] < keys[1]) == ((one > other) == higher)
    else:
        assert abs(one - other) <= 1.001 * 10**-decimals


def test_equal_scores_go_to_the_earlier_submission_then_to_the_lower_number() -> None:
    def key(value: float, minutes: int, number: int) -> tuple:
        return rank_key(value, NOON + timedelta(minutes=minutes), number, higher_is_better=True, decimals=3)

    order = [key(0.9, 9, 9), key(0.81234, 0, 5), key(0.81229, 1, 2), key(0.812, 1, 3), key(0.5, -9, 1)]
    assert sorted([order[2], order[4], order[0], order[3], order[1]]) == order
