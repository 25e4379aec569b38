"""Masks as files of each format. What is written here is ours; what reads it are the same readers as for everybody."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from scoring.contract import RasterContract
from scoring.mask_parts import Runs
from scoring.planes import Plane
from scoring.probes.variants import NotMade, Variant

Array = npt.NDArray[Any]
Cells = Iterable[tuple[Plane, Callable[[], Array]]]
Writer = Callable[[Path, Cells, RasterContract, Variant], None]


def _zip_of(ending: str, encode: Callable[[Plane, Array], bytes]) -> Writer:
    def write(path: Path, cells: Cells, contract: RasterContract, variant: Variant) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            for plane, make in cells:
                archive.writestr(f"{plane.stem}.{ending}", encode(plane, make()))

    return write


def _geotiff(plane: Plane, cells: Array) -> bytes:
    from rasterio import Affine  # heavy, and only where a contest takes GeoTIFFs
    from rasterio.io import MemoryFile

    scene = plane.scene
    place: dict[str, Any] = {"crs": scene.crs} if scene.crs else {}
    if scene.transform:
        place["transform"] = Affine(*scene.transform)
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff", height=cells.shape[0], width=cells.shape[1], count=1, dtype=cells.dtype.name,
            compress="deflate", zlevel=1, **place,
        ) as target:  # fmt: skip
            target.write(cells, 1)
        return bytes(memory.read())


def _png(plane: Plane, cells: Array) -> bytes:
    """Grey, 8 or 16 bits, no filter. Source: PNG specification, third edition, 2025."""
    if cells.dtype == np.int16:
        raise NotMade("a PNG holds no negative numbers")
    rows = np.ascontiguousarray(cells, cells.dtype.newbyteorder(">")).view(np.uint8).reshape(cells.shape[0], -1)
    lines = np.hstack([np.zeros((len(rows), 1), np.uint8), rows]).tobytes()
    head = struct.pack(">IIBBBBB", cells.shape[1], cells.shape[0], 8 * cells.dtype.itemsize, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(lines, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _npy(plane: Plane, cells: Array) -> bytes:
    stream = io.BytesIO()
    np.save(stream, cells, allow_pickle=False)
    return stream.getvalue()


def _write_netcdf(path: Path, cells: Cells, contract: RasterContract, variant: Variant) -> None:
    """A variable for each plane, with dimensions of its own."""
    import h5py  # heavy, and only where a contest takes NetCDF

    with h5py.File(path, "w") as file:
        for plane, make in cells:
            array = file.create_dataset(plane.stem, data=make(), compression="gzip", compression_opts=1)
            for axis, length in enumerate(array.shape):
                scale = file.create_dataset(f"{plane.stem}_dim{axis}", shape=(length,), dtype=">f4")
                scale.make_scale(f"This is a netCDF dimension but not a netCDF variable. {length:9d}")
                array.dims[axis].attach_scale(scale)


# -- runs -------------------------------------------------------------------------------------------------------------


def _write_runs(path: Path, cells: Cells, contract: RasterContract, variant: Variant) -> None:
    way = contract.rle or Runs()
    classes = [value for value in contract.classes if value != way.background]
    header = [way.scene, *([way.class_column] if way.class_column else []), way.runs]
    if variant.key == "wrong_shape":
        header[-1] = f"not_{header[-1]}"
    lines = [",".join(header)]
    for plane, make in cells:
        drawn = make()[: plane.scene.height]
        for value in classes:
            runs = _runs(drawn == value, way)
            if variant.key == "not_a_number" and len(lines) == 1:
                runs = "NaN NaN"
            lines.append(",".join([plane.stem, *([str(value)] if way.class_column else []), runs]))
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")


def _runs(is_in: Array, way: Runs) -> str:
    flat = np.concatenate([[False], is_in.ravel(order="F" if way.order == "columns" else "C"), [False]])
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    starts, lengths = edges[::2] + way.start, edges[1::2] - edges[::2]
    return " ".join(map(str, np.stack([starts, lengths], axis=1).ravel().tolist()))


WRITERS: Final[Mapping[str, Writer]] = {
    "geotiff": _zip_of("tif", _geotiff),
    "png": _zip_of("png", _png),
    "npy": _zip_of("npy", _npy),
    "npz": _zip_of("npy", _npy),
    "netcdf": _write_netcdf,
    "rle": _write_runs,
}
