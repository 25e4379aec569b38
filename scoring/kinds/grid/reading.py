"""One file of a stranger -> planes of numbers on the stream: fields in order, each with its members in order.

A file holds all fields, or a ZIP holds one array or GeoTIFF a field. Every cell must hold a finite number, whatever the
mask says: which cells count is not for a prediction to say, and normalise does not know.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import numpy.typing as npt

from scoring.errors import InvalidPrediction, Problems, closest, quoted
from scoring.formats.archives import Archive, Entry, open_archive
from scoring.formats.cells import CellWriter
from scoring.formats.sniffing import head_of
from scoring.kinds.grid.arrays import DAMAGED, open_npy_stream
from scoring.kinds.grid.contract import LARGEST, GridContract
from scoring.kinds.grid.gate import check_coordinates, check_header
from scoring.kinds.grid.opening import MORE_ENDINGS, check_head, grid_format, names_of, open_grid
from scoring.kinds.grid.source import Plane, Source, UnreadableGrid

SPARE_BYTES: Final = 4 * 1024 * 1024


def read(path: Path, contract: GridContract, writer: CellWriter | None, problems: Problems) -> None:
    """Check a prediction and write its planes; what was written only counts when there is no problem."""
    head = head_of(path)
    if grid_format(head) == "zip":
        _read_zip(path, contract, writer, problems)
        return
    with _told(problems, ""):
        found = check_head(head, tuple(name for name in contract.formats if name != "npz") or ("npy",))
        if found not in contract.formats:  # only .npz is allowed, and this is a bare .npy
            raise UnreadableGrid("grid_format", found="NumPy .npy", expected=names_of(contract.formats))
        with open_grid(path, (found,), contract.variable) as source:
            _read_source(source, contract, "", writer, problems)


@contextmanager
def _told(problems: Problems, where: str) -> Iterator[None]:
    try:
        yield
    except UnreadableGrid as error:
        problems.add(error.code, where, **error.params)


def _read_source(
    source: Source, contract: GridContract, where: str, writer: CellWriter | None, problems: Problems
) -> None:
    if not check_header(source.header, contract, where, problems, same_crs=_same_crs):
        return
    before = problems.total
    check_coordinates(source.coordinates(), contract, where, problems)
    if problems.total > before:
        return
    check = _CellCheck(contract, problems)
    places = ((name, layer) for name in contract.fields for layer in range(contract.layers))
    for plane, (name, layer) in zip(source.planes(contract.layers, len(contract.fields)), places, strict=True):
        cells = check.cells(plane, name, layer)
        if writer is not None and not problems:
            writer.write(np.ascontiguousarray(cells).data.cast("B"))


def _same_crs(expected: str, found: str) -> bool:
    from scoring.formats.rasters import same_crs  # loads PROJ, and only where a file names a CRS

    return same_crs(expected, found)


# -- cells ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _CellCheck:
    contract: GridContract
    problems: Problems

    def cells(self, plane: Plane, name: str, layer: int) -> npt.NDArray[Any]:
        """The plane in the type of the contract, little-endian; what is wrong with it is noted."""
        with np.errstate(over="ignore", invalid="ignore"):
            cells = plane.astype(f"<f{np.dtype(self.contract.dtype).itemsize}", copy=False)
            low, high = float(cells.min()), float(cells.max())
        if not low - low == high - high == 0:  # NaN and infinities
            self._note("grid_missing", cells, ~np.isfinite(cells), name, layer)
        elif low < self._minimum or high > self._maximum:
            self._note("grid_range", cells, (cells < self._minimum) | (cells > self._maximum), name, layer)
        return cells

    @property
    def _minimum(self) -> float:
        return -LARGEST if self.contract.minimum is None else _rounded(self.contract.minimum, self.contract.dtype)

    @property
    def _maximum(self) -> float:
        return LARGEST if self.contract.maximum is None else _rounded(self.contract.maximum, self.contract.dtype)

    def _note(self, code: str, cells: npt.NDArray[Any], wrong: npt.NDArray[np.bool_], name: str, layer: int) -> None:
        row, column = (int(place) for place in np.unravel_index(int(wrong.argmax()), wrong.shape))
        where = f"{name}, member {layer}" if self.contract.members else name
        params: dict[str, Any] = {"field": where, "count": int(wrong.sum()), "row": row, "column": column}
        if code == "grid_range":
            low, high = self._minimum, self._maximum
            params |= {"value": f"{float(cells[row, column]):g}", "minimum": f"{low:g}", "maximum": f"{high:g}"}
        self.problems.add(code, where, **params)


def _rounded(limit: float, dtype: str) -> float:
    """A limit as the cells can hold it: 0.1 in float32 is a little more than 0.1, and is allowed."""
    return float(np.dtype(dtype).type(limit))


# -- archives ---------------------------------------------------------------------------------------------------------


def _read_zip(path: Path, contract: GridContract, writer: CellWriter | None, problems: Problems) -> None:
    with open_archive(path) as archive:
        named = {_stem(entry.name): entry for entry in archive.entries}
        single = archive.entries[0] if len(archive.entries) == 1 else None
        if single is not None and (_stem(single.name) not in contract.fields or len(contract.fields) == 1):
            _read_single(archive, single, contract, writer, problems)
            return
        for entry in _matched(archive, contract, problems):
            index = contract.fields.index(_stem(entry.name))
            try:
                _read_entry(archive, named[contract.fields[index]], contract.only(index), writer, problems)
            except InvalidPrediction as error:
                problems.include(error)


def _stem(name: str) -> str:
    for ending in MORE_ENDINGS:
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return name


def _matched(archive: Archive, contract: GridContract, problems: Problems) -> list[Entry]:
    """The entries of the fields, in the order of the fields: every field once, and nothing else."""
    found: dict[str, Entry] = {}
    strangers: list[str] = []
    for entry in archive.entries:
        name = _stem(entry.name)
        if name not in contract.fields or name == entry.name:
            strangers.append(entry.name)
        elif name in found:
            problems.add("scene_twice", name, scene=name, name=quoted(entry.name), other=quoted(found[name].name))
        else:
            found[name] = entry
    missing = [name for name in contract.fields if name not in found]
    for stranger in strangers:
        meant = closest(_stem(stranger), missing)
        code = "scene_unexpected" if meant is None else "scene_unexpected_hint"
        problems.add(code, "", name=quoted(stranger), hint=quoted(f"{meant}{_ending(contract)}"))
    for name in missing:
        problems.add("scene_missing", name, scene=name, expected=f"{name}{_ending(contract)}")
    return [found[name] for name in contract.fields if name in found]


def _ending(contract: GridContract) -> str:
    first = next((name for name in contract.formats if name in ("npy", "npz", "geotiff")), "npy")
    return ".tif" if first == "geotiff" else ".npy"


def _read_single(
    archive: Archive, entry: Entry, contract: GridContract, writer: CellWriter | None, problems: Problems
) -> None:
    """One entry with all fields: an array is read as it is unpacked."""
    if entry.name.lower().endswith(".npy"):
        with _told(problems, ""):
            _check_allowed("npy", contract)
            with _opened(archive, entry) as stream, open_npy_stream(stream) as source:
                _read_source(source, contract, "", writer, problems)
    else:
        _read_entry(archive, entry, contract, writer, problems)


def _opened(archive: Archive, entry: Entry) -> IO[bytes]:
    try:
        return archive.stream(entry)
    except DAMAGED as error:
        raise UnreadableGrid("grid_damaged") from error


def _read_entry(
    archive: Archive, entry: Entry, contract: GridContract, writer: CellWriter | None, problems: Problems
) -> None:
    where = quoted(entry.name)
    fields, height, width = contract.shape
    max_bytes = contract.layers * fields * height * width * 8 * 2 + SPARE_BYTES
    with archive.unpacked(entry, max_bytes) as path, _told(problems, where):
        found = check_head(head_of(path), ("npy", "geotiff", "netcdf"))
        _check_allowed(found, contract)
        with open_grid(path, (found,), contract.variable) as source:
            _read_source(source, contract, where, writer, problems)


def _check_allowed(found: str, contract: GridContract) -> None:
    """A ZIP of arrays is an .npz; GeoTIFF and NetCDF may come in a ZIP where they may come at all."""
    allowed = {"npz" if found == "npy" else found, found}
    if not allowed & set(contract.formats):
        raise UnreadableGrid("grid_format", found=names_of((found,)), expected=names_of(contract.formats))
