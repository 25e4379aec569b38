"""How sure a score is: an interval for each score, and whether two predictions differ by more than noise.

Everything comes from the sums of units that a result keeps (its `statistics`), so stored evaluations can be compared
years later without their files. The truth is the same for everybody, and so are the units: both sides of a comparison
are drawn alike, unit by unit, and what is hard for both cancels out.

    from scoring.uncertainty import compare, interval, tied_with_first, units_from_result

    mine = units_from_result(result["statistics"], spec, "public")
    interval(mine)             # Interval(low=0.71, high=0.79, level=0.95, units="scenes", count=40, ...)
    compare(mine, theirs)      # Comparison(difference=0.02, low=0.01, high=0.03, p_value=0.001, ...)

How the interval of each kind of score is made:

- a function of sums (IoU, F1, kappa, RMSE, R2, ...): scenes, blocks or rows are drawn with replacement, 10,000 times
  from a stated seed, and the function is taken of the sums of what was drawn. See uncertainty_units.py for what is
  drawn, uncertainty_draws.py for how, uncertainty_quantiles.py for the ends.
- the mean over scenes of such a function (macro): the same, of the mean.
- the size of a signed mean (bias): the interval of the signed value, folded at 0.
- no function of sums (AUC, Spearman, MAP, an organiser's own program): the score is taken again without each block, and
  the pseudo-values of the jackknife are drawn. See uncertainty_units.jackknife_units.
- a combined column (composite): its parts are drawn alike and combined in each replicate, without their rounding.
- extremes (Hausdorff distance): none, unless averaged over scenes.

No interval (None): a single unit; no score; a score that more than half of the replicates do not have.

What an interval does not know: a truth that is wrong, units that are alike (frames of one storm, rows of one day that
were not declared a group), that a board shows the best of many tries, that many teams are compared at once. Of one to
three scenes, blocks say nothing of how scenes differ. See uncertainty_quantiles.py for what was measured.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from scoring.splits import SCORED
from scoring.uncertainty_draws import SEED
from scoring.uncertainty_quantiles import ends, p_value
from scoring.uncertainty_statistics import Statistics
from scoring.uncertainty_units import CombinedUnits, Resampled, Units, UnitSums, jackknife_units, resample

if TYPE_CHECKING:
    from scoring.contract import Contract
    from scoring.job import MetricSpec

__all__ = [
    "CombinedUnits",
    "Comparison",
    "Interval",
    "UnitSums",
    "compare",
    "interval",
    "intervals_of",
    "jackknife_units",
    "tied_results",
    "tied_with_first",
    "units_from_result",
]
LEVEL: Final = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the score would lie on other data of the same kind, in `level` of all cases.

    `count` units were drawn, `replicates` times, from `seed`; `units` says what they are.
    """

    low: float
    high: float
    level: float
    units: str
    count: int
    method: str
    replicates: int
    seed: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """The first score less the second, with its interval, and how probable such a difference is between equals."""

    difference: float
    low: float
    high: float
    p_value: float
    is_more_than_noise: bool
    method: str
    count: int


def interval(units: Units, level: float = LEVEL, *, replicates: int | None = None, seed: int = SEED) -> Interval | None:
    """The interval of a score; None where there is none (see above).

    `replicates` None: 10,000, fewer when units are many (uncertainty_draws.replicates_for).

    Example: 40 scenes of IoU near 0.75, with a standard deviation of 0.15 -> about (0.70, 0.79)
    """
    drawn = resample(units, replicates, seed, is_signed=True)
    sampling = drawn.sampling() if drawn is not None else None
    if drawn is None or sampling is None:
        return None
    low, high = ends(sampling, level)
    if isinstance(units, UnitSums) and units.is_size:
        low, high = _folded(low, high)
    floor, ceiling = units.bounds
    low, high = min(max(low, floor), ceiling), min(max(high, floor), ceiling)
    return Interval(low, high, level, drawn.unit, sampling.units, sampling.method, len(drawn.replicates), seed)


def _folded(low: float, high: float) -> tuple[float, float]:
    """Sizes of the numbers between low and high."""
    sizes = sorted((abs(low), abs(high)))
    return (0.0 if low <= 0 <= high else sizes[0]), sizes[1]


