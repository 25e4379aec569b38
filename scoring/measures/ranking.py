"""Metrics of order: they compare rows with rows, so they are no functions of sums over rows.

Each is exact, and so are its values without each of the blocks of rows, from which come the pseudo-values that give it
an interval (scoring/measure.py). All of it comes from one sort of the rows: what a block adds to ranks and counts is
counted along the sorted rows. Rows with one and the same score are one group, so neither the order of the rows nor how
a sort treats equals changes a bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.contract import TableContract
from scoring.measure import Measured, Sums, pseudo_values
from scoring.measures.blocks import Array, Blocks, Values, block_numbers, equals, mean_of
from scoring.metrics.categorical import ZeroDivision

Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def measured(whole: float | None, without: Values) -> Measured:
    """An exact score with its pseudo-values; a block without which there is no score stands for the score itself."""
    if whole is None or not np.isfinite(whole):
        return Measured(np.empty((0, 2)), None, is_exact=True)
    return Measured(pseudo_values(whole, np.where(np.isfinite(without), without, whole).tolist()), whole, is_exact=True)


class _Binary:
    """A score of each row, against whether the row is of the positive class."""

    compares_only = True

    def __init__(self, params: Mapping[str, Any], contract: TableContract) -> None:
        self._column, self._truth = str(params["column"]), str(params["truth"])
        self._positive = str(params["positive"])
        self.columns = (self._column,)
        self.truth_columns = (self._truth,)

    def value(self, sums: Sums) -> Sums:
        """The mean of pseudo-values."""
        return mean_of(sums[..., ::-1])

    def _ranked(self, truth: Mapping[str, Array], prediction: Mapping[str, Array], blocks: Blocks) -> Ranked:
        positive = equals(truth[self._truth], self._positive)
        return ranked(np.asarray(prediction[self._column], np.float64), positive, blocks)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Rows from the lowest score to the highest.

    Shapes: positive, block (rows,); starts (groups + 1,), where each group of equal scores starts, and the end
    """

    positive: Flags
    block: npt.NDArray[np.uint8]
    starts: Whole
    blocks: int

    @property
    def positives(self) -> int:
        return int(np.count_nonzero(self.positive))


def ranked(scores: Values, positive: Flags, blocks: Blocks) -> Ranked:
    order = np.argsort(scores)
    in_order = scores[order]
    edges = np.flatnonzero(in_order[1:] != in_order[:-1]) + 1
    starts = np.concatenate([[0], edges, [len(scores)]]).astype(np.int64)
    return Ranked(positive[order], block_numbers(blocks, len(scores))[order], starts, len(blocks))


# -- ROC AUC ----------------------------------------------------------------------------------------------------------


