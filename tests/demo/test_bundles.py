"""The demo's contests pass the checks that every organiser's contest must pass."""

import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from competitions.bundles.loading import read_bundle
from competitions.demo.folders import lay_out
from competitions.demo.kits import coastline, sea_ice
from competitions.demo.logos import write_logos
from competitions.demo.places import PRIVATE, PUBLIC
from competitions.demo.tables import build_diabetes
from competitions.services.starting_kits import example_job
from tests.demo.small_contests import SEED

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("slug", "kit"), [("sea-ice-hokkaido", sea_ice), ("coastline-hh", coastline)])
def test_the_description_of_a_raster_contest_has_no_mistake(tmp_path, slug, kit):
    lay_out(tmp_path, slug, kit)
    write_logos(tmp_path / "sponsors")
    for name in ("train.zip", "test.zip", "sample_submission.zip"):
        (tmp_path / "data" / name).write_bytes(b"stands for the scenes, which are not looked at here")
    for name in PUBLIC + PRIVATE:
        (tmp_path / "truth" / f"{name}.tif").write_bytes(b"stands for a label")
    bundle = read_bundle(tmp_path)
    assert (bundle.problems, bundle.warnings) == ((), ())


def test_a_contestant_scores_the_rows_kept_back_with_the_contests_own_job(tmp_path):
    build_diabetes(tmp_path, SEED)
    bundle = read_bundle(tmp_path)
    assert (bundle.problems, bundle.warnings) == ((), ())
    kit = tmp_path / "starting_kit"
    (kit / "job.json").write_text(json.dumps(example_job(bundle.tasks[0])))
    for name in ("train.csv", "test.csv"):
        (kit / name).write_bytes((tmp_path / "data" / name).read_bytes())
    runpy.run_path(str(kit / "baseline.py"))["main"](kit)
    subprocess.run([sys.executable, "-m", "scoring", kit / "job.json"], cwd=ROOT, check=True, capture_output=True)
    rmse = json.loads((kit / "result.json").read_text())["metrics"]["rmse"]
    assert 45 < rmse["public"] < 75
    assert rmse["private"] is None
