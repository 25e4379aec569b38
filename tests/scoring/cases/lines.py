"""Metrics of lines: errors along transects, and distances."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from scoring.registry import METRICS
from tests.scoring.cases import Case
from tests.scoring.line_files import SIDE, annotation, lines_task, sent
from tests.scoring.makers import Published


def truth() -> dict[str, np.ndarray]:
    """One point on each transect's way at most, so that a copy of the truth has no error."""
    x = np.arange(5.0, SIDE, 10)
    return {"north": np.stack([x, 400 + x / 8], axis=1), "south": np.stack([x, 600 - x / 16], axis=1)}


def guess() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(7)
    return {name: points + rng.normal(scale=9, size=points.shape) + (0, 4) for name, points in truth().items()}


def task(folder: Path, metric: str, aggregate: str = "pooled") -> Published:
    params = {"delta": 6} if METRICS[metric].param("delta") else {}
    spec = {"key": metric, "metric": metric, "aggregate": aggregate, "params": params}
    return lines_task(folder, [spec], {name: annotation(points) for name, points in truth().items()})


def write(folder: Path, scenes: dict[str, np.ndarray]) -> Path:
    return sent(folder, {name: points.tolist() for name, points in scenes.items()})


def reordered(folder: Path) -> Path:
    rng = np.random.default_rng(8)
    return write(folder, {name: rng.permutation(points) for name, points in reversed(guess().items())})


def with_first(value: str, folder: Path) -> Path:
    text = json.dumps({name: points.tolist() for name, points in guess().items()})
    return sent(folder, text.replace("[[", f"[[{value}, 1], [", 1))


def without_a_scene(folder: Path) -> Path:
    return write(folder, {"north": guess()["north"]})


def ragged(folder: Path) -> Path:
    return sent(folder, {name: [[1, 2], [3]] for name in truth()})


REFUSED: dict[str, Any] = {
    **{name: partial(with_first, name) for name in ("NaN", "1e400", "true", '"1"', "null", "[1]", "９", "1e7")},
    "a scene left out": without_a_scene,
    "ragged": ragged,
}


def case(metric: str, aggregate: str) -> Case:
    return Case(
        metric,
        "lines",
        lambda folder: task(folder, metric, aggregate),
        lambda folder: write(folder, truth()),
        lambda folder: write(folder, guess()),
        reordered,
        REFUSED,
        variant=aggregate,
    )


CASES = [
    case(metric.name, aggregate)
    for metric in METRICS.values()
    if "lines" in metric.kinds and not metric.is_composite
    for aggregate in ("pooled", "macro")
]
