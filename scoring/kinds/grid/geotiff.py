"""GeoTIFF: a band a field, or a band a member where there is one field. Coordinates follow from the transform.

GDAL stays on the leash of formats/rasters.py: one driver, no side files, no references.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from scoring.formats.rasters import NO_SIDE_FILES, lock_gdal
from scoring.kinds.grid.source import Found, Header, Plane, Source, UnreadableGrid

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

MAX_BLOCK_BYTES: Final = 64 * 1024 * 1024
LOSSLESS: Final = ("none", "LZW", "DEFLATE", "ZSTD", "PACKBITS", "LZMA", "LERC", "LERC_DEFLATE", "LERC_ZSTD")
_PLAIN: Final = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


@contextmanager
def open_geotiff(path: Path) -> Iterator[Source]:
    """Open one file of ours by the GeoTIFF driver alone. Raises UnreadableGrid, then or from what it returns."""
    lock_gdal()
    import rasterio  # heavy, and only after the environment is locked

    with warnings.catch_warnings(), rasterio.Env(**NO_SIDE_FILES):
        warnings.simplefilter("ignore")  # "not georeferenced" is ours to judge
        with _gdal_errors():
            dataset = rasterio.open(path.resolve(), driver="GTiff")
        with dataset:
            with _gdal_errors():
                header = _header(dataset)

            def planes(layers: int, fields: int) -> Iterator[Plane]:
                for band in range(1, layers * fields + 1):
                    with _gdal_errors():
                        plane: Plane = dataset.read(band)
                    yield plane

            yield Source(header, planes, lambda: _coordinates(dataset))


@contextmanager
def _gdal_errors() -> Iterator[None]:
    from rasterio._err import CPLE_BaseError  # rasterio lets some of GDAL's own errors through
    from rasterio.errors import RasterioError

    try:
        yield
    except UnreadableGrid:
        raise
    except (RasterioError, CPLE_BaseError, ValueError) as error:
        raise UnreadableGrid("grid_damaged") from error


def _header(dataset: DatasetReader) -> Header:
    if not dataset.count or len(dataset.subdatasets) > 1 or len(set(dataset.dtypes)) > 1:
        raise UnreadableGrid("grid_damaged")
    compression = dataset.tags(ns="IMAGE_STRUCTURE").get("COMPRESSION", "none")
    if compression not in LOSSLESS:
        raise UnreadableGrid("grid_filter", found=compression)
    height, width = dataset.block_shapes[0]
    dtype = dataset.dtypes[0]
    interleaved = dataset.count if dataset.interleaving is not None and dataset.interleaving.value == "PIXEL" else 1
    if height * width * interleaved * (8 if dtype == "float64" else 4) > MAX_BLOCK_BYTES:
        raise UnreadableGrid("grid_chunks", found=f"{height} x {width} x {interleaved}")
    crs = dataset.crs.to_string() if dataset.crs else ""
    return Header("geotiff", dtype, (dataset.count, dataset.height, dataset.width), crs=crs)


def _coordinates(dataset: DatasetReader) -> Mapping[str, Found]:
    """Centres of the cells; none without a georeference, and NaN when the grid is turned."""
    a, b, c, d, e, f = tuple(dataset.transform)[:6]
    if (a, b, c, d, e, f) == _PLAIN:
        return {}
    is_turned = b != 0 or d != 0
    x = c + a * (np.arange(dataset.width) + 0.5)
    y = f + e * (np.arange(dataset.height) + 0.5)
    is_geographic = bool(dataset.crs and dataset.crs.is_geographic)
    units = ("degrees_north", "degrees_east") if is_geographic else ("", "")
    if is_turned:
        x, y = np.full_like(x, np.nan), np.full_like(y, np.nan)
    return {"y": Found("y", y, units[0]), "x": Found("x", x, units[1])}
