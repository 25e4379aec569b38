"""Masks as runs in a CSV (RLE): `start length start length ...` a scene, or a scene and class.

Kaggle counts cells from 1, down the columns; a contract may say otherwise. Runs come in ascending order and do not
overlap, so that a mask can be written in one way only and drawn in bands of rows: the place of a cell in a band grows
with its place in the mask, so a run is still one run there. The file is read twice, once for where each row stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from scoring.contract import RasterContract, Scene
from scoring.errors import Problems, closest, quoted
from scoring.formats.cells import Bytes
from scoring.formats.rasters import Raster, read_raster
from scoring.mask_parts import Runs
from scoring.pairing import Header

MAX_LINE_BYTES: Final = 16 * 1024 * 1024
MAX_RUNS: Final = 2_000_000  # of a scene; a mask of more is smaller as a raster
RUNS_AT_ONCE: Final = 262_144
NO_NUMBERS: Final = re.compile(rb"[^0-9 ]|  |\A | \Z|[0-9]{13}")  # searched for, as matching all would fill memory
BOM: Final = b"\xef\xbb\xbf"
Write = Callable[[Bytes], None]
Numbers = npt.NDArray[np.int64]
Key = tuple[str, int]


class StopReading(Exception):
    """What follows cannot be made sense of; the problem was noted."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the runs of a scene and class stand in the file."""

    line: int
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """The runs of a scene, sorted: cells [start, end) counted from 0, and the value of each run."""

    starts: Numbers
    ends: Numbers
    values: npt.NDArray[np.int32]


def read_runs_file(path: Path, contract: RasterContract, problems: Problems, write: Write | None) -> None:
    """Check a CSV of runs and hand its scenes to `write`, in the order of the contract, as class indices."""
    way = contract.rle or Runs()
    classes = [value for value in contract.classes if value != way.background]
    with path.open("rb") as file:
        try:
            places = _places(file, contract, way, classes, problems)
        except StopReading:
            return
        for scene in contract.scenes:
            drawn = _drawn(file, scene, way, classes, places, problems)
            if drawn is not None:
                raster = Raster(_header(scene, contract.dtype), _reader(drawn, scene, way, contract.dtype))
                read_raster(raster, scene, contract, problems, write)


# -- where everything stands ------------------------------------------------------------------------------------------


def _lines(file: BinaryIO, problems: Problems) -> Iterator[tuple[int, int, bytes]]:
    """Number and offset of each line, and the line without its end."""
    number = offset = 0
    while line := file.readline(MAX_LINE_BYTES):
        number += 1
        if len(line) == MAX_LINE_BYTES:
            problems.add("csv_line_too_long", f"line {number}", line=number, max_bytes=MAX_LINE_BYTES)
            raise StopReading
        yield number, offset, line.rstrip(b"\r\n")
        offset += len(line)


def _places(
    file: BinaryIO, contract: RasterContract, way: Runs, classes: list[int], problems: Problems
) -> dict[Key, Place]:
    names = [name for name in (way.scene, way.class_column, way.runs) if name]
    lines = _lines(file, problems)
    columns = _columns(lines, names, problems)
    scenes = {scene.name for scene in contract.scenes}
    places: dict[Key, Place] = {}
    for number, offset, line in lines:
        cells = _cells(line, offset)
        if len(cells) != len(names):
            problems.add("csv_ragged", f"line {number}", line=number, found=len(cells), expected=len(names))
            continue
        given = {name: cells[index] for name, index in columns.items()}
        key = _key(given, number, way, scenes, classes, problems)
        if key is None:
            continue
        if key in places:
            problems.add("runs_twice", f"line {number}", line=number, scene=key[0], first_line=places[key].line)
        text, start = given[way.runs]
        places.setdefault(key, Place(number, start, len(text)))
    _add_missing(contract, way, classes, places, problems)
    return places


