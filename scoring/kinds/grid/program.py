"""What an organiser's program is given of a grid: dicts field -> array of numbers, in the order of the fields.

truth       (height, width), NaN where a cell does not count
prediction  (height, width), or (members, height, width) where the contract asks for an ensemble
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from scoring.formats.cells import CellWriter
from scoring.kinds.grid.contract import GridContract
from scoring.kinds.grid.store import LITTLE, GridTruth, open_truth
from scoring.program_data import Pair, SideData
from scoring.splits import Side

Array = npt.NDArray[Any]


def side_data(
    copy: BinaryIO, folder: Path, manifest: dict[str, Any], contract: GridContract, sides: Sequence[Side]
) -> dict[Side, SideData]:
    """The data of each side; `copy` stands at the first cell of an accepted stream."""
    truth = open_truth(folder, manifest, contract)
    shape = (len(truth.sides), contract.layers, contract.height, contract.width)
    cells = np.memmap(copy, LITTLE[contract.dtype], "r", offset=copy.tell(), shape=shape)
    return {side: _side(truth, cells, [n for n, one in enumerate(truth.sides) if one == side]) for side in sides}


def _side(truth: GridTruth, cells: Array, fields: Sequence[int]) -> SideData:
    def pair(some: Sequence[int] | npt.NDArray[np.int64] | None) -> Pair:
        mine = fields if some is None else [fields[index] for index in some]
        return _by_field(truth, mine, lambda n: _truth_of(truth, n)), _by_field(truth, mine, _Members(truth, cells))

    return SideData(len(fields), pair)


def _by_field(truth: GridTruth, fields: Sequence[int], cells: Callable[[int], Array]) -> dict[str, Array]:
    return {truth.contract.fields[number]: cells(number) for number in fields}


def _truth_of(truth: GridTruth, number: int) -> Array:
    field = truth.field(number)
    if field.mask is None:
        return field.values
    counted: Array = np.where(field.mask, field.values, np.nan).astype(field.values.dtype)
    return counted


@dataclass(frozen=True, slots=True)
class _Members:
    """A copy of a field of the prediction, which the program may write into."""

    truth: GridTruth
    cells: Array

    def __call__(self, number: int) -> Array:
        members = np.array(self.cells[number])
        return members if self.truth.contract.members else members[0]


def write_truth(writer: CellWriter, folder: Path, manifest: dict[str, Any], contract: GridContract) -> None:
    """The truth as a prediction: all members alike."""
    truth = open_truth(folder, manifest, contract)
    for number in range(len(truth.sides)):
        for _ in range(contract.layers):
            writer.write(np.ascontiguousarray(truth.field(number).values).data.cast("B"))
