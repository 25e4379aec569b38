"""Worked arithmetic of a jury: points, spreads, z-scores, both ways to a mean, scores on 0..1, totals and ties."""

from datetime import UTC, datetime, timedelta
from math import sqrt

import pytest

from competitions.judging import Criterion, ScoreScale, SheetScale, Split, TotalRule
from competitions.jury_totals import (
    Candidate,
    SheetPoints,
    jury_values,
    normalised,
    points,
    scaled,
    spread,
    spreads_by_juror,
    totals,
    z_score,
)

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)


def criterion(key: str, weight: float, low: int = 1, high: int = 5) -> Criterion:
    return Criterion(key, {}, {}, weight, low, high, {})


def rule(**fields) -> TotalRule:
    usual = {
        "score_weight": 0.4,
        "jury_weight": 0.6,
        "task": "pv",
        "phase": "",
        "split": Split.PRIVATE,
        "score_scale": ScoreScale.MIN_MAX,
        "sheets": SheetScale.PLAIN,
    }
    return TotalRule(**usual | fields)


def candidate(entry: int, score: float | None, minutes: int = 0) -> Candidate:
    return Candidate(entry, NOON + timedelta(minutes=minutes), score)


def test_points_are_the_weighted_mean_of_marks_on_their_own_scales():
    rubric = [criterion("insight", 2), criterion("form", 1), criterion("use", 1, 0, 10)]
    # (2 * (4-1)/4 + 1 * (5-1)/4 + 1 * 3/10) / 4 = (1.5 + 1 + 0.3) / 4
    assert points({"insight": 4, "form": 5, "use": 3}, rubric) == pytest.approx(0.7)
    assert points({"insight": 1, "form": 1, "use": 0}, rubric) == 0
    assert points({"insight": 5, "form": 5, "use": 10}, rubric) == 1


def test_a_sheet_that_is_not_complete_has_no_points():
    with pytest.raises(KeyError):
        points({"insight": 4}, [criterion("insight", 2), criterion("form", 1)])


def test_the_spread_is_the_population_standard_deviation():
    found = spread([0.2, 0.4, 0.9])
    # mean 0.5; squares 0.09 + 0.01 + 0.16 = 0.26; / 3
    assert (found.count, found.least, found.largest) == (3, 0.2, 0.9)
    assert (found.mean, found.sd, found.range) == pytest.approx((0.5, sqrt(0.26 / 3), 0.7))
    assert spread([]) is None


def test_a_juror_who_marks_all_alike_says_nothing_about_the_order():
    alike = spread([0.1 + 0.2, 0.3, 0.3])  # 0.30000000000000004 is rounding, not an opinion
    assert z_score(0.3, alike) == 0
    assert z_score(0.7, spread([0.7])) == 0  # one sheet has no spread


def test_a_severe_and_a_mild_juror_speak_with_the_same_voice():
    """Both prefer entry 1 to entry 2 by one of their own standard deviations around their own mean."""
    sheets = [
        SheetPoints(1, 10, 0.4),
        SheetPoints(2, 10, 0.2),
        SheetPoints(1, 20, 0.9),
        SheetPoints(2, 20, 0.7),
    ]
    # juror 10: mean 0.3, sd 0.1 -> z +1, -1. juror 20: mean 0.8, sd 0.1 -> z +1, -1.
    # all: mean 0.55, squares 0.0225 + 0.1225 + 0.1225 + 0.0225 = 0.29; / 4 = 0.0725
    overall_sd = sqrt(0.0725)
    found = {(one.entry, one.juror): one.points for one in normalised(sheets)}
    assert found == {
        (1, 10): pytest.approx(0.55 + overall_sd),
        (2, 10): pytest.approx(0.55 - overall_sd),
        (1, 20): pytest.approx(0.55 + overall_sd),
        (2, 20): pytest.approx(0.55 - overall_sd),
    }


