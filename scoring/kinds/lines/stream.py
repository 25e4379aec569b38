"""Lines on the pipe between the boxes: for each scene of the contract the number of its lines, how many points each
has (both uint32), and all points (float64 x, y), little-endian. The reader believes none of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from scoring.errors import BrokenStream
from scoring.formats.cells import CellReader, CellWriter
from scoring.kinds.lines.collecting import outside_of
from scoring.kinds.lines.contract import MAX_LENGTH, LinesContract, reach
from scoring.kinds.lines.polylines import Polylines


def write_lines(writer: CellWriter, scenes: Sequence[Polylines]) -> None:
    for lines in scenes:
        writer.write(np.array([len(lines.sizes), *lines.sizes], "<u4").tobytes())
        writer.write(lines.points.astype("<f8", copy=False).tobytes())


def read_lines(reader: CellReader, contract: LinesContract) -> Iterator[Polylines]:
    """The lines of each scene, in the order of the contract, all checked once more."""
    for scene in contract.scenes:
        count = int(np.frombuffer(reader.read(4), "<u4")[0])
        if count > contract.max_points:
            raise BrokenStream(f"{count} lines; at most {contract.max_points} are possible")
        sizes = np.frombuffer(reader.read(4 * count), "<u4").astype(np.int64)
        least = 2 if contract.geometry == "lines" else 1
        if sizes.sum() > contract.max_points or (count and sizes.min() < least):
            raise BrokenStream("lines of impossible lengths")
        if not count and not contract.allows_empty:
            raise BrokenStream("a scene without a line")
        points = np.frombuffer(reader.read(16 * int(sizes.sum())), "<f8").astype(np.float64).reshape(-1, 2)
        if outside_of(points, scene, reach(scene, contract)).any():
            raise BrokenStream("a coordinate that the contract does not allow")
        lines = Polylines(points, sizes)
        if contract.geometry == "lines" and lines.length > MAX_LENGTH * (1 + 1e-9):
            raise BrokenStream("lines that are too long")
        yield lines
