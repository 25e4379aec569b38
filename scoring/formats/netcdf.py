"""Masks in one NetCDF4 (or HDF5) file: a variable for each scene, or for each scene and layer.

The names are those of the scenes, `<scene>` or `<scene>_<layer>`. Variables of fewer than two dimensions are axes and
are left alone; every other one that no scene has is refused, as are groups and whatever lies in another file.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from scoring.errors import Problems, closest, quoted
from scoring.formats.cells import Bytes
from scoring.formats.hdf5 import (
    Layout,
    Member,
    Refused,
    Unreadable,
    errors_of_hdf5,
    layout_of,
    members_of,
    open_hdf5,
    row_reader,
)
from scoring.formats.rasters import Raster, UnreadableRaster, read_raster
from scoring.pairing import MAX_BLOCK_BYTES, Header
from scoring.planes import Plane

if TYPE_CHECKING:
    import h5py

MAX_ROW_OF_CHUNKS_BYTES: Final = 128 * 1024 * 1024
Write = Callable[[Bytes], None]


def read_netcdf(path: Path, planes: tuple[Plane, ...], problems: Problems, write: Write | None) -> None:
    """Check a file and hand its planes to `write`, in their order, as class indices."""
    try:
        with open_hdf5(path) as file:
            variables = _variables(file, planes, problems)
            for plane in planes:
                if plane.stem in variables:
                    _read_plane(variables[plane.stem], plane, problems, write)
    except Unreadable:
        problems.add("netcdf_unreadable", "")


def _variables(file: h5py.File, planes: tuple[Plane, ...], problems: Problems) -> dict[str, h5py.Dataset]:
    """Stem -> array. Every plane once, and nothing else."""
    stems = {plane.stem for plane in planes}
    found: dict[str, h5py.Dataset] = {}
    strangers: list[Member] = []
    for member in members_of(file):
        if member.refusal:
            problems.add(member.refusal, member.name if member.name in stems else "", name=quoted(member.name))
        elif member.name in stems and member.dataset is not None:
            found[member.name] = member.dataset
        elif not member.is_coordinate:
            strangers.append(member)
    missing = [plane for plane in planes if plane.stem not in found]
    for member in strangers:
        _add_stranger(member.name, [plane.stem for plane in missing], problems)
    for plane in missing:
        problems.add("variable_missing", plane.scene.name, scene=plane.scene.name, expected=quoted(plane.stem))
    return found


def _add_stranger(name: str, missing: list[str], problems: Problems) -> None:
    meant = closest(name, missing)
    if meant is None:
        problems.add("variable_unexpected", "", name=quoted(name))
    else:
        problems.add("variable_unexpected_hint", "", name=quoted(name), hint=quoted(meant))


def _read_plane(dataset: h5py.Dataset, plane: Plane, problems: Problems, write: Write | None) -> None:
    scene = plane.scene
    try:
        with errors_of_hdf5():
            shape, dtype = dataset.shape, dataset.dtype
        if shape is None or len(shape) != 2:
            problems.add("variable_dimensions", scene.name, scene=scene.name, found=len(shape or ()))
            return
        layout = layout_of(dataset)
        raster = Raster(_header(shape, dtype, layout), _reader(dataset, layout, dtype))
        read_raster(raster, scene, plane.contract, problems, write)
    except Refused as refusal:
        problems.add(refusal.code, scene.name, name=quoted(plane.stem))
    except (Unreadable, UnreadableRaster):
        problems.add("raster_unreadable", scene.name, scene=scene.name)


def _reader(dataset: h5py.Dataset, layout: Layout, dtype: np.dtype[Any]) -> Callable[[int, int], Any]:
    """True and false of the contract's uint8 are an enumeration in HDF5, stored as 1 and 0."""
    return row_reader(dataset, layout) if dtype.kind in "iu" else _no_reader


def _no_reader(start: int, stop: int) -> Any:
    raise UnreadableRaster(f"rows {start} to {stop} are no whole numbers")


def _header(shape: tuple[int, ...], dtype: np.dtype[Any], layout: Layout) -> Header:
    rows, columns = layout.chunk or (1, shape[1])
    # A whole row of chunks is unpacked at once, so a chunk that is too high is a block that is too large.
    row_bytes = min(rows, shape[0]) * shape[1] * dtype.itemsize if layout.chunk else 0
    return Header(
        format="netcdf",
        bands=1,
        pages=1,
        dtype=dtype.newbyteorder("=").name if dtype.kind in "iufb" else "no numbers",
        height=shape[0],
        width=shape[1],
        crs="",
        transform=(),
        has_palette=False,
        has_mask=False,
        compression="none",
        block_height=rows,
        block_width=columns,
        item_bytes=dtype.itemsize if row_bytes <= MAX_ROW_OF_CHUNKS_BYTES else MAX_BLOCK_BYTES,
    )
