"""`python -m scoring compare`: are two results further apart than chance would have them?"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scoring.__main__ import BAD_JOB, main
from scoring.uncertainty import compare, units_from_result
from tests.scoring import makers
from tests.scoring.makers import Published

METRICS = [
    {"key": "rmse", "metric": "rmse"},
    {"key": "bias", "metric": "bias"},
    {"key": "twice", "metric": "weighted_error", "params": {"of": {"rmse": 2}, "mean": False}},
]


def text(values: np.ndarray) -> str:
    return "\n".join(["id,y", *(f"r{number},{value!r}" for number, value in enumerate(values.tolist()))]) + "\n"


def values(seed: int, noise: float) -> np.ndarray:
    return np.random.default_rng(0).normal(size=500) + np.random.default_rng(seed).normal(size=500) * noise


@pytest.fixture
def task(tmp_path: Path) -> Published:
    return makers.published_table(tmp_path, text(values(0, 0.0)), METRICS)


def told(task: Published, folder: Path, *predictions: np.ndarray) -> tuple[int, list[Path]]:
    paths = []
    for number, prediction in enumerate(predictions):
        (folder / "p.csv").write_text(text(prediction))
        paths.append(folder / f"{number}.json")
        paths[-1].write_text(json.dumps(task.result(folder / "p.csv")))
    (folder / "metrics.json").write_text(json.dumps(METRICS))
    options = [
        "--contract",
        str(task.write_contract(folder / "contract.json")),
        "--metrics",
        str(folder / "metrics.json"),
    ]
    return main(["compare", *options, *map(str, paths), "--json"]), paths


def test_a_clear_difference_is_more_than_noise_and_a_small_one_is_not(
    task: Published, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(task, tmp_path, values(1, 1.0), values(2, 2.0))[0] == 0
    clear = json.loads(capsys.readouterr().out)
    assert told(task, tmp_path, values(9, 1.0), values(10, 1.0))[0] == 0
    small = json.loads(capsys.readouterr().out)
    assert clear["rmse"]["public"]["is_more_than_noise"] is True
    assert clear["rmse"]["public"]["high"] < 0 < clear["rmse"]["public"]["p_value"] < 0.001
    assert small["rmse"]["public"]["is_more_than_noise"] is False
    assert clear["rmse"]["private"] is None  # nothing is private here
    assert "bias" not in clear  # it has no better and worse
    assert clear["twice"]["public"]["difference"] == pytest.approx(2 * clear["rmse"]["public"]["difference"])


def test_the_command_says_what_the_library_says(
    task: Published, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, paths = told(task, tmp_path, values(3, 1.0), values(4, 1.1))
    said = json.loads(capsys.readouterr().out)["rmse"]["public"]
    from scoring.job import parse_metrics

    specs = parse_metrics(METRICS, task.contract)
    units: list[Any] = [
        units_from_result(json.loads(path.read_text())["statistics"], specs[0], "public", contract=task.contract)
        for path in paths
    ]
    expected = compare(*units)
    assert expected is not None
    assert (said["difference"], said["low"], said["p_value"]) == (expected.difference, expected.low, expected.p_value)


def test_people_get_a_sentence_for_each_metric(
    task: Published, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, paths = told(task, tmp_path, values(1, 1.0), values(2, 2.0))
    capsys.readouterr()
    options = ["--contract", str(tmp_path / "contract.json"), "--metrics", str(tmp_path / "metrics.json")]
    assert main(["compare", *options, *map(str, paths)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("rmse (public): -")
    assert lines[0].endswith(": more than noise")


def test_what_is_no_valid_result_is_told(task: Published, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, paths = told(task, tmp_path, values(1, 1.0), values(2, 2.0))
    paths[1].write_text(json.dumps({"status": "invalid"}))
    options = ["--contract", str(tmp_path / "contract.json"), "--metrics", str(tmp_path / "metrics.json")]
    assert main(["compare", *options, *map(str, paths)]) == BAD_JOB
    assert "second: 'invalid' is out of range; it must be a result.json whose status is ok" in capsys.readouterr().err


def test_results_of_two_truths_are_not_compared(
    task: Published, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, paths = told(task, tmp_path, values(1, 1.0), values(2, 2.0))
    other = makers.published_table(tmp_path / "other", text(values(0, 0.0)[:40]), METRICS)
    (tmp_path / "p.csv").write_text(text(values(1, 1.0)[:40]))
    paths[1].write_text(json.dumps(other.result(tmp_path / "p.csv")))
    options = ["--contract", str(tmp_path / "contract.json"), "--metrics", str(tmp_path / "metrics.json")]
    assert main(["compare", *options, *map(str, paths)]) == BAD_JOB
    assert "results: a pair of two truths is out of range" in capsys.readouterr().err
