"""A score as a function of the sums of units, and what it becomes when units are drawn anew.

Which units are drawn is decided here, from how many there are:

- masks and grids: the scenes, from 4 on; with fewer, the blocks of cells that the scenes were counted in. Neighbouring
  cells are alike, so single cells are never drawn. Drawing scenes answers "how would it do on other scenes like these",
  and does so honestly even of 4, if widely. Drawing blocks answers "... on other ground of these very scenes"; it says
  nothing of how scenes differ. Measured of 4 to 16 simulated scenes: 95 % intervals from scenes cover the value of all
  scenes in 93 to 96 %, intervals from blocks in 58 to 79 %; blocks of a single scene cover its own value in 94 %.
- tables: up to 64 blocks of neighbouring rows, which are single rows when there are no more; or a declared group.
- pooled: units are drawn over the whole side. macro: a drawn scene counts as often as it is drawn. Macro with fewer
  than 4 scenes: blocks are drawn within their scene, so that each scene stays in the mean; where a scene has a single
  block, scenes are drawn after all.

Scenes without a score (0/0 under the rule `skip`) are left out of the mean, as in the score itself, and so are
replicates without one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from scoring.uncertainty_draws import Weights, multiplicities, replicates_for
from scoring.uncertainty_quantiles import Sampling

ENOUGH_SCENES: Final = 4
FEWEST_DEFINED: Final = 0.5  # of the replicates
Values = npt.NDArray[np.float64]
ValueFunction = Callable[[Values], Values]


@dataclass(frozen=True)
class UnitSums:
    """What one score on one side is made of.

    Shapes: sums (units, k) float64, scenes (units,) integers, equal for units of one scene
    `value` maps sums (..., k) to scores (...), NaN where there is none. `unit` is what a row of `sums` is: "blocks",
    "rows", "groups" or "scenes". `bounds` is the range of the metric. `is_size`: the score is the size of `value`,
    whose sign is kept for the interval (a bias).
    """

    sums: Values
    scenes: npt.NDArray[np.int64]
    value: ValueFunction
    aggregate: str = "pooled"
    unit: str = "blocks"
    bounds: tuple[float, float] = (-math.inf, math.inf)
    is_size: bool = False

    @property
    def score(self) -> float:
        """NaN where there is none."""
        full = float(drawable(self).at_once(None)[0]) if len(self.sums) else math.nan
        return abs(full) if self.is_size else full


@dataclass(frozen=True)
class CombinedUnits:
    """A score that is a weighted sum of scores of the same units (a combined column); they are drawn alike.

    Rounding of the parts is left out: it hides noise and makes none.
    """

    parts: tuple[UnitSums, ...]
    factors: tuple[float, ...]
    bounds: tuple[float, float] = (-math.inf, math.inf)


Units = UnitSums | CombinedUnits


def jackknife_units(
    full_value: float, leave_one_out_values: Sequence[float], *, unit: str = "blocks", bounds: tuple[float, float]
) -> UnitSums:
    """Units of a score that is no function of sums (AUC, Spearman, MAP, an organiser's own program): pseudo-values.

    .. math:: B \\theta - (B - 1) \\theta_{(-b)}

    B values of the score, each without one block b (without its rows, cells, scenes or queries), become B numbers whose
    mean stands for the score, and are resampled like the values of B scenes. They are shifted so that their mean is
    the full value. It is right for scores that are smooth in the data (AUC, average precision, correlations of ranks,
    F1); not for extremes and quantiles (a Hausdorff distance, a median), which have no interval this way.

    Shapes: leave_one_out_values (B,)
    Units: those of the score
    Source: Tukey (1958), Ann. Math. Stat. 29, 614; Miller (1974), Biometrika 61, 1-15, doi:10.2307/2334280
    Example: of a mean of 1, 2 and 6, which is 3, the values without each are 4, 3.5 and 1.5: pseudo-values 1, 2, 6
    """
    without = np.asarray(leave_one_out_values, np.float64)
    pseudo = full_value + (len(without) - 1) * (without.mean() - without)
    sums = np.stack([pseudo, np.ones(len(pseudo))], axis=1)
    return UnitSums(sums, np.zeros(len(sums), np.int64), mean_value, unit=unit, bounds=bounds)


def mean_value(sums: Values) -> Values:
    """First sum divided by the second; NaN for nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient: Values = sums[..., 0] / sums[..., 1]
    return quotient


@dataclass(frozen=True)
class Drawable:
    """Units as they are drawn: whole scenes, or blocks. `strata` are the sizes of what is drawn within."""

    sums: Values
    value: ValueFunction
    unit: str
    strata: tuple[int, ...]

    def at_once(self, weights: Weights | None) -> Values:
        """Score of each row of weights, shape (rows,); None: the score itself, shape (1,)."""
        given = np.ones((1, len(self.sums))) if weights is None else weights
        if len(self.strata) == 1:
            return self._of(given, self.sums)
        return _mean(np.stack([self._of(given[:, part], self.sums[part]) for part in self._parts]))

    @property
    def _parts(self) -> list[slice]:
        return [slice(int(start), int(stop)) for start, stop in pairwise(np.cumsum((0, *self.strata)))]

    def _of(self, weights: Weights, sums: Values) -> Values:
        # The sums come first and the replicates last in memory, so that `value` works on long runs of numbers.
        return self._valued(np.moveaxis(sums.T @ weights.T, 0, -1))

    def _valued(self, sums: Values) -> Values:
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.value(sums)

    def moved(self) -> Values:
        """Mean of the values without one unit, less the value without each; of units of one stratum together."""
        return np.concatenate([self._moved_in(self.sums[part]) for part in self._parts]) / len(self.strata)

    def _moved_in(self, sums: Values) -> Values:
        without = self._valued(np.moveaxis(np.ascontiguousarray((sums.sum(axis=0) - sums).T), 0, -1))
        defined = np.isfinite(without)
        return np.where(defined, _mean(without) - without, 0.0)


def _mean(values: Values) -> Values:
    """Mean over the first axis of what is defined; NaN where nothing is."""
    defined = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        mean: Values = np.where(defined, values, 0.0).sum(axis=0) / defined.sum(axis=0)
    return mean


def drawable(units: UnitSums) -> Drawable:
    """Units as the head of this file says."""
    order = np.argsort(units.scenes, kind="stable")
    _, firsts, counts = np.unique(units.scenes[order], return_index=True, return_counts=True)
    sums, sizes = units.sums[order], tuple(int(size) for size in counts)
    if not _draws_scenes(units, sizes):
        return Drawable(sums, units.value, units.unit, sizes if units.aggregate == "macro" else (len(sums),))
    totals = np.add.reduceat(sums, firsts, axis=0)
    scenes = Drawable(totals, units.value, "scenes" if units.unit == "blocks" else units.unit, (len(totals),))
    return _of_means(scenes) if units.aggregate == "macro" else scenes


def strata_of(units: UnitSums) -> tuple[str, tuple[int, ...]]:
    """What is drawn and how many within each; two scores of the same are drawn alike."""
    drawn = drawable(units)
    return drawn.unit, drawn.strata


def _draws_scenes(units: UnitSums, sizes: tuple[int, ...]) -> bool:
    if len(sizes) >= ENOUGH_SCENES:
        return True
    if units.aggregate == "macro":
        return min(sizes) == 1
    return 1 < len(sizes) == len(units.sums)


def _of_means(scenes: Drawable) -> Drawable:
    """Each scene is its own score and a 1, or two 0 where it has none: drawn like any other sums."""
    scores = scenes._valued(scenes.sums)
    defined = ~np.isnan(scores)
    sums = np.stack([np.where(defined, scores, 0.0), defined.astype(np.float64)], axis=1)
    return replace(scenes, sums=sums, value=mean_value)


# -- replicates -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Resampled:
    """A score with its replicates and what each unit moves; two with the same strata were drawn alike.

    Shapes: moved (units,), replicates (replicates,)
    """

    unit: str
    strata: tuple[int, ...]
    full: float
    moved: Values
    replicates: Values

    def __sub__(self, other: Resampled) -> Resampled:
        if (self.unit, self.strata, len(self.replicates)) != (other.unit, other.strata, len(other.replicates)):
            raise ValueError("the two scores come from different units, so they cannot be compared in pairs")
        moved, replicates = self.moved - other.moved, self.replicates - other.replicates
        return replace(self, full=self.full - other.full, moved=moved, replicates=replicates)

    def __add__(self, other: Resampled) -> Resampled:
        return self - other * -1.0

    def __mul__(self, factor: float) -> Resampled:
        return replace(self, full=self.full * factor, moved=self.moved * factor, replicates=self.replicates * factor)

    def __abs__(self) -> Resampled:
        moved = -self.moved if self.full < 0 else self.moved
        return replace(self, full=abs(self.full), moved=moved, replicates=np.abs(self.replicates))

    def sampling(self, *, is_difference: bool = False) -> Sampling | None:
        """None when nothing can be said: no score, a single unit, or too few replicates that have a score."""
        freedom = len(self.moved) - len(self.strata)
        if freedom < 1 or not math.isfinite(self.full):
            return None
        defined = np.sort(self.replicates[np.isfinite(self.replicates)])
        if len(defined) < max(2, FEWEST_DEFINED * len(self.replicates)):
            return None
        return Sampling(self.full, self.moved, defined, freedom, is_difference)


def resample(units: Units, replicates: int | None, seed: int, *, is_signed: bool = False) -> Resampled | None:
    """None without units. The same seed and the same units draw the same replicates, whatever the sums.

    A score that is a size is drawn as a size, unless its sign is asked for.

    Raises:
        ValueError: the parts of a combination do not have the same units.
    """
    if isinstance(units, CombinedUnits):
        parts = [resample(part, replicates, seed) for part in units.parts]
        drawn = [part * factor for part, factor in zip(parts, units.factors, strict=True) if part is not None]
        return sum(drawn[1:], start=drawn[0]) if drawn and len(drawn) == len(parts) else None
    if not len(units.sums):
        return None
    drawn_once = _resample(units, replicates, seed)
    return abs(drawn_once) if units.is_size and not is_signed else drawn_once


def _resample(units: UnitSums, replicates: int | None, seed: int) -> Resampled:
    drawn = drawable(units)
    rounds = replicates_for(len(drawn.sums)) if replicates is None else replicates
    values = [drawn.at_once(weights) for weights in multiplicities(drawn.strata, rounds, seed)]
    return Resampled(drawn.unit, drawn.strata, float(drawn.at_once(None)[0]), drawn.moved(), np.concatenate(values))