def test_normalising_undoes_the_luck_of_having_a_mild_juror():
    """Entry 3 was judged by the mild juror alone, entry 1 by the severe one; plain means would put entry 3 first."""
    sheets = [
        SheetPoints(1, 10, 0.5),  # the severe one's best
        SheetPoints(2, 10, 0.1),
        SheetPoints(2, 20, 0.9),  # the mild one's best
        SheetPoints(3, 20, 0.7),
    ]
    plain, fair = (jury_values(sheets, scale) for scale in (SheetScale.PLAIN, SheetScale.NORMALISED))
    assert plain == {1: 0.5, 2: pytest.approx(0.5), 3: 0.7}
    # all: mean 0.55, squares 0.0025 + 0.2025 + 0.1225 + 0.0225 = 0.35; / 4 = 0.0875
    sd = sqrt(0.0875)
    assert fair == {1: pytest.approx(0.55 + sd), 2: pytest.approx(0.55), 3: pytest.approx(0.55 - sd)}
    assert spreads_by_juror(sheets)[10].mean == pytest.approx(0.3)


def test_without_sheets_there_is_nothing_to_normalise():
    assert normalised([]) == []
    assert jury_values([], SheetScale.NORMALISED) == {}


def test_scores_from_worst_to_best():
    errors = {1: 2.0, 2: 4.0, 3: 3.0}
    assert scaled(errors, ScoreScale.MIN_MAX, higher_is_better=False) == {1: 1.0, 2: 0.0, 3: 0.5}
    assert scaled(errors, ScoreScale.MIN_MAX, higher_is_better=True) == {1: 0.0, 2: 1.0, 3: 0.5}


def test_scores_by_rank_share_the_mean_rank_of_equals():
    # ranks 1, 2.5, 2.5, 4 of 4 -> (4 - rank) / 3
    found = scaled({1: 9.0, 2: 7.0, 3: 7.0, 4: 1.0}, ScoreScale.RANK, higher_is_better=True)
    assert found == {1: 1.0, 2: 0.5, 3: 0.5, 4: 0.0}


@pytest.mark.parametrize("scale", ScoreScale)
def test_where_all_scores_are_alike_each_is_the_best(scale):
    assert scaled({1: 3.0, 2: 3.0}, scale, higher_is_better=True) == {1: 1.0, 2: 1.0}
    assert scaled({1: 3.0}, scale, higher_is_better=False) == {1: 1.0}
    assert scaled({}, scale, higher_is_better=True) == {}


def test_the_total_is_the_stated_sum_of_both_parts():
    candidates = [candidate(1, 2.0), candidate(2, 4.0), candidate(3, 3.0)]
    sheets = [SheetPoints(1, 10, 0.2), SheetPoints(1, 20, 0.4), SheetPoints(2, 10, 1.0), SheetPoints(3, 10, 0.5)]
    found = totals(candidates, sheets, rule(), higher_is_better=False)
    # 1: 0.4 * 1 + 0.6 * 0.3 = 0.58;  2: 0.4 * 0 + 0.6 * 1 = 0.6;  3: 0.4 * 0.5 + 0.6 * 0.5 = 0.5
    assert [(one.entry, one.rank) for one in found] == [(2, 1), (1, 2), (3, 3)]
    assert [one.total for one in found] == pytest.approx([0.6, 0.58, 0.5])
    assert [(one.score_part, one.raw_score, one.sheet_count) for one in found] == [
        (0, 4.0, 1),
        (1, 2.0, 2),
        (0.5, 3.0, 1),
    ]


def test_equal_totals_go_to_the_entry_that_came_earlier():
    candidates = [candidate(1, None, minutes=5), candidate(2, None, minutes=1)]
    sheets = [SheetPoints(1, 10, 0.1 + 0.2), SheetPoints(2, 10, 0.3)]  # equal but for rounding
    found = totals(candidates, sheets, rule(score_weight=0.0, task=""), higher_is_better=True)
    assert [one.entry for one in found] == [2, 1]
    assert [one.rank for one in found] == [1, 2]


def test_an_entry_without_a_score_gets_nothing_for_it_and_one_without_a_sheet_no_rank():
    candidates = [candidate(1, None), candidate(2, 5.0), candidate(3, 9.0)]
    sheets = [SheetPoints(1, 10, 1.0), SheetPoints(2, 10, 0.0)]
    found = totals(candidates, sheets, rule(), higher_is_better=True)
    # 3 is not judged, but is still the best score among the candidates: 2 has the worst of two.
    assert [(one.entry, one.score_part, one.total) for one in found] == [(1, 0.0, 0.6), (2, 0.0, 0.0)]
