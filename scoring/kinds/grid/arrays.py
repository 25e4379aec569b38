"""NumPy's .npy, in a file or in an entry of a ZIP (.npz), read as plain bytes: no pickle, no map, no surprise.

The header is a Python literal of a stranger. It is read up to a limit and parsed by NumPy's own literal parser.
"""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np

from scoring.kinds.grid.source import Header, Plane, Source, UnreadableGrid, no_coordinates

MAGIC: Final = b"\x93NUMPY"
MAX_HEADER_BYTES: Final = 10_000
DAMAGED: Final = (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


@dataclass(frozen=True, slots=True)
class _Layout:
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    start: int


@contextmanager
def open_npy(path: Path) -> Iterator[Source]:
    """An array in a file of its own; its members may lie one after another, each with all its fields."""
    with path.open("rb", buffering=0) as file:
        layout = _layout(file)
        expected = layout.start + layout.dtype.itemsize * _count(layout.shape)
        size = path.stat().st_size
        if size != expected:
            raise UnreadableGrid("grid_bytes", found=size, expected=expected)

        def planes(layers: int, fields: int) -> Iterator[Plane]:
            height, width = layout.shape[-2:]
            plane_bytes = height * width * layout.dtype.itemsize
            for field in range(fields):
                for layer in range(layers):
                    file.seek(layout.start + (layer * fields + field) * plane_bytes)
                    yield _plane(file, layout)

        yield Source(_header(layout), planes, no_coordinates)


@contextmanager
def open_npy_stream(file: IO[bytes]) -> Iterator[Source]:
    """An array in a stream that only runs forward, so its planes must lie in the order in which they are wanted."""
    layout = _layout(file)

    def planes(layers: int, fields: int) -> Iterator[Plane]:
        if layers > 1 and fields > 1:
            raise UnreadableGrid("grid_npz_members")
        for _ in range(layers * fields):
            yield _plane(file, layout)
        if _read(file, 1):
            raise UnreadableGrid("grid_damaged")

    yield Source(_header(layout), planes, no_coordinates)


def _header(layout: _Layout) -> Header:
    return Header("npy", layout.dtype.name, layout.shape)


def _layout(file: IO[bytes]) -> _Layout:
    head = _read(file, 8)
    if len(head) < 8 or not head.startswith(MAGIC) or head[6:] not in (b"\x01\x00", b"\x02\x00"):
        raise UnreadableGrid("grid_damaged")
    form = "<H" if head[6] == 1 else "<I"
    length_bytes = _read(file, struct.calcsize(form))
    length = struct.unpack(form, length_bytes)[0] if len(length_bytes) == struct.calcsize(form) else 0
    if not 0 < length <= MAX_HEADER_BYTES:
        raise UnreadableGrid("grid_damaged")
    text = _read(file, length)
    read = np.lib.format.read_array_header_1_0 if head[6] == 1 else np.lib.format.read_array_header_2_0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "header was written by Python 2": it is read all the same
            shape, is_fortran, dtype = read(io.BytesIO(length_bytes + text), max_header_size=MAX_HEADER_BYTES)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        raise UnreadableGrid("grid_damaged") from error
    if dtype.hasobject or dtype.kind not in "fiub" or dtype.shape:
        raise UnreadableGrid("grid_type", found=str(dtype)[:40], expected="float32 or float64")
    if is_fortran and len(shape) > 1:
        raise UnreadableGrid("grid_order")
    if len(shape) < 2 or min(shape) < 1 or _count(shape) > 2**50:
        raise UnreadableGrid("grid_shape", found=shown(shape), expected="fields x rows x columns")
    return _Layout(dtype, tuple(int(side) for side in shape), len(head) + len(length_bytes) + length)


def shown(shape: tuple[int, ...]) -> str:
    return " x ".join(str(side) for side in shape[:8]) or "a single number"


def _count(shape: tuple[int, ...]) -> int:
    count = 1
    for side in shape:
        count *= int(side)
    return count


def _plane(file: IO[bytes], layout: _Layout) -> Plane:
    plane: Plane = np.empty(layout.shape[-2:], layout.dtype)
    view = memoryview(plane.view(np.uint8)).cast("B")  # type: ignore[arg-type]
    while view:
        try:
            count = file.readinto(view)  # type: ignore[attr-defined]
        except DAMAGED as error:
            raise UnreadableGrid("grid_damaged") from error
        if not count:
            raise UnreadableGrid("grid_damaged")
        view = view[count:]
    return plane


def _read(file: IO[bytes], size: int) -> bytes:
    data = b""
    while len(data) < size:
        try:
            piece = file.read(size - len(data))
        except DAMAGED as error:
            raise UnreadableGrid("grid_damaged") from error
        if not piece:
            break
        data += piece
    return data
