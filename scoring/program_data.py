"""What a program is given: truth and prediction of one side, as a table of pandas or as arrays by scene.

The cells went through the gate before: ids and scenes are the same set, numbers are finite, classes are the contract's.

table   two DataFrames with rows in the order of the truth: id, then the columns of the contract (the truth those that
        it has), then, of the truth, the further columns of the organiser's file
raster  two dicts scene -> array (height, width) of class values; cells of the truth that do not count hold -1, or one
        less than the least value of the truth where that is negative itself. Of a contract with layers, dicts
        scene -> {layer: array}
others  see program.py of the kind, under scoring/kinds
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import numpy.typing as npt

from scoring.contract import Contract, RasterContract, TableContract
from scoring.formats.cells import CellReader
from scoring.formats.truth_store import RasterTruth, TableTruth, TruthScene, open_layer_truths, open_table_truth
from scoring.kinds import part_of
from scoring.reading import load_json
from scoring.splits import Side

if TYPE_CHECKING:
    import pandas as pd

Array = npt.NDArray[Any]
Columns = Mapping[str, Array]
Pair = tuple[Any, Any]


class Copier:
    """A stream of cells that keeps what is read from it, so that a program can have it after the gate has seen all."""

    def __init__(self, stream: BinaryIO, copy: BinaryIO) -> None:
        self._stream = stream
        self._copy = copy

    def readinto(self, view: memoryview) -> int:
        count: int = self._stream.readinto(view)  # type: ignore[attr-defined]
        self._copy.write(view[:count])
        return count

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._copy.write(data)
        return data


@contextmanager
def spool() -> Iterator[BinaryIO]:
    """A file without a name, in the memory of the box; gone afterwards."""
    with tempfile.TemporaryFile(prefix="cells-") as file:
        yield file


@dataclass(frozen=True, slots=True)
class SideData:
    """The cells of one side. `units`: rows, or scenes; `pair` makes fresh data of some of them (indices, in order)."""

    units: int
    pair: Callable[[Sequence[int] | npt.NDArray[np.int64] | None], Pair]

    def without(self, group: int, groups: int) -> Pair:
        """All but one of `groups` runs of neighbouring units."""
        left_out = np.array_split(np.arange(self.units), groups)[group]
        return self.pair(np.delete(np.arange(self.units), left_out))


def side_data(copy: BinaryIO, contract: Contract, truth: Path, sides: Sequence[Side]) -> dict[Side, SideData]:
    """The data of each side, from a stream of cells that the gate has accepted."""
    manifest = load_json(truth / "manifest.json", "truth")
    copy.flush()
    copy.seek(0)
    reader = CellReader(copy, contract)
    if isinstance(contract, TableContract):
        return _tables(reader, open_table_truth(truth, manifest, contract), contract, manifest, truth, sides)
    if isinstance(contract, RasterContract):
        return _rasters(copy, open_layer_truths(truth, manifest, contract), contract, sides)
    found: dict[Side, SideData] = part_of(contract.kind, "program").side_data(copy, truth, manifest, contract, sides)
    return found


# -- tables -----------------------------------------------------------------------------------------------------------


def _tables(
    reader: CellReader,
    truth: TableTruth,
    contract: TableContract,
    manifest: Mapping[str, Any],
    folder: Path,
    sides: Sequence[Side],
) -> dict[Side, SideData]:
    importlib.import_module("pandas")  # once, before the program's clock runs, and not in each of its processes
    prediction = _in_order_of_the_truth(_given(reader, contract), truth, contract)
    answers = {contract.primary_key: truth.ids, **truth.columns, **_further(manifest, folder)}
    answers = {**{one.name: answers[one.name] for one in contract.fields if one.name in answers}, **answers}
    return {side: _table_side(np.flatnonzero(truth.sides == side), answers, prediction) for side in sides}


def _given(reader: CellReader, contract: TableContract) -> dict[str, Array]:
    chunks: dict[str, list[Array]] = {one.name: [] for one in contract.fields}
    while (chunk := reader.read_chunk(contract.fields)) is not None:
        for one, column in zip(contract.fields, chunk, strict=True):
            chunks[one.name].append(np.asarray(column))
    return {name: np.concatenate(parts) for name, parts in chunks.items()}


def _in_order_of_the_truth(given: dict[str, Array], truth: TableTruth, contract: TableContract) -> dict[str, Array]:
    """Both have the same ids, so the two orders by id are the same rows."""
    ids = given[contract.primary_key]
    rows = np.empty(truth.rows, np.int64)
    rows[np.argsort(truth.ids, kind="stable")] = np.argsort(ids, kind="stable")
    if not np.array_equal(ids[rows], truth.ids):
        raise ValueError("the rows of the prediction are not those of the truth")
    return {name: column[rows] for name, column in given.items()}


def _further(manifest: Mapping[str, Any], folder: Path) -> dict[str, Array]:
    """Columns of the organiser's file that a prediction does not have."""
    further: dict[str, Array] = {}
    for name, file in manifest.get("further", {}).items():
        further[name] = np.load(folder / f"{file}.npy", mmap_mode="r", allow_pickle=False)
    return further


