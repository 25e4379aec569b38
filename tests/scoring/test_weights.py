"""Weights of one change nothing, for every metric that can be weighted."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scoring.metric import Metric
from scoring.registry import METRICS
from tests.scoring import grids, makers
from tests.scoring.cases import grids as cases
from tests.scoring.cases.columns import written

GRID_METRICS = [
    row for metric in METRICS.values() for row in (metric, *metric.of_kind.values()) if row.kinds == ("grid",)
]
WEIGHTED = [metric for metric in GRID_METRICS if metric.param("weights")]


def of_grid(metric: Metric, folder: Path, weights: str, beside: dict[str, Any]) -> dict[str, float | None]:
    folder.mkdir()
    params = {name: value for name, value in cases.PARAMS.items() if metric.param(name)}
    beside = beside | {"climatology": cases.truth().mean(axis=0) + np.float32(0.3)}
    spec = {"key": "m", "metric": metric.name, "params": params}
    members = cases.MEMBERS if metric.name == "crps_ensemble" else 0
    task = grids.published(
        folder, cases.truth(), [spec], split=cases.SPLIT, beside=beside, weights=weights, members=members
    )
    return task.scores(cases.written(cases.guess(), metric, folder, spread=0.5))["m"]


@pytest.mark.parametrize("metric", WEIGHTED, ids=lambda metric: metric.name)
def test_areas_of_one_are_no_weights(metric: Metric, tmp_path: Path) -> None:
    ones = np.ones(cases.truth().shape[1:])
    plain = of_grid(metric, tmp_path / "plain", "none", {})
    weighted = of_grid(metric, tmp_path / "ones", "file", {"weights": ones})
    assert weighted == {side: pytest.approx(value, rel=1e-12, abs=1e-12) for side, value in plain.items()}


def test_that_grids_are_weighted_is_tested() -> None:
    assert {metric.name for metric in WEIGHTED} >= {"rmse", "mae", "bias", "anomaly_correlation", "crps_ensemble"}


def test_columns_of_weight_one_are_summed(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(3, 2, 50)).round(3)  # truth, prediction; columns a and b
    rows = [f"r{k},{values[0, 0, k]},{values[0, 1, k]}" for k in range(50)]
    given = [f"r{k},{values[1, 0, k]},{values[1, 1, k]}" for k in range(50)]
    maes = [{"key": name, "metric": "mae", "params": {"column": name}} for name in ("a", "b")]
    both = {"key": "both", "metric": "weighted_mae", "params": {"weights": {"a": 1, "b": 1}}}
    mean = {"key": "mean", "metric": "weighted_mae", "params": {}}
    made = {"key": "made", "metric": "weighted_error", "params": {"of": {"a": 1, "b": 1}}}
    contract = makers.table_contract(("a", "number"), ("b", "number"))
    text = "\n".join(["id,a,b", *rows]) + "\n"
    task = makers.published_table(tmp_path, text, [*maes, both, mean, made], contract)
    found = {
        key: sides["public"]
        for key, sides in task.scores(written(tmp_path, "\n".join(["id,a,b", *given]) + "\n")).items()
    }
    assert found["both"] == pytest.approx(found["a"] + found["b"], rel=1e-12)
    assert found["mean"] == pytest.approx((found["a"] + found["b"]) / 2, rel=1e-12)
    assert found["made"] == pytest.approx((found["a"] + found["b"]) / 2, rel=1e-12)
