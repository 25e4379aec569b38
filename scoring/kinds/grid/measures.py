"""Errors of fields: RMSE, MAE, bias, and the anomaly correlation, each weighted by area where the contract has weights.

Every metric is a function of sums over cells, kept per field (and tile). Differences and sums are in float64 whatever
the type of the fields, in pieces that stay in the processor's cache.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from scoring.kinds.grid.contract import GridContract
from scoring.kinds.grid.views import Array, Field, ViewSpec
from scoring.measure import Sums

PIECE: Final = 16_384
Need = tuple[str, str, str]  # parameter, its value, what it must be
_ONES: Final = np.ones(PIECE)


class GridMeasure:
    """What all measures of grids share. Subclasses say `size`, `tile` and `value`."""

    size: ClassVar[int]

    def __init__(self, params: Mapping[str, Any], contract: GridContract) -> None:
        self.params = params
        self.view = ViewSpec.of(params)

    def sums(self, one: Field) -> Sums:
        """The sums of a field. Shapes: (tiles, size)"""
        seen = one.upscaled(self.view)
        return np.array([self.tile(seen, down, across) for down, across in seen.regions()], np.float64)

    def tile(self, one: Field, down: slice, across: slice) -> tuple[float, ...]:
        raise NotImplementedError

    def value(self, sums: Sums) -> Sums:
        raise NotImplementedError

    def needs(self, contract: GridContract, has_climatology: bool) -> list[Need]:
        """What this metric asks for and the task does not have, for the organiser."""
        fields, height, width = contract.shape
        found = []
        if self.view.upscale > min(height, width):
            found.append(("upscale", str(self.view.upscale), f"at most {min(height, width)} cells"))
        if self.view.accumulate > fields:
            found.append(("accumulate", str(self.view.accumulate), f"at most {fields} fields"))
        return found

    def _weights(self, one: Field) -> npt.NDArray[np.float64] | None:
        """Weights in which what does not count weighs nothing; None: every cell weighs 1."""
        weights = one.weights if self.params.get("weights", "area") == "area" else None
        if one.mask is None:
            return weights
        return one.mask.astype(np.float64) if weights is None else weights * one.mask


def ratio(above: Sums, below: Sums) -> Sums:
    """above / below; NaN for 0/0 and whatever else is divided by 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below != 0, above / np.where(below != 0, below, 1.0), np.nan)


# -- errors -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ErrorSums:
    """Sums over cells: of weights, and of error, size of error and squared error times weight."""

    weight: float
    error: float
    size: float
    square: float


def error_sums(truth: Array, prediction: Array, weights: npt.NDArray[np.float64] | None = None) -> ErrorSums:
    """Sums of prediction - truth.

    Shapes: all (height, width); weights None: 1 everywhere
    Units: those of the field, and their square
    Example: truth 1 2, prediction 2 4 -> 2 cells, error 3, size 3, square 5
    """
    flat = [np.ascontiguousarray(one).reshape(-1) for one in (truth, prediction)]
    sums = np.zeros(4) if weights is not None else np.array([truth.size, 0.0, 0.0, 0.0])
    weight = None if weights is None else np.ascontiguousarray(weights).reshape(-1)
    error, other = np.empty(PIECE), np.empty(PIECE)
    for start in range(0, truth.size, PIECE):
        stop = min(start + PIECE, truth.size)
        d, w, one = error[: stop - start], other[: stop - start], _ONES[: stop - start]
        np.copyto(d, flat[1][start:stop])
        np.copyto(w, flat[0][start:stop])
        np.subtract(d, w, out=d)
        if weight is None:
            sums[3] += d.dot(d)
        else:
            one = weight[start:stop]
            sums[0] += one.sum()
            np.multiply(d, one, out=w)
            sums[3] += d.dot(w)
        sums[1] += d.dot(one)
        np.abs(d, out=d)
        sums[2] += d.dot(one)
    return ErrorSums(*sums.tolist())


class _Error(GridMeasure):
    size = 2

    def _sums(self, one: Field, down: slice, across: slice) -> ErrorSums:
        """Shared by RMSE, MAE and bias of one view."""
        key = ("errors", self.params.get("weights", "area"), down.start, down.stop, across.start, across.stop)
        if key not in one.cache:
            weights = self._weights(one)
            tile = None if weights is None else weights[down, across]
            one.cache[key] = error_sums(one.truth[down, across], one.prediction[down, across], tile)
        found: ErrorSums = one.cache[key]
        return found


