"""Detections of two runs, scene by scene; the rows of each scene come sorted."""

from __future__ import annotations

import numpy as np

from scoring.errors import BrokenStream
from scoring.formats.cells import CellReader
from scoring.kinds.detections.contract import DetectionsContract
from scoring.kinds.detections.rows import Values
from scoring.reproducing import Difference, Tolerance, number_difference


def differences(
    first: CellReader, second: CellReader, contract: DetectionsContract, tolerance: Tolerance
) -> list[Difference]:
    """Value by value; where one run has found more objects in a scene than the other, all of its values differ."""
    return [_scene(name, _rows(first, contract), _rows(second, contract), tolerance) for name in contract.scenes]


def _scene(name: str, one: Values, other: Values, tolerance: Tolerance) -> Difference:
    if len(one) == len(other):
        return number_difference(name, one, other, tolerance)
    cells = max(one.size, other.size)
    return Difference(name, cells, cells, is_equal=False)


def _rows(reader: CellReader, contract: DetectionsContract) -> Values:
    count, width = int(np.frombuffer(reader.read(4), "<u4")[0]), len(contract.values)
    if count > contract.max_detections:
        raise BrokenStream(f"{count} detections in a scene; at most {contract.max_detections} are possible")
    rows = np.frombuffer(reader.read(count * width * 8), "<f8").astype(np.float64).reshape(count, width)
    if not np.isfinite(rows).all():
        raise BrokenStream("a value that is not finite")
    return rows
