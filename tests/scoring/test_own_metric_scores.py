"""An organiser's program beside the gate: which cells it gets, on which side, and what the result says."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scoring.__main__ import main
from scoring.errors import BrokenStream
from scoring.job import parse_metrics
from scoring.program import Program, metric_document, parse_program
from scoring.program_proof import truth_as_prediction
from scoring.program_score import score_with_program
from tests.scoring.grids import npy
from tests.scoring.makers import (
    Published,
    geotiff,
    mask_zip,
    published,
    published_masks,
    published_table,
    table_contract,
)

MAE = """
    def score(truth, prediction, params):
        return {"mae": (truth["y"] - prediction["y"]).abs().mean()}
    """
DOCUMENT = {"convention": "tidemark", "columns": [{"key": "mae", "direction": "lower", "minimum": 0}]}
SOLUTION = "id,y,weight,Usage\nb,1,2,Public\na,2,1,Private\nd,3,4,Public\nc,4,3,Private\n"
BY_USAGE = {"split": {"by": "column", "column": "Usage"}}
PREDICTION = "id,y\na,3\nb,1.5\nc,4\nd,3\n"


def metrics_of(document: Any, kind: str, others: Any = ()) -> list[dict[str, Any]]:
    return [*(metric_document(one) for one in parse_program(document, kind).columns), *others]


def scored(
    folder: Path, contest: Published, source: str, prediction: Path | None, document: Any = None, **options: Any
) -> dict[str, Any]:
    document = document or DOCUMENT
    file = folder / "metric.py"
    file.write_text(textwrap.dedent(source))
    program = Program(file, parse_program(document, contest.contract.kind))
    specs = parse_metrics(contest.metrics, contest.contract)
    if prediction is None:
        with truth_as_prediction(contest.contract, contest.truth) as stream:
            return score_with_program(stream, contest.contract, contest.truth, specs, program, **options)
    cells = io.BytesIO(contest.cells(prediction))
    result = score_with_program(cells, contest.contract, contest.truth, specs, program, **options)
    return json.loads(json.dumps(result, allow_nan=False))


def table(folder: Path, *, document: Any = None, others: Any = (), text: str = SOLUTION, **spec: Any) -> Published:
    metrics = metrics_of(document or DOCUMENT, "table", others)
    contract = spec.pop("contract", None)
    return published_table(folder, text, metrics, contract, **(spec or BY_USAGE))


def prediction_csv(folder: Path, text: str = PREDICTION) -> Path:
    path = folder / "prediction.csv"
    path.write_text(text)
    return path


# -- tables -----------------------------------------------------------------------------------------------------------


def test_each_side_is_scored_alone_from_rows_in_the_order_of_the_truth(tmp_path: Path) -> None:
    source = """
        def score(truth, prediction, params):
            print(list(truth.columns), list(prediction.columns))
            for row in zip(truth["id"], truth["y"], truth["weight"], prediction["id"], prediction["y"]):
                print(*row)
            return {"mae": (truth["y"] - prediction["y"]).abs().mean()}
        """
    result = scored(tmp_path, table(tmp_path), source, prediction_csv(tmp_path))
    assert result["status"] == "ok"
    assert result["metrics"] == {"mae": {"public": 0.25, "private": 0.5}}
    assert result["program"]["log"].splitlines() == [
        "['id', 'y', 'weight'] ['id', 'y']",
        "b 1.0 2 b 1.5",
        "d 3.0 4 d 3.0",
        "['id', 'y', 'weight'] ['id', 'y']",
        "a 2.0 1 a 3.0",
        "c 4.0 3 c 4.0",
    ]


def test_a_program_of_kaggle_runs_as_it_is(tmp_path: Path) -> None:
    source = '''
        """Weighted mean absolute error, in the form of Kaggle's metric notebooks."""
        import pandas as pd
        import pandas.api.types

        class ParticipantVisibleError(Exception):
            pass

        def score(solution: pd.DataFrame, submission: pd.DataFrame, row_id_column_name: str, floor: float) -> float:
            del solution[row_id_column_name]
            del submission[row_id_column_name]
            for col in submission.columns:
                if not pandas.api.types.is_numeric_dtype(submission[col]):
                    raise ParticipantVisibleError(f"Submission column {col} must be a number")
            if submission.min().min() < floor:
                raise ParticipantVisibleError("Levels below the floor")
            errors = (solution["y"] - submission["y"]).abs() * solution["weight"]
            return errors.sum() / solution["weight"].sum()
        '''
    document = {**DOCUMENT, "convention": "kaggle", "params": {"floor": 0}}
    contest = table(tmp_path, document=document)
    result = scored(tmp_path, contest, source, prediction_csv(tmp_path), document)
    assert result["metrics"] == {"mae": {"public": 0.5 * 2 / 6, "private": 1 / 4}}
    below = prediction_csv(tmp_path, PREDICTION.replace("4", "-4"))
    refused = scored(tmp_path, contest, source, below, document)
    assert refused["status"] == "invalid"
    assert refused["problems"][0]["message"] == (
        "The scoring program of this contest refuses the file and says: 'Levels below the floor'."
    )
    assert "metrics" not in refused


def test_its_columns_stand_beside_those_of_the_table_of_metrics(tmp_path: Path) -> None:
    contest = table(tmp_path, others=[{"key": "rmse", "metric": "rmse", "params": {"column": "y"}}])
    result = scored(tmp_path, contest, MAE, prediction_csv(tmp_path))
    assert list(result["metrics"]) == ["mae", "rmse"]
    assert result["metrics"]["rmse"]["public"] == pytest.approx(0.125**0.5, rel=1e-15)


def test_its_columns_can_be_parts_of_a_combination(tmp_path: Path) -> None:
    combined = {"key": "both", "metric": "weighted_error", "params": {"of": {"mae": 3, "top": 1}}}
    top = {"key": "top", "metric": "mae", "params": {"column": "y"}}
    result = scored(tmp_path, table(tmp_path, others=[combined, top]), MAE, prediction_csv(tmp_path))
    assert list(result["metrics"]) == ["mae", "both", "top"]
    assert result["metrics"]["both"] == {"public": 0.25, "private": 0.5}


def test_texts_whole_numbers_and_further_columns_come_as_themselves(tmp_path: Path) -> None:
    contract = table_contract(("name", "string"), ("count", "integer"), key="n", key_type="integer")
    text = "n,name,count,station,tide,gap\n10,東京,5,1_0,2.5,\n2,é,-3,x,1e3,7\n"
    source = """
        def score(truth, prediction, params):
            print(truth.to_dict("list"))
            print({name: str(one) for name, one in truth.dtypes.items()})
            print(prediction.to_dict("list"))
            return {"mae": 0}
        """
    contest = table(tmp_path, text=text, contract=contract, split={"by": "none"})
    path = prediction_csv(tmp_path, "n,name,count\n2,東京のながい名前,0\n10,b,1\n")
    log = scored(tmp_path, contest, source, path)["program"]["log"].splitlines()
    assert log[0].startswith("{'n': [10, 2], 'name': ['東京', 'é'], 'count': [5, -3], 'station': ['1_0', 'x'], ")
    assert log[0].endswith("'tide': [2.5, 1000.0], 'gap': [nan, 7.0]}")
    assert "'n': 'int64'" in log[1]
    assert "'gap': 'float64'" in log[1]
    assert log[2] == "{'n': [10, 2], 'name': ['b', '東京のながい名前'], 'count': [1, 0]}"


OTHER_COLUMNS = table_contract(("low", "number"), ("high", "number"))
WITHIN = """
    def score(truth, prediction, params):
        level = truth["level"]
        return {"mae": 1 - ((prediction["low"] <= level) & (level <= prediction["high"])).mean()}
    """


def test_a_prediction_may_have_columns_that_the_truth_has_not(tmp_path: Path) -> None:
    contest = table(tmp_path, text="id,level\na,1\nb,2\n", contract=OTHER_COLUMNS, split={"by": "none"})
    path = prediction_csv(tmp_path, "id,low,high\nb,3,4\na,0,2\n")
    assert scored(tmp_path, contest, WITHIN, path)["metrics"]["mae"]["public"] == 0.5


def test_a_truth_that_is_no_prediction_asks_for_a_sample(tmp_path: Path) -> None:
    contest = table(tmp_path, text="id,level\na,1\nb,2\n", contract=OTHER_COLUMNS, split={"by": "none"})
    result = run_command(tmp_path, contest)
    assert result["status"] == "fault"
    assert result["program"]["reason"].startswith("the truth has no column 'low', so it is no prediction")


def test_rows_of_many_chunks_in_any_order_meet_their_own_truth(tmp_path: Path) -> None:
    rows = 150_000
    order = np.random.default_rng(1).permutation(rows)
    text = "id,y\n" + "".join(f"r{number},{number}\n" for number in range(rows))
    shuffled = "id,y\n" + "".join(f"r{number},{number + 0.5}\n" for number in order)
    contest = table(tmp_path, text=text, split={"by": "hash", "seed": "s", "public": 0.5})
    result = scored(tmp_path, contest, MAE, prediction_csv(tmp_path, shuffled))
    assert result["metrics"] == {"mae": {"public": 0.5, "private": 0.5}}


def test_a_side_without_rows_has_no_score_and_is_not_called(tmp_path: Path) -> None:
    source = MAE + "\n    print('loaded')\n"
    result = scored(tmp_path, table(tmp_path, split={"by": "none"}), source, prediction_csv(tmp_path))
    assert result["metrics"]["mae"]["private"] is None
    assert result["program"]["log"] == "loaded\n"


# -- rasters ----------------------------------------------------------------------------------------------------------


def test_rasters_come_as_class_values_by_scene(tmp_path: Path) -> None:
    scenes = {"a": [[1, 7, 255]], "b": [[7, 1, 1]], "c": [[1, 1, 1]]}
    split = {"by": "scene", "public": ["a"], "private": ["b", "c"]}
    document = {"convention": "tidemark", "columns": [{"key": "mae", "direction": "lower"}]}
    source = """
        def score(truth, prediction, params):
            print({name: (cells.tolist(), str(cells.dtype)) for name, cells in truth.items()})
            print({name: (cells.tolist(), str(cells.dtype)) for name, cells in prediction.items()})
            return {"mae": sum(int(((truth[n] != prediction[n]) & (truth[n] >= 0)).sum()) for n in truth)}
        """
    contest = published_masks(
        tmp_path, scenes, metrics_of(document, "raster"), classes=(1, 7), split=split, ignore=[255]
    )
    path = mask_zip(tmp_path, {"a": [[7, 7, 1]], "b": [[7, 1, 7]], "c": [[1, 1, 1]]})
    result = scored(tmp_path, contest, source, path, document)
    assert result["metrics"] == {"mae": {"public": 1.0, "private": 1.0}}
    assert [row["name"] for row in result["scenes"]] == ["a", "b", "c"]
    log = result["program"]["log"].splitlines()
    assert log[0] == "{'a': ([[1, 7, -1]], 'int16')}"
    assert log[1] == "{'a': ([[7, 7, 1]], 'uint8')}"
    assert log[3] == "{'b': ([[7, 1, 7]], 'uint8'), 'c': ([[1, 1, 1]], 'uint8')}"


def test_layers_of_a_scene_come_by_their_names(tmp_path: Path) -> None:
    for name, cells in {"a_ice": [[5, 7]], "a_age": [[0, 9]], "b_ice": [[7, 7]], "b_age": [[1, 0]]}.items():
        geotiff(tmp_path / "raw" / f"{name}.tif", np.array(cells, np.uint8))
    contract = {"kind": "raster", "layers": {"ice": {"classes": [5, 7]}, "age": {"classes": [0, 1]}}}
    document = {"convention": "tidemark", "columns": [{"key": "mae", "direction": "lower"}]}
    source = """
        def score(truth, prediction, params):
            for cells in (truth, prediction):
                print({scene: {layer: a.tolist() for layer, a in layers.items()} for scene, layers in cells.items()})
            return {"mae": 0}
        """
    split = {"by": "scene", "public": ["a"], "private": ["b"]}
    metrics = metrics_of(document, "raster")
    contest = published(tmp_path, tmp_path / "raw", contract, metrics, split=split, ignore=[9])
    log = scored(tmp_path, contest, source, None, document)["program"]["log"].splitlines()
    assert log == [
        "{'a': {'ice': [[5, 7]], 'age': [[0, -1]]}}",
        "{'a': {'ice': [[5, 7]], 'age': [[0, 0]]}}",
        "{'b': {'ice': [[7, 7]], 'age': [[1, 0]]}}",
        "{'b': {'ice': [[7, 7]], 'age': [[1, 0]]}}",
    ]


@pytest.mark.parametrize("members", [0, 2])
def test_grids_come_as_fields_with_nan_where_nothing_counts(tmp_path: Path, members: int) -> None:
    values = np.arange(12, dtype=np.float32).reshape(3, 2, 2)
    values[0, 0, 0] = np.nan
    document = {"convention": "tidemark", "columns": [{"key": "mae", "direction": "lower"}], "interval": {"groups": 3}}
    source = """
        import numpy as np
        def score(truth, prediction, params):
            print({name: cells.shape for name, cells in prediction.items()})
            return {"mae": np.mean([np.nanmean(np.abs(truth[n] - prediction[n])) for n in truth])}
        """
    raw = npy(tmp_path / "raw.npy", values)
    contract = {"kind": "grid", "formats": ["npy"], "members": members}
    contest = published(tmp_path, raw, contract, metrics_of(document, "grid"))
    guess = np.nan_to_num(values) + np.array([1, 2, 3], np.float32)[:, None, None]
    path = npy(tmp_path / "guess.npy", np.stack([guess] * members) if members else guess)
    result = scored(tmp_path, contest, source, path, document)
    assert result["metrics"]["mae"] == {"public": 2.0, "private": None}
    assert result["intervals"]["mae"]["public"]["count"] == 3
    shape = (2, 2, 2) if members else (2, 2)
    assert result["program"]["log"].splitlines()[0].endswith(f"{shape}}}")
    assert scored(tmp_path, contest, source, None, document)["metrics"]["mae"]["public"] == 0.0


# -- intervals --------------------------------------------------------------------------------------------------------


def test_an_interval_calls_again_without_each_group_of_rows(tmp_path: Path) -> None:
    document = {**DOCUMENT, "interval": {"groups": 3}}
    text = "id,y\n" + "".join(f"{name},0\n" for name in "abcdef")
    contest = table(tmp_path, document=document, text=text, split={"by": "none"})
    path = prediction_csv(tmp_path, "id,y\n" + "".join(f"{name},{n}\n" for n, name in enumerate("abcdef")))
    result = scored(tmp_path, contest, MAE, path, document)
    kept = result["statistics"]["measured"]["mae"]["public"]
    assert kept["exact"] == 2.5
    # Without ab: (2+3+4+5)/4, without cd: (0+1+4+5)/4, without ef: (0+1+2+3)/4; 3 x 2.5 - 2 x each of them.
    assert kept["sums"] == [[7.5 - 2 * 3.5, 1.0], [7.5 - 2 * 2.5, 1.0], [7.5 - 2 * 1.5, 1.0]]
    assert kept["scenes"] == [0, 1, 2]
    interval = result["intervals"]["mae"]["public"]
    assert interval["low"] < 2.5 < interval["high"]
    assert interval["count"] == 3
    assert result["intervals"]["mae"]["private"] is None


def test_what_a_call_writes_into_its_data_is_gone_in_the_next(tmp_path: Path) -> None:
    document = {**DOCUMENT, "interval": {"groups": 2}}
    source = """
        def score(truth, prediction, params):
            result = (truth["y"] - prediction["y"]).abs().mean()
            truth["y"] = 0.0
            truth.loc[:, "id"] = "z"
            prediction.values[:] = "z"
            prediction.iloc[:, 1] = 99.0
            del truth["weight"], prediction["id"]
            return {"mae": result}
        """
    contest = table(tmp_path, document=document, split={"by": "none"})
    result = scored(tmp_path, contest, source, prediction_csv(tmp_path), document)
    # Errors in the order of the truth: b 0.5, a 1, d 0, c 0.
    kept = result["statistics"]["measured"]["mae"]["public"]
    assert kept["exact"] == 0.375
    assert [row[0] for row in kept["sums"]] == [0.75, 0.0]


def test_a_call_that_fails_without_a_group_costs_the_interval_and_not_the_score(tmp_path: Path) -> None:
    document = {**DOCUMENT, "interval": {"groups": 4}}
    source = """
        def score(truth, prediction, params):
            assert "b" in set(truth["id"])
            return {"mae": 1}
        """
    contest = table(tmp_path, document=document, split={"by": "none"})
    result = scored(tmp_path, contest, source, prediction_csv(tmp_path), document)
    assert result["metrics"]["mae"]["public"] == 1.0
    assert "measured" not in result["statistics"]
    assert "no interval for the public part" in result["program"]["log"]
    proof = scored(tmp_path, contest, source, prediction_csv(tmp_path), document, is_proof=True)
    assert proof["status"] == "fault"


def test_one_row_alone_cannot_be_left_out(tmp_path: Path) -> None:
    document = {**DOCUMENT, "interval": {"groups": 20}}
    contest = table(tmp_path, document=document, text="id,y\na,1\n", split={"by": "none"})
    result = scored(tmp_path, contest, MAE, prediction_csv(tmp_path, "id,y\na,2\n"), document)
    assert result["metrics"]["mae"]["public"] == 1.0
    assert "measured" not in result["statistics"]


# -- what goes wrong --------------------------------------------------------------------------------------------------


def test_a_program_that_fails_is_a_fault_with_a_reason_and_a_log(tmp_path: Path) -> None:
    source = "def score(truth, prediction, params):\n    print('nearly')\n    return truth['z']\n"
    result = scored(tmp_path, table(tmp_path), source, prediction_csv(tmp_path))
    assert result["status"] == "fault"
    assert result["program"]["reason"] == "the program failed: KeyError: 'z'"
    assert "nearly" in result["program"]["log"]
    assert "Traceback" in result["program"]["log"]
    assert "metrics" not in result
    assert "problems" not in result


def test_a_refusal_in_the_private_part_refuses_the_file(tmp_path: Path) -> None:
    source = """
        class ParticipantVisibleError(Exception): pass
        def score(truth, prediction, params):
            if "a" in set(truth["id"]):
                raise ParticipantVisibleError("no")
            return {"mae": 0}
        """
    assert scored(tmp_path, table(tmp_path), source, prediction_csv(tmp_path))["status"] == "invalid"


def test_the_gate_comes_first(tmp_path: Path) -> None:
    contest = table(tmp_path)
    missing = scored(tmp_path, contest, "raise SystemExit", prediction_csv(tmp_path, "id,y\na,1\nb,1\nc,1\ne,1\n"))
    assert [problem["code"] for problem in missing["problems"]] == ["id_unexpected", "id_missing"]
    cells = contest.cells(prediction_csv(tmp_path))[:-1]
    program = Program(tmp_path / "metric.py", parse_program(DOCUMENT, "table"))
    specs = parse_metrics(contest.metrics, contest.contract)
    with pytest.raises(BrokenStream):
        score_with_program(io.BytesIO(cells), contest.contract, contest.truth, specs, program)


# -- the truth as a prediction ----------------------------------------------------------------------------------------


def test_the_truth_of_a_table_scores_as_perfect(tmp_path: Path) -> None:
    assert scored(tmp_path, table(tmp_path), MAE, None)["metrics"] == {"mae": {"public": 0.0, "private": 0.0}}


def test_the_truth_of_rasters_is_a_prediction_as_far_as_its_values_are_classes(tmp_path: Path) -> None:
    document = {"convention": "tidemark", "columns": [{"key": "mae", "direction": "lower"}]}
    source = """
        def score(truth, prediction, params):
            print(prediction["a"].tolist())
            return {"mae": 0}
        """
    metrics = metrics_of(document, "raster")
    contest = published_masks(tmp_path, {"a": [[1, 9, 2, 255]]}, metrics, classes=(1, 2), ignore=[255])
    assert scored(tmp_path, contest, source, None, document)["program"]["log"] == "[[1, 1, 2, 1]]\n"


# -- as programs ------------------------------------------------------------------------------------------------------


def job(folder: Path, source: str) -> Path:
    (folder / "holdout.csv").write_text("id,y\na,1\nb,2\n")
    (folder / "prediction.csv").write_text("id,y\nb,2\na,3\n")
    (folder / "metric.py").write_text(textwrap.dedent(source))
    document = {
        "contract": table_contract(),
        "truth": {"files": "holdout.csv", "split": {"by": "none"}},
        "prediction": "prediction.csv",
        "metrics": metrics_of(DOCUMENT, "table"),
        "program": {"file": "metric.py", **DOCUMENT},
        "output": "result.json",
    }
    path = folder / "job.json"
    path.write_text(json.dumps(document))
    return path


def test_a_contestant_scores_at_home_with_the_organisers_program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(job(tmp_path, MAE))]) == 0
    assert capsys.readouterr().out == "mae public=1.0 private=-\n"
    assert json.loads((tmp_path / "result.json").read_text())["metrics"] == {"mae": {"public": 1.0, "private": None}}


def test_at_home_a_program_that_fails_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(job(tmp_path, "def score(t, p, q): return {}"))]) == 2
    assert "'score' returned no column" in capsys.readouterr().err


def test_at_home_a_program_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = job(tmp_path, MAE)
    (tmp_path / "metric.py").unlink()
    assert main([str(path)]) == 2
    assert "program.file: there is no file or folder" in capsys.readouterr().err


def test_the_score_command_takes_a_program(tmp_path: Path) -> None:
    assert run_command(tmp_path, table(tmp_path))["metrics"] == {"mae": {"public": 0.0, "private": 0.0}}


def run_command(tmp_path: Path, contest: Published) -> dict[str, Any]:
    """What a box runs to try a program on the truth itself."""
    (tmp_path / "metric.py").write_text(textwrap.dedent(MAE))
    (tmp_path / "program.json").write_text(json.dumps(DOCUMENT))
    (tmp_path / "metrics.json").write_text(json.dumps(contest.metrics))
    contest.write_contract(tmp_path / "contract.json")
    words = [sys.executable, "-m", "scoring", "score", f"--truth={contest.truth}", "--from-truth", "--program-proof"]
    for name in ("contract", "metrics"):
        words.append(f"--{name}={tmp_path / name}.json")
    words += [f"--program={tmp_path / 'metric.py'}", f"--program-spec={tmp_path / 'program.json'}"]
    words += [f"--output={tmp_path / 'result.json'}", "--program-memory-mib=4096"]
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL, timeout=60)
    result: dict[str, Any] = json.loads((tmp_path / "result.json").read_text())
    return result
