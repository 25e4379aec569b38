"""A normalised truth as it lies on disk: see truth.py for how it is made. The scorer reads it with numpy alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from scoring.contract import RasterContract, Scene, TableContract
from scoring.planes import layer_contracts
from scoring.splits import Side

SCHEMA: Final = "tidemark.truth/1"
Array = npt.NDArray[Any]
_FNV_OFFSET: Final = np.uint64(0xCBF29CE484222325)
_FNV_PRIME: Final = np.uint64(0x100000001B3)


@dataclass(frozen=True, slots=True)
class TruthScene:
    scene: Scene
    side: Side
    file: str


@dataclass(frozen=True, slots=True)
class RasterTruth:
    """A normalised raster truth. `values` are the truth's class values in the order of their indices."""

    folder: Path
    values: tuple[int, ...]
    has_ignored: bool
    classes: tuple[int, ...]
    scenes: tuple[TruthScene, ...]

    @property
    def pairs(self) -> int:
        """Codes below this are possible."""
        return (len(self.values) + self.has_ignored) * len(self.classes)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.uint8 if self.pairs <= 256 else np.uint32 if self.pairs > 65_536 else np.uint16)


def open_raster_truth(folder: Path, manifest: dict[str, Any], contract: RasterContract) -> RasterTruth:
    """What normalise_raster_truth wrote, of a contract without layers. The contract says the scenes in their order."""
    if contract.layers:
        raise ValueError("the truth has layers; each is a truth of its own")
    return open_layer_truths(folder, manifest, contract)[""]


def open_layer_truths(folder: Path, manifest: dict[str, Any], contract: RasterContract) -> dict[str, RasterTruth]:
    """Layer -> what normalise_raster_truth wrote of it, in the order of the contract; '' where there are no layers."""
    parts = _parts(manifest)
    contracts = layer_contracts(contract)
    if set(parts) != set(contracts):
        raise ValueError("the truth was normalised for another contract")
    return {layer: _open_truth(folder, parts[layer], own) for layer, own in contracts.items()}


def truth_values(manifest: dict[str, Any], layer: str = "") -> list[int]:
    """The values that a layer of the truth holds and that count."""
    values: list[int] = _parts(manifest)[layer]["values"]
    return values


def _parts(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in manifest["layers"]} if "layers" in manifest else {"": manifest}


def _open_truth(folder: Path, part: dict[str, Any], contract: RasterContract) -> RasterTruth:
    listed = {one["name"]: one for one in part["scenes"]}
    if set(listed) != {scene.name for scene in contract.scenes} or tuple(part["classes"]) != contract.classes:
        raise ValueError("the truth was normalised for another contract")
    scenes = tuple(
        TruthScene(scene, Side[listed[scene.name]["side"].upper()], listed[scene.name]["file"])
        for scene in contract.scenes
    )
    return RasterTruth(folder, tuple(part["values"]), part["has_ignored"], contract.classes, scenes)


def open_codes(truth: RasterTruth, one: TruthScene) -> BinaryIO:
    """The cells of a scene as a file at its first cell; read plainly, because pages of a map count as memory."""
    file = (truth.folder / one.file).open("rb", buffering=0)
    version = np.lib.format.read_magic(file)
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(file) if version == (1, 0) else ((), True, None)
    if (shape, fortran, dtype) != ((one.scene.height, one.scene.width), False, truth.dtype):
        file.close()
        raise ValueError(f"{one.file} is not the array that the manifest says")
    return file


# -- tables ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TableTruth:
    """A normalised table truth; all arrays but `keys` and `order` are in the order of the truth's rows.

    ids     (rows,) int64, or bytes of one width
    keys    (rows,) sorted: the ids themselves, or 64-bit hashes of texts; order[i] is the row of keys[i]
    sides   (rows,) uint8, values of Side
    columns name -> (rows,) float64, int64 or bytes of one width
    groups  (rows,) int64, the number of the group of each row; None where no groups were declared
    """

    ids: Array
    keys: Array
    order: Array
    sides: Array
    columns: dict[str, Array]
    salt: int = 0
    groups: Array | None = None

    @property
    def rows(self) -> int:
        return len(self.ids)


def keys_of(ids: Array, salt: int) -> Array:
    """What rows are looked up by: whole numbers as they are, texts as 64-bit hashes (FNV-1a over the padded bytes).

    Two texts may share a hash, so whoever looks one up compares the text itself afterwards.
    """
    if ids.dtype.kind != "S":
        return ids
    letters = ids.view(np.uint8).reshape(len(ids), ids.dtype.itemsize)
    hashes = np.full(len(ids), _FNV_OFFSET ^ np.uint64(salt), np.uint64)
    for place in range(letters.shape[1]):
        hashes ^= letters[:, place]
        hashes *= _FNV_PRIME
    return hashes


def open_table_truth(folder: Path, manifest: dict[str, Any], contract: TableContract) -> TableTruth:
    """What normalise_table_truth wrote, for scoring."""

    def load(name: str) -> Array:
        array: Array = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        if array.shape != (manifest["rows"],):
            raise ValueError(f"{name}.npy has the shape {array.shape}, not ({manifest['rows']},)")
        return array

    if manifest["rows"] != contract.rows:
        raise ValueError("the truth was normalised for another contract")
    columns = {name: load(file) for name, file in manifest["columns"].items()}
    groups = load("groups") if manifest.get("groups") else None
    return TableTruth(load("ids"), load("keys"), load("order"), load("sides"), columns, int(manifest["salt"]), groups)


def write_json(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
