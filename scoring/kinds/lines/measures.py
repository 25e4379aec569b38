"""Measures of errors along transects. Their units are groups of neighbouring transects of one scene."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import numpy as np

from scoring.contract import Contract, Scene
from scoring.distances import scaled
from scoring.kinds.lines.polylines import Points
from scoring.measure import Sums

MAX_BLOCKS: Final = 16


class TransectMeasure:
    """Parameters of all measures of transects: tolerance and miss cost in pixels."""

    def __init__(self, params: Mapping[str, Any], contract: Contract) -> None:
        self.tolerance: float = params["tolerance"]
        self.miss_cost: float = params["miss_cost"]
        self.is_capped: bool = params.get("cap") is True
        self.over: str = params.get("over") or "scenes"
        self.unit: str = params.get("unit") or "pixel"

    def sums(self, errors: Points) -> Sums:
        """Shapes: errors (transects,), signed, in the measure's unit, misses already at their cost -> (units, k)"""
        raise NotImplementedError

    def value(self, sums: Sums) -> Sums:
        raise NotImplementedError

    def in_unit(self, errors: Points, transects: Points, scene: Scene) -> Points:
        """Pixels along transects -> this measure's unit; a miss (NaN) is its cost, which is in that unit."""
        if self.unit != "pixel":
            vectors = transects[:, 1] - transects[:, 0]
            errors = errors * np.hypot(*scaled(vectors, scene, self.unit).T) / np.hypot(*vectors.T)
        costed = np.where(np.isnan(errors), self.miss_cost, errors)
        return np.clip(costed, -self.miss_cost, self.miss_cost) if self.is_capped else costed


def _weighted(values: Points, weight: float) -> Sums:
    """Sums over at most 16 groups of neighbouring transects, each with a weight. Shapes: (n, k) -> (units, k)"""
    parts = np.array_split(values * weight, min(MAX_BLOCKS, max(1, len(values))))
    return np.stack([part.sum(axis=0) for part in parts])


class TransectError(TransectMeasure):
    """Mean over scenes of the mean over transects of the worst error, in pixels; a miss costs `miss_cost`.

    .. math:: \\frac1S \\sum_s \\frac1{K_s} \\sum_k |e_{sk}|

    With `over: transects` all transects of all scenes are averaged at once. With `cap` no error costs more than a miss.

    Units:  pixels or metres; range [0, inf), 0 is best
    Source: the scorer of the fourth Tellus Satellite Challenge (2020): tolerance 1, miss cost 100, no cap
    Example: errors of 2 and 4 in one scene, a miss alone in another -> (3 + 100) / 2 = 51.5
    """

    def sums(self, errors: Points) -> Sums:
        if not len(errors):
            return np.zeros((1, 2))
        weight = 1.0 if self.over == "transects" else 1.0 / len(errors)
        return _weighted(np.stack([np.abs(errors), np.ones(len(errors))], axis=1), weight)

    def value(self, sums: Sums) -> Sums:
        return _divided(sums[..., 0], sums[..., 1])


def _divided(above: Sums, below: Sums) -> Sums:
    return np.where(below > 0, above / np.where(below > 0, below, 1.0), math.nan)


class _Moments(TransectMeasure):
    """Sums of 1, e and e squared over all transects of all scenes."""

    def sums(self, errors: Points) -> Sums:
        return _weighted(np.stack([np.ones(len(errors)), errors, errors * errors], axis=1), 1.0)


class TransectRmse(_Moments):
    """Root of the mean squared error over all transects. Range [0, inf), 0 is best.

    Source: SDS_Benchmark (Vos et al. 2023), errors along transects
    """

    def value(self, sums: Sums) -> Sums:
        return np.sqrt(_divided(sums[..., 2], sums[..., 0]))


class TransectBias(_Moments):
    """Absolute value of the mean signed error over all transects; a miss counts as +miss_cost. 0 is best."""

    def value(self, sums: Sums) -> Sums:
        return np.abs(_divided(sums[..., 1], sums[..., 0]))


class TransectStd(_Moments):
    """Standard deviation (of the whole, ddof 0) of the signed errors over all transects. 0 is best."""

    def value(self, sums: Sums) -> Sums:
        mean = _divided(sums[..., 1], sums[..., 0])
        return np.sqrt(np.maximum(_divided(sums[..., 2], sums[..., 0]) - mean * mean, 0.0))


class TransectQuantile(TransectMeasure):
    """The 90th percentile (linear between neighbours) of |error| in each scene; of several scenes, the mean.

    Source: SDS_Benchmark (Vos et al. 2023), q90 of |e|
    """

    quantile: ClassVar[float] = 0.9

    def sums(self, errors: Points) -> Sums:
        if not len(errors):
            return np.zeros((1, 2))
        return np.array([[float(np.quantile(np.abs(errors), self.quantile)), 1.0]])

    def value(self, sums: Sums) -> Sums:
        return _divided(sums[..., 0], sums[..., 1])
