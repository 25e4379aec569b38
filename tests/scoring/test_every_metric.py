"""What every metric must do, whatever it measures: over the whole table and every kind of data."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from scoring.errors import Problems
from scoring.formats import cells, fast_tables, tables
from scoring.metric import Metric
from scoring.normalise import normalise
from scoring.registry import METRICS
from tests.scoring.cases import Case, all_cases
from tests.scoring.makers import Published

CASES = all_cases()
MEASURED = [metric for metric in METRICS.values() if not metric.is_composite]
EVERY_CASE = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def scored(task: Published, prediction: Path) -> dict[str, Any]:
    result = task.result(prediction)
    assert result["status"] == "ok", result
    return result


def column(case: Case, task: Published, prediction: Path) -> dict[str, float | None]:
    found: dict[str, float | None] = scored(task, prediction)["metrics"][case.column]
    return found


def metric_of(case: Case) -> Metric:
    return METRICS[case.metric]


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_a_metric_describes_itself(metric: Metric) -> None:
    assert metric.title
    assert metric.doc
    assert metric.kinds
    assert metric.minimum <= metric.best <= metric.maximum
    assert len({param.name for param in metric.params}) == len(metric.params)
    ways = [metric.of_mask, metric.of_table, metric.of_terms, metric.measure, metric.is_composite]
    assert any(ways)


def test_every_metric_has_a_case_for_each_kind_of_data() -> None:
    wanted = {(metric.name, kind) for metric in MEASURED for kind in metric.kinds}
    assert wanted - {(case.metric, case.kind) for case in CASES} == set()
    assert {(case.metric, case.kind) for case in CASES} - wanted == set()


@EVERY_CASE
def test_a_perfect_prediction_is_best(case: Case, tmp_path: Path) -> None:
    task = case.task(tmp_path)
    best = metric_of(case).best if case.perfect_scores is None else case.perfect_scores
    assert math.isfinite(best)
    assert column(case, task, case.perfect(tmp_path)) == {"public": best, "private": best}


@EVERY_CASE
def test_a_guess_is_worse_than_perfect_and_in_the_range(case: Case, tmp_path: Path) -> None:
    task, metric = case.task(tmp_path), metric_of(case)
    perfect = column(case, task, case.perfect(tmp_path))
    for side, value in column(case, task, case.guess(tmp_path)).items():
        best = perfect[side]
        assert value is not None
        assert best is not None
        assert metric.minimum <= value <= metric.maximum
        if not metric.ranks:
            assert abs(value) > abs(best)
        else:
            assert value < best if metric.higher_is_better else value > best


@EVERY_CASE
def test_the_order_of_a_prediction_changes_no_bit(case: Case, tmp_path: Path) -> None:
    if case.reordered is None:
        pytest.skip("a prediction of this kind has one order only")
    task = case.task(tmp_path)
    plain = column(case, task, case.guess(tmp_path))
    assert column(case, task, case.reordered(tmp_path)) == plain


@EVERY_CASE
def test_scoring_twice_gives_the_same_bits(case: Case, tmp_path: Path) -> None:
    task, prediction = case.task(tmp_path), case.guess(tmp_path)
    assert json.dumps(task.result(prediction)) == json.dumps(task.result(prediction))


@EVERY_CASE
@pytest.mark.parametrize("rows", [1, 8])
def test_a_prediction_in_pieces_scores_as_the_whole(
    case: Case, rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task, prediction = case.task(tmp_path), case.guess(tmp_path)
    whole = column(case, task, prediction)
    monkeypatch.setattr(cells, "BAND_ROWS", rows)
    monkeypatch.setattr(tables, "CHUNK_ROWS", rows)
    monkeypatch.setattr(fast_tables, "CHUNK_ROWS", rows, raising=False)
    assert column(case, task, prediction) == whole


@EVERY_CASE
def test_everything_twice_scores_as_once(case: Case, tmp_path: Path) -> None:
    if case.doubled is None:
        pytest.skip("doubling changes what is measured")
    (tmp_path / "once").mkdir()
    (tmp_path / "twice").mkdir()
    once = column(case, case.task(tmp_path / "once"), case.guess(tmp_path / "once"))
    task, prediction = case.doubled(tmp_path / "twice")
    twice = column(case, task, prediction)
    assert twice == {side: pytest.approx(value, rel=1e-12, abs=1e-12) for side, value in once.items()}


@pytest.mark.parametrize(
    ("case", "name"),
    [(case, name) for case in CASES for name in case.refused],
    ids=[f"{case.name}-{name}" for case in CASES for name in case.refused],
)
def test_no_metric_sees_what_the_gate_refuses(case: Case, name: str, tmp_path: Path) -> None:
    task = case.task(tmp_path)
    assert is_refused(task, case.refused[name](tmp_path))


def is_refused(task: Published, prediction: Path) -> bool:
    """By the reader of the file; or, where only the truth can tell (ids), by the scorer."""
    problems: Problems = normalise(prediction, task.contract, None)
    return bool(problems) or task.result(prediction)["status"] == "invalid"
