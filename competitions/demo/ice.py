"""Sea ice as fields: how concentrated it is, and which floes it is made of."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from competitions.demo.coast import Mask
from competitions.demo.noise import Field, power_noise

OPEN_WATER, LAKE, LAND = 0, 11, 12
TENTHS = 10
FAST_ICE_SHARE = 1 / 73  # typical width of the belt of fast ice, as a share of the scene's
FINE, COARSE = 9.0, 34.0  # typical floe diameters in pixels, in the two regimes that a scene mixes


@dataclass(frozen=True)
class Ice:
    """Concentration 0..1, where a pixel is ice, the brightness of its floe (standard normal), where ice is level."""

    concentration: Field
    is_ice: Mask
    floe: Field
    level: Mask


def simulate_ice(rng: np.random.Generator, sea: Mask, *, cover: float, fast_ice: bool) -> Ice:
    size = sea.shape[0]
    concentration = simulate_concentration(rng, sea, cover=cover)
    order, floe, crack = simulate_floes(rng, size)
    level = np.zeros(sea.shape, dtype=bool)
    if fast_ice and cover:
        level = simulate_fast_ice(rng, sea)
        concentration = np.where(level, 1.0, concentration).astype(np.float32)
    lead = crack < 0.05 + 0.25 * (1 - concentration)
    is_ice = (order < concentration) & ~lead | level
    floe = np.where(level, 0.0, floe).astype(np.float32)
    return Ice(concentration, is_ice & sea & (concentration > 0), floe, level & sea)


def simulate_concentration(rng: np.random.Generator, sea: Mask, *, cover: float) -> Field:
    """Nothing outside the ice edge, and inside it denser with the distance from the edge."""
    if cover <= 0 or not sea.any():
        return np.zeros(sea.shape, dtype=np.float32)
    size = sea.shape[0]
    drift = rng.normal(size=2)
    rows, columns = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    field = power_noise(rng, size, exponent=3.4) + 0.5 * (drift[0] * rows + drift[1] * columns)
    field += 0.08 * power_noise(rng, size, exponent=1.8, longest=60)
    depth = field - np.quantile(field[sea], 1 - cover)
    return np.asarray(np.clip(1.08 * (1 - np.exp(-depth / 0.28)), 0, 1), dtype=np.float32)


def simulate_fast_ice(rng: np.random.Generator, sea: Mask) -> Mask:
    """A belt of level ice along parts of the shore."""
    distance = ndimage.distance_transform_edt(sea)
    width = FAST_ICE_SHARE * sea.shape[0] * (0.5 + power_noise(rng, sea.shape[0], exponent=3.0))
    return np.asarray(sea & (distance < width))


def simulate_floes(rng: np.random.Generator, size: int) -> tuple[Field, Field, Field]:
    """Floes as cells around random points, at half the scene's resolution.

    Returns (size, size) each: the order 0..1 in which floes vanish as the ice gets sparser, the floe's brightness
    (standard normal), and the distance to the crack between two floes as a share of the floe.
    """
    half = size // 2
    regime = power_noise(rng, half, exponent=3.0, longest=half / 3)
    points = floe_points(rng, regime)
    warp = 1.5 * np.stack([power_noise(rng, half, exponent=3.2, longest=half / 12) for _ in range(2)], axis=-1)
    pixels = np.stack(np.meshgrid(np.arange(half), np.arange(half), indexing="ij"), axis=-1) + warp
    distances, nearest = cKDTree(points).query(pixels.reshape(-1, 2), k=2)
    crack = (distances[:, 1] - distances[:, 0]) / distances.sum(axis=1)
    order, brightness = rng.random(len(points)), rng.standard_normal(len(points))
    return (
        enlarge(order[nearest[:, 0]].reshape(half, half)),
        enlarge(brightness[nearest[:, 0]].reshape(half, half)),
        enlarge(crack.reshape(half, half)),
    )


def floe_points(rng: np.random.Generator, regime: Field) -> NDArray[np.float64]:
    """Random centres, dense where `regime` is positive."""
    half = regime.shape[0]
    candidates = rng.random((int((2 * half / FINE) ** 2), 2)) * half
    fine = regime[tuple(candidates.astype(int).T)] > 0.3
    kept = fine | (rng.random(len(candidates)) < (FINE / COARSE) ** 2)
    return np.asarray(candidates[kept])


def enlarge(field: NDArray[np.float64]) -> Field:
    return np.asarray(ndimage.zoom(field.astype(np.float32), 2, order=1, grid_mode=True, mode="nearest"))


def label_classes(ice: Ice, lake: Mask, land: Mask) -> NDArray[np.uint8]:
    """Classes of a scene: 1..10 sea ice by tenths of concentration, 11 lake, 12 land, 0 open water."""
    labels = np.clip(np.ceil(ice.concentration * TENTHS), 0, TENTHS).astype(np.uint8)
    labels[land] = LAND
    labels[lake] = LAKE
    return labels
