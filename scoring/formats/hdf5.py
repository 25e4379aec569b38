"""HDF5 and NetCDF4 of strangers, opened on a short leash: plain arrays of numbers inside of one file.

HDF5 can point elsewhere and load code: external and soft links, virtual datasets, external storage, filter plugins.
None of these is followed. A compressed chunk is taken as stored and unpacked here, where its size is bounded: the
library's own filter unpacks whatever a chunk holds, a bomb too. No attribute is applied: cells count as stored,
whatever a fill value, a scale or an offset says.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import h5py

DEFLATE: Final = 1
SHUFFLE: Final = 2
FLETCHER32: Final = 3
CHECKSUM_BYTES: Final = 4
SPARE_CHUNK_BYTES: Final = 64 * 1024
MAX_MEMBERS: Final = 100_000
Cells = npt.NDArray[Any]
Buffer = bytes | memoryview


class Unreadable(Exception):
    """The library cannot read the file, or a chunk does not hold what it should."""


class Refused(Exception):
    """A thing that is not allowed. `code` is that of a problem."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Member:
    """What stands at the top of a file: an array, or why it cannot be one."""

    name: str
    dataset: h5py.Dataset | None
    refusal: str = ""
    dimensions: int = 0

    @property
    def is_coordinate(self) -> bool:
        """Axes of dimensions and the reference of a projection: they say nothing that could be a score."""
        return self.dataset is not None and self.dimensions < 2


@contextmanager
def errors_of_hdf5() -> Iterator[None]:
    """Whatever the library dislikes about a file, and nothing of ours: put it around calls of the library alone."""
    try:
        yield
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, MemoryError) as error:
        raise Unreadable(str(error)) from error


@contextmanager
def open_hdf5(path: Path) -> Iterator[h5py.File]:
    """Raises Unreadable when it is no HDF5."""
    os.environ["HDF5_PLUGIN_PRELOAD"] = "::"  # turns off the loading of filters from folders
    os.environ["HDF5_USE_FILE_LOCKING"] = "FALSE"
    import h5py  # heavy, and only after the environment is set

    with errors_of_hdf5():
        file = h5py.File(path, "r", rdcc_nbytes=0)
    with file:
        yield file


def members_of(file: h5py.File) -> Iterator[Member]:
    """Everything at the top of a file, in the order of names. Raises Unreadable."""
    import h5py

    with errors_of_hdf5():
        names = sorted(file) if len(file) <= MAX_MEMBERS else []
    if not names:
        return
    for name in names:
        with errors_of_hdf5():
            link = file.get(name, getlink=True)
            found = file[name] if isinstance(link, h5py.HardLink) else None
        if found is None:
            yield Member(name, None, "variable_link")
        elif not isinstance(found, h5py.Dataset):
            yield Member(name, None, "variable_group")
        else:
            with errors_of_hdf5():
                dimensions = len(found.shape or ())
            yield Member(name, found, dimensions=dimensions)


@dataclass(frozen=True, slots=True)
class Layout:
    """How an array is stored. `chunk` is None when it is stored in one piece; `filters` in the order of writing."""

    chunk: tuple[int, ...] | None
    filters: tuple[int, ...]


def layout_of(dataset: h5py.Dataset) -> Layout:
    """Raises Refused when the data lie elsewhere or are compressed unusually, Unreadable when they are damaged."""
    with errors_of_hdf5():
        properties = dataset.id.get_create_plist()
        is_elsewhere = dataset.is_virtual or properties.get_external_count() > 0
        filters = tuple(properties.get_filter(index)[0] for index in range(properties.get_nfilters()))
        chunk = dataset.chunks
    if is_elsewhere:
        raise Refused("variable_link")
    if any(one not in (DEFLATE, SHUFFLE, FLETCHER32) for one in filters) or len(filters) > 3:
        raise Refused("variable_filter")
    return Layout(tuple(chunk) if chunk is not None else None, filters)


def row_reader(dataset: h5py.Dataset, layout: Layout) -> Callable[[int, int], Cells]:
    """A reader of the rows [start, stop) of an array of two dimensions, to be asked from the top. Raises Unreadable."""
    if layout.chunk is None:
        return _plain_reader(dataset)
    chunks = _Chunks(dataset, layout)
    return chunks.read


def _plain_reader(dataset: h5py.Dataset) -> Callable[[int, int], Cells]:
    def read(start: int, stop: int) -> Cells:
        with errors_of_hdf5():
            cells: Cells = dataset[start:stop]
        return cells.astype(cells.dtype.newbyteorder("="), copy=False)

    return read


