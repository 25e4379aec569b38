"""Submissions made of a truth: of every kind of data and for every metric they are what they say."""

import csv
import hashlib
import io
import json
import math
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scoring.__main__ import main
from scoring.contract import contract_document, parse_contract
from scoring.normalise import normalise
from scoring.probes.making import write_probes
from scoring.probes.variants import ACCEPTED, REFUSED, VARIANTS
from scoring.registry import METRICS
from tests.scoring import makers
from tests.scoring.cases import Case, all_cases
from tests.scoring.makers import Published

CASES = all_cases()


def made(task: Published, folder: Path) -> dict[str, dict[str, Any]]:
    folder.mkdir(exist_ok=True)
    report = write_probes(task.contract, task.metrics, task.truth, folder, seed=5)
    return {one["key"]: one for one in report["probes"]}


def refusal(task: Published, prediction: Path) -> list[str]:
    """What a contestant would be told; nothing when the file was scored."""
    stream = io.BytesIO()
    problems = normalise(prediction, task.contract, stream)
    if problems:
        return [one.message for one in problems]
    result = task.score(stream.getvalue())
    return [] if result["status"] == "ok" else [one["message"] for one in result["problems"]]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_truth_is_best_and_what_is_broken_is_refused(case: Case, tmp_path: Path) -> None:
    task = case.task(tmp_path)
    probes = made(task, tmp_path / "probes")

    assert [one.key for one in VARIANTS] == list(probes)
    best = METRICS[case.metric].best if case.perfect_scores is None else case.perfect_scores
    perfect = task.result(tmp_path / "probes" / "perfect")
    assert perfect["status"] == "ok", perfect
    assert perfect["metrics"][case.column]["public"] == pytest.approx(best, abs=1e-6)
    for one in (*ACCEPTED, *REFUSED):
        if "file" not in probes[one.key]:
            assert probes[one.key]["reason"]
            continue
        messages = refusal(task, tmp_path / "probes" / one.key)
        assert bool(messages) == (one.expected == "refused"), (one.key, messages)


# -- what downloads give away -----------------------------------------------------------------------------------------

TRUTH = "id,y,Usage\na,1.5,Public\nb,-2,Private\nc,0.25,Public\nd,4,Private\n"


def reported(tmp_path: Path, files: dict[str, bytes], *, hidden: Sequence[bytes] = (), reads_rows: bool = True) -> Any:
    """probes.json of the command, for a small table and these downloads."""
    metrics = [{"key": "rmse", "metric": "rmse", "params": {"column": "y"}}]
    split = {"by": "column", "column": "Usage"}
    task = makers.published_table(tmp_path, TRUTH, metrics, makers.table_contract(), split=split)
    spec = tmp_path / "spec"
    spec.mkdir()
    listed = []
    for number, (name, content) in enumerate(files.items()):
        (spec / str(number)).write_bytes(content)
        listed.append({"file": str(number), "name": name, "reads_rows": reads_rows})
    digests = [hashlib.sha256(content).hexdigest() for content in hidden]
    (spec / "plan.json").write_text(json.dumps({"files": listed, "hidden": {"truth": digests, "inputs": []}}))
    (spec / "metrics.json").write_text(json.dumps(metrics))
    contract = task.write_contract(spec / "contract.json")
    places = [f"--contract={contract}", f"--metrics={spec / 'metrics.json'}", f"--truth={task.truth}"]
    assert main(["probes", *places, f"--output={tmp_path / 'out'}", f"--downloads={spec}"]) == 0
    return json.loads((tmp_path / "out" / "probes.json").read_text())


def test_the_truth_among_the_downloads_is_found_by_its_digest(tmp_path: Path) -> None:
    report = reported(tmp_path, {"1/notes.txt": b"hello", "1/extra.bin": TRUTH.encode()}, hidden=[TRUTH.encode()])
    assert report["leaks"] == [{"kind": "truth", "file": "1/extra.bin", "member": ""}]
    assert report["unchecked"] == []


def test_the_truth_inside_of_a_zip_is_found(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("deep/inside.dat", TRUTH)
    report = reported(tmp_path, {"1/all.zip": stream.getvalue()}, hidden=[TRUTH.encode()])
    assert report["leaks"] == [{"kind": "truth", "file": "1/all.zip", "member": "deep/inside.dat"}]


def test_rows_of_the_test_set_with_their_answers_in_a_training_table_are_found(tmp_path: Path) -> None:
    table = b"id,x,y\nz,0,7\na,0,1.50\nb,0,-2\nc,0,0.25\n"
    assert reported(tmp_path, {"1/train.csv": table})["leaks"] == [
        {"kind": "answers", "file": "1/train.csv", "member": "", "rows": 3}
    ]


def test_a_table_with_other_answers_and_an_unreadable_archive_are_no_leak(tmp_path: Path) -> None:
    files = {"1/sample.csv": b"id,y\na,0\nb,0\nc,0\nd,0\n", "1/old.tar.gz": b"\x1f\x8b..."}
    report = reported(tmp_path, files)
    assert report["leaks"] == []
    assert [one["file"] for one in report["unchecked"]] == ["1/old.tar.gz"]


def test_the_units_of_each_split_are_counted(tmp_path: Path) -> None:
    assert reported(tmp_path, {})["splits"] == {"public": 2, "private": 2}


def test_the_same_seed_gives_the_same_probes(tmp_path: Path) -> None:
    reported(tmp_path, {})
    first = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    (tmp_path / "again").mkdir()
    reported(tmp_path / "again", {})
    assert {path.name: path.read_bytes() for path in (tmp_path / "again" / "out").iterdir()} == first


# -- formats that the metrics' cases do not use -----------------------------------------------------------------------


@pytest.mark.parametrize("form", ["geotiff", "png", "npy", "npz", "netcdf", "rle"])
def test_masks_are_made_in_the_format_that_the_contest_takes(form: str, tmp_path: Path) -> None:
    scenes = {name: np.random.default_rng(index).integers(0, 2, (20, 30)) for index, name in enumerate("ab")}
    task = makers.published_masks(tmp_path, scenes)
    contract = {**contract_document(task.contract), "formats": [form]}
    for scene in contract["scenes"] if form != "geotiff" else ():
        scene.pop("crs", None)
        scene.pop("transform", None)
    limited = Published(parse_contract(contract), task.truth, task.metrics)
    probes = made(limited, tmp_path / "probes")
    assert limited.result(tmp_path / "probes" / "perfect")["metrics"]["iou"]["public"] == 1.0
    for key, one in probes.items():
        if "file" in one:
            messages = refusal(limited, tmp_path / "probes" / key)
            assert bool(messages) == (one["expected"] == "refused"), (key, messages)


def test_a_table_is_made_as_tsv_where_the_contest_wants_that(tmp_path: Path) -> None:
    metrics = [{"key": "rmse", "metric": "rmse", "params": {"column": "y"}}]
    contract = {**makers.table_contract(), "formats": ["tsv"]}
    task = makers.published_table(tmp_path, TRUTH, metrics, contract, split={"by": "column", "column": "Usage"})
    probes = made(task, tmp_path / "probes")
    assert probes["perfect"]["file_name"] == "prediction.tsv"
    with (tmp_path / "probes" / "perfect").open(newline="") as file:
        assert next(csv.reader(file, delimiter="\t")) == ["id", "y"]
    assert math.isclose(task.result(tmp_path / "probes" / "perfect")["metrics"]["rmse"]["private"], 0.0)
