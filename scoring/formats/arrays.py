"""NumPy's .npy -> class values, read from the front to the back in bands of rows.

The header is read by a grammar of our own: numpy evaluates it as Python, and its arrays of objects are pickles. What it
declares is held against the contract before anything is allocated. Cells are the contract's type in either byte order;
true and false are 1 and 0 of uint8. Other types are refused even where their values would be whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from scoring.contract import RasterContract, Scene
from scoring.errors import Problems, quoted
from scoring.formats.cells import Bytes
from scoring.formats.rasters import Raster, UnreadableRaster, read_raster
from scoring.pairing import Header
from scoring.planes import Plane

MAGIC: Final = b"\x93NUMPY"
MAX_HEADER_BYTES: Final = 4096
MAX_DIMENSIONS: Final = 8
HEADER: Final = re.compile(
    r"\{\s*'descr':\s*'([<>|=]?)([a-zA-Z?])([0-9]{0,4})'\s*,\s*'fortran_order':\s*(True|False)\s*,"
    r"\s*'shape':\s*\(([0-9, ]*)\)\s*,?\s*\}\s*",
    re.ASCII,
)
Cells = npt.NDArray[Any]
Write = Callable[[Bytes], None]


class Source(Protocol):
    """A file, or an entry of an archive."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class ArrayHeader:
    shape: tuple[int, ...]
    stored: np.dtype[Any] | None  # None: no plain numbers
    is_column_major: bool
    name: str  # of the type, for messages

    @property
    def dtype_name(self) -> str:
        """The type of the cells as a contract names it; true and false are stored as 1 and 0."""
        return "uint8" if self.stored == np.bool_ else self.name


# -- the header -------------------------------------------------------------------------------------------------------


def read_header(source: Source) -> ArrayHeader:
    """The header of an array; the source then stands at its first cell. Raises UnreadableRaster."""
    start = _exactly(source, 8)
    if start[:6] != MAGIC or start[6] not in (1, 2, 3):
        raise UnreadableRaster("no .npy array")
    size = int.from_bytes(_exactly(source, 2 if start[6] == 1 else 4), "little")
    if size > MAX_HEADER_BYTES:
        raise UnreadableRaster("the header is too long")
    found = HEADER.fullmatch(_exactly(source, size).decode("latin-1"))
    if found is None:
        raise UnreadableRaster("the header is not that of a plain array")
    order, kind, width, fortran, numbers = found.groups()
    shape = tuple(int(word[:12]) for word in numbers.replace(" ", "").split(",") if word)
    stored = _dtype(f"{order}{kind}{width}")
    name = stored.newbyteorder("=").name if stored is not None else quoted(f"{kind}{width}")
    return ArrayHeader(shape[:MAX_DIMENSIONS], stored, fortran == "True" and len(shape) > 1, name)


def _exactly(source: Source, size: int) -> bytes:
    data = source.read(size)
    while len(data) < size:
        more = source.read(size - len(data))
        if not more:
            raise UnreadableRaster("the file is cut short")
        data += more
    return data


def _dtype(text: str) -> np.dtype[Any] | None:
    """Booleans, whole numbers and floats; everything else is nothing that could be cells."""
    try:
        dtype = np.dtype(text)
    except TypeError:
        return None
    return dtype if dtype.kind in "biuf" else None


# -- one scene --------------------------------------------------------------------------------------------------------


def read_array(source: Source, scene: Scene, contract: RasterContract, problems: Problems, write: Write | None) -> None:
    """Check an array of one scene and hand its bands to `write` as class indices."""
    try:
        raster = open_array(source, scene, problems)
        if raster is None:
            return
        before = problems.total
        read_raster(raster, scene, contract, problems, write)
        if problems.total == before and source.read(1):
            problems.add("array_longer", scene.name, scene=scene.name)
    except UnreadableRaster:
        problems.add("raster_unreadable", scene.name, scene=scene.name)


def open_array(source: Source, scene: Scene, problems: Problems) -> Raster | None:
    """A two-dimensional array as a raster; None, and a problem, when it is not one. Raises UnreadableRaster."""
    header = read_header(source)
    if len(header.shape) != 2 or 0 in header.shape:
        shown = _shape(header.shape)
        problems.add("array_dimensions", scene.name, scene=scene.name, found=shown)
    elif header.is_column_major:
        problems.add("array_order", scene.name, scene=scene.name)
    else:
        return Raster(_raster_header(header), _reader(source, header, header.shape[1]))
    return None


def _shape(shape: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def _raster_header(header: ArrayHeader) -> Header:
    height, width = header.shape[-2:]
    return Header(
        format="npy",
        bands=1,
        pages=1,
        dtype=header.dtype_name,
        height=height,
        width=width,
        crs="",
        transform=(),
        has_palette=False,
        has_mask=False,
        compression="none",
        block_height=1,
        block_width=width,
        item_bytes=0,
    )


def _reader(source: Source, header: ArrayHeader, width: int) -> Callable[[int, int], Cells]:
    """Bands in the order in which they are stored; `start` and `stop` only say how many rows there are."""
    stored = header.stored or np.dtype(np.uint8)

    def read(start: int, stop: int) -> Cells:
        cells = np.frombuffer(_exactly(source, (stop - start) * width * stored.itemsize), stored)
        if stored == np.bool_:
            return cells.view(np.uint8).reshape(-1, width)
        return cells.astype(stored.newbyteorder("="), copy=False).reshape(-1, width)

    return read


# -- all scenes -------------------------------------------------------------------------------------------------------


def read_stack(
    source: Source, planes: tuple[Plane, ...], contract: RasterContract, problems: Problems, write: Write | None
) -> None:
    """One array (scenes, height, width) for all scenes in the order of the contract; (height, width) for one."""
    scenes = [plane.scene for plane in planes]
    try:
        header = read_header(source)
        if not _fits(header, scenes, contract, problems):
            return
        raster = Raster(_raster_header(header), _reader(source, header, header.shape[-1]))
        for scene in scenes:
            read_raster(raster, scene, contract, problems, write)
        if source.read(1):
            problems.add("stack_longer", "")
    except UnreadableRaster:
        problems.add("stack_unreadable", "")


def _fits(header: ArrayHeader, scenes: list[Scene], contract: RasterContract, problems: Problems) -> bool:
    before = problems.total
    shapes = {(scene.height, scene.width) for scene in scenes}
    if len(shapes) > 1:
        problems.add("stack_shapes", "", scenes=len(scenes))
        return False
    expected = (len(scenes), *shapes.pop())
    if header.shape != expected and not (len(scenes) == 1 and header.shape == expected[1:]):
        problems.add("stack_shape", "", found=_shape(header.shape), expected=_shape(expected))
    if header.dtype_name != contract.dtype:
        problems.add("stack_dtype", "", found=header.name, expected=contract.dtype)
    if header.is_column_major:
        problems.add("stack_order", "")
    return problems.total == before
