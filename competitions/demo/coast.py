"""The real coastline: the 30-arc-second land mask of the package global-land-mask on the grid of a scene.

The mask has cells of about 0.9 km by 0.7 km. It is interpolated smoothly, and detail finer than a cell is simulated: a
little noise moves the line where the interpolated mask is undecided, and nowhere else.
"""

import os
import zipfile
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray
from rasterio import Affine
from rasterio.warp import transform as reproject
from scipy import ndimage

from competitions.demo.noise import Field, power_noise
from competitions.demo.places import Lake, Place

CRS = "EPSG:32654"
CELLS_PER_DEGREE = 120
NORTH, SOUTH, WEST, EAST = 47.5, 41.5, 139.5, 149.5
FINER = 2  # the window is refined by this factor before it is sampled
KNOTS = 33  # map projection is computed at this many knots a side; between them it is linear to far less than a pixel
KM_PER_DEGREE = 111.2

Grid = NDArray[np.float64]
Mask = NDArray[np.bool_]


def scene_transform(place: Place, size: int, pixel_m: float) -> Affine:
    """North-up UTM transform of a scene centred on its place, its corner on a whole pixel."""
    (easting,), (northing,) = reproject("EPSG:4326", CRS, [place.longitude], [place.latitude])
    left = round((easting - size * pixel_m / 2) / pixel_m) * pixel_m
    top = round((northing + size * pixel_m / 2) / pixel_m) * pixel_m
    return Affine(pixel_m, 0.0, left, 0.0, -pixel_m, top)


def lonlat(transform: Affine, size: int) -> tuple[Grid, Grid]:
    """Longitude and latitude in degrees of every pixel's centre, each (size, size)."""
    knots = np.linspace(0, size - 1, KNOTS)
    eastings, northings = np.meshgrid(
        transform.c + transform.a * (knots + 0.5), transform.f + transform.e * (knots + 0.5)
    )
    longitudes, latitudes = reproject(CRS, "EPSG:4326", eastings.ravel(), northings.ravel())
    return spread(longitudes, size), spread(latitudes, size)


def spread(values: list[float], size: int) -> Grid:
    """Values at KNOTS x KNOTS knots, linearly interpolated to (size, size)."""
    knots = np.asarray(values).reshape(KNOTS, KNOTS)
    position = np.linspace(0, KNOTS - 1, size)
    lower = np.minimum(position.astype(int), KNOTS - 2)
    weight = position - lower
    rows = knots[lower] * (1 - weight)[:, None] + knots[lower + 1] * weight[:, None]
    return np.asarray(rows[:, lower] * (1 - weight) + rows[:, lower + 1] * weight)


@lru_cache(maxsize=1)
def land_window() -> Field:
    """The package's mask between the four bounds, 1 for land and 0 for sea, refined and smooth."""
    rows = range(int((90 - NORTH) * CELLS_PER_DEGREE), int((90 - SOUTH) * CELLS_PER_DEGREE))
    columns = slice(int((180 + WEST) * CELLS_PER_DEGREE), int((180 + EAST) * CELLS_PER_DEGREE))
    with zipfile.ZipFile(mask_file()) as archive, archive.open("mask.npy") as stream:
        sea = read_rows(stream, rows)[:, columns]
    smooth = ndimage.gaussian_filter(np.float32(1) - sea, 0.55)
    return np.asarray(ndimage.zoom(smooth, FINER, order=3, grid_mode=True, mode="nearest"), dtype=np.float32)


def mask_file() -> Path:
    """Found without importing the package, which would unpack the whole globe (0.9 GB) at once."""
    spec = find_spec("global_land_mask")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the package global-land-mask is missing; run deploy/tidemark setup")
    return Path(spec.origin).with_name("globe_combined_mask_compressed.npz")


def read_rows(stream: IO[bytes], rows: range) -> NDArray[np.uint8]:
    """Some rows of a two-dimensional .npy of booleans. Unpacked whole, the global mask would need 0.9 GB."""
    npy.read_magic(stream)
    (_, columns), _, _ = npy.read_array_header_1_0(stream)
    stream.seek(rows.start * columns, os.SEEK_CUR)
    return np.frombuffer(stream.read(columns * len(rows)), dtype=np.uint8).reshape(len(rows), columns)


def land_mask(rng: np.random.Generator, longitudes: Grid, latitudes: Grid) -> Mask:
    """Where there is land, lakes included."""
    row = (NORTH - latitudes) * CELLS_PER_DEGREE * FINER - 0.5
    column = (longitudes - WEST) * CELLS_PER_DEGREE * FINER - 0.5
    share = ndimage.map_coordinates(land_window(), [row, column], order=1, mode="nearest", output=np.float32)
    detail = power_noise(rng, share.shape[0], exponent=2.6, longest=share.shape[0] / 12)
    undecided = 4 * share * (1 - share)
    return np.asarray(share + 0.13 * undecided * detail > 0.5)


def lake_mask(rng: np.random.Generator, lakes: tuple[Lake, ...], longitudes: Grid, latitudes: Grid) -> Mask:
    """Where the lakes are: ellipses with an uneven shore."""
    shore = 0.13 * power_noise(rng, longitudes.shape[0], exponent=3.4, longest=longitudes.shape[0] / 8)
    found = np.zeros(longitudes.shape, dtype=bool)
    for lake in lakes:
        east = (longitudes - lake.longitude) * KM_PER_DEGREE * np.cos(np.radians(lake.latitude))
        north = (latitudes - lake.latitude) * KM_PER_DEGREE
        sine, cosine = np.sin(np.radians(lake.azimuth)), np.cos(np.radians(lake.azimuth))
        along = (east * sine + north * cosine) / (lake.length_km / 2)
        across = (east * cosine - north * sine) / (lake.width_km / 2)
        found |= np.hypot(along, across) + shore < 1
    return found
