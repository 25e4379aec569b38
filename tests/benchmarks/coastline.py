"""Distances between two coastlines, both ways, against two default queries of scipy's cKDTree.

    python -m tests.benchmarks.coastline [--points 1000000] [--rounds 5]

Ways run interleaved in one process; the ratios are those of medians. `shuffled` has the points in no order.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
from scipy.spatial import cKDTree

from scoring.contract import Scene
from scoring.distances import Chamfer, distances_of


def walk(points: int, seed: int) -> np.ndarray:
    """A line that wanders, a step of a pixel at a time."""
    rng = np.random.default_rng(seed)
    heading = np.cumsum(rng.normal(size=points) * 0.15)
    return np.cumsum(np.stack([np.cos(heading) + 0.15, np.sin(heading)], axis=1), axis=0)


def default(truth: np.ndarray, guess: np.ndarray) -> float:
    there, back = cKDTree(truth).query(guess)[0], cKDTree(guess).query(truth)[0]
    return float((there.mean() + back.mean()) / 2)


def ours(truth: np.ndarray, guess: np.ndarray) -> float:
    measure = Chamfer({"unit": "pixel"}, None)
    sums = measure.sums(distances_of(truth, guess, Scene("coast", 200_000, 200_000), "pixel"))
    return float(measure.value(sums.sum(axis=0)))


def seconds(work: Callable[[], float]) -> tuple[float, float]:
    start = time.perf_counter()
    value = work()
    return time.perf_counter() - start, value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    truth = walk(options.points, 1)
    guess = truth + np.random.default_rng(2).normal(scale=2, size=truth.shape)
    mixed = np.random.default_rng(3).permutation
    for name, pair in (("along the line", (truth, guess)), ("shuffled", (mixed(truth), mixed(guess)))):
        values: dict[str, float] = {}
        times: dict[str, list[float]] = {"default": [], "ours": []}
        for _ in range(options.rounds):
            for way, work in (("default", default), ("ours", ours)):
                spent, value = seconds(lambda work=work, pair=pair: work(*pair))
                times[way].append(spent)
                values[way] = value
        assert abs(values["ours"] - values["default"]) < 1e-9 * values["default"], values
        medians = {way: statistics.median(spent) for way, spent in times.items()}
        print(f"{name}: {options.points} points each way")
        print(f"  two default cKDTree queries  {medians['default']:.2f} s  1.00")
        print(f"  distances and mean distance  {medians['ours']:.2f} s  {medians['ours'] / medians['default']:.2f}")


if __name__ == "__main__":
    main()