class RocAuc(_Binary):
    """Area under the receiver operating characteristic: how often a positive row is scored above a negative one.

    .. math:: \frac{\\#\\{s_i > s_j\\} + \frac12 \\#\\{s_i = s_j\\}}{P N}, i \text{ positive}, j \text{ negative}

    Shapes: column (rows,) numbers, truth (rows,) labels
    Range: [0, 1], 1 is best, 0.5 is by chance
    Missing: no score when a side has positive rows only, or none
    Source: Hanley & McNeil (1982), Radiology 143, 29-36, doi:10.1148/radiology.143.1.7063747
    Example: scores 1 2 2 3, the second and the fourth positive -> (1 + 1/2 + 2) / 4 = 0.875
    """

    def rows(self, truth: Mapping[str, Array], prediction: Mapping[str, Array], blocks: Blocks) -> Measured:
        scores = np.asarray(prediction[self._column], np.float64)
        is_positive = equals(truth[self._truth], self._positive)
        high, low = np.sort(scores[is_positive]), np.sort(scores[~is_positive])
        if not len(high) or not len(low):
            return measured(None, np.empty(0))
        pairs = [_pairs(scores[block], is_positive[block], high, low) for block in blocks]
        whole = sum(one.mine for one in pairs)
        without = [one.without(whole, len(high), len(low)) for one in pairs]
        return measured(whole / (2 * len(high) * len(low)), np.array(without))


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Of one block: twice the pairs in the right order, equal ones once, as whole numbers of any size.

    `mine`: its positive rows against all negative ones; `others`: all positive rows against its negative ones;
    `inside`: both in the block.
    """

    positives: int
    negatives: int
    mine: int
    others: int
    inside: int

    def without(self, whole: int, positives: int, negatives: int) -> float:
        left = (positives - self.positives) * (negatives - self.negatives)
        return (whole - self.mine - self.others + self.inside) / (2 * left) if left else float("nan")


def _pairs(scores: Values, is_positive: Flags, high: Values, low: Values) -> _Pairs:
    """`high` and `low` are the sorted scores of all positive and of all negative rows."""
    mine, others = np.sort(scores[is_positive]), np.sort(scores[~is_positive])
    above = 2 * len(high) * len(others) - _below(high, others)
    return _Pairs(len(mine), len(others), _below(low, mine), above, _below(others, mine))


def _below(values: Values, places: Values) -> int:
    """Twice the values below each place, and once those that equal it, summed. Both are sorted."""
    if not len(values) or not len(places):
        return 0
    left = np.searchsorted(values, places)
    ties = places[values[np.minimum(left, len(values) - 1)] == places]
    equal = np.searchsorted(values, ties, side="right") - np.searchsorted(values, ties) if len(ties) else left[:0]
    return 2 * int(left.sum()) + int(equal.sum())


# -- average precision ------------------------------------------------------------------------------------------------


class AveragePrecision(_Binary):
    """Average precision: precision at each score, weighted by how much recall rises there. Not interpolated.

    .. math:: \\sum_n (R_n - R_{n-1}) P_n

    over the different scores from the highest to the lowest; rows with one score are taken at once.

    Shapes: column (rows,) numbers, truth (rows,) labels
    Range: [0, 1], 1 is best
    Missing: no score when a side has no positive row
    Source: scikit-learn, average_precision_score; Manning, Raghavan & Schuetze (2008), Introduction to Information
        Retrieval, chapter 8
    Example: scores 4 3 2 1, the first and the third positive -> 1/2 * 1 + 1/2 * 2/3 = 5/6
    """

    def rows(self, truth: Mapping[str, Array], prediction: Mapping[str, Array], blocks: Blocks) -> Measured:
        rows = self._ranked(truth, prediction, blocks) if blocks else None
        if rows is None or not rows.positives:
            return measured(None, np.empty(0))
        steps = _Steps.of(rows)
        without = [steps.without(rows, number) for number in range(rows.blocks)]
        return measured(_average(steps.found, steps.taken), np.array(without, np.float64))


@dataclass(frozen=True, slots=True)
class _Steps:
    """At each different score that a positive row has, from the highest: rows taken so far, and positives among them.

    Shapes: all (scores,); `ends` counts rows from the highest score
    """

    ends: Whole
    taken: Whole
    found: Whole

    @classmethod
    def of(cls, rows: Ranked) -> _Steps:
        ends = (len(rows.positive) - rows.starts[:-1])[::-1]
        found = np.cumsum(rows.positive[::-1], dtype=np.int64)[ends - 1]
        rises = np.diff(found, prepend=0) > 0
        return cls(ends[rises], ends[rises], found[rises])

    def without(self, rows: Ranked, block: int) -> float:
        """The average precision without the rows of a block: its rows are counted off along the steps."""
        places = np.flatnonzero(rows.block[::-1] == block)
        its_positives = places[rows.positive[::-1][places]]
        taken = self.taken - np.searchsorted(places, self.ends)
        found = self.found - np.searchsorted(its_positives, self.ends)
        return _average(found, taken)


def _average(found: Whole, taken: Whole) -> float:
    if not len(found) or not found[-1]:
        return float("nan")
    precision = found / np.maximum(taken, 1)
    return float((np.diff(found, prepend=0) * precision).sum() / found[-1])


# -- rank correlation -------------------------------------------------------------------------------------------------


class Spearman:
    """Spearman's correlation: Pearson's correlation of the ranks, equal values sharing the mean of their ranks.

    Without a block the others' ranks are those of the whole, less the rows of the block that lie below.

    Shapes: column (rows,) numbers of truth and prediction
    Range: [-1, 1], 1 is best
    Missing: 0/0 when truth or prediction is constant
    Source: Spearman (1904), Am. J. Psychol. 15, 72-101, doi:10.2307/1412159
    Example: truth 1 2 3, prediction 10 30 20 -> 0.5
    """

    def __init__(self, params: Mapping[str, Any], contract: TableContract) -> None:
        self.columns = (str(params["column"]),)
        self._rule = ZeroDivision(params["zero_division"])

    def value(self, sums: Sums) -> Sums:
        """The mean of pseudo-values."""
        return mean_of(sums[..., ::-1])

    def rows(self, truth: Mapping[str, Array], prediction: Mapping[str, Array], blocks: Blocks) -> Measured:
        if not blocks:
            return measured(None, np.empty(0))
        ranks = [_Ranks.of(np.asarray(side[self.columns[0]], np.float64)) for side in (truth, prediction)]
        whole = self._correlation(ranks[0].ranks, ranks[1].ranks)
        without = [self._correlation(*(one.without(block) for one in ranks)) for block in blocks]
        return measured(whole, np.array([np.nan if value is None else value for value in without]))

    def _correlation(self, one: Values, other: Values) -> float | None:
        if not len(one):
            return None
        a, b = one - (len(one) + 1) / 2, other - (len(one) + 1) / 2
        spreads = float((a * a).sum()), float((b * b).sum())
        if not all(spreads):
            return self._rule.value_of_nothing
        # One root of equal spreads would not be exact, and a perfect prediction is 1.
        scale = spreads[0] if spreads[0] == spreads[1] else np.sqrt(spreads[0]) * np.sqrt(spreads[1])
        return max(-1.0, min(1.0, float((a * b).sum()) / scale))


@dataclass(frozen=True, slots=True)
class _Ranks:
    """Shapes: ranks, group (rows,); counts (groups,), rows of one value"""

    ranks: Values
    group: Whole
    groups: int

    @classmethod
    def of(cls, values: Values) -> _Ranks:
        _, group, counts = np.unique(values, return_inverse=True, return_counts=True)
        ends = np.cumsum(counts)
        return cls((ends - (counts - 1) / 2)[group], group, len(counts))

    def without(self, block: slice) -> Values:
        """Ranks of the rows outside a block, among themselves."""
        counts = np.bincount(self.group[block], minlength=self.groups)
        lower = np.cumsum(counts) - counts / 2
        ranks = self.ranks - lower[self.group]
        return np.concatenate([ranks[: block.start], ranks[block.stop :]])
