"""On complete data our metrics say what scikit-learn says."""

from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics as sk

from tests.scoring import makers

CLASSES = [0, 1, 2, 3, 5]


def cells(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).choice(CLASSES, size=(113, 71), p=[0.4, 0.3, 0.2, 0.05, 0.05]).astype(np.uint8)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float | None]:
    folder = tmp_path_factory.mktemp("agreement")
    specs = [
        {"key": "iou", "metric": "iou", "params": {"positive": 5}},
        {"key": "mean_iou", "metric": "mean_iou"},
        {"key": "f1", "metric": "f1", "params": {"positive": 5}},
        {"key": "macro_f1", "metric": "f1", "params": {"average": "macro"}},
        {"key": "accuracy", "metric": "pixel_accuracy"},
    ]
    task = makers.published_masks(folder, {"s": cells(1)}, specs, classes=CLASSES)
    scores = task.scores(makers.geotiff(folder / "p.tif", cells(2)))
    return {key: sides["public"] for key, sides in scores.items()}


def test_masks_agree_with_scikit_learn(ours: dict[str, float | None]) -> None:
    truth, guess = cells(1).ravel(), cells(2).ravel()
    theirs = {
        "iou": sk.jaccard_score(truth == 5, guess == 5),
        "mean_iou": sk.jaccard_score(truth, guess, average="macro"),
        "f1": sk.f1_score(truth == 5, guess == 5),
        "macro_f1": sk.f1_score(truth, guess, average="macro"),
        "accuracy": sk.accuracy_score(truth, guess),
    }
    assert ours == pytest.approx(theirs, abs=1e-15)


def test_tables_agree_with_scikit_learn(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    truth = random.normal(size=5000) * 1e3
    guess = np.where(random.random(5000) < 0.2, truth, truth + random.normal(size=5000))
    lines = [
        "\n".join(["id,y", *(f"{n},{value!r}" for n, value in enumerate(values.tolist()))]) for values in (truth, guess)
    ]
    specs = [{"key": name, "metric": name} for name in ("rmse", "mae", "accuracy")]
    task = makers.published_table(tmp_path, lines[0], specs, makers.table_contract(key_type="integer"))
    path = tmp_path / "p.csv"
    path.write_text(lines[1])
    scores = task.scores(path)
    assert scores["rmse"]["public"] == pytest.approx(sk.root_mean_squared_error(truth, guess), rel=1e-14)
    assert scores["mae"]["public"] == pytest.approx(sk.mean_absolute_error(truth, guess), rel=1e-14)
    assert scores["accuracy"]["public"] == np.mean(truth == guess)
