"""GeoTIFF, PNG and JPEG -> class indices, band of rows by band of rows, in bounded memory.

GDAL follows references inside files: a VRT names other files and web addresses, side files add masks and overviews. So
it is held on a short leash: the format comes from the file's own first bytes and is passed as the only driver, all
other drivers are left out when GDAL starts, no folder is listed, no side file read, and the name is ours. The header is
checked before a cell is decoded, so a sparse file of a terabyte is refused for its shape.

Internal overviews are never read, and a nodata tag, a scale or an offset changes nothing: the cells count as stored.
A mask inside the file, a colour table, more bands or more pages are refused, for two readers would disagree on them.
"""

from __future__ import annotations

import contextlib
import logging
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from scoring.contract import RasterContract, Scene
from scoring.errors import Problems
from scoring.formats.cells import BAND_ROWS, Bytes, bands
from scoring.formats.gdal_drivers import UNWANTED
from scoring.formats.jpegs import is_progressive
from scoring.formats.sniffing import description_of, format_of, head_of, names_of
from scoring.formats.tiff_pages import BrokenChain, count_pages
from scoring.pairing import Header, check_header

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

DRIVERS: Final = {"geotiff": "GTiff", "png": "PNG", "jpeg": "JPEG"}
MIB: Final = 1024 * 1024
CACHE_MIB: Final = 64
MAX_STEP_BYTES: Final = 96 * MIB  # of cells decoded at once; it takes twice that, for a moment
Cells = npt.NDArray[Any]

# GDAL reads these when it starts, which is when rasterio opens its first file.
LOCKED: Final = {
    "GDAL_SKIP": ",".join(UNWANTED),
    "GDAL_DRIVER_PATH": "disable",
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_PAM_ENABLED": "NO",
    "GDAL_GEOREF_SOURCES": "INTERNAL",
    "GDAL_CACHEMAX": str(CACHE_MIB),
    "GDAL_NUM_THREADS": "1",
    "PROJ_NETWORK": "OFF",
    "GTIFF_IGNORE_READ_ERRORS": "NO",
    "CPL_LOG": "/dev/null",
}
# Again for each file, for a process that had set them otherwise.
NO_SIDE_FILES: Final = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_PAM_ENABLED": False,
    "GDAL_GEOREF_SOURCES": "INTERNAL",
}


class UnreadableRaster(Exception):
    """GDAL cannot open or decode the file."""


def lock_gdal() -> None:
    """Set GDAL's environment; call it before rasterio is used for the first time in the process."""
    os.environ.update(LOCKED)
    logging.getLogger("rasterio").setLevel(logging.CRITICAL)  # its warnings quote what the file holds


@dataclass(frozen=True, slots=True)
class Raster:
    """An open raster. `read` gives the rows [start, stop) of its band as stored; ask for them from the top."""

    header: Header
    read: Callable[[int, int], Cells]


@contextmanager
def open_raster(path: Path, format_: str, band: int = 1) -> Iterator[Raster]:
    """Open one file of ours by the one driver of its format. Raises UnreadableRaster, then or in `read`."""
    lock_gdal()
    import rasterio  # heavy, and only after the environment is locked

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "not georeferenced" is ours to judge
        with rasterio.Env(**NO_SIDE_FILES), contextlib.ExitStack() as stack:
            with _gdal_errors():
                dataset = stack.enter_context(rasterio.open(path.resolve(), driver=DRIVERS[format_]))
                raster = Raster(_header(dataset, format_, path), _reader(dataset, format_, band))
            yield raster


@contextmanager
def _gdal_errors() -> Iterator[None]:
    """Whatever GDAL dislikes about a file; only around calls of rasterio, so that no fault of ours is taken for one."""
    from rasterio._err import CPLE_BaseError  # rasterio lets some of GDAL's own errors through
    from rasterio.errors import RasterioError

    try:
        yield
    except (RasterioError, CPLE_BaseError, ValueError) as error:
        raise UnreadableRaster(str(error)) from error


