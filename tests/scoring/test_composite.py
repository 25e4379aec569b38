"""Columns made of other columns: AutoICE's combination is the example."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scoring.contract import parse_contract
from scoring.errors import InvalidJob
from scoring.job import MetricSpec, parse_metrics
from tests.scoring.makers import mask_zip, published_masks

MASKS = {"kind": "raster", "classes": [0, 1], "scenes": [{"name": "a", "height": 4, "width": 4}]}
PARTS = [{"metric": "iou", "key": "iou"}, {"metric": "pixel_accuracy", "key": "right"}]


def with_total(name: str = "weighted_sum", **params: Any) -> list[dict[str, Any]]:
    return [*PARTS, {"metric": name, "key": "total", "primary": True, "params": params}]


def specs(**params: Any) -> tuple[MetricSpec, ...]:
    return parse_metrics(with_total(**params), parse_contract(MASKS))


def test_a_column_that_the_task_does_not_have_is_named_with_what_it_could_be() -> None:
    with pytest.raises(InvalidJob, match="right"):
        specs(of={"iou": 1, "rihgt": 1})


def test_weights_that_cancel_are_refused() -> None:
    with pytest.raises(InvalidJob, match="sum of 0"):
        specs(of={"iou": 1, "right": -1})
    assert specs(of={"iou": 1, "right": -1}, mean=False)[2].params["of"] == {"iou": 1.0, "right": -1.0}


@pytest.mark.parametrize("of", [None, {}, {"total": 1}, {"iou": "much"}, [1, 2]])
def test_what_is_no_set_of_weights_is_refused(of: Any) -> None:
    with pytest.raises(InvalidJob):
        specs(of=of)


def test_the_parts_are_scaled_rounded_and_weighted_on_both_sides_and_in_each_scene(tmp_path: Path) -> None:
    """By hand. Scene a (public): 5 of 7 cells right, IoU 1/3. Scene b (private): all right."""
    truth = {"a": np.array([[1, 1, 0, 0, 0, 0, 0]]), "b": np.array([[1, 0, 0, 0, 0, 0, 0]])}
    given = {"a": np.array([[1, 0, 1, 0, 0, 0, 0]]), "b": truth["b"]}
    split = {"by": "scene", "public": ["a"], "private": ["b"]}
    metrics = with_total(of={"iou": 2, "right": 3}, scale=100, round=3)
    done = published_masks(tmp_path, truth, metrics=metrics, split=split)
    result = done.result(mask_zip(tmp_path, given))
    expected = (2 * 33.333 + 3 * 71.429) / 5
    assert result["metrics"]["total"] == {"public": pytest.approx(expected, abs=1e-12), "private": 100.0}
    assert result["scenes"][0]["metrics"]["total"] == pytest.approx(expected, abs=1e-12)
    assert list(result["metrics"]) == ["iou", "right", "total"]


def test_a_side_without_scenes_has_no_combination(tmp_path: Path) -> None:
    truth = {"a": np.array([[1, 0]])}
    done = published_masks(tmp_path, truth, metrics=with_total(of={"iou": 1}))
    assert done.result(mask_zip(tmp_path, truth))["metrics"]["total"] == {"public": 1.0, "private": None}
