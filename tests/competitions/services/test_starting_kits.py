"""A starting kit alone in an empty folder: a fresh process scores with the very code that the server runs."""

import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from django.conf import settings

from competitions.bundles.loading import load
from competitions.services.descriptions import TaskDescription
from competitions.services.scoring_package import package_entries
from competitions.services.starting_kits import write_starting_kit
from scoring.__main__ import main
from tests.competitions.bundles.contests import TABLE_YAML, changed, with_raster_task, write_contest
from tests.scoring import grids, line_files

RASTER_SHAPE = (6, 5)


@pytest.fixture
def tasks(tmp_path: Path) -> dict[str, TaskDescription]:
    """A table and masks, as an organiser describes them; neither says anything of kits but a folder for the table."""
    folder = tmp_path / "contest"
    return {task.key: task for task in load(write_contest(folder, with_raster_task(folder))).tasks}


def kit_of(task: TaskDescription, home: Path, contract: dict[str, Any] | None = None) -> Path:
    home.mkdir()
    write_starting_kit(home.parent / f"{home.name}.zip", task=task, contract=contract or dict(task.contract))
    with zipfile.ZipFile(home.parent / f"{home.name}.zip") as archive:
        archive.extractall(home)
    return home


def at_home(kit: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """As SCORING.md says, but for the installation: the package is found in its folder."""
    return subprocess.run(
        [sys.executable, "-s", "-m", "scoring", *words],
        cwd=kit,
        env={"PYTHONPATH": "tidemark", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def write_masks(folder: Path, seed: int) -> None:
    folder.mkdir()
    for number, name in enumerate(("first", "second")):
        cells = np.random.default_rng(seed + number).integers(0, 2, RASTER_SHAPE, dtype=np.uint8)
        profile = {"driver": "GTiff", "count": 1, "dtype": "uint8", "crs": "EPSG:32654"}
        profile |= {"height": RASTER_SHAPE[0], "width": RASTER_SHAPE[1]}
        transform = rasterio.Affine(10, 0, 0, 0, -10, 0)
        with rasterio.open(folder / f"{name}.tif", "w", transform=transform, **profile) as file:
            file.write(cells, 1)


def test_a_table_is_scored_by_the_kit_alone(tasks, tmp_path: Path) -> None:
    kit = kit_of(tasks["levels"], tmp_path / "kit")
    (kit / "holdout.csv").write_text("id,y\np,1\nq,2\nr,4\n")
    (kit / "prediction.csv").write_text("id,y\nq,2\nr,1\np,1\n")
    run = at_home(kit, "job.json")
    assert run.returncode == 0, run.stderr
    result = json.loads((kit / "result.json").read_text())
    assert result["metrics"]["mae"] == {"public": 1.0, "private": None}


def test_masks_are_scored_by_the_kit_alone(tasks, tmp_path: Path) -> None:
    kit = kit_of(tasks["ice"], tmp_path / "kit")
    write_masks(kit / "holdout", 1)
    write_masks(tmp_path / "predicted", 7)
    job = json.loads((kit / "job.json").read_text())
    with zipfile.ZipFile(kit / job["prediction"], "w") as archive:
        for path in sorted((tmp_path / "predicted").iterdir()):
            archive.write(path, path.name)
    run = at_home(kit, "job.json")
    assert run.returncode == 0, run.stderr + run.stdout
    here = json.loads((kit / "result.json").read_text())
    assert main([str(kit / "job.json")]) == 0
    assert json.loads((kit / "result.json").read_text()) == here, "the server's code says the same"


def test_fields_on_a_grid_are_scored_by_the_kit_alone(tasks, tmp_path: Path) -> None:
    (tmp_path / "truth").mkdir()
    grid = {
        "contract": grids.contract(),
        "truth_spec": {},
        "truth_path": tmp_path / "truth",
        "scoring_metrics": (grids.RMSE,),
    }
    kit = kit_of(replace(tasks["ice"], **grid), tmp_path / "kit")
    values = grids.fields()
    grids.netcdf(kit / "holdout" / "truth.nc", values)
    grids.netcdf(kit / "prediction.nc", values + np.float32(0.5))
    run = at_home(kit, "job.json")
    assert run.returncode == 0, run.stderr + run.stdout
    result = json.loads((kit / "result.json").read_text())
    assert result["metrics"]["rmse"]["public"] == pytest.approx(0.5, abs=1e-6)


def test_lines_are_scored_by_the_kit_alone(tasks, tmp_path: Path) -> None:
    (tmp_path / "truth").mkdir()
    lines = {
        "contract": line_files.contract(),
        "truth_spec": {},
        "truth_path": tmp_path / "truth",
        "scoring_metrics": (line_files.TELLUS,),
    }
    kit = kit_of(replace(tasks["ice"], **lines), tmp_path / "kit")
    (kit / "holdout").mkdir()
    for name, points in line_files.coasts().items():
        (kit / "holdout" / f"{name}.json").write_text(json.dumps(line_files.annotation(points)))
    coasts = {name: points.tolist() for name, points in line_files.coasts().items()}
    (kit / "prediction.json").write_text(json.dumps(coasts))
    run = at_home(kit, "job.json")
    assert run.returncode == 0, run.stderr + run.stdout
    result = json.loads((kit / "result.json").read_text())
    assert result["metrics"]["error"]["public"] == pytest.approx(0, abs=1)


def test_the_kit_checks_a_file_as_the_server_does(tasks, tmp_path: Path) -> None:
    contract = {**tasks["levels"].contract, "rows": 2, "max_file_bytes": 1000}
    kit = kit_of(tasks["levels"], tmp_path / "kit", contract)
    (kit / "prediction.csv").write_text("id,y\na,1\nb,x\n")
    run = at_home(kit, "check", "contract.json", "prediction.csv")
    assert (run.returncode, "'x' is not a number" in run.stdout) == (1, True)


def test_the_package_in_the_kit_is_the_servers_own_to_the_byte(tasks, tmp_path: Path) -> None:
    kit = kit_of(tasks["levels"], tmp_path / "kit")
    ours = {path.relative_to(settings.BASE_DIR) for path in (settings.BASE_DIR / "scoring").rglob("*.py")}
    theirs = {path.relative_to(kit / "tidemark") for path in (kit / "tidemark").rglob("*.py")}
    assert theirs == ours
    assert all((kit / "tidemark" / path).read_bytes() == (settings.BASE_DIR / path).read_bytes() for path in ours)
    where = "import scoring; print(scoring.__file__)"
    run = subprocess.run(
        [sys.executable, "-s", "-c", where],
        cwd=kit,
        env={"PYTHONPATH": "tidemark"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(run.stdout.strip()).resolve().is_relative_to(kit.resolve())


def test_the_package_becomes_a_wheel_that_holds_it_all(tasks, tmp_path: Path) -> None:
    kit = kit_of(tasks["levels"], tmp_path / "kit")
    build = "from setuptools import build_meta; print(build_meta.build_wheel('.'))"
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", build], cwd=kit / "tidemark", capture_output=True, text=True, check=True
    )
    wheel = kit / "tidemark" / run.stdout.split()[-1]
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (metadata,) = [name for name in names if name.endswith("METADATA")]
        text = archive.read(metadata).decode()
    assert {f"{name.removeprefix('tidemark/')}" for name in package_entries(with_sandbox=False) if name.endswith(".py")} <= names
    assert "Requires-Dist: numpy~=" in text


def test_the_commands_stand_in_the_kit_in_both_languages(tasks, tmp_path: Path) -> None:
    text = (kit_of(tasks["ice"], tmp_path / "kit") / "SCORING.md").read_text()
    assert text.count("python -m scoring job.json") == 2
    assert text.count("python -m scoring check contract.json prediction.zip") == 2
    assert "`holdout`, one file for each scene" in text
    assert "シーンごとに1ファイルずつ" in text


def test_the_kit_says_nothing_of_the_contests_own_split(tmp_path: Path) -> None:
    text = changed(TABLE_YAML, "{by: column, column: Usage}", "{by: hash, seed: nobody-knows, public: 0.5}")
    (task,) = load(write_contest(tmp_path / "contest", text)).tasks
    kit = kit_of(task, tmp_path / "kit")
    assert all(b"nobody-knows" not in path.read_bytes() for path in kit.rglob("*") if path.is_file())


def test_a_task_without_a_folder_of_the_organisers_has_a_kit_all_the_same(tasks, tmp_path: Path) -> None:
    assert tasks["ice"].starting_kit is None
    names = {path.name for path in kit_of(tasks["ice"], tmp_path / "kit").iterdir()}
    assert names == {"SCORING.md", "contract.json", "job.json", "tidemark"}
