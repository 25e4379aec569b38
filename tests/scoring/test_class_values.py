"""Classes that are numbers, compared as numbers: what scikit-learn says of the cells, exactly from their counts."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from scoring.contract import parse_contract
from scoring.errors import InvalidJob
from scoring.job import parse_metrics
from tests.scoring import makers

CLASSES = (0, 1, 4, 10)
METRICS = [{"metric": name, "params": {"ignore": [255]}} for name in ("class_r2", "class_rmse", "class_mae")]


def scores(folder: Path, truth: Any, guess: Any, metrics: Any = METRICS, classes: Any = CLASSES) -> dict[str, float]:
    task = makers.published_masks(folder, {"a": np.asarray(truth, np.uint8)}, metrics, classes=classes)
    path = makers.geotiff(folder / "guess.tif", np.asarray(guess, np.uint8))
    return {key: one["public"] for key, one in task.scores(path).items()}


@pytest.mark.parametrize("seed", range(3))
def test_values_of_classes_are_compared_as_scikit_learn_does(tmp_path: Path, seed: int) -> None:
    generator = np.random.default_rng(seed)
    truth, guess = generator.choice([*CLASSES, 255], (90, 70)), generator.choice(CLASSES, (90, 70))
    known = truth != 255
    t, p = truth[known].astype(float), guess[known].astype(float)
    expected = {
        "class_r2": r2_score(t, p),
        "class_rmse": root_mean_squared_error(t, p),
        "class_mae": mean_absolute_error(t, p),
    }
    assert scores(tmp_path, truth, guess) == pytest.approx(expected, abs=1e-12)


def test_the_worked_examples_hold(tmp_path: Path) -> None:
    found = scores(tmp_path, [[1, 2, 3]], [[1, 2, 4]], classes=(1, 2, 3, 4))
    assert found == {"class_r2": 0.5, "class_rmse": math.sqrt(1 / 3), "class_mae": 1 / 3}


def test_a_constant_truth_gives_what_scikit_learn_gives(tmp_path: Path) -> None:
    assert scores(tmp_path / "a", [[4, 4]], [[4, 4]])["class_r2"] == 1.0
    assert scores(tmp_path / "b", [[4, 4]], [[4, 10]])["class_r2"] == 0.0


def test_groups_may_say_which_number_they_stand_for(tmp_path: Path) -> None:
    groups = [
        {"name": "open", "truth": [0, 1], "prediction": [0], "value": 0},
        {"name": "ice", "truth": [4, 10], "prediction": [4, 1, 10], "value": 100},
    ]
    metrics = [{"metric": "class_mae", "params": {"classes": groups}}]
    assert scores(tmp_path, [[0, 1, 4, 10]], [[0, 4, 1, 0]], metrics)["class_mae"] == 50.0


def test_a_group_of_several_classes_without_a_number_is_refused() -> None:
    contract = parse_contract(makers.raster_contract(scenes=[{"name": "a", "height": 1, "width": 1}]))
    groups = [{"name": "both", "truth": [0, 1], "prediction": [0, 1]}]
    with pytest.raises(InvalidJob) as error:
        parse_metrics([{"metric": "class_r2", "params": {"classes": groups}}], contract)
    assert [one.code for one in error.value.problems] == ["metric_group_value"]
