"""Metrics of the boundaries of masks. Doubled masks have other boundaries, so these are not doubled."""

from pathlib import Path

import numpy as np

from scoring.registry import METRICS
from tests.scoring import makers
from tests.scoring.cases import Case, masks
from tests.scoring.makers import Published


def task(folder: Path, metric: str, aggregate: str) -> Published:
    params = {"positive": 2, **({"delta": 1.5} if METRICS[metric].param("delta") else {})}
    spec = {"key": metric, "metric": metric, "aggregate": aggregate, "params": params}
    return makers.published_masks(folder, truth(), [spec], classes=[0, 1, 2], split=masks.SPLIT)


def truth() -> dict[str, np.ndarray]:
    """Steps of three by three cells: wide enough to have an inside."""
    return {
        name: np.kron(cells[::3, ::3], np.ones((3, 3), np.uint8))[:70, :90] for name, cells in masks.truth().items()
    }


def guess() -> dict[str, np.ndarray]:
    return {name: np.where(cells == masks.guess()[name], cells, 2 - cells) for name, cells in truth().items()}


def reordered(folder: Path) -> Path:
    return makers.mask_zip(folder, dict(reversed(guess().items())), blockysize=7, compress="deflate")


def case(metric: str, aggregate: str) -> Case:
    return Case(
        metric,
        "raster",
        lambda folder: task(folder, metric, aggregate),
        lambda folder: makers.mask_zip(folder, truth()),
        lambda folder: makers.mask_zip(folder, guess()),
        reordered,
        masks.REFUSED,
        variant=aggregate,
    )


CASES = [
    case(metric.name, aggregate)
    for metric in METRICS.values()
    if "raster" in metric.kinds and metric.measure and not metric.of_mask
    for aggregate in ("pooled", "macro")
]
