"""Metrics of ranked lists: each row predicts items, the best first, separated by blanks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scoring.contract import TableContract
from scoring.errors import InvalidJob, Problem, quoted
from scoring.measure import Measured, Sums
from scoring.measures.blocks import Array, Blocks, mean_of, row_sums


class _Lists:
    def __init__(self, params: Mapping[str, Any], contract: TableContract) -> None:
        self.columns = (str(params["column"]),)
        self.truth_columns: tuple[str, ...] = (str(params["truth"]),)
        self._k = int(params["k"])

    def fit(self, truth: Mapping[str, Array]) -> None:
        """Raises InvalidJob: a row of the truth names an item twice, or none."""
        name = self.truth_columns[0]
        for row, text in enumerate(truth[name]):
            items = text.split()
            if not items or len(set(items)) != len(items):
                where = f"truth, column {quoted(name)}, row {row + 1}"
                shown = quoted(text.decode(errors="replace"), 40)
                raise InvalidJob([Problem("truth_mismatch", where, {"found": shown, "expected": "different items"})])

    def value(self, sums: Sums) -> Sums:
        return mean_of(sums)


class MapAtK(_Lists):
    """Mean average precision of the first k items.

    .. math:: \\frac1n \\sum_i \\frac{1}{\\min(k, |T_i|)} \\sum_{j \\le k} [p_{ij} \\in T_i] \\frac{\\text{hits}_j}{j}

    An item that was already named is no hit again, but takes a place. Items beyond the k-th do not count.

    Shapes: column and truth (rows,) texts
    Range: [0, 1], 1 is best
    Source: ml_metrics.mapk (Hamner), the reference of Kaggle's contests
    Example: truth "a b", prediction "a c b", k 3 -> (1/1 + 2/3) / 2 = 5/6
    """

    def rows(self, truth: Mapping[str, Array], prediction: Mapping[str, Array], blocks: Blocks) -> Measured:
        pairs = zip(truth[self.truth_columns[0]].tolist(), prediction[self.columns[0]].tolist(), strict=True)
        values = np.array([self._of_row(wanted.split(), given.split()) for wanted, given in pairs], np.float64)
        return Measured(row_sums([values], blocks))

    def _of_row(self, wanted: Sequence[bytes], given: Sequence[bytes]) -> float:
        left, hits, total = set(wanted), 0, 0.0
        for place, item in enumerate(given[: self._k], start=1):
            if item in left:
                left.remove(item)
                hits += 1
                total += hits / place
        return total / min(self._k, len(wanted))


class NdcgAtK(_Lists):
    """Normalised discounted cumulative gain of the first k items.

    .. math:: \\frac{1}{\\text{IDCG}} \\sum_{j \\le k} \\frac{g(p_j)}{\\log_2(j + 1)}

    IDCG is what the items of the truth would get in their best order. The gain of an item is 1, or stands in a column
    of the truth (`gains`: numbers in the order of its items); exponential gain is 2^g - 1. An item that was already
    named gains nothing again, but takes a place.

    Shapes: column and truth (rows,) texts, gains (rows,) texts
    Range: [0, 1], 1 is best
    Missing: a row whose gains are all 0 counts as 0
    Source: Jaervelin & Kekaelaeinen (2002), ACM Trans. Inf. Syst. 20, 422-446, doi:10.1145/582415.582418
    Example: truth "a b", prediction "b x a", k 3 -> (1 + 1/2) / (1 + 1/log2(3)) = 0.9197...
    """

    def __init__(self, params: Mapping[str, Any], contract: TableContract) -> None:
        super().__init__(params, contract)
        self._gains = str(params["gains"] or "")
        self._is_exponential = params["gain"] == "exponential"
        self.truth_columns = (*self.truth_columns, *([self._gains] if self._gains else []))
        self._discounts = [1 / math.log2(place + 1) for place in range(1, self._k + 1)]

    def fit(self, truth: Mapping[str, Array]) -> None:
        """Raises InvalidJob: also where gains are no numbers of at least 0, or not as many as items."""
        super().fit(truth)
        for row, (items, gains) in enumerate(
            zip(*(truth[name] for name in self.truth_columns), strict=True) if self._gains else ()
        ):
            if not _are_gains(gains.split(), len(items.split())):
                where = f"truth, column {quoted(self._gains)}, row {row + 1}"
                shown = quoted(gains.decode(errors="replace"), 40)
                expected = "a number from 0 to 1000 for each item"
                raise InvalidJob([Problem("truth_mismatch", where, {"found": shown, "expected": expected})])

    def rows(self, truth: Mapping[str, Array], prediction: Mapping[str, Array], blocks: Blocks) -> Measured:
        wanted = truth[self.truth_columns[0]].tolist()
        gains = truth[self._gains].tolist() if self._gains else [b""] * len(wanted)
        rows = zip(wanted, gains, prediction[self.columns[0]].tolist(), strict=True)
        values = np.array([self._of_row(self._gain_of(one, gain), given.split()) for one, gain, given in rows])
        return Measured(row_sums([values.astype(np.float64)], blocks))

    def _gain_of(self, items: bytes, gains: bytes) -> dict[bytes, float]:
        names = items.split()
        numbers = [float(word) for word in gains.split()] if self._gains else [1.0] * len(names)
        if self._is_exponential:
            numbers = [2.0**number - 1 for number in numbers]
        return dict(zip(names, numbers, strict=True))

    def _of_row(self, gains: dict[bytes, float], given: Sequence[bytes]) -> float:
        best = math.fsum(a * b for a, b in zip(sorted(gains.values(), reverse=True), self._discounts, strict=False))
        found = [gains.pop(item, 0.0) * discount for item, discount in zip(given, self._discounts, strict=False)]
        return math.fsum(found) / best if best else 0.0


def _are_gains(words: Sequence[bytes], items: int) -> bool:
    try:
        return len(words) == items and all(0 <= float(word) <= 1000 for word in words)
    except ValueError:
        return False
