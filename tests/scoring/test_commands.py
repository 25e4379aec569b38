"""The program as a box and as a contestant run it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.scoring import makers

ROOT = Path(__file__).resolve().parents[2]
TRUTH = np.array([[1, 1, 0], [0, 0, 1]], np.uint8)
GUESS = np.array([[1, 0, 0], [0, 0, 1]], np.uint8)  # 2 of 3 found, none wrong: IoU 2/3


def run(*arguments: object, **options: object) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
    command = [sys.executable, "-P", "-s", "-m", "scoring", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, env=environment, check=False, timeout=120, **options)


def write_json(path: Path, document: object) -> Path:
    path.write_text(json.dumps(document))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Truth published by the program itself, a good prediction and metrics."""
    makers.geotiff(tmp_path / "raw" / "scene.tif", TRUTH)
    makers.geotiff(tmp_path / "good.tif", GUESS)
    spec = {"contract": makers.raster_contract(), "split": {"by": "none"}}
    write_json(tmp_path / "spec.json", spec)
    write_json(tmp_path / "metrics.json", [makers.IOU])
    arguments = ["--spec", tmp_path / "spec.json", "--input", tmp_path / "raw", "--output", tmp_path / "truth"]
    done = run("truth", *arguments)
    assert (done.returncode, done.stderr) == (0, b"")
    return tmp_path


def normalise(folder: Path, prediction: Path) -> tuple[subprocess.CompletedProcess, dict]:
    contract, report = folder / "truth" / "contract.json", folder / "report.json"
    done = run(
        "normalise", "--contract", contract, "--input", prediction, "--name", "../my file.tif", "--report", report
    )
    return done, json.loads(report.read_text())


def score(folder: Path, cells: bytes) -> subprocess.CompletedProcess:
    truth, metrics = folder / "truth", folder / "metrics.json"
    arguments = ["--contract", truth / "contract.json", "--truth", truth, "--metrics", metrics]
    return run("score", *arguments, "--output", folder / "result.json", input=cells)


def test_a_prediction_goes_through_both_boxes(folder: Path) -> None:
    normalised, report = normalise(folder, folder / "good.tif")
    assert (normalised.returncode, report) == (0, {"status": "ok", "problems": [], "total": 0})
    scored = score(folder, normalised.stdout)
    assert (scored.returncode, scored.stdout, scored.stderr) == (0, b"", b"")
    result = json.loads((folder / "result.json").read_text())
    assert result["metrics"] == {"iou": {"public": 2 / 3, "private": None}}


def test_an_invalid_prediction_is_reported_and_is_no_fault(folder: Path) -> None:
    makers.geotiff(folder / "bad.tif", GUESS * 7)
    normalised, report = normalise(folder, folder / "bad.tif")
    assert normalised.returncode == 0
    assert (report["status"], report["total"]) == ("invalid", 1)
    (problem,) = report["problems"]
    assert (problem["code"], problem["where"], problem["params"]["value"]) == ("raster_class", "scene", 7)
    assert score(folder, normalised.stdout).returncode == 3
    assert not (folder / "result.json").exists()


def test_a_normaliser_whose_reader_went_away_ends_at_once(folder: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    arguments = ["--contract", folder / "truth" / "contract.json", "--input", folder / "good.tif"]
    command = [sys.executable, "-m", "scoring", "normalise", *map(str, arguments), "--report", str(folder / "r.json")]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, cwd=ROOT, check=False, timeout=60)
    os.close(writing)
    assert done.returncode == 3
    assert b"Traceback" not in done.stderr


def test_a_truth_with_mistakes_says_them_in_its_report_or_ends_with_two(tmp_path: Path) -> None:
    makers.geotiff(tmp_path / "raw" / "scene.tif", np.array([[0.5]], np.float32))
    spec = write_json(tmp_path / "spec.json", {"contract": makers.raster_contract(), "split": {"by": "none"}})
    report = tmp_path / "report.json"
    arguments = ["--spec", spec, "--input", tmp_path / "raw", "--output", tmp_path / "truth"]
    assert run("truth", *arguments).returncode == 2
    assert run("truth", *arguments, "--report", report).returncode == 0
    assert json.loads(report.read_text())["status"] == "invalid"
    assert json.loads(report.read_text())["problems"][0]["code"] == "truth_not_whole"


def test_check_says_what_is_wrong_and_ends_with_one(folder: Path) -> None:
    contract = folder / "truth" / "contract.json"
    good = run("check", contract, folder / "good.tif")
    assert (good.returncode, good.stdout) == (0, b"The file is valid.\n")
    makers.geotiff(folder / "bad.tif", GUESS[:1])
    bad = run("check", contract, folder / "bad.tif")
    assert bad.returncode == 1
    assert bad.stdout == b"scene: the raster is 1 x 3 (rows x columns); it must be 2 x 3.\n"