def compare(
    a: Units, b: Units, level: float = LEVEL, *, replicates: int | None = None, seed: int = SEED
) -> Comparison | None:
    """Score a less score b, both drawn alike; None where there is no interval.

    The p-value is two-sided and belongs to the interval: it is under 1 - level just where 0 lies outside.

    Raises:
        ValueError: the two do not have the same units, so they were not scored against the same truth.
    Example: the same prediction twice -> difference 0, interval (0, 0), p-value 1
    """
    one, other = resample(a, replicates, seed), resample(b, replicates, seed)
    return _compared(one, other, level) if one is not None and other is not None else None


def _compared(one: Resampled, other: Resampled, level: float) -> Comparison | None:
    sampling = (one - other).sampling(is_difference=True)
    if sampling is None:
        return None
    p = p_value(sampling)
    return Comparison(sampling.full, *ends(sampling, level), p, p < 1 - level, sampling.method, sampling.units)


def tied_with_first(
    teams: Sequence[Units],
    *,
    higher_is_better: bool,
    level: float = LEVEL,
    replicates: int | None = None,
    seed: int = SEED,
) -> list[bool]:
    """Which teams cannot be told from the first by more than noise: the first itself, and all that are tied with it.

    Each team is compared with the first alone, at `level`; with many teams, some that are truly worse are tied, and one
    in 20 that are just as good as the first is not. A team without a score is never tied. Where nothing can be said (a
    single unit), everybody with a score is.

    Raises:
        ValueError: the teams do not have the same units.
    """
    drawn = [resample(team, replicates, seed) for team in teams]
    scores = [one.full if one is not None else math.nan for one in drawn]
    ranked = [(score, index) for index, score in enumerate(scores) if not math.isnan(score)]
    if not ranked:
        return [False] * len(teams)
    sign = -1 if higher_is_better else 1
    first = drawn[min(ranked, key=lambda pair: (sign * pair[0], pair[1]))[1]]
    return [_is_tied(one, first, level) for one in drawn]


def _is_tied(one: Resampled | None, first: Resampled | None, level: float) -> bool:
    if one is None or first is None or math.isnan(one.full):
        return False
    compared = _compared(one, first, level) if one is not first else None
    return compared is None or not compared.is_more_than_noise


# -- results ----------------------------------------------------------------------------------------------------------


def units_from_result(
    statistics: Mapping[str, Any],
    spec: MetricSpec,
    side: str,
    *,
    contract: Contract | None = None,
    specs: Sequence[MetricSpec] = (),
) -> Units | None:
    """The units of a metric on a side ("public", "private") from what a result keeps; None where it keeps none.

    `contract` is needed for metrics that are measured (scoring/measure.py), `specs`, all metrics of the task, for
    combined columns.
    """
    return Statistics(statistics, contract, specs).units(spec, side)


def tied_results(
    kept: Sequence[Mapping[str, Any]],
    spec: MetricSpec,
    side: str,
    *,
    contract: Contract | None = None,
    specs: Sequence[MetricSpec] = (),
) -> list[bool]:
    """As tied_with_first, from the statistics of results; False for one that keeps no units.

    Raises:
        ValueError: the results come from different truths.
    """
    teams = [units_from_result(one, spec, side, contract=contract, specs=specs) for one in kept]
    known = [team for team in teams if team is not None]
    tied = iter(tied_with_first(known, higher_is_better=spec.metric.higher_is_better))
    return [team is not None and next(tied) for team in teams]


def intervals_of(
    body: Mapping[str, Any], specs: Sequence[MetricSpec], contract: Contract | None = None
) -> dict[str, dict[str, dict[str, Any] | None]]:
    """Metric -> side -> interval, from the statistics of a result; None where there is none.

    Example: {"iou": {"public": {"low": 0.71, "high": 0.79, "level": 0.95, "units": "scenes", ...}, "private": None}}
    """
    statistics = Statistics(body["statistics"], contract, specs)
    sides = [side.name.lower() for side in SCORED]
    return {spec.key: {side: _interval_of(statistics, spec, side) for side in sides} for spec in specs}


def _interval_of(statistics: Statistics, spec: MetricSpec, side: str) -> dict[str, Any] | None:
    units = statistics.units(spec, side)
    found = interval(units) if units is not None else None
    return asdict(found) if found is not None else None