def _header(dataset: DatasetReader, format_: str, path: Path) -> Header:
    from rasterio.enums import ColorInterp, MaskFlags

    storage = dataset.tags(ns="IMAGE_STRUCTURE")
    first = dataset.count >= 1
    flags = dataset.mask_flag_enums[0] if first else []
    block_height, block_width = dataset.block_shapes[0] if first else (1, 1)
    dtype = dataset.dtypes[0] if first else "nothing"
    bits = dataset.tags(1, ns="IMAGE_STRUCTURE").get("NBITS") if first else None
    return Header(
        format=format_,
        bands=dataset.count,
        pages=_pages(path, format_),
        dtype=dtype,
        height=dataset.height,
        width=dataset.width,
        crs=dataset.crs.to_string() if dataset.crs else "",
        transform=tuple(dataset.transform)[:6],
        # GDAL itself gives every 1-bit raster a table of black and white.
        has_palette=first and dataset.colorinterp[0] == ColorInterp.palette and bits != "1",
        # GDAL itself takes the fourth of four bands for alpha; as a layer, it is one like the others.
        has_mask=MaskFlags.per_dataset in flags if dataset.count == 1 else flags == [MaskFlags.per_dataset],
        compression="none" if format_ in ("png", "jpeg") else storage.get("COMPRESSION", "none"),
        block_height=block_height,
        block_width=block_width,
        item_bytes=_item_bytes(dtype),
        is_interlaced=_is_interlaced(path, format_),
    )


def _pages(path: Path, format_: str) -> int:
    """By our own count: GDAL's leaves out what it cannot use."""
    if format_ != "geotiff":
        return 1
    try:
        return count_pages(path)
    except BrokenChain as error:
        raise UnreadableRaster(str(error)) from error


def _is_interlaced(path: Path, format_: str) -> bool:
    """Whether no row can be read before the last one is there."""
    if format_ == "jpeg":
        return is_progressive(path)
    return format_ == "png" and head_of(path)[28:29] not in (b"\0", b"")


def _item_bytes(dtype: str) -> int:
    try:
        return np.dtype(dtype).itemsize
    except TypeError:  # GDAL has types that numpy lacks, such as complex_int16
        return 16


def _reader(dataset: DatasetReader, format_: str, band: int) -> Callable[[int, int], Cells]:
    from rasterio.windows import Window

    def read(start: int, stop: int) -> Cells:
        with _gdal_errors():
            cells: Cells = dataset.read(band, window=Window(0, start, dataset.width, stop - start))
        return cells

    rows = _rows_at_once(dataset, format_)
    return _Steps(read, rows, dataset.height) if rows else read