def test_a_contestant_scores_a_hold_out_at_home(folder: Path) -> None:
    job = {
        "contract": makers.raster_contract(),
        "truth": {"files": "raw", "split": {"by": "none"}},
        "prediction": "good.tif",
        "metrics": [makers.IOU],
        "output": "mine.json",
    }
    done = run(write_json(folder / "job.json", job), cwd=folder.parent)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == b"iou public=0.6666666666666666 private=-\n"
    assert json.loads((folder / "mine.json").read_text())["metrics"]["iou"]["public"] == 2 / 3


def test_a_job_may_name_a_normalised_truth_and_a_contract_file(folder: Path) -> None:
    job = {
        "contract": "truth/contract.json",
        "truth": "truth",
        "prediction": "good.tif",
        "metrics": [makers.IOU],
        "output": "mine.json",
    }
    assert run(write_json(folder / "job.json", job)).returncode == 0
    makers.geotiff(folder / "good.tif", GUESS * 9)
    done = run(folder / "job.json")
    assert done.returncode == 1
    assert b"no class" in done.stdout


def test_a_table_job_tells_of_ids_that_are_missing(tmp_path: Path) -> None:
    (tmp_path / "truth.csv").write_text("id,y\na,1\nb,2\n")
    (tmp_path / "p.csv").write_text("id,y\na,1\n")
    job = {
        "contract": makers.table_contract(),
        "truth": {"files": "truth.csv"},
        "prediction": "p.csv",
        "metrics": [{"metric": "rmse"}],
        "output": "r.json",
    }
    done = run(write_json(tmp_path / "job.json", job))
    assert (done.returncode, done.stdout) == (1, b"Id 'b' is missing.\n")


def test_a_job_with_mistakes_tells_them_all(tmp_path: Path) -> None:
    job = {"contract": {"kind": "rastr"}, "truth": {"files": "nowhere"}, "metrics": [], "output": "r.json"}
    done = run(write_json(tmp_path / "job.json", job))
    assert done.returncode == 2
    lines = done.stderr.decode().splitlines()
    assert any(line.startswith("contract.kind: 'rastr' is unknown; did you mean raster? It must be") for line in lines)
    assert any("'prediction' is missing" in line for line in lines)
    assert any("nowhere" in line for line in lines)
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "NaN", "3"])
def test_a_job_that_is_no_json_object_is_told_so(text: str, tmp_path: Path) -> None:
    path = tmp_path / "job.json"
    path.write_text(text)
    done = run(path)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_gdal_starts_with_the_three_formats_and_nothing_else() -> None:
    script = (
        "from scoring.formats.rasters import lock_gdal; lock_gdal()\n"
        "from rasterio.env import Env\n"
        "with Env() as environment: print(sorted(environment.drivers()))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.strip() == "['GTiff', 'JPEG', 'MEM', 'PNG']"


@pytest.mark.slow
@pytest.mark.parametrize("profile", [{"tiled": True, "blockxsize": 512, "blockysize": 512}, {}, {"blockysize": 8_000}])
def test_memory_stays_flat_for_a_large_mask(profile: dict, tmp_path: Path) -> None:
    """64 million cells pass through both programs in the memory of a few bands of rows."""
    side = 8_000
    cells = np.tile(np.eye(100, dtype=np.uint8), (side // 100, side // 100))
    makers.geotiff(tmp_path / "raw" / "scene.tif", cells, compress="deflate", **profile)
    spec = write_json(tmp_path / "spec.json", {"contract": makers.raster_contract(), "split": {"by": "none"}})
    write_json(tmp_path / "metrics.json", [makers.IOU])
    truth = tmp_path / "truth"
    assert run("truth", "--spec", spec, "--input", tmp_path / "raw", "--output", truth).returncode == 0
    script = "import re, sys; from scoring.__main__ import main; main(sys.argv[1:]);" + (
        "print(int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]) // 1024, file=sys.stderr)"
    )
    cells_file = tmp_path / "cells"
    arguments = ["normalise", "--contract", truth / "contract.json", "--input", tmp_path / "raw" / "scene.tif"]
    with cells_file.open("wb") as stream:
        read = [sys.executable, "-c", script, *map(str, [*arguments, "--report", tmp_path / "r.json"])]
        normalised = subprocess.run(read, stdout=stream, stderr=subprocess.PIPE, cwd=ROOT, check=True)
    assert json.loads((tmp_path / "r.json").read_text())["status"] == "ok"
    arguments = [
        "score",
        "--contract",
        truth / "contract.json",
        "--truth",
        truth,
        "--metrics",
        tmp_path / "metrics.json",
    ]
    with cells_file.open("rb") as stream:
        count = [sys.executable, "-c", script, *map(str, [*arguments, "--output", tmp_path / "o.json"])]
        scored = subprocess.run(count, stdin=stream, stderr=subprocess.PIPE, cwd=ROOT, check=True)
    assert int(normalised.stderr) < 200
    assert int(scored.stderr) < 90
