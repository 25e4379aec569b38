"""Results say how sure their scores are, and what they keep is enough to say so again, and to compare them."""

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scoring.errors import InvalidJob
from scoring.job import parse_contract, parse_metrics
from scoring.truth_spec import parse_truth_spec
from scoring.uncertainty import (
    CombinedUnits,
    compare,
    interval,
    intervals_of,
    tied_results,
    tied_with_first,
    units_from_result,
)
from scoring.uncertainty_units import drawable
from tests.scoring import makers
from tests.scoring.cases import Case, all_cases
from tests.scoring.test_every_metric import metric_of, scored

IOU = {"key": "iou", "metric": "iou", "params": {"positive": 1}}
MEAN = {"key": "mean", "metric": "mean_iou", "aggregate": "macro"}
RMSE = {"key": "rmse", "metric": "rmse"}


def masks(seed: int, scenes: int, side: int = 24) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    return {f"s{index:02}": (random.random((side, side)) < 0.5).astype("u1") for index in range(scenes)}


def flipped(truth: dict[str, np.ndarray], share: float, seed: int) -> dict[str, np.ndarray]:
    """Some cells wrong, more of them in some scenes."""
    random = np.random.default_rng(seed)
    shares = {name: share * random.uniform(0.5, 1.5) for name in truth}
    return {name: cells ^ (random.random(cells.shape) < shares[name]) for name, cells in truth.items()}


def table(values: np.ndarray) -> str:
    return "\n".join(["id,y", *(f"r{index},{value!r}" for index, value in enumerate(values.tolist()))]) + "\n"


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_the_statistics_of_every_metric_are_enough_for_its_interval(case: Case, tmp_path: Path) -> None:
    task = case.task(tmp_path)
    result = scored(task, case.guess(tmp_path))
    specs = parse_metrics(task.metrics, task.contract)
    spec = next(one for one in specs if one.key == case.column)
    for side, score in result["metrics"][case.column].items():
        units = units_from_result(result["statistics"], spec, side, contract=task.contract, specs=specs)
        assert units is not None
        assert not isinstance(units, CombinedUnits)
        assert units.score == pytest.approx(score, abs=1e-9)
        found = result["intervals"][case.column][side]
        count = sum(drawable(units).strata)
        assert (found is not None) == (count > 1)
        if found is not None:
            assert metric_of(case).minimum <= found["low"] <= found["high"] <= metric_of(case).maximum
            assert found["low"] - 1e-9 <= score <= found["high"] + 1e-9
            assert found["count"] == count


def test_a_result_has_an_interval_for_each_score(tmp_path: Path) -> None:
    truth = masks(1, 12)
    split = {"by": "list", "public": list(truth)[:11], "private": list(truth)[11:]}
    task = makers.published_masks(tmp_path, truth, [IOU, MEAN], split=split)
    result = task.result(makers.mask_zip(tmp_path, flipped(truth, 0.2, 2)))
    for key in ("iou", "mean"):
        found = result["intervals"][key]
        assert found["private"] is None  # of a single scene with a single block nothing can be said
        assert found["public"]["low"] < result["metrics"][key]["public"] < found["public"]["high"]
        assert {name: found["public"][name] for name in ("units", "count", "level")} == {
            "units": "scenes",
            "count": 11,
            "level": 0.95,
        }
    again = task.result(makers.mask_zip(tmp_path, flipped(truth, 0.2, 2), "again.zip"))
    assert again["intervals"] == result["intervals"]


@pytest.mark.parametrize(("rows", "unit", "count"), [(40, "rows", 40), (64, "rows", 64), (200, "blocks", 64)])
def test_rows_are_drawn_in_blocks_of_neighbours(rows: int, unit: str, count: int, tmp_path: Path) -> None:
    values = np.random.default_rng(1).normal(size=rows)
    task = makers.published_table(tmp_path, table(values), [RMSE])
    path = tmp_path / "p.csv"
    path.write_text(table(values + np.random.default_rng(2).normal(size=rows)))
    found = task.result(path)["intervals"]["rmse"]
    assert found["private"] is None
    assert (found["public"]["units"], found["public"]["count"]) == (unit, count)
    assert found["public"]["low"] < 1 < found["public"]["high"]


