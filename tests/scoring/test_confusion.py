"""Metrics of confusion counts: by hand, against scikit-learn, and at 0/0."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

from scoring.errors import InvalidJob
from scoring.job import parse_contract, parse_metrics
from scoring.metrics import confusion
from scoring.metrics.categorical import Counts, ZeroDivision
from tests.scoring import makers

ONE, SKIP = ZeroDivision.ONE, ZeroDivision.SKIP
CLASSES = [0, 1, 2, 3, 5]
# Truth 3 + 2 cells, prediction 3 + 2, right 2 + 1.
FIVE = Counts(both=(2, 1), truth=(3, 2), prediction=(3, 2), cells=5, squared_steps=2)


def cells(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).choice(CLASSES, size=(83, 61), p=[0.4, 0.3, 0.2, 0.05, 0.05]).astype(np.uint8)


def guess() -> np.ndarray:
    return np.where(np.random.default_rng(9).random((83, 61)) < 0.6, cells(1), cells(2)).astype(np.uint8)


def scores_of(folder: Path, specs: list[dict[str, Any]]) -> dict[str, float | None]:
    task = makers.published_masks(folder, {"s": cells(1)}, specs, classes=CLASSES)
    scores = task.scores(makers.geotiff(folder / "p.tif", guess()))
    return {key: sides["public"] for key, sides in scores.items()}


def test_agreement_beyond_chance_by_hand() -> None:
    # Chance: 3 * 3 + 2 * 2 = 13 of 25; right: 5 * 3 = 15.
    assert confusion.cohen_kappa(FIVE, ONE) == (15 - 13) / (25 - 13)
    assert confusion.matthews_corrcoef(FIVE, ONE) == (2 * 1 - 1 * 1) / 6
    # Two classes are one step apart, so the quadratic kappa is the plain one.
    assert confusion.quadratic_weighted_kappa(FIVE, ONE) == 1 / 6


def test_two_steps_off_cost_four_times_one_step() -> None:
    # Truth 0 1 2, prediction 0 2 2: one step. By chance: 0 against 2 2: 8, 1 against 0 2 2: 3, 2 against 0: 4.
    counts = Counts(both=(1, 0, 1), truth=(1, 1, 1), prediction=(1, 0, 2), cells=3, squared_steps=1)
    assert confusion.quadratic_weighted_kappa(counts, ONE) == 1 - 3 * 1 / (8 + 3 + 4)


def test_averages_by_hand() -> None:
    # Recall 2/4 and 2/2.
    counts = Counts(both=(2, 2), truth=(4, 2), prediction=(2, 4), cells=6)
    recall = {one: confusion.averaged(confusion.class_recall, counts, one, 0, ONE) for one in confusion.AVERAGES}
    assert recall == {"binary": 0.5, "macro": 0.75, "micro": 4 / 6, "weighted": (4 * 0.5 + 2 * 1) / 6}
    assert confusion.balanced_accuracy(counts, SKIP) == 0.75


def test_recall_counts_four_times_with_beta_two() -> None:
    counts = Counts(both=(2,), truth=(4,), prediction=(3,), cells=5)
    assert confusion.class_fbeta(2.0)(counts, 0, ONE) == 5 * 2 / (4 * 4 + 3)


def test_iou_weighted_by_frequency_by_hand() -> None:
    # IoU 2/3 of three cells, 1/2 of one.
    counts = Counts(both=(2, 1), truth=(3, 1), prediction=(2, 2), cells=4)
    assert confusion.frequency_weighted_iou(counts) == pytest.approx((3 * 2 / 3 + 1 / 2) / 4, abs=1e-15)


@pytest.mark.parametrize(("rule", "expected"), [("0", 0.0), ("1", 1.0), ("skip", None)])
def test_one_class_everywhere_follows_the_rule(rule: str, expected: float | None) -> None:
    one = Counts(both=(7, 0), truth=(7, 0), prediction=(7, 0), cells=7)
    for metric in (confusion.cohen_kappa, confusion.matthews_corrcoef, confusion.quadratic_weighted_kappa):
        assert metric(one, ZeroDivision(rule)) == expected
    assert confusion.class_precision(one, 1, ZeroDivision(rule)) == expected


def test_a_constant_guess_correlates_with_nothing() -> None:
    constant = Counts(both=(4, 0), truth=(4, 3), prediction=(7, 0), cells=7)
    assert confusion.matthews_corrcoef(constant, ONE) == 0.0


def test_averages_agree_with_scikit_learn(tmp_path: Path) -> None:
    truth, given = cells(1).ravel(), guess().ravel()
    theirs = {
        "precision": sk.precision_score,
        "recall": sk.recall_score,
        "fbeta": lambda t, p, **how: sk.fbeta_score(t, p, beta=0.5, **how),
    }
    specs, expected = [], {}
    for name, function in theirs.items():
        extra = {"beta": 0.5} if name == "fbeta" else {}
        for average in ("macro", "micro", "weighted"):
            specs.append({"key": f"{name}_{average}", "metric": name, "params": {"average": average, **extra}})
            expected[f"{name}_{average}"] = function(truth, given, average=average)
        specs.append({"key": name, "metric": name, "params": {"positive": 5, **extra}})
        expected[name] = function(truth == 5, given == 5)
    assert scores_of(tmp_path, specs) == pytest.approx(expected, abs=1e-9)


def test_agreement_beyond_chance_agrees_with_scikit_learn(tmp_path: Path) -> None:
    truth, given = cells(1).ravel(), guess().ravel()
    share = np.array([np.mean(truth == one) for one in CLASSES])
    expected = {
        "balanced_accuracy": sk.balanced_accuracy_score(truth, given),
        "frequency_weighted_iou": float(share @ sk.jaccard_score(truth, given, average=None)),
        "matthews_corrcoef": sk.matthews_corrcoef(truth, given),
        "cohen_kappa": sk.cohen_kappa_score(truth, given),
        "quadratic_weighted_kappa": sk.cohen_kappa_score(truth, given, weights="quadratic"),
    }
    specs = [{"key": name, "metric": name} for name in expected]
    assert scores_of(tmp_path, specs) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("beta", [0, -1, True, "2", float("inf"), float("nan")])
def test_beta_is_a_number_above_zero(beta: object) -> None:
    contract = parse_contract(makers.raster_contract(), complete=False)
    with pytest.raises(InvalidJob, match=r"params\.beta"):
        parse_metrics([{"key": "f", "metric": "fbeta", "params": {"beta": beta}}], contract)
