"""The arrays of a normalised truth of lines, as they lie on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scoring.kinds.lines.polylines import Points, Polylines


@dataclass(frozen=True, slots=True)
class TruthLines:
    """What is known of one scene. Shapes: transects (k, 2, 2), in pixels."""

    lines: Polylines
    transects: Points


def save_truth(folder: Path, file: str, truth: TruthLines) -> None:
    arrays = {"points": truth.lines.points, "sizes": truth.lines.sizes, "transects": truth.transects}
    for name, array in arrays.items():
        np.save(folder / f"{file}_{name}.npy", array, allow_pickle=False)


def open_truth(folder: Path, file: str) -> TruthLines:
    """The arrays of one scene."""

    def load(name: str) -> Any:
        return np.load(folder / f"{file}_{name}.npy", allow_pickle=False)

    return TruthLines(Polylines(load("points"), load("sizes")), load("transects"))
