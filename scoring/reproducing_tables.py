"""Tables of two runs, column by column, rows paired by their id. A row that only one of them has differs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.contract import TableContract
from scoring.formats.cells import CellReader, Column
from scoring.reproducing import Difference, Tolerance, number_difference


@dataclass(frozen=True, slots=True)
class Pairs:
    """Places of the rows that both tables have, and how many rows only one of them has."""

    first: npt.NDArray[np.intp]
    second: npt.NDArray[np.intp]
    alone: int


def table_differences(
    first: CellReader, second: CellReader, contract: TableContract, tolerance: Tolerance
) -> list[Difference]:
    """Both tables are held in memory: their rows may come in any order."""
    one, other = _columns(first, contract), _columns(second, contract)
    pairs = _paired(one[contract.primary_key], other[contract.primary_key])
    return [
        _with_alone(
            _column(field.name, one[field.name][pairs.first], other[field.name][pairs.second], tolerance), pairs
        )
        for field in contract.values
    ]


def _columns(reader: CellReader, contract: TableContract) -> dict[str, Column]:
    chunks: list[list[Column]] = []
    while (chunk := reader.read_chunk(contract.fields)) is not None:
        chunks.append(chunk)
    return {
        field.name: np.concatenate([chunk[at] for chunk in chunks]) if chunks else np.empty(0)
        for at, field in enumerate(contract.fields)
    }


def _paired(first: Column, second: Column) -> Pairs:
    if np.array_equal(first, second):
        places = np.arange(len(first))
        return Pairs(places, places, 0)
    _, one, other = np.intersect1d(first, second, return_indices=True)
    return Pairs(one, other, len(first) + len(second) - 2 * len(one))


def _column(name: str, first: Column, second: Column, tolerance: Tolerance) -> Difference:
    if first.dtype.kind == "S":
        differing = int(np.count_nonzero(first != second))
        return Difference(name, len(first), differing, not differing)
    return number_difference(name, first, second, tolerance)


def _with_alone(found: Difference, pairs: Pairs) -> Difference:
    return Difference(
        name=found.name,
        cells=found.cells + pairs.alone,
        differing=found.differing + pairs.alone,
        is_equal=found.is_equal and not pairs.alone,
        largest_absolute=found.largest_absolute,
        largest_relative=found.largest_relative,
    )
