"""What `python -m scoring metrics` tells somebody who sets up a contest."""

import json
import subprocess
import sys

import pytest

from scoring.__main__ import main
from scoring.registry import METRICS


def test_every_metric_is_listed_with_its_kinds_and_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {row["name"] for row in listed} == set(METRICS)
    for row in listed:
        assert row["kinds"]
        assert row["description"]
        assert all(param["description"] for param in row["params"])


def test_one_metric_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics", "fbeta"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("fbeta  (")
    assert "higher is better, 0 to 1" in told
    assert "- beta [1]" in told


def test_a_name_that_is_nearly_right_gets_a_hint() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scoring", "metrics", "rsme"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "did you mean 'rmse'?" in done.stderr
