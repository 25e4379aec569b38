"""Which format a file is in, by its first bytes, and its source."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from scoring.formats.sniffing import TIFF_HEADS, ZIP_HEADS, description_of, head_of
from scoring.kinds.grid.arrays import MAGIC, open_npy
from scoring.kinds.grid.source import Source, UnreadableGrid

HDF5_HEAD: Final = b"\x89HDF\r\n\x1a\n"
CLASSIC_HEADS: Final = (b"CDF\x01", b"CDF\x02", b"CDF\x05")
NAMES: Final = {"netcdf": "NetCDF-4", "npy": "NumPy .npy", "npz": "NumPy .npz", "geotiff": "GeoTIFF"}
ENDINGS: Final = {".nc": "netcdf", ".nc4": "netcdf", ".h5": "netcdf", ".npy": "npy", ".tif": "geotiff"}
MORE_ENDINGS: Final = {**ENDINGS, ".tiff": "geotiff"}


def grid_format(head: bytes) -> str:
    """'netcdf', 'npy', 'geotiff', 'zip', or '' for everything else."""
    if head.startswith(HDF5_HEAD):
        return "netcdf"
    if head.startswith(MAGIC):
        return "npy"
    if head.startswith(TIFF_HEADS):
        return "geotiff"
    return "zip" if head.startswith(ZIP_HEADS) else ""


def names_of(formats: tuple[str, ...]) -> str:
    return " or ".join(NAMES[name] for name in formats)


def check_head(head: bytes, formats: tuple[str, ...]) -> str:
    """The format of a file that is no ZIP. Raises UnreadableGrid when it is none of those."""
    if head.startswith(CLASSIC_HEADS):
        raise UnreadableGrid("grid_classic")
    found = grid_format(head)
    if found not in formats:
        raise UnreadableGrid("grid_format", found=description_of(head), expected=names_of(formats))
    return found


@contextmanager
def open_grid(path: Path, formats: tuple[str, ...], variable: str) -> Iterator[Source]:
    """Open a file that is no ZIP. Raises UnreadableGrid. Each format's library is loaded where it is needed."""
    found = check_head(head_of(path), formats)
    if found == "npy":
        with open_npy(path) as source:
            yield source
    elif found == "netcdf":
        from scoring.kinds.grid.netcdf import open_netcdf

        with open_netcdf(path, variable) as source:
            yield source
    else:
        from scoring.kinds.grid.geotiff import open_geotiff

        with open_geotiff(path) as source:
            yield source
