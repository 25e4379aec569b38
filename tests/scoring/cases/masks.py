"""Metrics of class masks."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from scoring.metric import Metric
from scoring.registry import METRICS
from tests.scoring import makers
from tests.scoring.cases import SEED, Case
from tests.scoring.makers import Published

SHAPE = (70, 90)
SPLIT = {"by": "scene", "public": ["a"], "private": ["b"]}


def truth() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(SEED)
    return {name: rng.integers(0, 3, SHAPE).astype(np.uint8) for name in ("a", "b")}


def guess() -> dict[str, np.ndarray]:
    changed = np.random.default_rng(SEED + 1).random(SHAPE) < 0.3
    return {name: np.where(changed, 2 - cells, cells).astype(np.uint8) for name, cells in truth().items()}


def task(folder: Path, metric: Metric, aggregate: str = "pooled", scenes: Any = None) -> Published:
    params = {"positive": 2} if metric.param("positive") else {}
    spec = {"key": metric.name, "metric": metric.name, "aggregate": aggregate, "params": params}
    return makers.published_masks(folder, scenes or truth(), [spec], classes=[0, 1, 2], split=SPLIT)


def of_cells(cells: np.ndarray, folder: Path) -> Path:
    members = {f"{name}.tif": makers.geotiff(folder / "x.tif", cells).read_bytes() for name in ("a", "b")}
    return makers.zipped(folder / "p.zip", members)


def without_a_scene(folder: Path) -> Path:
    return makers.mask_zip(folder, {"a": truth()["a"]})


def reordered(folder: Path) -> Path:
    """The scenes in another order in the archive, and the cells in another layout."""
    return makers.mask_zip(folder, dict(reversed(guess().items())), blockysize=7, compress="deflate")


def doubled(folder: Path, metric: Metric, aggregate: str) -> tuple[Published, Path]:
    twice = [{name: np.tile(cells, (2, 1)) for name, cells in scenes.items()} for scenes in (truth(), guess())]
    return task(folder, metric, aggregate, twice[0]), makers.mask_zip(folder, twice[1])


REFUSED = {
    "NaN": partial(of_cells, np.full(SHAPE, np.nan, np.float32)),
    "extra dimension": partial(of_cells, np.zeros((3, *SHAPE), np.uint8)),
    "missing cells": partial(of_cells, np.zeros((SHAPE[0] - 1, SHAPE[1]), np.uint8)),
    "unknown class": partial(of_cells, np.full(SHAPE, 3, np.uint8)),
    "a scene left out": without_a_scene,
}


def case(metric: Metric, aggregate: str) -> Case:
    return Case(
        metric.name,
        "raster",
        lambda folder: task(folder, metric, aggregate),
        lambda folder: makers.mask_zip(folder, truth()),
        lambda folder: makers.mask_zip(folder, guess()),
        reordered,
        REFUSED,
        lambda folder: doubled(folder, metric, aggregate),
        variant=aggregate,
    )


CASES = [
    case(metric, aggregate)
    for metric in METRICS.values()
    if metric.of_mask is not None
    for aggregate in ("pooled", "macro")
]
