"""One simulated scene: what is where, and what the radar recorded of it. A pure function of seed, place and size."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from rasterio import Affine
from scipy import ndimage

from competitions.demo.backscatter import Image, Surface, incidence_angles, record, simulate_backscatter
from competitions.demo.coast import Mask, lake_mask, land_mask, lonlat, scene_transform
from competitions.demo.ice import label_classes, simulate_ice
from competitions.demo.places import LAKES, PLACES, Place

SIZE = 1024
BAR_PIXELS = 3  # a lagoon is kept from the sea by a bar of sand, which the coarse land mask may lack


@dataclass(frozen=True)
class Scene:
    """Labels (uint8 classes 0..12) and HH and HV images (uint16), all (size, size), with their transform in UTM 54N."""

    place: Place
    transform: Affine
    labels: NDArray[np.uint8]
    hh: Image
    hv: Image
    incidence_degrees: tuple[float, float]  # of the first and of the last column


def simulate(place: Place, *, seed: int, size: int = SIZE) -> Scene:
    """The scene of a place. Smaller sizes show the same frame with larger pixels."""
    rng = np.random.default_rng([seed, PLACES.index(place)])
    transform = scene_transform(place, size, place.pixel_m * SIZE / size)
    land, lake = simulate_land(rng, transform, size)
    ice = simulate_ice(rng, ~(land | lake), cover=place.ice_cover, fast_ice=place.fast_ice)
    incidence = incidence_angles(
        size, near=rng.uniform(27, 31), spread=rng.uniform(9, 13), looks_right=bool(rng.random() < 0.5)
    )
    surface = Surface(ice, lake, land, incidence, place.wind_ms)
    sigma = simulate_backscatter(rng, surface)
    images = {channel: record(rng, sigma[channel], channel) for channel in ("hh", "hv")}
    edges = (float(incidence[0]), float(incidence[-1]))
    return Scene(place, transform, label_classes(ice, lake, land), images["hh"], images["hv"], edges)


def simulate_land(rng: np.random.Generator, transform: Affine, size: int) -> tuple[Mask, Mask]:
    """Land without lakes, and lakes."""
    longitudes, latitudes = lonlat(transform, size)
    land = land_mask(rng, longitudes, latitudes)
    lake = lake_mask(rng, LAKES, longitudes, latitudes)
    if lake.any():
        land |= ndimage.binary_dilation(lake, iterations=BAR_PIXELS)
    return land & ~lake, lake


def simulate_all(seed: int, *, places: Iterable[Place] = PLACES, size: int = SIZE) -> Iterator[Scene]:
    """The scenes in the order of their places, two at a time; at most a few are held in memory."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        yield from pool.map(partial(simulate, seed=seed, size=size), places)
