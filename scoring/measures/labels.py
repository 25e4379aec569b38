"""Metrics of confusion counts (scoring/metrics/confusion.py) where the classes are labels in a column of a table.

The sums of a block are whole numbers: rows, squared steps, rows whose prediction is no class, then how many rows truth
and prediction have (both, truth, prediction) of the positive class, then the same three of each class. They add up, and
every function of counts can be had from them.

A prediction that is no class is wrong: it counts as a row of its true class that was not found. Averages over classes
(macro, weighted) do not average over it; where classes are summed first (micro, agreement beyond chance) it is a class
of its own that the truth never has, as in scikit-learn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from scoring.contract import TableContract
from scoring.errors import InvalidJob, Problem, quoted
from scoring.measure import Measured, Sums
from scoring.measures.blocks import Array, Blocks
from scoring.metric import MaskFunction, MaskOptions
from scoring.metrics.categorical import Counts
from scoring.registry import METRICS

HEAD: Final = 6
MAX_LABELS: Final = 1000


class LabelCounts:
    """Any metric of confusion counts, of the labels in one column.

    Shapes: sums (units, 6 + 3 classes)
    Raises:
        InvalidJob: from `fit`, when the truth holds a label that the enum does not have, or too many, or no positive.
    """

    compares_only = True  # texts may be cut behind the longest of the truth

    def __init__(self, params: Mapping[str, Any], contract: TableContract) -> None:
        self.columns = (str(params["column"]),)
        self._metric = METRICS[str(params["metric"])]
        self._options: MaskOptions = params["options"]
        self._positive = str(params["positive"])
        self._type = next(one.type for one in contract.values if one.name == params["column"])
        self._labels = _sorted_labels(tuple(params["labels"]), self._type) if params["labels"] else None

    def fit(self, truth: Mapping[str, Array]) -> None:
        """Without an enum the classes are what the whole truth holds, public and private, so both sides have them."""
        found = np.unique(truth[self.columns[0]])
        if self._labels is None:
            self._labels = found, np.arange(len(found))
        self._check(found)

    def _check(self, found: Array) -> None:
        where = f"truth, column {quoted(self.columns[0])}"
        names = [_shown(label) for label in found]
        known = {_shown(label) for label in self._classes()[0]}
        if unknown := [name for name in names if name not in known]:
            raise InvalidJob([Problem("truth_uncovered", where, {"value": unknown[:12]})])
        if len(known) > MAX_LABELS:
            raise InvalidJob([Problem("truth_too_many_values", where, {"max_values": MAX_LABELS})])
        if self._positive and self._positive not in known:
            raise InvalidJob([Problem("metric_positive", where, {"allowed": sorted(known)[:12]})])

    def _classes(self) -> tuple[Array, npt.NDArray[np.int64]]:
        if self._labels is None:
            raise ValueError("the classes are known only after `fit`")
        return self._labels

    def rows(self, truth: Mapping[str, Array], prediction: Mapping[str, Array], blocks: Blocks) -> Measured:
        name = self.columns[0]
        labels, places = self._classes()
        one, other = _codes(truth[name], labels, places), _codes(prediction[name], labels, places)
        positive = self._place()
        sums = [_sums(one[block], other[block], len(labels), positive) for block in blocks]
        return Measured(np.array(sums, np.float64).reshape(len(sums), HEAD + 3 * len(labels)))

    def _place(self) -> int:
        """Of the positive class; -1 when there is none."""
        labels, places = self._classes()
        found = [int(place) for label, place in zip(labels, places, strict=True) if _shown(label) == self._positive]
        return found[0] if found else -1

    def value(self, sums: Sums) -> Sums:
        function = self._metric.of_mask
        assert function is not None  # noqa: S101  (the job was parsed against the kind of the contract)
        rows = sums.reshape(-1, sums.shape[-1])
        values = [_value(function, self._counts(row), self._options) for row in rows]
        return np.array(values, np.float64).reshape(sums.shape[:-1])

    def _counts(self, row: Sums) -> Counts:
        cells, steps, strange, *numbers = (round(number) for number in row.tolist())
        positive, (both, truth, given) = numbers[:3], np.array(numbers[3:]).reshape(3, -1).tolist()
        if self._positive:
            return Counts((positive[0],), (positive[1],), (positive[2],), cells)
        if self._options.average == "micro" or self._metric.minimum < 0:
            both, truth, given = [*both, 0], [*truth, 0], [*given, strange]
        return Counts(tuple(both), tuple(truth), tuple(given), cells, steps)


def _value(function: MaskFunction, counts: Counts, options: MaskOptions) -> float:
    value = function(counts, options) if counts.cells else None
    return np.nan if value is None else value


def _sorted_labels(labels: tuple[str, ...], type_: str) -> tuple[Array, npt.NDArray[np.int64]]:
    """The labels sorted, and the place of each in the enum."""
    array = np.array([label.encode() for label in labels]) if type_ == "string" else np.array(labels, np.float64)
    order = np.argsort(array)
    return array[order], order.astype(np.int64)


def _codes(column: Array, labels: Array, places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The place of each label, and the number of labels where it is none of them."""
    at = np.minimum(np.searchsorted(labels, column), len(labels) - 1)
    codes: npt.NDArray[np.int64] = np.where(labels[at] == column, places[at], len(labels))
    return codes


def _sums(truth: npt.NDArray[np.int64], given: npt.NDArray[np.int64], classes: int, positive: int) -> list[int]:
    right = truth[truth == given]
    is_known = given < classes
    steps = int(((truth[is_known] - given[is_known]) ** 2).sum())
    tables = [np.bincount(codes, minlength=classes + 1)[:classes] for codes in (right, truth, given)]
    of_positive = [int(table[positive]) if positive >= 0 else 0 for table in tables]
    strange = int(np.count_nonzero(~is_known))
    return [len(truth), steps, strange, *of_positive, *(int(number) for table in tables for number in table)]


def _shown(label: Any) -> str:
    return label.decode(errors="replace") if isinstance(label, bytes) else f"{float(label):.0f}"
