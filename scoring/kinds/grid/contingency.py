"""Scores of events: what is at (or above) a threshold. Counts are added up over cells and times before the ratio.

With a hits, b false alarms, c misses, d correct negatives, n their sum. A threshold is compared in the type of the
fields, so that 0.7 predicted in float32 reaches a threshold of 0.7; after upscaling or accumulating, in float64.

Source of all scores: Jolliffe and Stephenson (2012), Forecast Verification, 2nd ed., chapter 3
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scoring.kinds.grid.measures import GridMeasure, ratio, rule_value
from scoring.kinds.grid.views import Array, Field, Mask
from scoring.measure import Sums


def events(cells: Array, threshold: float, comparator: str) -> npt.NDArray[np.bool_]:
    """Where an event is: at or above the threshold, or only above it. Shapes: (...) -> (...)"""
    limit = cells.dtype.type(threshold)
    found: npt.NDArray[np.bool_] = cells > limit if comparator == ">" else cells >= limit
    return found


def counts_of(truth: Mask, prediction: Mask, mask: Mask | None) -> tuple[float, float, float, float]:
    """Hits, false alarms, misses, correct negatives of the cells that count. Shapes: (height, width)"""
    if mask is not None:
        truth, prediction = truth & mask, prediction & mask
    cells = truth.size if mask is None else int(np.count_nonzero(mask))
    hits = int(np.count_nonzero(truth & prediction))
    false_alarms = int(np.count_nonzero(prediction)) - hits
    misses = int(np.count_nonzero(truth)) - hits
    return float(hits), float(false_alarms), float(misses), float(cells - hits - false_alarms - misses)


class _Contingency(GridMeasure):
    """Shapes: sums (..., 4): a, b, c, d -> (...)"""

    size = 4

    def tile(self, one: Field, down: slice, across: slice) -> tuple[float, ...]:
        threshold, comparator = float(self.params["threshold"]), str(self.params["comparator"])
        key = ("counts", threshold, comparator, down.start, down.stop, across.start, across.stop)
        if key not in one.cache:
            truth = events(one.truth[down, across], threshold, comparator)
            prediction = events(one.prediction[down, across], threshold, comparator)
            one.cache[key] = counts_of(truth, prediction, None if one.mask is None else one.mask[down, across])
        found: tuple[float, ...] = one.cache[key]
        return found

    def value(self, sums: Sums) -> Sums:
        above, below = self.parts(*(sums[..., index] for index in range(4)))
        cells = sums.sum(axis=-1)
        return np.where((below == 0) & (cells > 0), rule_value(self.params), ratio(above, below))

    def parts(self, a: Sums, b: Sums, c: Sums, d: Sums) -> tuple[Sums, Sums]:
        """Numerator and denominator."""
        raise NotImplementedError


class ThreatScore(_Contingency):
    """Threat score, or critical success index: share of hits among all that was predicted or happened.

    .. math:: \\frac{a}{a + b + c}

    Range: [0, 1], 1 is best
    Missing: 0/0 without events in truth and prediction
    Example: 2 hits, 1 false alarm, 1 miss -> 0.5
    """

    def parts(self, a: Sums, b: Sums, c: Sums, d: Sums) -> tuple[Sums, Sums]:
        return a, a + b + c


class EquitableThreatScore(_Contingency):
    """Equitable threat score: the threat score without the hits that chance would give.

    .. math:: \\frac{a - a_r}{a + b + c - a_r}, \\quad a_r = \\frac{(a + b)(a + c)}{n}

    Range: [-1/3, 1], 1 is best, 0 is chance
    Missing: 0/0 where no cell, or every cell, is an event in both
    Example: a 2, b 1, c 1, d 4: a_r = 9/8, (2 - 9/8) / (4 - 9/8) = 7/23
    """

    def parts(self, a: Sums, b: Sums, c: Sums, d: Sums) -> tuple[Sums, Sums]:
        by_chance = ratio((a + b) * (a + c), a + b + c + d)
        return a - by_chance, a + b + c - by_chance


class Pod(_Contingency):
    """Probability of detection: share of the events that were predicted.

    .. math:: \\frac{a}{a + c}

    Range: [0, 1], 1 is best
    Missing: 0/0 without events in the truth
    Example: 2 hits, 1 miss -> 2/3
    """

    def parts(self, a: Sums, b: Sums, c: Sums, d: Sums) -> tuple[Sums, Sums]:
        return a, a + c


class Far(_Contingency):
    """False alarm ratio: share of the predicted events that did not happen.

    .. math:: \\frac{b}{a + b}

    Range: [0, 1], 0 is best
    Missing: 0/0 without events in the prediction
    Example: 2 hits, 1 false alarm -> 1/3
    """

    def parts(self, a: Sums, b: Sums, c: Sums, d: Sums) -> tuple[Sums, Sums]:
        return b, a + b


class FrequencyBias(_Contingency):
    """Frequency bias: how many times as often an event is predicted as it happens.

    .. math:: \\frac{a + b}{a + c}

    Range: [0, inf), 1 is best
    Missing: no score without events in the truth; 0/0 without events in the prediction either
    Example: 2 hits, 2 false alarms, no miss -> 2.0
    """

    def parts(self, a: Sums, b: Sums, c: Sums, d: Sums) -> tuple[Sums, Sums]:
        return a + b, a + c

    def value(self, sums: Sums) -> Sums:
        above, below = self.parts(*(sums[..., index] for index in range(4)))
        is_empty = (above == 0) & (below == 0) & (sums.sum(axis=-1) > 0)
        return np.where(is_empty, rule_value(self.params), ratio(above, below))


class FrequencyBiasError(FrequencyBias):
    """How far the frequency bias is from 1, so that the smallest is the best.

    .. math:: \\left| \\frac{a + b}{a + c} - 1 \\right|

    Range: [0, inf), 0 is best
    """

    def value(self, sums: Sums) -> Sums:
        return np.abs(super().value(sums) - 1.0)
