"""Scores that can be worked out with a pencil."""

import math
from pathlib import Path

import numpy as np
import pytest

from tests.scoring import makers

# Truth in the style of Tellus-3: 1..10 sea ice, 11 lake, 12 land, 0 neither.
TELLUS = np.array(
    [
        [0, 1, 2, 3],
        [10, 11, 11, 12],
        [12, 12, 0, 0],
    ],
    np.uint8,
)
ICE = np.array(
    [
        [1, 1, 1, 0],
        [1, 1, 0, 0],
        [0, 0, 0, 1],
    ],
    np.uint8,
)
GROUPS = [
    {"name": "ice", "truth": list(range(1, 11)), "prediction": [1]},
    {"name": "other", "truth": [0, 11, 12], "prediction": [0]},
]


def tellus_metric(key: str, metric: str, **params: object) -> dict:
    return {"key": key, "metric": metric, "params": {"classes": GROUPS, **params}}


def test_sea_ice_of_ten_concentrations_is_one_class(tmp_path: Path) -> None:
    # Ice in the truth: 1 2 3 10, four cells. Predicted: six cells. Both: 1, 2 and 10, three cells.
    metrics = [
        tellus_metric("iou", "iou", positive="ice"),
        tellus_metric("f1", "f1", positive="ice"),
        tellus_metric("miou", "mean_iou"),
        tellus_metric("acc", "pixel_accuracy"),
    ]
    task = makers.published_masks(tmp_path, {"scene": TELLUS}, metrics)
    scores = task.scores(makers.geotiff(tmp_path / "p.tif", ICE))
    assert scores["iou"]["public"] == 3 / (4 + 6 - 3)
    assert scores["f1"]["public"] == 2 * 3 / (4 + 6)
    # Other: 8 cells in the truth, 6 predicted, 5 in both.
    assert scores["miou"]["public"] == pytest.approx((3 / 7 + 5 / (8 + 6 - 5)) / 2, abs=1e-15)
    assert scores["acc"]["public"] == (3 + 5) / 12


def test_ignored_land_and_lake_count_neither_for_nor_against(tmp_path: Path) -> None:
    # Without 11 and 12 the truth has 0 1 2 3 10 . . . . . 0 0: four of ice, three of water.
    # There the prediction says ice at 0 1 2 10 and the last 0: five cells, three of them right.
    groups = [GROUPS[0], {"name": "water", "truth": [0], "prediction": [0]}]
    metric = {"key": "iou", "metric": "iou", "params": {"classes": groups, "positive": "ice", "ignore": [11, 12]}}
    task = makers.published_masks(tmp_path, {"scene": TELLUS}, [metric])
    assert task.scores(makers.geotiff(tmp_path / "p.tif", ICE))["iou"]["public"] == 3 / (4 + 5 - 3)


def test_macro_is_the_mean_of_scenes_and_pooled_sums_first(tmp_path: Path) -> None:
    # a: 1 of 1 right, IoU 1. b: truth 3, prediction 1, both 1, IoU 1/3.
    truth = {"a": [[1, 0], [0, 0]], "b": [[1, 1], [1, 0]]}
    guess = {"a": [[1, 0], [0, 0]], "b": [[1, 0], [0, 0]]}
    metrics = [{**makers.IOU, "key": how, "aggregate": how} for how in ("macro", "pooled")]
    task = makers.published_masks(tmp_path, {name: np.array(cells, np.uint8) for name, cells in truth.items()}, metrics)
    scores = task.scores(makers.mask_zip(tmp_path, guess))
    assert scores["macro"]["public"] == (1 + 1 / 3) / 2
    assert scores["pooled"]["public"] == (1 + 1) / (1 + 3)


