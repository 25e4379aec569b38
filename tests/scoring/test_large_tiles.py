"""Rasters whose blocks GDAL cannot keep all at once: read in larger steps, and the same cells."""

from pathlib import Path

import numpy as np
import pytest

from scoring.contract import Scene
from scoring.formats.cells import bands
from scoring.formats.rasters import CACHE_MIB, MAX_STEP_BYTES, MIB, Raster, open_raster
from tests.scoring import makers

TILE = 4096
WIDE = np.add.outer(np.arange(TILE + 700) % 11, np.arange(4 * TILE + 16) // 512).astype(np.uint8)  # five tiles across


def by_bands(raster: Raster) -> list[np.ndarray]:
    height, width = raster.header.height, raster.header.width
    return [raster.read(start, stop) for start, stop in bands(Scene("wide", height, width))]


def test_a_row_of_tiles_that_no_cache_holds_gives_its_cells(tmp_path: Path) -> None:
    assert TILE * 5 * TILE > CACHE_MIB * MIB
    assert TILE * WIDE.shape[1] <= MAX_STEP_BYTES
    path = makers.geotiff(
        tmp_path / "wide.tif", WIDE, tiled=True, blockxsize=TILE, blockysize=TILE, compress="deflate", zlevel=1
    )
    with open_raster(path, "geotiff") as raster:
        assert np.array_equal(np.concatenate(by_bands(raster)), WIDE)
        assert np.array_equal(raster.read(TILE - 300, TILE + 300), WIDE[TILE - 300 : TILE + 300])  # of two rows of them


@pytest.mark.parametrize("step", [64, 512])
def test_a_png_is_handed_out_in_bands_of_any_height(tmp_path: Path, step: int) -> None:
    cells = WIDE[:1000, :300]
    path = makers.png(tmp_path / "cells.png", cells)
    with open_raster(path, "png") as raster:
        bands_of_it = [raster.read(start, min(start + step, 1000)) for start in range(0, 1000, step)]
    assert np.array_equal(np.concatenate(bands_of_it), cells)