def _table_side(rows: npt.NDArray[np.int64], answers: Columns, prediction: Columns) -> SideData:
    @cache  # in the program's process: texts are decoded once, and what a call writes into its frames stays there
    def frames() -> Pair:
        return _frame(answers, rows), _frame(prediction, rows)

    def pair(some: Sequence[int] | npt.NDArray[np.int64] | None) -> Pair:
        if some is None:
            truth, given = (frame.copy() for frame in frames())
        else:
            truth, given = (frame.take(some).reset_index(drop=True) for frame in frames())
        return truth, given

    return SideData(len(rows), pair)


def _frame(columns: Columns, rows: npt.NDArray[np.int64]) -> pd.DataFrame:
    import pandas as pd  # a contest without a program never pays for it

    return pd.DataFrame({name: _plain(column[rows]) for name, column in columns.items()})


def _plain(column: Array) -> Any:
    """Texts as str objects, numbers as they are."""
    if column.dtype.kind != "S":
        return np.array(column)
    return np.array([text.decode() for text in column.tolist()], object)


# -- rasters ----------------------------------------------------------------------------------------------------------


def _rasters(
    copy: BinaryIO, truths: Mapping[str, RasterTruth], contract: RasterContract, sides: Sequence[Side]
) -> dict[Side, SideData]:
    """Planes of the stream, scene by scene and inside a scene layer by layer, as maps of the copy."""
    at, scenes = copy.tell(), []
    for planes in zip(*(truth.scenes for truth in truths.values()), strict=True):
        layers = {}
        for (layer, truth), one in zip(truths.items(), planes, strict=True):
            shape = (one.scene.height, one.scene.width)
            layers[layer] = Plane(truth, one, np.memmap(copy, np.uint8, "r", offset=at, shape=shape), contract.dtype)
            at += one.scene.cells
        scenes.append((planes[0], layers))
    return {side: _raster_side([layers for one, layers in scenes if one.side == side]) for side in sides}


@dataclass(frozen=True, slots=True)
class Plane:
    """One layer of one scene. `indices` are places in the classes of the layer, shape (height, width)."""

    truth: RasterTruth
    one: TruthScene
    indices: Array
    dtype: str

    def values(self) -> Array:
        """The classes that were predicted."""
        cells: Array = np.array(self.truth.classes, self.dtype)[self.indices]
        return cells

    def truth_values(self) -> Array:
        return _truth_values(self.truth, self.one)


def _raster_side(scenes: Sequence[Mapping[str, Plane]]) -> SideData:
    def pair(some: Sequence[int] | npt.NDArray[np.int64] | None) -> Pair:
        mine = scenes if some is None else [scenes[index] for index in some]
        return _by_scene(mine, Plane.truth_values), _by_scene(mine, Plane.values)

    return SideData(len(scenes), pair)


def _by_scene(scenes: Sequence[Mapping[str, Plane]], cells: Callable[[Plane], Array]) -> dict[str, Any]:
    """Scene -> array, or scene -> {layer: array}."""
    found: dict[str, Any] = {}
    for layers in scenes:
        arrays = {layer: cells(plane) for layer, plane in layers.items()}
        name = next(iter(layers.values())).one.scene.name
        found[name] = arrays.get("", arrays)
    return found


def _truth_values(truth: RasterTruth, one: TruthScene) -> Array:
    """Codes are the index of the value times the number of classes; the index after the last is a cell ignored."""
    codes = np.load(truth.folder / one.file, mmap_mode="r", allow_pickle=False)
    ignored = min((0, *truth.values)) - 1
    is_small = ignored >= -(2**15) and max((0, *truth.values)) < 2**15
    values = np.full(truth.pairs, ignored, np.int16 if is_small else np.int32)
    for index, value in enumerate(truth.values):
        values[index * len(truth.classes)] = value
    cells: Array = values[codes]
    return cells
