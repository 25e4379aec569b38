"""GeoTIFFs as bytes: tiled, DEFLATE, without dates, so that the same pixels give the same file."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio import Affine
from rasterio.io import MemoryFile

from competitions.demo.coast import CRS

TILE = 256


def geotiff_bytes(image: NDArray[np.uint8] | NDArray[np.uint16], transform: Affine) -> bytes:
    """One band on the scene's grid, in UTM zone 54N."""
    height, width = image.shape
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff", height=height, width=width, count=1, dtype=image.dtype.name, crs=CRS, transform=transform,
            tiled=True, blockxsize=TILE, blockysize=TILE, compress="deflate", predictor=2 if image.itemsize == 2 else 1,
        ) as target:  # fmt: skip
            target.write(image, 1)
        return bytes(memory.read())


def read_geotiff(content: bytes) -> tuple[NDArray[Any], Affine]:
    with MemoryFile(content) as memory, memory.open() as source:
        return source.read(1), source.transform