class _Chunks:
    """Unpacks one row of chunks at a time and keeps it while rows of it are asked for."""

    def __init__(self, dataset: h5py.Dataset, layout: Layout) -> None:
        assert layout.chunk is not None  # noqa: S101  (row_reader chose)
        self._dataset, self._layout = dataset, layout
        self._height, self._width = dataset.shape
        self._rows, self._columns = layout.chunk
        self._stored = dataset.dtype
        self._kept = -1
        self._cells: Cells = np.empty((0, 0), self._stored)

    def read(self, start: int, stop: int) -> Cells:
        """Rows as the machine stores numbers; those of one row of chunks are a view that holds until the next call."""
        index = start // self._rows
        if (stop - 1) // self._rows == index:
            self._keep(index)
            rows = self._cells[start - index * self._rows : stop - index * self._rows]
            return rows.astype(self._stored.newbyteorder("="), copy=False)
        cells = np.empty((stop - start, self._width), self._stored.newbyteorder("="))
        row = start
        while row < stop:
            index = row // self._rows
            self._keep(index)
            last = min(stop, (index + 1) * self._rows)
            cells[row - start : last - start] = self._cells[row - index * self._rows : last - index * self._rows]
            row = last
        return cells

    def _keep(self, index: int) -> None:
        if index == self._kept:
            return
        rows = min(self._rows, self._height)
        if self._cells.shape != (rows, self._width):
            self._cells = np.empty((rows, self._width), self._stored)
        for column in range(0, self._width, self._columns):
            part = self._cells[:, column : column + self._columns]
            chunk = self._chunk(index * self._rows, column)
            part[...] = self._fill if chunk is None else chunk[:rows, : part.shape[1]]
        self._kept = index

    @property
    def _fill(self) -> Any:
        """What cells hold that were never written; asked for only then, as damage there can bring the library down."""
        with errors_of_hdf5():
            return self._dataset.fillvalue

    def _chunk(self, row: int, column: int) -> Cells | None:
        """One chunk, or None where none was written."""
        size = self._rows * self._columns * self._stored.itemsize
        with errors_of_hdf5():
            info = self._dataset.id.get_chunk_info_by_coord((row, column))
            if info.byte_offset is None:
                return None
        if info.size > size + size // 64 + SPARE_CHUNK_BYTES:
            raise Unreadable("a chunk is larger than what it unpacks to")
        with errors_of_hdf5():
            skipped, data = self._dataset.id.read_direct_chunk((row, column))
        plain = unpacked(data, self._layout.filters, skipped, size, self._stored.itemsize)
        return np.frombuffer(plain, self._stored).reshape(self._rows, self._columns)


def unpacked(data: Buffer, filters: tuple[int, ...], skipped: int, size: int, item: int) -> Buffer:
    """Undo the filters in the reverse order of writing. `skipped` has a bit for each filter that was left out."""
    checksums = sum(one == FLETCHER32 for one in filters) * CHECKSUM_BYTES
    for index in reversed(range(len(filters))):
        if skipped >> index & 1:
            continue
        if filters[index] == FLETCHER32:
            data = data[:-CHECKSUM_BYTES]
        elif filters[index] == SHUFFLE:
            data = _unshuffled(data, item)
        else:
            data = _inflated(data, size + checksums)
    if len(data) != size:
        raise Unreadable("a chunk does not hold as many bytes as it should")
    return data


def _unshuffled(data: Buffer, item: int) -> Buffer:
    """All first bytes, then all second bytes, ... -> number by number."""
    if item == 1 or len(data) % item:
        return data
    parts = np.frombuffer(data, np.uint8).reshape(item, -1)
    together = np.empty((parts.shape[1], item), np.uint8)
    for place, part in enumerate(parts):  # a third of the time of transposing all at once
        together[:, place] = part
    return together.data.cast("B")


def _inflated(data: Buffer, limit: int) -> bytes:
    unpacking = zlib.decompressobj()
    try:
        plain = unpacking.decompress(data, limit)
        more = b"" if unpacking.eof else unpacking.decompress(unpacking.unconsumed_tail, 1)
    except zlib.error as error:
        raise Unreadable(str(error)) from error
    if more or not unpacking.eof:
        raise Unreadable("a chunk unpacks to more than it should, or has no end")
    return plain
