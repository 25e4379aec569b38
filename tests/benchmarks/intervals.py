"""10,000 bootstrap replicates of a mean IoU with the paired comparisons among the first 20 teams, against 100 ms.

    python -m tests.benchmarks.intervals [--scenes 40] [--teams 20] [--classes 11] [--rounds 7]

Everything is drawn anew in each round; nothing is kept from the one before. The naive loop draws scenes, sums and
scores team by team and replicate by replicate; it is timed on a hundredth of the replicates and multiplied. One thread,
as in the score box. On a machine that does other work, look at the time on a core.
"""

import argparse
import math
import os
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from scoring.job import MetricSpec, parse_contract, parse_metrics
from scoring.uncertainty import UnitSums, interval, tied_with_first
from scoring.uncertainty_draws import REPLICATES, _chunk
from scoring.uncertainty_masks import unit_sums, value_of

LIMIT_SECONDS = 0.100
NAIVE_SHARE = 100


def make_spec(classes: int, aggregate: str) -> MetricSpec:
    contract = {"kind": "raster", "formats": ["geotiff"], "dtype": "uint8", "classes": list(range(classes))}
    metric = {"metric": "mean_iou", "aggregate": aggregate}
    return parse_metrics([metric], parse_contract(contract, complete=False))[0]


def make_tables(scenes: int, classes: int, teams: int) -> np.ndarray:
    """Joint counts of each team, shape (teams, scenes, classes, classes); the truth is the same for all."""
    random = np.random.default_rng(1)
    truth = random.integers(10_000, 1_000_000, (scenes, classes))
    right = random.uniform(0.6, 0.9, (teams, scenes, classes))
    wrong = random.dirichlet(np.ones(classes), (teams, scenes, classes)) * ((1 - right) * truth)[..., None]
    both = (right * truth)[..., None] * np.eye(classes)
    return (wrong + both).astype(np.int64)


def make_units(tables: np.ndarray, spec: MetricSpec) -> list[UnitSums]:
    values = tuple(range(tables.shape[-1]))
    scenes = np.arange(tables.shape[1])
    return [
        UnitSums(unit_sums(one, values, values, spec), scenes, value_of(spec), spec.aggregate, bounds=(0.0, 1.0))
        for one in tables
    ]


def ours(units: list[UnitSums]) -> object:
    _chunk.cache_clear()
    return interval(units[0]), tied_with_first(units, higher_is_better=True)


def naive(tables: np.ndarray, aggregate: str, replicates: int) -> list[tuple[float, float, float]]:
    """Intervals of each team and the share of replicates in which it beats the first."""
    random = np.random.default_rng(2)
    scenes = tables.shape[1]
    drawn = [random.integers(0, scenes, scenes) for _ in range(replicates)]
    scores = [[naive_score(one[places], aggregate) for places in drawn] for one in tables]
    first = scores[0]
    return [(*np.quantile(one, [0.025, 0.975]), np.mean(np.greater(one, first))) for one in scores]


def naive_score(tables: np.ndarray, aggregate: str) -> float:
    if aggregate == "macro":
        return float(np.mean([mean_iou(table) for table in tables]))
    return mean_iou(tables.sum(axis=0))


def mean_iou(table: np.ndarray) -> float:
    both = np.diag(table)
    union = table.sum(axis=0) + table.sum(axis=1) - both
    return float(np.mean(both[union > 0] / union[union > 0]))


def seconds(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    start = clock()
    work()
    return clock() - start


def measure(options: argparse.Namespace, aggregate: str) -> None:
    tables = make_tables(options.scenes, options.classes, options.teams)
    units = make_units(tables, make_spec(options.classes, aggregate))
    same = all(
        math.isclose(one.score, naive_score(table, aggregate), rel_tol=1e-12)
        for one, table in zip(units, tables, strict=True)
    )
    times = [seconds(lambda: ours(units)) for _ in range(options.rounds)]
    busy = statistics.median(seconds(lambda: ours(units), time.process_time) for _ in range(options.rounds))
    slow = seconds(lambda: naive(tables, aggregate, REPLICATES // NAIVE_SHARE)) * NAIVE_SHARE
    median = statistics.median(times)
    print(f"\n{aggregate}: {REPLICATES} replicates, {options.scenes} scenes, {options.classes} classes, ", end="")
    print(f"{options.teams} teams compared in pairs (same scores as the loop: {same})")
    print(f"  ratio to the limit of 0.100 s    {median / LIMIT_SECONDS:8.2f}   ({median:.4f} s, n={len(times)})")
    print(f"  the same of time on a core       {busy / LIMIT_SECONDS:8.2f}   ({busy:.4f} s)")
    print(f"  ratio of the naive loop to ours  {slow / median:8.0f}   ({slow:.1f} s)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=40)
    parser.add_argument("--teams", type=int, default=20)
    parser.add_argument("--classes", type=int, default=11)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    for aggregate in ("macro", "pooled"):
        measure(options, aggregate)


if __name__ == "__main__":
    main()