class Rmse(_Error):
    """Root mean square error.

    .. math:: \\sqrt{\\frac{\\sum_i w_i (p_i - t_i)^2}{\\sum_i w_i}}

    Shapes: sums (..., 2): weight, squared error -> (...)
    Units: those of the field; range [0, inf), 0 is best
    Missing: NaN where nothing counts
    Source: Wilks (2011), Statistical Methods in the Atmospheric Sciences, section 8.3
    Example: errors 1 and 2 -> sqrt(2.5)
    """

    def tile(self, one: Field, down: slice, across: slice) -> tuple[float, ...]:
        found = self._sums(one, down, across)
        return found.weight, found.square

    def value(self, sums: Sums) -> Sums:
        return np.sqrt(ratio(sums[..., 1], sums[..., 0]))


class Mae(_Error):
    """Mean absolute error.

    .. math:: \\frac{\\sum_i w_i |p_i - t_i|}{\\sum_i w_i}

    Shapes: sums (..., 2): weight, size of error -> (...)
    Units: those of the field; range [0, inf), 0 is best
    Missing: NaN where nothing counts
    Source: Willmott and Matsuura (2005), Clim. Res. 30, 79-82, doi:10.3354/cr030079
    Example: errors 1 and -2 -> 1.5
    """

    def tile(self, one: Field, down: slice, across: slice) -> tuple[float, ...]:
        found = self._sums(one, down, across)
        return found.weight, found.size

    def value(self, sums: Sums) -> Sums:
        return ratio(sums[..., 1], sums[..., 0])


class Bias(_Error):
    """Mean error; positive when the prediction is too high.

    .. math:: \\frac{\\sum_i w_i (p_i - t_i)}{\\sum_i w_i}

    Shapes: sums (..., 2): weight, error -> (...)
    Units: those of the field; range (-inf, inf), 0 is best
    Missing: NaN where nothing counts
    Source: Wilks (2011), Statistical Methods in the Atmospheric Sciences, section 8.3
    Example: errors 1 and -2 -> -0.5
    """

    def tile(self, one: Field, down: slice, across: slice) -> tuple[float, ...]:
        found = self._sums(one, down, across)
        return found.weight, found.error

    def value(self, sums: Sums) -> Sums:
        return ratio(sums[..., 1], sums[..., 0])


class AbsoluteBias(Bias):
    """Size of the mean error, see Bias."""

    def value(self, sums: Sums) -> Sums:
        return np.abs(super().value(sums))


# -- anomalies --------------------------------------------------------------------------------------------------------


class AnomalyCorrelation(GridMeasure):
    """Correlation of the departures from a climatology c that the organiser gives; f = p - c, o = t - c.

    .. math:: \\frac{\\sum w f o}{\\sqrt{\\sum w f^2} \\sqrt{\\sum w o^2}}

    `centred` takes the weighted means of f and o away first. Both are sums over all cells and fields of a side; the
    usual mean over fields is `aggregate: macro`.

    Shapes: sums (..., 6): w, w f, w o, w f f, w o o, w f o -> (...)
    Range: [-1, 1], 1 is best
    Missing: NaN where truth or prediction does not depart from the climatology at all
    Source: Murphy and Epstein (1989), Mon. Wea. Rev. 117, 572-582; WMO-No. 485, appendix 2.2.34
    Example: f 1 -1, o 2 -2 -> 1.0
    """

    size = 6

    def tile(self, one: Field, down: slice, across: slice) -> tuple[float, ...]:
        if one.climatology is None:
            raise ValueError("the truth has no climatology")
        climatology = one.climatology[down, across].astype(np.float64)
        f, o = one.prediction[down, across] - climatology, one.truth[down, across] - climatology
        weights = self._weights(one)
        w = np.ones(f.shape) if weights is None else weights[down, across]
        wf, wo = w * f, w * o
        pairs = ((wf, f), (wo, o), (wf, o))
        return (float(w.sum()), float(wf.sum()), float(wo.sum()), *(float((a * b).sum()) for a, b in pairs))

    def value(self, sums: Sums) -> Sums:
        w, f, o, ff, oo, fo = (sums[..., index] for index in range(6))
        if self.params.get("centred", False):
            ff, oo, fo = ff - ratio(f * f, w), oo - ratio(o * o, w), fo - ratio(f * o, w)
        # One root of equal spreads would not be exact, and a perfect prediction is 1.
        with np.errstate(invalid="ignore"):
            below = np.where(ff == oo, ff, np.sqrt(np.maximum(ff, 0)) * np.sqrt(np.maximum(oo, 0)))
        found: Sums = np.clip(ratio(fo, below), -1.0, 1.0)
        return found

    def needs(self, contract: GridContract, has_climatology: bool) -> list[Need]:
        found = super().needs(contract, has_climatology)
        if not has_climatology:
            found.append(("", "a truth without climatology", "a folder with a file climatology.nc or climatology.npy"))
        return found


def rule_value(params: Mapping[str, Any]) -> float:
    """What 0/0 is."""
    rule = str(params.get("zero_division", "skip"))
    return math.nan if rule == "skip" else float(rule)