def test_rows_that_belong_together_are_drawn_together(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    days = random.permutation(np.repeat(np.arange(12), 20))
    truth = random.normal(size=240)
    guess = truth + random.normal(size=12)[days]  # a day is wrong as a whole
    text = table(truth).splitlines()
    with_days = "\n".join([f"{text[0]},day", *(f"{line},d{day}" for line, day in zip(text[1:], days, strict=True))])
    metrics = [RMSE, {"key": "r2", "metric": "r2"}, {"key": "rank", "metric": "spearman"}]
    task = makers.published_table(tmp_path, with_days + "\n", metrics, groups="day")
    plain = makers.published_table(tmp_path / "plain", table(truth), metrics)
    path = tmp_path / "p.csv"
    path.write_text(table(guess))
    grouped, ungrouped = task.result(path), plain.result(path)
    assert grouped["metrics"]["rmse"]["public"] == pytest.approx(ungrouped["metrics"]["rmse"]["public"], rel=1e-14)
    for key in ("rmse", "r2", "rank"):
        found, other = grouped["intervals"][key]["public"], ungrouped["intervals"][key]["public"]
        assert (found["units"], found["count"]) == ("groups", 12)
        assert other["count"] == 64
    wide, narrow = (one["intervals"]["rmse"]["public"] for one in (grouped, ungrouped))
    assert wide["high"] - wide["low"] > 1.5 * (narrow["high"] - narrow["low"])
    squares = [((guess - truth)[days == day] ** 2).sum() for day in dict.fromkeys(days)]
    assert grouped["statistics"]["columns"]["y"]["public"]["squared"] == pytest.approx(squares)


def test_many_groups_are_drawn_in_64_blocks_of_whole_groups(tmp_path: Path) -> None:
    truth = np.random.default_rng(1).normal(size=400)
    text = table(truth).splitlines()
    lines = [f"{text[0]},g", *(f"{line},{index // 2}" for index, line in enumerate(text[1:]))]
    task = makers.published_table(tmp_path, "\n".join(lines) + "\n", [RMSE], groups="g")
    path = tmp_path / "p.csv"
    path.write_text(table(truth + 1))
    result = task.result(path)
    assert result["intervals"]["rmse"]["public"]["count"] == 64
    assert {rows % 2 for rows in result["statistics"]["columns"]["y"]["public"]["rows"]} == {0}


def test_only_the_rows_of_a_table_have_groups() -> None:
    with pytest.raises(InvalidJob, match="only the rows of a table"):
        parse_truth_spec({"groups": "day"}, "raster")


def test_stored_results_are_compared_in_pairs(tmp_path: Path) -> None:
    truth = masks(3, 10)
    task = makers.published_masks(tmp_path, truth, [IOU])
    (spec,) = parse_metrics(task.metrics, task.contract)
    teams = [flipped(truth, 0.2, 4), flipped(truth, 0.2, 5), flipped(truth, 0.4, 4), truth]
    results = [task.result(makers.mask_zip(tmp_path, team, f"{index}.zip")) for index, team in enumerate(teams)]
    first, second, worse, perfect = (units_from_result(one["statistics"], spec, "public") for one in results)
    assert compare(perfect, first).is_more_than_noise
    assert compare(first, worse).difference == pytest.approx(
        results[0]["metrics"]["iou"]["public"] - results[2]["metrics"]["iou"]["public"]
    )
    assert tied_with_first([first, worse, second], higher_is_better=True) == [True, False, True]
    assert tied_with_first([first, perfect], higher_is_better=True) == [False, True]
    kept = [one["statistics"] for one in results[:3]]
    assert tied_results(kept, spec, "public") == [True, True, False]
    assert tied_results(kept, spec, "private") == [False, False, False]


def test_a_combined_column_has_the_interval_of_what_it_is_made_of(tmp_path: Path) -> None:
    made = {"key": "sum", "metric": "weighted_error", "params": {"of": {"rmse": 2, "mae": 1}}}
    metrics: list[dict[str, Any]] = [RMSE, {"key": "mae", "metric": "mae"}, made]
    values = np.random.default_rng(1).normal(size=80)
    task = makers.published_table(tmp_path, table(values), metrics)
    path = tmp_path / "p.csv"
    path.write_text(table(values + np.random.default_rng(2).normal(size=80)))
    result = task.result(path)
    specs = parse_metrics(task.metrics, task.contract)
    parts = [units_from_result(result["statistics"], spec, "public") for spec in specs[:2]]
    assert interval(CombinedUnits(tuple(parts), (2 / 3, 1 / 3))).low == result["intervals"]["sum"]["public"]["low"]
    ends = [result["intervals"]["sum"]["public"][end] for end in ("low", "high")]
    for index, end in enumerate(("low", "high")):
        own = [result["intervals"][key]["public"][end] for key in ("rmse", "mae")]
        assert ends[index] == pytest.approx((2 * own[0] + own[1]) / 3, rel=0.02)


def test_scenes_without_counted_cells_follow_the_rule_of_the_score(tmp_path: Path) -> None:
    truth = {**masks(6, 5), "empty": np.full((24, 24), 255, "u1")}
    for rule, aggregate in itertools.product(("1", "skip"), ("pooled", "macro")):
        spec = {**IOU, "aggregate": aggregate, "params": {"positive": 1, "zero_division": rule}}
        folder = tmp_path / f"{rule}{aggregate}"
        task = makers.published_masks(folder, truth, [spec], ignore=[255])
        guess = {**flipped(truth, 0.2, 7), "empty": np.zeros((24, 24), "u1")}
        result = task.result(makers.mask_zip(folder, guess))
        units = units_from_result(result["statistics"], *parse_metrics([spec], task.contract), "public")
        assert units.score == pytest.approx(result["metrics"]["iou"]["public"], abs=1e-12)


def test_a_layer_is_read_where_its_statistics_are_kept(tmp_path: Path) -> None:
    truth = masks(8, 6)
    task = makers.published_masks(tmp_path, truth, [IOU])
    statistics = task.result(makers.mask_zip(tmp_path, flipped(truth, 0.2, 9)))["statistics"]
    (spec,) = parse_metrics(task.metrics, task.contract)
    plain = units_from_result(statistics, spec, "public")
    layered = {"kind": "raster", "layers": {"other": {}, "ice": statistics}}
    found = units_from_result(layered, replace(spec, layer="ice"), "public")
    assert interval(found) == interval(plain)


def test_statistics_without_units_have_no_interval() -> None:
    specs = parse_metrics([IOU], parse_contract(makers.raster_contract(), complete=False))
    body = {"statistics": {"kind": "raster", "values": [0, 1], "classes": [0, 1], "scenes": []}}
    assert intervals_of(body, specs) == {"iou": {"public": None, "private": None}}
