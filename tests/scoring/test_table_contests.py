"""What organisers must be told about metrics of tables, when they write a contest and when they publish its truth."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scoring.errors import InvalidJob
from scoring.job import parse_contract, parse_metrics
from tests.scoring import makers

UNIT = {"minimum": 0, "maximum": 1}


def contract(*fields: tuple[str, str], **constraints: Any) -> dict[str, Any]:
    document = makers.table_contract(*fields)
    for field in document["schema"]["fields"]:
        if field["name"] in constraints:
            field["constraints"] = constraints[field["name"]]
    return document


TWO = contract(("a", "number"), ("b", "number"))
WORD = contract(("w", "string"))


@pytest.mark.parametrize(
    ("document", "metric", "params", "words"),
    [
        (WORD, "f1", {}, "'positive' is missing"),
        (contract(("w", "string"), w={"enum": ["x", "y"]}), "f1", {"positive": "z"}, "there are x, y"),
        (WORD, "f1", {"average": "macro", "ignore": [1]}, "'ignore' is unknown"),
        (WORD, "quadratic_weighted_kappa", {}, "the enum of column 'w'"),
        (TWO, "f1", {"column": "a"}, "a column of labels, and the contract has none"),
        (TWO, "log_loss", {"column": "a", "truth": "label"}, "minimum 0 and maximum 1"),
        (TWO, "log_loss", {"truth": "label"}, "one column, or several columns"),
        (TWO, "crps_ensemble", {}, "'truth' is missing"),
        (TWO, "crps_ensemble", {"columns": ["a"], "truth": "t"}, "at least 2, all different"),
        (TWO, "crps_ensemble", {"columns": ["a", "a"], "truth": "t"}, "at least 2, all different"),
        (TWO, "crps_gaussian", {"mean": "a", "sd": "b", "truth": "t"}, "for a standard deviation"),
        (TWO, "interval_score", {"lower": "a", "upper": "b", "truth": "t", "alpha": 1}, "less than 1"),
        (TWO, "mean_pinball", {"quantiles": [0.5], "truth": "t"}, "2 numbers, one for each column"),
        (TWO, "mean_pinball", {"quantiles": [0.5, 1.5], "truth": "t"}, "less than 1"),
        (TWO, "weighted_mae", {"weights": {"a": 1}}, "weights of 'a', 'b'"),
        (TWO, "weighted_mae", {"column": "a", "groups": "plant"}, "'weights' is missing"),
        (WORD, "map_at_k", {}, "'k' is missing"),
        (WORD, "map_at_k", {"k": 0}, "out of range"),
        (WORD, "spearman", {}, "'w'"),
    ],
)
def test_parameters_that_make_no_sense_are_told(document: Any, metric: str, params: Any, words: str) -> None:
    if metric == "spearman":
        params = {"column": "w"}
    with pytest.raises(InvalidJob) as error:
        parse_metrics([{"key": "m", "metric": metric, "params": params}], parse_contract(document, complete=False))
    assert words in "\n".join(problem.message for problem in error.value.problems)


@pytest.mark.parametrize(
    ("document", "truth", "metric", "params", "words"),
    [
        (WORD, "id,w\na,x\nb,y\n", "f1", {"positive": "z"}, "there are x, y"),
        (contract(("w", "string"), w={"enum": ["x"]}), "id,w\na,x\nb,y\n", "cohen_kappa", {}, "the truth holds y"),
        (contract(("y", "number"), y={"minimum": 0}), "id,y\na,1\nb,-1\n", "rmsle", {}, "row 2: -1 is out of range"),
        (contract(("y", "number"), y=UNIT), "id,y,k\na,1,c\n", "log_loss", {"columns": ["y"], "truth": "k"}, "holds c"),
        (contract(("y", "number")), "id,y,g\na,1,north\n", "weighted_mae",
         {"column": "y", "groups": "g", "weights": {"south": 1}}, "'north'"),
        (WORD, "id,w\na,x x\n", "map_at_k", {"k": 3}, "'x x'"),
        (WORD, "id,w,g\na,x y,1\n", "ndcg_at_k", {"k": 3, "gains": "g"}, "a number from 0 to 1000 for each item"),
        (TWO, "id,seen\na,1\n", "crps_ensemble", {"truth": "saw"}, "Column 'saw' is missing"),
        (TWO, "id,seen\na,one\n", "crps_ensemble", {"truth": "seen"}, "'one' is not a number"),
    ],
    ids=["positive", "enum", "logarithm", "label", "group", "items twice", "gains", "no column", "no number"],
)  # fmt: skip
def test_a_truth_that_a_metric_cannot_score_is_told_when_it_is_published(
    document: Any, truth: str, metric: str, params: Any, words: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidJob) as error:
        makers.published_table(tmp_path, truth, [{"key": "m", "metric": metric, "params": params}], document)
    assert words in "\n".join(problem.message for problem in error.value.problems)


def test_probabilities_that_do_not_sum_to_one_are_divided_or_refused(tmp_path: Path) -> None:
    document = contract(("x", "number"), ("y", "number"), x=UNIT, y=UNIT)
    base = {"columns": ["x", "y"], "truth": "k"}
    scores = {}
    for sums in ("renormalise", "refuse"):
        spec = {"key": "m", "metric": "log_loss", "params": {**base, "sums": sums}}
        task = makers.published_table(tmp_path / sums, "id,k\na,x\nb,y\n", [spec], document)
        path = tmp_path / f"{sums}.csv"
        path.write_text("id,x,y\na,0.5,0.5\nb,0.2,0.6\n")
        scores[sums] = task.result(path)
    assert scores["renormalise"]["metrics"]["m"]["public"] == pytest.approx(np.mean([np.log(2), np.log(1 / 0.75)]))
    (problem,) = scores["refuse"]["problems"]
    assert (problem["code"], problem["params"]["rows"], problem["params"]["found"]) == ("row_sum", 1, "0.8")


def test_a_sure_mistake_costs_what_the_clipping_says(tmp_path: Path) -> None:
    spec = {"key": "m", "metric": "log_loss", "params": {"column": "y", "eps": 0.001}}
    task = makers.published_table(tmp_path, "id,y\na,1\n", [spec], contract(("y", "number"), y=UNIT))
    path = tmp_path / "p.csv"
    path.write_text("id,y\na,0\n")
    assert task.scores(path)["m"]["public"] == pytest.approx(-np.log(0.001), abs=1e-12)


def test_the_statistics_of_a_measure_say_its_score_and_its_blocks(tmp_path: Path) -> None:
    truth = "id,y\n" + "".join(f"r{number},{number % 2}\n" for number in range(100))
    specs = [{"key": "auc", "metric": "roc_auc"}, {"key": "f1", "metric": "f1", "params": {"average": "macro"}}]
    specs[1] = {"key": "rho", "metric": "spearman"}
    task = makers.published_table(tmp_path, truth, specs, contract(("y", "number")))
    path = tmp_path / "p.csv"
    path.write_text("id,y\n" + "".join(f"r{number},{number % 3}\n" for number in range(100)))
    result = task.result(path)
    for key in ("auc", "rho"):
        kept = result["statistics"]["measured"][key]["public"]
        assert kept["exact"] == result["metrics"][key]["public"]
        assert (len(kept["sums"]), len(kept["scenes"])) == (64, 64)
        assert result["statistics"]["measured"][key]["private"] == {"scenes": [], "sums": [], "exact": None}


@pytest.mark.parametrize("labels", ["1,1", "0,0"])
def test_a_side_of_one_class_has_no_area_under_a_curve(labels: str, tmp_path: Path) -> None:
    one, other = labels.split(",")
    specs = [{"key": "auc", "metric": "roc_auc"}]
    task = makers.published_table(tmp_path, f"id,y\na,{one}\nb,{other}\n", specs, contract(("y", "number")))
    path = tmp_path / "p.csv"
    path.write_text("id,y\na,0.5\nb,0.1\n")
    assert task.scores(path)["auc"] == {"public": None, "private": None}