def _rows_at_once(dataset: DatasetReader, format_: str) -> int:
    """Rows that must be decoded together to be decoded fast, or 0 where any number is as good.

    A PNG is, because GDAL takes half the time for all of it at once. So is a row of tiles that does not fit into GDAL's
    cache: each band of rows would decode its tiles anew. Neither when it is too large: then slow is better than hungry.
    """
    if not dataset.count:
        return 0
    height, width = dataset.block_shapes[0]
    item = _item_bytes(dataset.dtypes[0])
    rows = dataset.height if format_ == "png" else height
    is_better = format_ == "png" or (
        height % BAND_ROWS == 0 and height * -(-dataset.width // width) * width * item > CACHE_MIB * MIB
    )
    return rows if is_better and rows * dataset.width * item <= MAX_STEP_BYTES else 0


@dataclass
class _Steps:
    """Reads many rows at a time and hands out bands of them; nothing is read before it is asked for."""

    read: Callable[[int, int], Cells]
    rows: int
    height: int
    first: int = -1
    kept: Cells | None = None

    def __call__(self, start: int, stop: int) -> Cells:
        first = start // self.rows * self.rows
        if stop > first + self.rows:
            return self.read(start, stop)
        if self.kept is None or first != self.first:
            self.kept = None  # two of them are never held
            self.kept, self.first = self.read(first, min(first + self.rows, self.height)), first
        return self.kept[start - first : stop - first]


def same_crs(expected: str, found: str) -> bool:
    """Whether two texts mean one coordinate reference system."""
    if expected == found:
        return True
    from rasterio.crs import CRS
    from rasterio.errors import CRSError

    try:
        return bool(CRS.from_user_input(expected) == CRS.from_user_input(found))
    except CRSError:
        return False


# -- one scene --------------------------------------------------------------------------------------------------------


def read_scene(
    path: Path,
    scene: Scene,
    contract: RasterContract,
    problems: Problems,
    write: Callable[[Bytes], None] | None,
    *,
    band: int = 1,
    bands_expected: int = 1,
) -> None:
    """Check one raster against its scene and hand its bands of rows to `write` as class indices.

    `band`: which layer of a file that must hold `bands_expected` of them.

    With `write` None, or once something is wrong, cells are still checked so that all problems are told at once.
    """
    head = head_of(path)
    format_ = format_of(head)
    if not head:
        problems.add("raster_empty", scene.name, scene=scene.name)
        return
    if format_ not in contract.formats:
        expected = names_of(contract.formats)
        problems.add("raster_format", scene.name, scene=scene.name, found=description_of(head), expected=expected)
        return
    try:
        with open_raster(path, format_, band) as raster:
            read_raster(raster, scene, contract, problems, write, bands_expected=bands_expected)
    except UnreadableRaster:
        problems.add("raster_unreadable", scene.name, scene=scene.name)


def read_raster(
    raster: Raster,
    scene: Scene,
    contract: RasterContract,
    problems: Problems,
    write: Callable[[Bytes], None] | None,
    *,
    bands_expected: int = 1,
) -> None:
    """Check an open raster, whatever its format, and hand its bands of rows on. Raises UnreadableRaster."""
    before = problems.total
    check_header(raster.header, scene, contract.dtype, problems, same_crs=same_crs, bands=bands_expected)
    if problems.total == before:
        _read_cells(raster, scene, contract, problems, write)


def _read_cells(
    raster: Raster, scene: Scene, contract: RasterContract, problems: Problems, write: Callable[[Bytes], None] | None
) -> None:
    indexer = ClassIndexer(contract.classes)
    wrong = _WrongCells()
    for start, stop in bands(scene):
        cells = raster.read(start, stop)
        indices = indexer.indices(cells)
        if indices is None:
            wrong.note(cells, indexer.wrong(cells), start)
        elif write is not None and not problems and not wrong.count:
            write(indices)
    if wrong.count:
        problems.add(
            "raster_class",
            scene.name,
            scene=scene.name,
            count=wrong.count,
            value=wrong.value,
            row=wrong.row,
            column=wrong.column,
            allowed=[str(value) for value in contract.classes],
        )


class ClassIndexer:
    """Class values -> their index in the sorted classes; cheap where classes are 0, 1, ... as they mostly are."""

    def __init__(self, classes: tuple[int, ...]) -> None:
        self._low, self._high = classes[0], classes[-1]
        self._is_gapless = self._high - self._low + 1 == len(classes)
        table = np.full(self._high - self._low + 1, 255, np.uint8)
        table[np.array(classes) - self._low] = np.arange(len(classes), dtype=np.uint8)
        self._table = table
        self._is_class = np.zeros(len(table), bool)
        self._is_class[np.array(classes) - self._low] = True

    def indices(self, cells: Cells) -> Bytes | None:
        """Indices of the same shape, or None when a cell holds no class."""
        if cells.max() > self._high or ((cells.dtype.kind == "i" or self._low) and cells.min() < self._low):
            return None
        if self._is_gapless and self._low == 0:
            return cells.astype(np.uint8, copy=False)
        offsets = cells if self._low == 0 else np.subtract(cells, self._low, dtype=np.int32)
        if not self._is_gapless and not self._is_class[offsets].all():
            return None
        indices: Bytes = self._table[offsets]
        return indices

    def wrong(self, cells: Cells) -> npt.NDArray[np.bool_]:
        offsets = cells.astype(np.int64) - self._low
        inside = (offsets >= 0) & (offsets < len(self._table))
        wrong: npt.NDArray[np.bool_] = ~(inside & self._is_class[np.where(inside, offsets, 0)])
        return wrong


@dataclass
class _WrongCells:
    """How many cells hold no class, and where the first one is."""

    count: int = 0
    value: int = 0
    row: int = 0
    column: int = 0

    def note(self, cells: Cells, wrong: npt.NDArray[np.bool_], first_row: int) -> None:
        if not self.count:
            row, column = np.unravel_index(int(wrong.argmax()), wrong.shape)
            self.value, self.row, self.column = int(cells[row, column]), first_row + int(row), int(column)
        self.count += int(wrong.sum())
