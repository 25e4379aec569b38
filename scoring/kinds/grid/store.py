"""The normalised truth of a grid as it lies on disk: plain little-endian numbers, read with numpy alone.

truth.bin         fields x height x width, in the type of the contract; 0 where nothing counts
mask.bin          the same in bytes, 1 where a cell counts; absent when all do
weights.bin       height x width, float64: the share of the earth, or what the organiser gives; absent when all are 1
climatology.bin   1 or `fields` planes, float64; absent when there is none
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from scoring.kinds.grid.contract import GridContract
from scoring.splits import Side

TRUTH, MASK, WEIGHTS, CLIMATOLOGY = "truth.bin", "mask.bin", "weights.bin", "climatology.bin"
Array = npt.NDArray[Any]
LITTLE: Final = {"float32": "<f4", "float64": "<f8", "uint8": "u1"}


@dataclass(frozen=True, slots=True)
class TruthField:
    """One field of the truth. Shapes: all (height, width); `mask` and `climatology` None: all count, there is none."""

    name: str
    side: Side
    values: Array
    mask: npt.NDArray[np.bool_] | None
    climatology: Array | None


@dataclass(frozen=True, slots=True)
class GridTruth:
    folder: Path
    contract: GridContract
    sides: tuple[Side, ...]
    has_mask: bool
    has_weights: bool
    climatology: int  # planes: 0, 1, or as many as fields

    def field(self, index: int) -> TruthField:
        mask = self._plane(MASK, "uint8", index).view(np.bool_) if self.has_mask else None
        climatology = None
        if self.climatology:
            climatology = self._plane(CLIMATOLOGY, "float64", index if self.climatology > 1 else 0)
        values = self._plane(TRUTH, self.contract.dtype, index)
        return TruthField(self.contract.fields[index], self.sides[index], values, mask, climatology)

    def weights(self) -> npt.NDArray[np.float64] | None:
        return self._plane(WEIGHTS, "float64", 0) if self.has_weights else None

    def _plane(self, name: str, dtype: str, index: int) -> Array:
        plane: Array = np.empty((self.contract.height, self.contract.width), LITTLE[dtype])
        view = memoryview(plane.view(np.uint8)).cast("B")  # type: ignore[arg-type]
        with (self.folder / name).open("rb", buffering=0) as file:
            file.seek(index * plane.nbytes)
            while view:
                count = file.readinto(view)
                if not count:
                    raise ValueError(f"{name} of the truth is cut short")
                view = view[count:]
        return plane


def open_truth(folder: Path, manifest: dict[str, Any], contract: GridContract) -> GridTruth:
    """What truth.py wrote, for scoring."""
    listed = {one["name"]: one["side"] for one in manifest["fields"]}
    if tuple(listed) != contract.fields or tuple(manifest["shape"]) != contract.shape:
        raise ValueError("the truth was normalised for another contract")
    if manifest["dtype"] != contract.dtype:
        raise ValueError("the truth was normalised for another type")
    sides = tuple(Side[side.upper()] for side in listed.values())
    return GridTruth(
        folder, contract, sides, manifest["has_mask"], manifest["has_weights"], int(manifest["climatology"])
    )
