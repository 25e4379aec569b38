"""Grids of two runs, field by field, in the memory of two fields."""

from __future__ import annotations

import numpy as np

from scoring.errors import BrokenStream
from scoring.formats.cells import CellReader
from scoring.kinds.grid.contract import GridContract
from scoring.kinds.grid.store import LITTLE, Array
from scoring.reproducing import Difference, Tolerance, number_difference


def differences(
    first: CellReader, second: CellReader, contract: GridContract, tolerance: Tolerance
) -> list[Difference]:
    """All members of a field together."""
    return [
        number_difference(name, _field(first, contract), _field(second, contract), tolerance)
        for name in contract.fields
    ]


def _field(reader: CellReader, contract: GridContract) -> Array:
    field = np.empty(contract.layers * contract.height * contract.width, LITTLE[contract.dtype])
    reader.read_into(memoryview(field.view(np.uint8)).cast("B"))  # type: ignore[arg-type]
    if not np.isfinite(field).all():
        raise BrokenStream("a cell that is not finite")
    return field
