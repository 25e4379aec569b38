"""Rows of a prediction -> rows of the truth, by id and by nothing else: every id once, none left over, none missing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.errors import BrokenStream, InvalidPrediction, Problems, quoted
from scoring.formats.cells import Column
from scoring.formats.truth_store import Array, TableTruth, keys_of

FIRST_DATA_LINE = 2


class Alignment:
    """Takes the rows of a prediction chunk by chunk and keeps their errors in the order of the truth.

    Texts have the error 0 where they are equal and 1 where they are not.
    """

    def __init__(self, truth: TableTruth, columns: Sequence[str], kept: Collection[str] = ()) -> None:
        self._truth = truth
        self._seen = np.zeros(truth.rows, bool)
        self._errors = {name: np.zeros(truth.rows) for name in columns}
        # Numbers themselves, for metrics that need more than errors; complete after finish.
        self.predictions = {name: np.zeros(truth.rows) for name in kept}
        self._problems = Problems()
        self._given = 0

    def add(self, ids: Column, values: Mapping[str, Column]) -> None:
        """One chunk. Ids that the truth does not have are noted.

        Raises:
            BrokenStream: an id for the second time; normalise has refused such a file, so this is not its stream.
        """
        given, is_whole = _as_array(ids, self._truth.ids.dtype)
        rows, is_known = self._rows_of(given)
        is_known &= is_whole
        for index in np.flatnonzero(~is_known):
            line = self._given + int(index) + FIRST_DATA_LINE
            self._problems.add("id_unexpected", f"line {line}", line=line, id=_shown(ids[int(index)]))
        rows = rows[is_known]
        self._mark(rows)
        for name, column in values.items():
            self._errors[name][rows] = _errors(column, self._truth.columns[name], rows, is_known)
            if name in self.predictions and not isinstance(column, list):
                self.predictions[name][rows] = column[is_known]
        self._given += len(ids)

    def _rows_of(self, given: Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Row in the truth of each id, and whether it is there at all. Most predictions keep the truth's order."""
        truth = self._truth
        here = slice(self._given, self._given + len(given))
        if len(truth.ids[here]) == len(given) and np.array_equal(truth.ids[here], given):
            return np.arange(here.start, here.stop), np.ones(len(given), bool)
        places = np.searchsorted(truth.keys, keys_of(given, truth.salt))
        rows = truth.order[np.minimum(places, truth.rows - 1)]
        return rows, truth.ids[rows] == given

    def _mark(self, rows: npt.NDArray[np.int64]) -> None:
        if self._seen[rows].any() or len(np.unique(rows)) != len(rows):
            raise BrokenStream("an id came twice")
        self._seen[rows] = True

    def finish(self) -> dict[str, npt.NDArray[np.float64]]:
        """Column -> errors in the order of the truth. Raises InvalidPrediction when ids are missing or too many."""
        for row in np.flatnonzero(~self._seen):
            self._problems.add("id_missing", "", id=_shown(self._truth.ids[row]))
        self._problems.raise_if_any(InvalidPrediction)
        return self._errors


def _as_array(ids: Column, dtype: np.dtype[Any]) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Ids in the type of the truth's, and which of them fit into it: a longer text is cut and is none of them."""
    if not isinstance(ids, list):
        return ids, np.ones(len(ids), bool)
    fits = np.array([len(text) <= dtype.itemsize for text in ids])
    return np.array(ids, dtype), fits


def _errors(
    column: Column, truth: Array, rows: npt.NDArray[np.int64], is_known: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    if isinstance(column, list):
        # One byte wider than the truth: a longer text stays different when it is cut.
        given = np.array(column, f"S{truth.dtype.itemsize + 1}")[is_known]
        differ: npt.NDArray[np.bool_] = given != truth[rows]
        return differ.astype(np.float64)
    errors: npt.NDArray[np.float64] = column[is_known].astype(np.float64) - truth[rows].astype(np.float64)
    return errors


def _shown(value: object) -> str:
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return quoted(text, 40)
