"""Distances between the boundaries of two masks, in bands, against distance transforms of both in full.

    python -m tests.benchmarks.mask_boundaries [--side 10000] [--rounds 3]

Ways run interleaved in one process; the ratios are those of medians. Boundary IoU is measured beside them.
"""

import argparse
import statistics

import numpy as np
from scipy.ndimage import distance_transform_edt

from scoring.contract import Scene
from scoring.distances import Chamfer, distances_of
from scoring.raster_measures import Band, Outline
from tests.benchmarks.coastline import seconds

BAND = 512


def coast_mask(side: int, seed: int) -> np.ndarray:
    """Land below a wandering line, with bays."""
    rng = np.random.default_rng(seed)
    x = np.arange(side)
    height = side / 2 + side / 6 * np.sin(x / side * 9) + np.cumsum(rng.normal(size=side)) + 30 * np.sin(x / 37)
    return (np.arange(side)[:, None] > height[None]).astype(np.uint8)


def bits_of(truth: np.ndarray, guess: np.ndarray) -> np.ndarray:
    return np.where(truth, 1, 4).astype(np.uint8) | np.where(guess, 2, 8).astype(np.uint8)


def edge(mask: np.ndarray) -> np.ndarray:
    """Cells with a neighbour outside, of the whole mask at once."""
    out = ~mask.astype(bool)
    near = np.zeros_like(out)
    near[1:] |= out[:-1]
    near[:-1] |= out[1:]
    near[:, 1:] |= out[:, :-1]
    near[:, :-1] |= out[:, 1:]
    return near & ~out


def transforms(truth: np.ndarray, guess: np.ndarray) -> float:
    mine, other = edge(guess), edge(truth)
    there, back = distance_transform_edt(~other)[mine], distance_transform_edt(~mine)[other]
    return float((there.mean() + back.mean()) / 2)


def ours(bits: np.ndarray, scene: Scene) -> float:
    outline = Outline(scene, edge=False)
    for start in range(0, scene.height, BAND):
        outline.add(bits[start : start + BAND])
    measure = Chamfer({"unit": "pixel"}, None)
    return float(measure.value(measure.sums(distances_of(*outline.points(), scene, "pixel")).sum(axis=0)))


def boundary_iou(bits: np.ndarray, scene: Scene) -> float:
    band = Band(scene, round(0.02 * float(np.hypot(scene.height, scene.width))), 2048)
    for start in range(0, scene.height, BAND):
        band.add(bits[start : start + BAND])
    both, either = band.sums().sum(axis=0)
    return float(both / either)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    truth, guess = coast_mask(options.side, 1), coast_mask(options.side, 2)
    scene, bits = Scene("coast", options.side, options.side), bits_of(truth, guess)
    ways = {
        "distance_transform_edt of both": lambda: transforms(truth, guess),
        "boundaries in bands, cKDTree": lambda: ours(bits, scene),
        "Boundary IoU in bands": lambda: boundary_iou(bits, scene),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    values: dict[str, float] = {}
    for _ in range(options.rounds):
        for name, work in ways.items():
            spent, values[name] = seconds(work)
            times[name].append(spent)
    first, second, _ = values.values()
    assert abs(first - second) < 1e-9 * first, (first, second)
    slowest = statistics.median(times["distance_transform_edt of both"])
    for name, spent in times.items():
        median = statistics.median(spent)
        print(f"{name:32} {median:7.2f} s   {slowest / median:6.1f} x faster")


if __name__ == "__main__":
    main()
