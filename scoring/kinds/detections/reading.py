"""A stranger's CSV of detections -> rows of each scene. A scene without a row is one in which nothing was found."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from scoring.errors import Problems
from scoring.formats.cells import CellWriter
from scoring.kinds.detections.contract import DetectionsContract
from scoring.kinds.detections.rows import SceneRows, StopReading, parsers_of


def read(path: Path, contract: DetectionsContract, writer: CellWriter | None, problems: Problems) -> None:
    """Check a file; when all is well, write for each scene how many rows it has (uint32) and the rows (float64)."""
    rows = SceneRows(contract, parsers_of(contract), problems)
    try:
        rows.read(path)
    except StopReading:
        return
    if writer is None or problems:
        return
    arrays = rows.arrays()
    for name in contract.scenes:
        writer.write(np.uint32(len(arrays[name])).tobytes())
        writer.write(arrays[name].astype("<f8", copy=False).tobytes())
