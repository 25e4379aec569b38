"""Rows of a prediction -> rows of the truth, by id and by nothing else: every id once, none left over, none missing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from scoring.errors import BrokenStream, InvalidPrediction, Problems, quoted
from scoring.formats.cells import Column
from scoring.formats.truth_store import Array, TableTruth, keys_of

FIRST_DATA_LINE = 2
Rows = slice | npt.NDArray[np.int64]


class Alignment:
    """Takes the rows of a prediction chunk by chunk and keeps them, or their errors, in the order of the truth.

    `columns`: errors are kept; texts have the error 0 where they are equal and 1 where they are not.
    `kept`: the values themselves are kept. Texts named in `cut` are only ever compared with the truth's, so they are
    kept one byte longer than the longest of those: a longer one stays different.
    """

    def __init__(
        self, truth: TableTruth, columns: Sequence[str], kept: Collection[str] = (), cut: Collection[str] = ()
    ) -> None:
        self._truth = truth
        self._seen = np.zeros(truth.rows, bool)
        self._errors = {name: np.zeros(truth.rows) for name in columns}
        self._kept: dict[str, Array | list[tuple[Rows, Array]]] = {}
        self._names = tuple(kept)
        self._widths = {name: truth.columns[name].dtype.itemsize + 1 for name in cut if name in truth.columns}
        # The values of `kept`; complete after finish.
        self.predictions: dict[str, Array] = {}
        self._problems = Problems()
        self._given = 0

    def add(self, ids: Column, values: Mapping[str, Column]) -> None:
        """One chunk. Ids that the truth does not have are noted.

        Raises:
            BrokenStream: an id for the second time; normalise has refused such a file, so this is not its stream.
        """
        here = slice(self._given, self._given + len(ids))
        if self._is_in_order(ids, here):
            self._take(here, values, None)
        else:
            self._take_known(ids, values)
        self._given += len(ids)

    def _is_in_order(self, ids: Column, here: slice) -> bool:
        """Most predictions keep the truth's order."""
        there = self._truth.ids[here]
        is_new = not self._seen[here].any()
        return is_new and len(there) == len(ids) and np.array_equal(there, ids)

    def _take_known(self, ids: Column, values: Mapping[str, Column]) -> None:
        rows, is_known = self._rows_of(ids)
        for index in np.flatnonzero(~is_known):
            line = self._given + int(index) + FIRST_DATA_LINE
            self._problems.add("id_unexpected", f"line {line}", line=line, id=_shown(ids[int(index)]))
        rows = rows[is_known]
        before = np.count_nonzero(self._seen)
        if self._seen[rows].any():
            raise BrokenStream("an id came twice")
        self._take(rows, values, is_known)
        if np.count_nonzero(self._seen) != before + len(rows):
            raise BrokenStream("an id came twice")

    def _rows_of(self, ids: Column) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Row in the truth of each id, and whether it is there at all."""
        truth = self._truth
        given, fits = _as_the_truths(ids, truth.ids)
        if self._has_no_gaps and given.dtype == np.int64:
            first, last = truth.keys[0], truth.keys[-1]
            # Compared before it is subtracted, so that nothing wraps.
            is_known = (given >= first) & (given <= last)
            return self._order[np.where(is_known, given, first) - first], is_known
        places = self._places(keys_of(given, truth.salt))
        rows = self._order[np.minimum(places, truth.rows - 1)]
        return rows, (np.asarray(truth.ids)[rows] == given) & fits

    @cached_property
    def _order(self) -> npt.NDArray[np.int64]:
        return np.array(self._truth.order)  # read once, and not page by page as ids come

    @cached_property
    def _has_no_gaps(self) -> bool:
        """Whole numbers that follow one another are their own places."""
        keys = self._truth.keys
        return keys.dtype == np.int64 and int(keys[-1]) - int(keys[0]) == len(keys) - 1

    def _places(self, keys: Array) -> npt.NDArray[np.int64]:
        """Where the keys stand among the truth's, or would.

        Sorted needles walk through the haystack from one end to the other, so memory is read in order.
        """
        order = np.argsort(keys)
        places = np.empty(len(keys), np.int64)
        places[order] = np.searchsorted(self._truth.keys, keys[order])
        return places

    def _take(self, rows: Rows, values: Mapping[str, Column], is_known: npt.NDArray[np.bool_] | None) -> None:
        self._seen[rows] = True
        for name, column in values.items():
            mine = column if is_known is None else column[is_known]
            if name in self._errors:
                self._errors[name][rows] = _errors(mine, self._truth.columns[name][rows])
            if name in self._names:
                self._keep(name, rows, mine)

    def _keep(self, name: str, rows: Rows, column: Column) -> None:
        if column.dtype.kind == "S":
            width = self._widths.get(name, column.dtype.itemsize)
            pieces = self._kept.setdefault(name, [])
            assert isinstance(pieces, list)  # noqa: S101  (a column has one type)
            pieces.append((rows, column.astype(f"S{width}") if width < column.dtype.itemsize else column))
        else:
            whole = self._kept.setdefault(name, np.zeros(self._truth.rows))
            assert isinstance(whole, np.ndarray)  # noqa: S101  (a column has one type)
            whole[rows] = column

    def finish(self) -> dict[str, npt.NDArray[np.float64]]:
        """Column -> errors in the order of the truth. Raises InvalidPrediction when ids are missing or too many."""
        for row in np.flatnonzero(~self._seen):
            self._problems.add("id_missing", "", id=_shown(self._truth.ids[row]))
        self._problems.raise_if_any(InvalidPrediction)
        self.predictions = {name: self._whole(name) for name in self._names}
        return self._errors

    def _whole(self, name: str) -> Array:
        kept = self._kept[name]
        if isinstance(kept, np.ndarray):
            return kept
        whole = np.zeros(self._truth.rows, f"S{max(piece.dtype.itemsize for _, piece in kept)}")
        for rows, piece in kept:
            whole[rows] = piece
        return whole


def _as_the_truths(ids: Column, truth: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Ids in the type of the truth's, and which of them fit into it: a longer text is cut and is none of them."""
    width = truth.dtype.itemsize
    if ids.dtype.kind != "S" or ids.dtype.itemsize <= width:
        return ids.astype(truth.dtype, copy=False), np.ones(len(ids), bool)
    letters = np.ascontiguousarray(ids).view(np.uint8).reshape(len(ids), -1)
    is_longer: npt.NDArray[np.bool_] = np.any(letters[:, width:] != 0, axis=1)
    return ids.astype(truth.dtype), ~is_longer


def _errors(column: Column, truth: Array) -> npt.NDArray[np.float64]:
    if column.dtype.kind == "S":
        differ: npt.NDArray[np.bool_] = column != truth
        return differ.astype(np.float64)
    errors: npt.NDArray[np.float64] = column.astype(np.float64) - truth.astype(np.float64)
    return errors


def _shown(value: object) -> str:
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return quoted(text, 40)