def _columns(lines: Iterator[tuple[int, int, bytes]], names: list[str], problems: Problems) -> dict[str, int]:
    """Name -> place of each column. StopReading when the first line does not name them."""
    _, offset, line = next(lines, (1, 0, b""))
    found = [cell.decode("utf-8", "replace") for cell, _ in _cells(line.removeprefix(BOM), offset)]
    if sorted(found) != sorted(names):
        problems.add("csv_no_header", "line 1", expected=",".join(names))
        raise StopReading
    return {name: found.index(name) for name in names}


def _cells(line: bytes, offset: int) -> list[tuple[bytes, int]]:
    """The cells of a line, each with its offset in the file; none needs quotation marks, but it may have them."""
    cells = []
    for cell in line.split(b","):
        is_quoted = len(cell) >= 2 and cell.startswith(b'"') and cell.endswith(b'"')
        cells.append((cell[1:-1], offset + 1) if is_quoted else (cell, offset))
        offset += len(cell) + 1
    return cells


def _key(
    given: dict[str, tuple[bytes, int]],
    line: int,
    way: Runs,
    scenes: set[str],
    classes: list[int],
    problems: Problems,
) -> Key | None:
    where, scene = f"line {line}", given[way.scene][0].decode("utf-8", "replace")
    if scene not in scenes:
        hint = closest(scene, scenes)
        code = "runs_scene_hint" if hint else "runs_scene"
        problems.add(code, where, line=line, scene=quoted(scene), hint=quoted(str(hint)))
        return None
    if not way.class_column:
        return scene, classes[0]
    word = given[way.class_column][0].decode("utf-8", "replace")
    if word not in {str(value) for value in classes}:
        allowed = [str(value) for value in classes]
        problems.add("csv_enum", where, line=line, column=way.class_column, value=quoted(word), allowed=allowed)
        return None
    return scene, int(word)


def _add_missing(
    contract: RasterContract, way: Runs, classes: list[int], places: dict[Key, Place], problems: Problems
) -> None:
    for scene in contract.scenes:
        for value in classes:
            if (scene.name, value) in places:
                continue
            if way.class_column:
                problems.add("runs_missing_class", scene.name, scene=scene.name, value=value)
            else:
                problems.add("runs_missing", scene.name, scene=scene.name)


# -- runs of one scene ------------------------------------------------------------------------------------------------


def _drawn(
    file: BinaryIO, scene: Scene, way: Runs, classes: list[int], places: dict[Key, Place], problems: Problems
) -> Drawn | None:
    """The runs of all classes of a scene; None when some are missing or wrong."""
    before = problems.total
    if not _few(scene, classes, places, file, problems):
        return None
    parts = [
        (value, _runs(file, places[scene.name, value], scene, way, problems))
        for value in classes
        if (scene.name, value) in places
    ]
    if problems.total > before or len(parts) < len(classes):
        return None
    if len(parts) == 1:
        (value, (starts, ends)), dtype = parts[0], np.int32
        return Drawn(starts, ends, np.full(len(starts), value, dtype))
    starts = np.concatenate([one[0] for _, one in parts])
    ends = np.concatenate([one[1] for _, one in parts])
    values = np.concatenate([np.full(len(one[0]), value, np.int32) for value, one in parts])
    order = np.argsort(starts, kind="stable")
    drawn = Drawn(starts[order], ends[order], values[order])
    overlap = np.flatnonzero(drawn.starts[1:] < drawn.ends[:-1])
    if len(overlap):
        first = int(drawn.starts[overlap[0] + 1]) + way.start
        problems.add("runs_classes_overlap", scene.name, scene=scene.name, start=first)
        return None
    return drawn


def _few(scene: Scene, classes: list[int], places: dict[Key, Place], file: BinaryIO, problems: Problems) -> bool:
    """Whether there are few enough runs to be kept in memory; counted before any is."""
    blanks = 0
    for value in classes:
        place = places.get((scene.name, value))
        if place is not None:
            file.seek(place.offset)
            blanks += file.read(place.length).count(b" ")
    if blanks // 2 < MAX_RUNS:
        return True
    problems.add("runs_many", scene.name, scene=scene.name, max_runs=MAX_RUNS)
    return False


