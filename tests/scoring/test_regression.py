"""Metrics of sums of terms: by hand, against scikit-learn, at 0/0, and with large offsets."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as sk

from scoring.errors import InvalidJob
from scoring.job import parse_contract, parse_metrics
from tests.scoring import makers


def contract(**constraints: float) -> dict[str, Any]:
    document = makers.table_contract(key_type="integer")
    document["schema"]["fields"][1]["constraints"] = constraints
    return document


def text_of(values: Sequence[float] | np.ndarray) -> str:
    return "\n".join(["id,y", *(f"{number},{float(value)!r}" for number, value in enumerate(values))]) + "\n"


def scored(
    folder: Path, truth: Any, guess: Any, names: Sequence[str], params: Any = None, **constraints: float
) -> dict[str, float | None]:
    specs = [{"key": name, "metric": name, "params": params or {}} for name in names]
    task = makers.published_table(folder, text_of(truth), specs, contract(**constraints))
    path = folder / "p.csv"
    path.write_text(text_of(guess))
    return {name: sides["public"] for name, sides in task.scores(path).items()}


@pytest.mark.parametrize(
    ("name", "params", "truth", "guess", "expected"),
    [
        ("absolute_bias", {}, [0, 0], [3, -4], abs(3 - 4) / 2),
        ("mape", {}, [10, 20], [11, 18], (1 / 10 + 2 / 20) / 2),
        ("mape", {"zero": "skip"}, [10, 0, 0], [11, 5, 0], 1 / 10),
        ("mape", {"zero": "1"}, [10, 0, 0], [11, 5, 0], (1 / 10 + 1 + 0) / 3),
        ("mape", {}, [0, 0], [1, 2], None),
        ("smape", {}, [1, 0], [3, 0], (2 * 2 / 4 + 0) / 2),
        ("smape", {"zero": "skip"}, [1, 0], [3, 0], 2 * 2 / 4),
        ("pinball", {"quantile": 0.9}, [10, 10], [8, 12], (0.9 * 2 + 0.1 * 2) / 2),
        ("nmae", {"capacity": 10}, [0, 0], [3, -4], (3 + 4) / 2 / 10),
        ("r2", {}, [1, 2, 3], [1, 2, 4], 1 - 1 / 2),
        ("pearson", {}, [1, 2, 3], [2, 4, 6], 1.0),
        ("concordance", {}, [1, 2, 3], [2, 3, 4], 2 * 2 / (2 + 2 + 3)),
        ("r2", {}, [0.1, 0.1, 0.1], [0.1, 0.1, 0.1], 1.0),
        ("r2", {"zero_division": "skip"}, [0.1, 0.1, 0.1], [0.1, 0.1, 0.1], None),
        ("r2", {}, [0.1, 0.1, 0.1], [0.1, 0.1, 0.2], 0.0),
        ("pearson", {}, [1, 2, 3], [0.1, 0.1, 0.1], 0.0),
        ("pearson", {"zero_division": "skip"}, [1, 2, 3], [0.1, 0.1, 0.1], None),
        ("concordance", {"zero_division": 0}, [0.1, 0.1, 0.1], [0.1, 0.1, 0.1], 0.0),
    ],
)
def test_scores_by_hand(
    name: str, params: Any, truth: list[float], guess: list[float], expected: float | None, tmp_path: Path
) -> None:
    score = scored(tmp_path, truth, guess, [name], params)[name]
    assert score == (None if expected is None else pytest.approx(expected, abs=1e-15))


def test_a_factor_of_e_is_a_logarithmic_error_of_one(tmp_path: Path) -> None:
    score = scored(tmp_path, [0, 1], [math.e - 1, 2 * math.e - 1], ["rmsle"], minimum=0)
    assert score["rmsle"] == pytest.approx(1.0, abs=1e-15)


def test_metrics_agree_with_scikit_learn_and_scipy(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    truth = random.gamma(2.0, 30.0, 3000)
    guess = np.abs(truth + random.normal(size=3000) * 20)
    expected = {
        "absolute_bias": abs(np.mean(guess - truth)),
        "mape": sk.mean_absolute_percentage_error(truth, guess),
        "smape": np.mean(2 * np.abs(guess - truth) / (truth + guess)),
        "rmsle": sk.root_mean_squared_log_error(truth, guess),
        "pinball": sk.mean_pinball_loss(truth, guess, alpha=0.5),
        "r2": sk.r2_score(truth, guess),
        "pearson": stats.pearsonr(truth, guess).statistic,
    }
    assert scored(tmp_path, truth, guess, list(expected), minimum=0) == pytest.approx(expected, rel=1e-9)
    score = scored(tmp_path / "q", truth, guess, ["pinball"], {"quantile": 0.9})["pinball"]
    assert score == pytest.approx(sk.mean_pinball_loss(truth, guess, alpha=0.9), rel=1e-9)


@pytest.mark.parametrize(("offset", "shift"), [(1e9, 0.0), (0.0, 1e9), (-1e9, 0.3)])
def test_large_offsets_cost_no_digits(offset: float, shift: float, tmp_path: Path) -> None:
    random = np.random.default_rng(6)
    truth = offset + random.normal(size=2000)
    guess = truth + shift + 0.5 * random.normal(size=2000)
    t, p = truth - truth.mean(), guess - guess.mean()
    distance = np.mean(guess - truth)
    expected = {
        "r2": 1 - np.sum((guess - truth) ** 2) / np.sum(t * t),
        "pearson": np.sum(t * p) / math.sqrt(np.sum(t * t) * np.sum(p * p)),
        "concordance": 2 * np.mean(t * p) / (np.mean(t * t) + np.mean(p * p) + distance**2),
    }
    assert scored(tmp_path, truth, guess, list(expected)) == pytest.approx(expected, rel=1e-6)


def test_terms_are_kept_as_sums_of_blocks(tmp_path: Path) -> None:
    spec = {"key": "b", "metric": "absolute_bias"}
    task = makers.published_table(tmp_path, text_of([0, 0, 0]), [spec], contract())
    path = tmp_path / "p.csv"
    path.write_text(text_of([3, -4, 0]))
    assert task.result(path)["statistics"]["terms"]["b"]["public"] == {"error": [3.0, -4.0, 0.0]}


def test_a_side_without_rows_has_no_score(tmp_path: Path) -> None:
    names = ["absolute_bias", "mape", "smape", "rmsle", "pinball", "r2", "pearson", "concordance"]
    specs = [{"key": name, "metric": name} for name in names]
    task = makers.published_table(tmp_path, text_of([1, 2]), specs, contract(minimum=0))
    path = tmp_path / "p.csv"
    path.write_text(text_of([1, 3]))
    assert {sides["private"] for sides in task.scores(path).values()} == {None}


def test_the_gate_refuses_what_has_no_logarithm(tmp_path: Path) -> None:
    spec = [{"key": "rmsle", "metric": "rmsle"}]
    task = makers.published_table(tmp_path, text_of([1, 2]), spec, contract(minimum=-0.5))
    path = tmp_path / "p.csv"
    path.write_text(text_of([1, -1]))
    assert makers.codes(task.problems(path)) == ["csv_minimum"]


@pytest.mark.parametrize("constraints", [{}, {"minimum": -1}])
def test_a_logarithmic_error_needs_a_minimum_in_the_contract(constraints: dict[str, float]) -> None:
    parsed = parse_contract(contract(**constraints), complete=False)
    with pytest.raises(InvalidJob, match=r"minimum of column 'y'.*more than -1, for rmsle"):
        parse_metrics([{"key": "m", "metric": "rmsle"}], parsed)


@pytest.mark.parametrize(
    ("name", "params", "place"),
    [
        ("nmae", {}, "capacity' is missing"),
        ("nmae", {"capacity": 0}, "more than 0"),
        ("pinball", {"quantile": 1}, "more than 0 and less than 1"),
        ("mape", {"zero": "maybe"}, r"params\.zero"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(name: str, params: Any, place: str) -> None:
    with pytest.raises(InvalidJob, match=place):
        parse_metrics([{"key": "m", "metric": name, "params": params}], parse_contract(contract(), complete=False))
