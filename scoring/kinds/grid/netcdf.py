"""NetCDF-4, which is HDF5, read through h5py: one variable at the top of the file, and its coordinates.

HDF5 can point elsewhere: links into other files, data in external files, virtual datasets, types that are references or
texts of any length, filters loaded from plug-ins. None of these is followed: a plain dataset of numbers is read, or
nothing. Sizes are compared before a value is read, and chunks are taken as stored and unpacked here, where a few
kilobytes of deflated zeros cannot become gigabytes.

Each chunk is read once: as many fields at a time as a chunk is deep. Packed numbers follow the CF conventions.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from scoring.errors import quoted
from scoring.formats.hdf5 import Layout, Refused, Unreadable, layout_of, open_hdf5, unpacked
from scoring.kinds.grid.cf import Packing, seconds_since_1970
from scoring.kinds.grid.source import Found, Header, Plane, Source, UnreadableGrid

if TYPE_CHECKING:
    import h5py

MAX_CHUNK_BYTES: Final = 64 * 1024 * 1024
MAX_SLAB_BYTES: Final = 64 * 1024 * 1024
MAX_DIMENSIONS: Final = 8
MAX_VARIABLES: Final = 1_000
MAX_CHUNKS: Final = 200_000
MAX_AHEAD_BYTES: Final = 16 * 1024 * 1024
FEW_SLABS: Final = 8
SPARE_CHUNK_BYTES: Final = 64 * 1024
TIME_NAMES: Final = ("time", "valid_time")
_NO_VARIABLE: Final = b"This is a netCDF dimension but not a netCDF variable"
_ERRORS: Final = (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, OverflowError, SystemError)


@contextmanager
def open_netcdf(path: Path, variable: str) -> Iterator[Source]:
    """Open one file of ours. Raises UnreadableGrid, then or from what it returns."""
    with ExitStack() as stack:
        with _h5_errors():
            grid = _Grid(stack.enter_context(open_hdf5(path.resolve())), variable)
            header = grid.header()
        yield Source(header, grid.planes, grid.coordinates)


@contextmanager
def _h5_errors() -> Iterator[None]:
    """Whatever h5py dislikes about a file; only around calls of h5py, so that no fault of ours is taken for one."""
    try:
        yield
    except UnreadableGrid:
        raise
    except Refused as error:
        raise UnreadableGrid("grid_link" if error.code == "variable_link" else "grid_filter") from error
    except (Unreadable, *_ERRORS) as error:
        raise UnreadableGrid("grid_damaged") from error


@dataclass(slots=True)
class _Grid:
    file: h5py.File
    variable: str

    def dataset(self) -> h5py.Dataset:
        if self.variable:
            return _plain_dataset(self.file, self.variable)
        found = [name for name in self._names() if _rank(self.file, name) >= 2]
        if len(found) != 1:
            raise UnreadableGrid("grid_variable", variable="''", found=[quoted(name) for name in found])
        return _plain_dataset(self.file, found[0])

    def _names(self) -> list[str]:
        if len(self.file) > MAX_VARIABLES:
            raise UnreadableGrid("grid_damaged")
        return sorted(self.file)

    def header(self) -> Header:
        if self.variable and self.variable not in self.file:
            names = [quoted(name) for name in self._names()]
            raise UnreadableGrid("grid_variable", variable=quoted(self.variable), found=names)
        dataset = self.dataset()
        _check_storage(dataset)
        return Header(
            format="netcdf",
            dtype=str(dataset.dtype.name),
            shape=tuple(int(side) for side in dataset.shape),
            dimensions=self._dimensions(dataset),
            units=_text(dataset, "units"),
            is_packed=_packing(dataset).is_packed,
        )

    def _dimensions(self, dataset: h5py.Dataset) -> tuple[str, ...]:
        """Names of the dimensions, or nothing when the file names none; '' where one of them has no name."""
        names = tuple(_scale_name(dataset, axis) for axis in range(dataset.ndim))
        return names if any(names) else ()

    def planes(self, layers: int, fields: int) -> Iterator[Plane]:
        with _h5_errors():
            dataset = self.dataset()
            packing = _packing(dataset)
            layout = layout_of(dataset)
            depth = _depth(dataset, layers, fields)

        def read(first: int) -> Plane:
            with _h5_errors():
                return _slab(dataset, layout, layers, fields, first, min(first + depth, fields))

        slab_bytes = math.prod(dataset.shape[-2:]) * dataset.dtype.itemsize * layers * depth
        for slab in _ahead(read, range(0, fields, depth), is_small=slab_bytes <= MAX_AHEAD_BYTES):
            for index in range(slab.shape[1]):
                for layer in range(layers):
                    yield packing.unpack(slab[layer, index])

    def coordinates(self) -> Mapping[str, Found]:
        with _h5_errors():
            dataset = self.dataset()
            axes = range(dataset.ndim)[-3:]
            names = ("time", "y", "x")[-len(axes) :]
            found = {name: self._coordinate(dataset, axis, name) for name, axis in zip(names, axes, strict=True)}
        return {name: one for name, one in found.items() if one is not None}

    def _coordinate(self, dataset: h5py.Dataset, axis: int, role: str) -> Found | None:
        scale = self._scale(dataset, axis, role)
        if scale is None or scale.shape != (dataset.shape[axis],):
            return None
        _check_storage(scale)
        name = str(scale.name or "").rsplit("/", 1)[-1]
        values = _packing(scale).unpack(scale[...]).astype(np.float64)
        units = _text(scale, "units") or ""
        if role == "time":
            seconds = seconds_since_1970(values, units, _text(scale, "calendar") or "")
            if seconds is None:
                raise UnreadableGrid("grid_time_units", name=quoted(name), found=quoted(units))
            values = seconds
        return Found(name, values, units)

    def _scale(self, dataset: h5py.Dataset, axis: int, role: str) -> h5py.Dataset | None:
        """The coordinate variable that is attached to a dimension, or stands beside it under a usual name."""
        attached = _attached(dataset, axis)
        if attached is not None:
            name = attached.attrs.get("NAME", b"")
            is_variable = not (isinstance(name, bytes) and name.startswith(_NO_VARIABLE))
            return attached if is_variable and attached.dtype.kind in "fiu" else None
        usual = {"time": TIME_NAMES, "y": ("lat", "latitude", "y"), "x": ("lon", "longitude", "x")}[role]
        for name in usual:
            if name in self.file and _rank(self.file, name) == 1:
                return _plain_dataset(self.file, name)
        return None


# -- HDF5 -------------------------------------------------------------------------------------------------------------


def _rank(file: h5py.File, name: str) -> int:
    """Dimensions of a dataset at the top of the file; -1 for what is none, and for links."""
    import h5py

    if not isinstance(file.get(name, getlink=True), h5py.HardLink):
        return -1
    found = file.get(name)
    return int(found.ndim) if isinstance(found, h5py.Dataset) else -1


def _plain_dataset(file: h5py.File, name: str) -> h5py.Dataset:
    """A dataset that lies in this very file."""
    import h5py

    if not isinstance(file.get(name, getlink=True), h5py.HardLink):
        raise UnreadableGrid("grid_link", variable=quoted(name))
    dataset = file[name]
    if not isinstance(dataset, h5py.Dataset):
        raise UnreadableGrid("grid_variable", variable=quoted(name), found=[])
    return dataset


def _check_storage(dataset: h5py.Dataset) -> None:
    """Types, links and chunks of a dataset, before a value is read."""
    layout_of(dataset)
    if dataset.dtype.kind not in "fiu" or dataset.dtype.itemsize > 8 or not 1 <= dataset.ndim <= MAX_DIMENSIONS:
        raise UnreadableGrid("grid_type", found=str(dataset.dtype)[:40], expected="float32 or float64")
    if 0 in dataset.shape:
        raise UnreadableGrid("grid_shape", found="empty", expected="fields x rows x columns")
    if dataset.chunks is not None:
        count = math.prod(-(-side // deep) for side, deep in zip(dataset.shape, dataset.chunks, strict=True))
        if math.prod(dataset.chunks) * dataset.dtype.itemsize > MAX_CHUNK_BYTES or count > MAX_CHUNKS:
            raise UnreadableGrid("grid_chunks", found=" x ".join(map(str, dataset.chunks)))


def _depth(dataset: h5py.Dataset, layers: int, fields: int) -> int:
    """How many fields are read at a time, so that every chunk is unpacked once."""
    plane = dataset.shape[-1] * dataset.shape[-2] * dataset.dtype.itemsize * layers
    chunks = dataset.chunks or (1,) * dataset.ndim
    deep = int(chunks[-3]) if dataset.ndim >= 3 and not _is_one_field(dataset, layers, fields) else 1
    deep = min(deep, fields)
    if deep > 1 and deep * plane > MAX_SLAB_BYTES:
        raise UnreadableGrid("grid_chunks", found=" x ".join(map(str, chunks)))
    return deep


def _is_one_field(dataset: h5py.Dataset, layers: int, fields: int) -> bool:
    """The third axis from the right then holds members, if it is there at all."""
    return fields == 1 and (dataset.ndim == 2 or (dataset.ndim == 3 and layers > 1))


def _ahead(read: Callable[[int], Plane], starts: range, *, is_small: bool) -> Iterator[Plane]:
    """Slabs in their order; small ones are unpacked two at a time, which is most of the work and needs no lock."""
    if not is_small or len(starts) < FEW_SLABS:
        yield from map(read, starts)
        return
    with ThreadPoolExecutor(2, "unpack") as pool:
        waiting: deque[Future[Plane]] = deque()
        for start in starts:
            waiting.append(pool.submit(read, start))
            if len(waiting) > 2:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _slab(dataset: h5py.Dataset, layout: Layout, layers: int, fields: int, first: int, last: int) -> Plane:
    """Shape (layers, last - first, height, width), as stored."""
    height, width = dataset.shape[-2:]
    ranges = [(0, side) for side in dataset.shape]
    if not _is_one_field(dataset, layers, fields):
        ranges[-3] = (first, last)
    if layout.chunk is None:
        raw: Plane = dataset[tuple(slice(*one) for one in ranges)]
    else:
        raw = _unpacked(dataset, layout, layout.chunk, ranges)
    return raw.reshape(layers, last - first, height, width)


def _unpacked(dataset: h5py.Dataset, layout: Layout, chunk: tuple[int, ...], ranges: list[tuple[int, int]]) -> Plane:
    """Every chunk that touches the ranges; these begin where chunks begin."""
    sides = tuple(stop - start for start, stop in ranges)
    if sides == chunk:
        whole = _chunk(dataset, layout, chunk, tuple(start for start, _ in ranges))
        return whole if whole is not None else np.full(sides, dataset.fillvalue, dataset.dtype)
    raw: Plane = np.empty(sides, dataset.dtype)
    starts = [range(start, stop, deep) for (start, stop), deep in zip(ranges, chunk, strict=True)]
    for place in product(*starts):
        at = tuple(
            slice(corner - start, min(corner + deep, stop) - start)
            for corner, deep, (start, stop) in zip(place, chunk, ranges, strict=True)
        )
        cells = _chunk(dataset, layout, chunk, place)
        target = raw[at]
        target[...] = dataset.fillvalue if cells is None else cells[tuple(slice(side) for side in target.shape)]
    return raw


def _chunk(dataset: h5py.Dataset, layout: Layout, chunk: tuple[int, ...], place: tuple[int, ...]) -> Plane | None:
    """One chunk as an array, or None where none was written."""
    size = math.prod(chunk) * dataset.dtype.itemsize
    info = dataset.id.get_chunk_info_by_coord(place)
    if info.byte_offset is None:
        return None
    if info.size > size + size // 64 + SPARE_CHUNK_BYTES:
        raise Unreadable("a chunk is larger than what it unpacks to")
    skipped, data = dataset.id.read_direct_chunk(place)
    plain = unpacked(data, layout.filters, skipped, size, dataset.dtype.itemsize)
    return np.frombuffer(plain, dataset.dtype).reshape(chunk)


def _attached(dataset: h5py.Dataset, axis: int) -> h5py.Dataset | None:
    import h5py

    found: list[Any] = []

    def note(scale: Any) -> bool:
        found.append(scale)
        return True

    if h5py.h5ds.get_num_scales(dataset.id, axis):
        h5py.h5ds.iterate(dataset.id, axis, note, 0)
    return h5py.Dataset(found[0]) if found else None


def _scale_name(dataset: h5py.Dataset, axis: int) -> str:
    scale = _attached(dataset, axis)
    return str(scale.name or "").rsplit("/", 1)[-1][:60] if scale is not None else ""


# -- attributes -------------------------------------------------------------------------------------------------------


def _attribute(dataset: h5py.Dataset, name: str) -> Any:
    """The value of a small attribute, or None."""
    import h5py

    encoded = name.encode()
    if not h5py.h5a.exists(dataset.id, encoded):
        return None
    if math.prod(h5py.h5a.open(dataset.id, encoded).shape) > 16:
        raise UnreadableGrid("grid_attribute", name=quoted(name))
    return dataset.attrs[name]


def _number(dataset: h5py.Dataset, name: str) -> float | None:
    value = _attribute(dataset, name)
    if value is None:
        return None
    array = np.asarray(value)
    if array.size != 1 or array.dtype.kind not in "fiu" or not np.isfinite(array).all():
        raise UnreadableGrid("grid_attribute", name=quoted(name))
    return float(array.ravel()[0])


def _text(dataset: h5py.Dataset, name: str) -> str | None:
    value = _attribute(dataset, name)
    if value is None:
        return None
    array = np.asarray(value)
    if array.size != 1:
        raise UnreadableGrid("grid_attribute", name=quoted(name))
    item = array.ravel()[0]
    text = item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item)
    return text[:200].strip().strip("\0")


def _packing(dataset: h5py.Dataset) -> Packing:
    missing: list[Any] = []
    for name in ("_FillValue", "missing_value"):
        value = _attribute(dataset, name)
        array = np.asarray(value if value is not None else [])
        if array.dtype.kind not in "fiu":
            raise UnreadableGrid("grid_attribute", name=quoted(name))
        missing += array.ravel().tolist() if array.dtype.kind != "f" else list(array.ravel())
    return Packing(_number(dataset, "scale_factor"), _number(dataset, "add_offset"), tuple(missing))