def test_public_and_private_scenes_are_scored_apart(tmp_path: Path) -> None:
    truth = {name: np.array([[1, 1]], np.uint8) for name in ("a", "b", "c")}
    split = {"by": "scene", "public": ["a"], "private": ["b", "c"]}
    task = makers.published_masks(tmp_path, truth, split=split)
    prediction = makers.mask_zip(tmp_path, {"a": [[1, 1]], "b": [[1, 0]], "c": [[0, 0]]})
    result = task.result(prediction)
    assert result["metrics"]["iou"] == {"public": 1.0, "private": 1 / 4}
    assert [(one["name"], one["split"], one["cells"]) for one in result["scenes"]] == [
        ("a", "public", 2),
        ("b", "private", 2),
        ("c", "private", 2),
    ]
    assert [one["metrics"]["iou"] for one in result["scenes"]] == [1.0, 0.5, 0.0]


@pytest.mark.parametrize(("rule", "expected"), [(0, (0 + 1) / 2), (1, (1 + 1) / 2), ("skip", 1.0)])
def test_a_scene_with_nothing_to_find_follows_the_rule(tmp_path: Path, rule: object, expected: float) -> None:
    truth = {"empty": np.zeros((2, 2), np.uint8), "full": np.ones((2, 2), np.uint8)}
    metric = {**makers.IOU, "params": {"positive": 1, "zero_division": rule}, "aggregate": "macro"}
    task = makers.published_masks(tmp_path, truth, [metric])
    assert task.scores(makers.mask_zip(tmp_path, truth))["iou"]["public"] == expected


def test_mean_iou_leaves_out_a_class_that_is_nowhere(tmp_path: Path) -> None:
    metric = {"key": "miou", "metric": "mean_iou"}
    task = makers.published_masks(tmp_path, {"s": np.array([[0, 1]], np.uint8)}, [metric], classes=[0, 1, 2])
    assert (
        task.scores(makers.geotiff(tmp_path / "p.tif", np.array([[0, 0]], np.uint8)))["miou"]["public"]
        == (1 / 2 + 0) / 2
    )


def test_errors_of_three_and_four(tmp_path: Path) -> None:
    metrics = [{"key": name, "metric": name, "params": {"column": "y"}} for name in ("rmse", "mae", "accuracy")]
    text = "id,y,Usage\na,10,Public\nb,20,Public\nc,5,Private\nd,1,Ignored\n"
    task = makers.published_table(tmp_path, text, metrics, split={"by": "column", "column": "Usage"})
    prediction = tmp_path / "p.csv"
    prediction.write_text("y,id\n1e3,d\n5,c\n16,b\n13,a\n")
    scores = task.scores(prediction)
    assert scores["rmse"] == {"public": math.sqrt((3**2 + 4**2) / 2), "private": 0.0}
    assert scores["mae"] == {"public": (3 + 4) / 2, "private": 0.0}
    assert scores["accuracy"] == {"public": 0.0, "private": 1.0}


def test_words_are_right_or_wrong(tmp_path: Path) -> None:
    contract = makers.table_contract(("kind", "string"), key_type="integer")
    metrics = [{"key": "acc", "metric": "accuracy"}]
    task = makers.published_table(tmp_path, "id,kind\n1,ice\n2,land\n3,海氷\n4,ice\n", metrics, contract)
    prediction = tmp_path / "p.csv"
    prediction.write_text("id,kind\n1,ice\n2,landfast\n3,海氷\n4,icy\n")
    assert task.scores(prediction)["acc"]["public"] == 2 / 4


def test_a_side_without_rows_has_no_score(tmp_path: Path) -> None:
    task = makers.published_table(tmp_path, "id,y\na,1\n", [{"key": "rmse", "metric": "rmse"}])
    prediction = tmp_path / "p.csv"
    prediction.write_text("id,y\na,1\n")
    assert task.scores(prediction)["rmse"] == {"public": 0.0, "private": None}


def test_cells_under_the_organisers_mask_do_not_count(tmp_path: Path) -> None:
    makers.geotiff(tmp_path / "raw" / "masks" / "s.tif", np.array([[1, 1, 0]], np.uint8))
    task = makers.published_masks(tmp_path, {"s": np.array([[1, 1, 0]], np.uint8)}, mask="masks")
    result = task.result(makers.geotiff(tmp_path / "p.tif", np.array([[1, 0, 1]], np.uint8)))
    assert result["metrics"]["iou"]["public"] == 1 / 2
    assert result["scenes"][0]["cells"] == 2
