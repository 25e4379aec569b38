"""Metrics of grids."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from scoring.metric import Metric
from scoring.registry import METRICS
from tests.scoring import grids
from tests.scoring.cases import SEED, Case
from tests.scoring.makers import Published

MEMBERS = 5
NAMES = ("20190610T0000Z", "20190610T0100Z", "20190610T0200Z", "20190610T0300Z")
SPLIT = {"by": "scene", "public": list(NAMES[:2]), "private": list(NAMES[2:])}
PARAMS: Mapping[str, Any] = {"threshold": 4.0, "window": 3}
VIEWS: Mapping[str, Mapping[str, Any]] = {
    "": {},
    "coarse": {"upscale": 2, "upscale_by": "max"},
    "summed": {"accumulate": 2, "upscale": 2},
}


def truth() -> np.ndarray:
    return grids.fields(4, seed=SEED)


def mask() -> np.ndarray:
    return np.random.default_rng(SEED).random(truth().shape) < 0.8


def guess() -> np.ndarray:
    drawn = np.random.default_rng(SEED + 1).random(truth().shape)
    raised = np.where(drawn < 0.2, truth() * 1.5 + 4.0, truth())
    return np.where(drawn > 0.3, truth() * 0.25, raised).astype(np.float32)


def ensemble(values: np.ndarray, spread: float) -> np.ndarray:
    steps = np.linspace(-spread, spread, MEMBERS, dtype=np.float32)
    return (values + steps[:, None, None, None]).astype(values.dtype)


def task(folder: Path, metric: Metric, view: Mapping[str, Any], *, copies: int = 1) -> Published:
    params = {name: value for name, value in PARAMS.items() if metric.param(name)} | view
    usual = truth().mean(axis=0) + np.float32(0.3)
    beside = {"climatology": _wide(usual, copies), "mask": _wide(mask(), copies)}
    return grids.published(
        folder,
        _wide(truth(), copies),
        [{"key": metric.name, "metric": metric.name, "params": params}],
        split=SPLIT,
        beside=beside,
        weights="cos_latitude",
        members=MEMBERS if metric.name == "crps_ensemble" else 0,
    )


def _wide(values: np.ndarray, copies: int) -> np.ndarray:
    return np.tile(values, (1,) * (values.ndim - 1) + (copies,))


def written(values: np.ndarray, metric: Metric, folder: Path, *, spread: float = 0.0, **options: Any) -> Path:
    is_ensemble = metric.name == "crps_ensemble"
    return grids.netcdf(folder / "p.nc", ensemble(values, spread) if is_ensemble else values, **options)


def with_cell(value: float, metric: Metric, folder: Path) -> Path:
    values = guess()
    values[~mask()] = value  # cells that do not even count
    return written(values, metric, folder)


def shifted(metric: Metric, folder: Path) -> Path:
    return written(guess(), metric, folder, coordinates={"x": grids.longitudes() + 0.25})


def turned(metric: Metric, folder: Path) -> Path:
    return written(guess()[:, ::-1], metric, folder, coordinates={"y": grids.latitudes()[::-1]})


def refused(metric: Metric) -> dict[str, Any]:
    return {
        "NaN on hard cells": partial(with_cell, np.nan, metric),
        "infinity": partial(with_cell, np.inf, metric),
        "shifted coordinates": partial(shifted, metric),
        "latitude turned round": partial(turned, metric),
        "a time step dropped": partial(written, guess()[1:], metric),
        "whole numbers": partial(written, guess().astype(np.int32), metric),
        "an extra dimension": partial(written, guess()[None, None], metric),
    }


def case(metric: Metric, name: str) -> Case:
    view = VIEWS[name]
    return Case(
        metric.name,
        "grid",
        lambda folder: task(folder, metric, view),
        lambda folder: written(truth(), metric, folder),
        lambda folder: written(guess(), metric, folder, spread=0.5),
        None,
        {} if view else refused(metric),
        None if view or metric.name == "fss" else lambda folder: doubled(folder, metric),
        variant=name,
    )


def doubled(folder: Path, metric: Metric) -> tuple[Published, Path]:
    prediction = written(_wide(guess(), 2), metric, folder, spread=0.5)
    return task(folder, metric, {}, copies=2), prediction


CASES = [
    case(metric, name)
    for metric in METRICS.values()
    if "grid" in metric.kinds and not metric.is_composite
    for name in VIEWS
]
