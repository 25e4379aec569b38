"""Intervals and comparisons: what they are made of, by hand where that is possible."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from scoring.uncertainty import UnitSums, compare, interval, jackknife_units, tied_with_first
from scoring.uncertainty_draws import multiplicities, replicates_for
from scoring.uncertainty_quantiles import normal_quantile, normal_share, student_quantile, student_share
from scoring.uncertainty_units import drawable, mean_value


def means(values: list[float] | np.ndarray, **fields: object) -> UnitSums:
    """A mean of units, each in a scene of its own."""
    sums = np.stack([np.asarray(values, float), np.ones(len(values))], axis=1)
    return replace(UnitSums(sums, np.arange(len(values)), mean_value), **fields)


def scenes_of(seed: int, scenes: int, blocks: int, aggregate: str = "pooled", **fields: object) -> UnitSums:
    random = np.random.default_rng(seed)
    whole = random.integers(50, 100, scenes * blocks)
    sums = np.stack([whole * random.beta(6, 2, scenes * blocks), whole], axis=1)
    return replace(UnitSums(sums, np.repeat(np.arange(scenes), blocks), mean_value, aggregate), **fields)


# -- distributions and draws ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 7, 39, 63, 200, 1000])
def test_students_t_is_that_of_scipy(freedom: int) -> None:
    places = np.array([-30, -3.3, -1, 0, 0.5, 2, 8])
    assert [student_share(t, freedom) for t in places] == pytest.approx(stats.t.cdf(places, freedom), abs=1e-13)
    assert student_quantile(0.975, freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-9)
    assert student_share(math.inf, freedom) == 1


def test_the_normal_is_that_of_scipy() -> None:
    shares = [1e-5, 0.025, 0.5, 0.975, 1 - 1e-5]
    assert [normal_quantile(share) for share in shares] == pytest.approx(stats.norm.ppf(shares), abs=1e-9)
    assert normal_share(1.3) == pytest.approx(stats.norm.cdf(1.3), abs=1e-15)


def test_every_replicate_draws_as_many_units_as_there_are() -> None:
    weights = np.concatenate(list(multiplicities((7, 1, 4), 500, 3)))
    assert weights.shape == (500, 12)
    for part, size in ((slice(0, 7), 7), (slice(7, 8), 1), (slice(8, 12), 4)):
        assert (weights[:, part].sum(axis=1) == size).all()


@pytest.mark.parametrize("units", [5, 40])
def test_draws_are_those_of_chance(units: int) -> None:
    weights = np.concatenate(list(multiplicities((units,), 20_000, 1)))
    assert weights.mean(axis=0) == pytest.approx(1, abs=0.05)
    assert weights.var(axis=0) == pytest.approx(1 - 1 / units, abs=0.06)
    correlation = np.corrcoef(weights.T)[~np.eye(units, dtype=bool)]
    assert correlation == pytest.approx(-1 / (units - 1), abs=0.04)


def test_the_seed_decides_and_the_size_of_the_pieces_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = np.concatenate(list(multiplicities((9,), 50, 4)))
    monkeypatch.setattr("scoring.uncertainty_draws.CHUNK_DRAWS", 70)
    pieces = list(multiplicities((9,), 50, 4))
    assert len(pieces) > 5
    assert (np.concatenate(pieces) == whole).all()
    assert (np.concatenate(list(multiplicities((9,), 50, 5))) != whole).any()


def test_draws_are_the_same_for_ever() -> None:
    (weights,) = multiplicities((4,), 3, 20260101)
    assert weights.tolist() == [[0, 3, 0, 1], [1, 2, 0, 1], [1, 1, 2, 0]]


def test_many_units_are_drawn_less_often() -> None:
    assert [replicates_for(units) for units in (1, 40, 200, 1000, 10**6)] == [10_000, 10_000, 10_000, 2_000, 1_000]


# -- intervals --------------------------------------------------------------------------------------------------------


def test_an_interval_of_many_units_is_that_of_the_textbook() -> None:
    values = np.random.default_rng(1).normal(5, 2, 150)
    found = interval(means(values))
    reach = stats.t.ppf(0.975, 149) * values.std(ddof=1) / math.sqrt(150)
    assert (found.low, found.high) == pytest.approx((values.mean() - reach, values.mean() + reach), abs=0.04)
    assert (found.level, found.units, found.count, found.method) == (0.95, "scenes", 150, "expanded BCa")


def test_an_interval_of_skewed_units_agrees_with_scipys_bca() -> None:
    values = np.random.default_rng(2).lognormal(0, 1, 300)
    found = interval(means(values))
    theirs = stats.bootstrap((values,), np.mean, n_resamples=20_000, rng=np.random.default_rng(3)).confidence_interval
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), rel=0.02)


def test_an_interval_of_few_units_is_students_t_of_the_jackknife() -> None:
    found = interval(means([1, 2, 6]))
    reach = stats.t.ppf(0.975, 2) * np.std([1, 2, 6], ddof=1) / math.sqrt(3)
    assert (found.low, found.high) == pytest.approx((3 - reach, 3 + reach))
    assert found.method == "jackknife t"


def test_an_interval_stays_in_the_range_of_the_metric() -> None:
    found = interval(means([0.1, 0.9, 0.99], bounds=(0.0, 1.0)))
    assert (found.low, found.high) == (0.0, 1.0)


@pytest.mark.parametrize("values", [[], [0.5], [math.nan, math.nan]])
def test_nothing_is_said_of_a_single_unit_or_without_a_score(values: list[float]) -> None:
    assert interval(means(values)) is None
    assert compare(means(values), means(values)) is None


def test_a_score_that_most_replicates_do_not_have_has_no_interval() -> None:
    rare = UnitSums(np.array([[1.0, 1.0], *[[0.0, 0.0]] * 9]), np.arange(10), lambda s: 0 * s[..., 0] / (s[..., 0] - 1))
    assert interval(rare) is None


def test_the_same_interval_comes_twice_and_another_seed_changes_it_a_little() -> None:
    units = scenes_of(1, 30, 3)
    first, again, other = interval(units), interval(units), interval(units, seed=7)
    assert first == again
    assert first.low != other.low
    assert first.low == pytest.approx(other.low, abs=(first.high - first.low) / 20)


def test_the_order_of_units_does_not_matter_to_what_is_drawn() -> None:
    units = scenes_of(2, 10, 4, "macro")
    order = np.random.default_rng(1).permutation(40)
    shuffled = replace(units, sums=units.sums[order], scenes=units.scenes[order])
    ours, theirs = interval(units), interval(shuffled)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


def test_a_perfect_prediction_has_an_interval_of_no_width() -> None:
    found = interval(means([1.0] * 12, bounds=(0.0, 1.0)))
    assert (found.low, found.high) == (1.0, 1.0)


def test_the_size_of_a_bias_is_folded_at_zero() -> None:
    values = np.random.default_rng(5).normal(0, 1, 100)
    signed = interval(means(values - values.mean() + 0.02))
    size = interval(means(values - values.mean() + 0.02, is_size=True))
    assert signed.low < 0 < signed.high
    assert (size.low, size.high) == (0.0, max(-signed.low, signed.high))
    below = interval(means(values - 9, is_size=True))
    assert 8.5 < below.low < below.high < 9.5


# -- what is drawn ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("aggregate", ["pooled", "macro"])
def test_scenes_are_drawn_from_four_on_and_else_their_blocks(aggregate: str) -> None:
    many, few = interval(scenes_of(3, 4, 5, aggregate)), interval(scenes_of(3, 3, 5, aggregate))
    assert (many.units, many.count) == ("scenes", 4)
    assert (few.units, few.count) == ("blocks", 15)


@pytest.mark.parametrize("aggregate", ["pooled", "macro"])
def test_scenes_of_one_block_are_drawn_however_few(aggregate: str) -> None:
    found = interval(scenes_of(3, 3, 1, aggregate))
    assert (found.units, found.count) == ("scenes", 3)


def test_few_scenes_of_a_mean_over_scenes_keep_their_place_in_it() -> None:
    units = scenes_of(4, 3, 4, "macro")
    drawn = drawable(units)
    assert drawn.strata == (4, 4, 4)
    (weights,) = multiplicities(drawn.strata, 5, 1)
    sums = (weights[:, :, None] * units.sums).reshape(5, 3, 4, 2).sum(axis=2)
    assert drawn.at_once(weights) == pytest.approx((sums[..., 0] / sums[..., 1]).mean(axis=1))


def test_a_drawn_scene_counts_as_often_as_it_is_drawn_and_one_without_a_score_not_at_all() -> None:
    units = means([0.2, 0.4, math.nan, 0.9], aggregate="macro")
    drawn = drawable(units)
    weights = np.array([[1, 1, 1, 1], [0, 2, 2, 0], [2, 0, 1, 1], [0, 0, 4, 0]], float)
    assert drawn.at_once(weights) == pytest.approx([0.5, 0.4, (0.4 + 0.9) / 3, math.nan], nan_ok=True)
    assert units.score == pytest.approx(0.5)


def test_pseudo_values_of_a_mean_are_its_values() -> None:
    units = jackknife_units(3, [4, 3.5, 1.5], bounds=(0, 10))
    assert units.sums.tolist() == [[1, 1], [2, 1], [6, 1]]
    assert units.score == 3


def test_pseudo_values_give_the_interval_of_a_function_of_sums() -> None:
    values = np.random.default_rng(6).gamma(4, 1, 60)
    root = UnitSums(means(values).sums, np.zeros(60, int), lambda sums: np.sqrt(mean_value(sums)))
    without = np.sqrt((values.sum() - values) / 59)
    ours, theirs = interval(root), interval(jackknife_units(root.score, without, bounds=(0, math.inf)))
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.02)


# -- comparisons ------------------------------------------------------------------------------------------------------


def shifted(units: UnitSums, by: float, noise: float, seed: int = 1) -> UnitSums:
    random = np.random.default_rng(seed)
    change = (by + noise * random.normal(size=len(units.sums))) * units.sums[:, 1]
    return replace(units, sums=units.sums + np.stack([change, 0 * change], axis=1))


@pytest.mark.parametrize("count", [5, 60])
def test_the_same_prediction_twice_does_not_differ(count: int) -> None:
    units = means(np.random.default_rng(7).random(count))
    found = compare(units, units)
    assert (found.difference, found.low, found.high, found.p_value) == (0, 0, 0, 1)
    assert not found.is_more_than_noise


@pytest.mark.parametrize("aggregate", ["pooled", "macro"])
def test_a_difference_is_that_of_the_scores_and_changes_its_sign_with_their_order(aggregate: str) -> None:
    one = scenes_of(8, 40, 2, aggregate)
    other = shifted(one, 0.01, 0.03)
    found, back = compare(one, other), compare(other, one)
    assert found.difference == pytest.approx(one.score - other.score)
    assert (found.low, found.high) == pytest.approx((-back.high, -back.low))
    assert found.p_value == pytest.approx(back.p_value)


@pytest.mark.parametrize("count", [20, 100])
def test_a_p_value_is_near_that_of_the_paired_t_test(count: int) -> None:
    for seed in range(5):
        one = means(np.random.default_rng(seed).random(count))
        other = shifted(one, 0.02, 0.1, seed)
        theirs = stats.ttest_rel(one.sums[:, 0], other.sums[:, 0]).pvalue
        assert compare(one, other).p_value == pytest.approx(theirs, rel=0.15, abs=0.003)


@pytest.mark.parametrize("count", [6, 20, 100])
def test_a_difference_is_more_than_noise_when_its_interval_leaves_zero_out(count: int) -> None:
    told = []
    for seed in range(60):
        one = means(np.random.default_rng(seed).random(count))
        found = compare(one, shifted(one, 0.04 * math.sqrt(20 / count), 0.1, seed), replicates=2_000)
        assert found.is_more_than_noise == (found.low > 0 or found.high < 0)
        told.append(found.is_more_than_noise)
    assert 5 < sum(told) < 55


def test_sizes_are_compared_not_signed_values() -> None:
    values = np.random.default_rng(9).normal(0, 0.1, 50)
    one, other = means(values + 1, is_size=True), means(-values - 1, is_size=True)
    found = compare(one, other)
    assert (found.difference, found.p_value) == (pytest.approx(0), 1)


def test_predictions_that_were_scored_on_other_units_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="different units"):
        compare(means([1, 2, 3]), means([1, 2, 3, 4]))


@pytest.mark.parametrize("higher_is_better", [True, False])
def test_a_board_shows_who_is_tied_with_first(higher_is_better: bool) -> None:
    sign = -1 if higher_is_better else 1
    first = means(np.random.default_rng(10).random(60))
    near, far = shifted(first, sign * 0.001, 0.05), shifted(first, sign * 0.1, 0.05)
    nobody = means([math.nan] * 60)
    teams = [far, near, nobody, first]
    assert tied_with_first(teams, higher_is_better=higher_is_better) == [False, True, False, True]


def test_nobody_is_told_apart_on_a_single_unit() -> None:
    assert tied_with_first([means([1]), means([2])], higher_is_better=True) == [True, True]
    assert tied_with_first([means([])], higher_is_better=True) == [False]
