"""How a metric is measured that is neither a function of confusion counts nor one of the sums of terms.

A measure turns truth and prediction into *sums per unit*, shape (units, k), and turns summed sums into a value. A unit
is a block of rows, a scene or a part of one. Public and private scores, scores of scenes, pooled and macro averages and
intervals all come from these sums, so a measure has nothing else to say, whatever its kind of data:

    tables      rows(truth, prediction, blocks) -> Measured, once a side
    rasters     scene(scene) -> an observer that is fed bands, see scoring/raster_measures.py
    other kinds what their module under scoring/kinds says

Where a score is no function of sums (AUC, Spearman, an organiser's own program), `Measured.exact` is the score, and the
sums are its pseudo-values, one a block, beside a 1: their mean estimates it, so that their spread gives its interval.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from scoring.splits import SCORED, Side

if TYPE_CHECKING:
    from scoring.contract import Contract
    from scoring.job import MetricSpec

Sums = npt.NDArray[np.float64]


@runtime_checkable
class Measure(Protocol):
    """Made once a job from the parameters of a metric: `Class(params, contract)`."""

    def value(self, sums: Sums) -> Sums:
        """Shapes: sums (..., k) -> (...); NaN where there is no score."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One metric on one side of a table. Shapes: sums (units, k); with `exact`, (units, 2): pseudo-value and 1."""

    sums: Sums
    exact: float | None = None
    is_exact: bool = False


@dataclass(frozen=True, slots=True)
class MeasuredScene:
    """The sums of each metric on one scene. Shapes: key -> (units, k)."""

    name: str
    side: Side
    sums: Mapping[str, Sums]
    facts: Mapping[str, Any] = field(default_factory=dict)


def measure_of(spec: MetricSpec, contract: Contract) -> Measure:
    """The measure that the registry names, with the parameters of this contest."""
    module, _, name = spec.measure.partition(":")
    measure: Measure = getattr(importlib.import_module(module), name)(spec.params, contract)
    return measure


def pseudo_values(whole: float, without: Sequence[float]) -> Sums:
    """Pseudo-values of a score from the scores without each block: B whole - (B - 1) without_b, each beside a 1.

    Shapes: without (B,) -> (B, 2)
    Source: Tukey (1958), Ann. Math. Stat. 29, 614
    """
    left = np.asarray(without, np.float64)
    return np.stack([len(left) * whole - (len(left) - 1) * left, np.ones(len(left))], axis=1)


def score_of(measure: Measure, sums: Sums) -> float | None:
    """The value of the sum of all units; None when it has none. Shapes: sums (units, k)."""
    if not len(sums):
        return None
    # Exactly rounded, so that it does not matter how the units are cut.
    total = np.array([math.fsum(column) for column in sums.T])
    value = float(measure.value(total))
    return value if math.isfinite(value) else None


def mean_over_scenes(measure: Measure, scenes: Sequence[Sums]) -> float | None:
    """The mean of the values of the scenes that have one."""
    values = [value for sums in scenes if (value := score_of(measure, sums)) is not None]
    return math.fsum(values) / len(values) if values else None


def scene_results(
    scenes: Sequence[MeasuredScene], measures: Mapping[str, Measure], specs: Sequence[MetricSpec]
) -> tuple[dict[str, dict[str, float | None]], list[dict[str, Any]], dict[str, Any]]:
    """Scores of each metric and side, the scenes with their own scores, and the statistics to be kept."""
    rows: list[dict[str, Any]] = [
        {
            "name": one.name,
            "split": one.side.name.lower(),
            **one.facts,
            "metrics": {key: score_of(measure, one.sums[key]) for key, measure in measures.items()},
        }
        for one in scenes
    ]
    mine = [spec for spec in specs if spec.key in measures]
    metrics = {spec.key: _of_sides(spec, measures[spec.key], scenes) for spec in mine}
    return metrics, rows, {spec.key: _kept(spec.key, scenes) for spec in mine}


def _of_sides(spec: MetricSpec, measure: Measure, scenes: Sequence[MeasuredScene]) -> dict[str, float | None]:
    return {side.name.lower(): _of_side(spec, measure, [s for s in scenes if s.side == side]) for side in SCORED}


def _of_side(spec: MetricSpec, measure: Measure, scenes: Sequence[MeasuredScene]) -> float | None:
    sums = [one.sums[spec.key] for one in scenes]
    if not sums:
        return None
    if spec.aggregate == "macro":
        return mean_over_scenes(measure, sums)
    return score_of(measure, np.concatenate(sums))


def _kept(key: str, scenes: Sequence[MeasuredScene]) -> dict[str, Any]:
    """Side -> the sums of its units, and which scene of the side each belongs to."""
    kept: dict[str, Any] = {}
    for side in SCORED:
        sums = [one.sums[key] for one in scenes if one.side == side]
        numbers = [index for index, one in enumerate(sums) for _ in range(len(one))]
        kept[side.name.lower()] = {"scenes": numbers, "sums": [row for one in sums for row in one.tolist()]}
    return kept


def row_results(measured: Mapping[str, Mapping[Side, Measured]], measures: Mapping[str, Measure]) -> Any:
    """Scores and statistics of the metrics of a table: key -> side -> score, key -> side -> sums."""
    metrics = {
        key: {side.name.lower(): _table_score(measures[key], one) for side, one in sides.items()}
        for key, sides in measured.items()
    }
    statistics = {
        key: {
            side.name.lower(): {"scenes": list(range(len(one.sums))), "sums": one.sums.tolist(), **_exact(one)}
            for side, one in sides.items()
        }
        for key, sides in measured.items()
    }
    return metrics, statistics


def _exact(one: Measured) -> dict[str, float | None]:
    return {"exact": one.exact} if one.is_exact else {}


def _table_score(measure: Measure, one: Measured) -> float | None:
    return one.exact if one.is_exact else score_of(measure, one.sums)