def _runs(file: BinaryIO, place: Place, scene: Scene, way: Runs, problems: Problems) -> tuple[Numbers, Numbers]:
    """Starts and ends of the runs of one row of the file, counted from 0."""
    where, nothing = f"line {place.line}", np.zeros(0, np.int64)
    file.seek(place.offset)
    text = file.read(place.length)
    if not text:
        return nothing, nothing
    if NO_NUMBERS.search(text):
        problems.add("runs_syntax", where, line=place.line, value=quoted(text[:200].decode("utf-8", "replace"), 40))
        return nothing, nothing
    numbers = np.fromstring(text.decode("ascii"), np.int64, sep=" ")
    if len(numbers) % 2:
        problems.add("runs_odd", where, line=place.line, found=len(numbers))
        return nothing, nothing
    starts, lengths = numbers[::2] - way.start, numbers[1::2]
    ends = starts + lengths
    _check_runs(starts, ends, scene, way, place.line, problems)
    return starts, ends


def _check_runs(starts: Numbers, ends: Numbers, scene: Scene, way: Runs, line: int, problems: Problems) -> None:
    where = f"line {line}"
    outside = np.flatnonzero((starts < 0) | (ends > scene.cells) | (ends <= starts))
    if len(outside):
        first = outside[0]
        problems.add(
            "runs_outside",
            where,
            line=line,
            start=int(starts[first]) + way.start,
            length=int(ends[first] - starts[first]),
            first=way.start,
            last=scene.cells - 1 + way.start,
        )
        return
    unsorted = np.flatnonzero(starts[1:] < ends[:-1])
    if len(unsorted):
        first = unsorted[0]
        shown = (int(starts[first + 1]) + way.start, int(starts[first]) + way.start)
        problems.add("runs_order", where, line=line, start=shown[0], before=shown[1])


def _reader(drawn: Drawn, scene: Scene, way: Runs, dtype: str) -> Callable[[int, int], npt.NDArray[Any]]:
    place = _by_columns if way.order == "columns" else _by_rows

    def read(start: int, stop: int) -> npt.NDArray[Any]:
        """A run adds its value where it begins and takes it back where it ends; the sums along the band are cells."""
        rows = stop - start
        steps = np.zeros(rows * scene.width + 1, np.int32)
        for at in range(0, len(drawn.starts), RUNS_AT_ONCE):
            some = slice(at, at + RUNS_AT_ONCE)
            first, last = (place(cells[some], scene, start, rows) for cells in (drawn.starts, drawn.ends))
            here = first < last
            change = drawn.values[some][here] - np.int32(way.background)
            steps[first[here]] += change
            steps[last[here]] -= change
        steps[0] += way.background
        cells = np.cumsum(steps[:-1], out=steps[:-1]).astype(dtype)
        return cells.reshape(scene.width, rows).T if way.order == "columns" else cells.reshape(rows, scene.width)

    return read


def _by_columns(cells: Numbers, scene: Scene, start: int, rows: int) -> Numbers:
    """Cell of the mask, counted down the columns -> cell of the band, counted likewise; never decreasing."""
    columns, places = np.divmod(cells, scene.height)
    mapped: Numbers = columns * rows + np.clip(places - start, 0, rows)
    return mapped


def _by_rows(cells: Numbers, scene: Scene, start: int, rows: int) -> Numbers:
    return np.clip(cells - start * scene.width, 0, rows * scene.width)


def _header(scene: Scene, dtype: str) -> Header:
    """The runs were held against the scene, so its shape and type are the mask's."""
    return Header(
        format="rle",
        bands=1,
        pages=1,
        dtype=dtype,
        height=scene.height,
        width=scene.width,
        crs="",
        transform=(),
        has_palette=False,
        has_mask=False,
        compression="none",
        block_height=1,
        block_width=scene.width,
        item_bytes=1,
    )
