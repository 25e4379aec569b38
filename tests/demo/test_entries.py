"""What the demo's teams submit: accepted files, of clearly different worth."""

import io
import runpy
import zipfile

import numpy as np
import pandas as pd
import pytest

from competitions.demo.entries import coastline_submissions, diabetes_submissions, sea_ice_submissions
from competitions.demo.geotiff import read_geotiff
from competitions.demo.places import PLACES
from competitions.demo.rasters import build_coastline, build_sea_ice
from competitions.demo.tables import build_diabetes
from tests.demo.small_contests import SEED

# Seven training scenes (with those that the kits keep back) and four test scenes, at full resolution.
HALF = PLACES[:7] + PLACES[12:16]


def mean_iou(folder, content, positive) -> float:
    """Mean over scenes of the intersection over union, computed here independently of the scoring package."""
    scores = []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in sorted(archive.namelist()):
            truth = positive(read_geotiff((folder / "truth" / name).read_bytes())[0])
            mask = read_geotiff(archive.read(name))[0] == 1
            scores.append((truth & mask).sum() / (truth | mask).sum())
    return float(np.mean(scores))


def is_ice(labels):
    return (labels >= 1) & (labels <= 10)


def test_every_mask_is_on_its_scenes_grid_with_values_0_and_1(sea_ice_folder, monkeypatch):
    monkeypatch.setattr("competitions.demo.kits.sea_ice.PIXELS_PER_SCENE", 500)
    entries = list(sea_ice_submissions(sea_ice_folder, SEED))
    assert len({entry.team for entry in entries}) == len({entry.file_name for entry in entries}) == 6
    for entry in entries:
        with zipfile.ZipFile(io.BytesIO(entry.content)) as archive:
            assert archive.namelist() == ["test_00.tif", "test_04.tif"]
            for name in archive.namelist():
                mask, transform = read_geotiff(archive.read(name))
                truth, expected = read_geotiff((sea_ice_folder / "truth" / name).read_bytes())
                assert mask.dtype == np.uint8
                assert set(np.unique(mask)) <= {0, 1}
                assert (mask.shape, transform) == (truth.shape, expected)


def test_the_teams_of_the_table_differ_and_the_starter_kit_beats_zero_and_the_mean(tmp_path):
    build_diabetes(tmp_path, SEED)
    truth = pd.read_csv(tmp_path / "truth" / "solution.csv").set_index("id")["progression"]
    errors = {}
    for entry in diabetes_submissions(tmp_path, SEED):
        table = pd.read_csv(io.BytesIO(entry.content)).set_index("id")["progression"]
        assert sorted(table.index) == sorted(truth.index)
        errors[entry.file_name] = float(np.sqrt(np.mean((table[truth.index] - truth) ** 2)))
    assert len(set(errors.values())) == 6
    assert errors["progression-ridge.csv"] < 60 < errors["progression-mean.csv"] < 90
    assert errors["progression-zeros.csv"] > 150


def test_the_table_starter_kit_runs_as_a_script(tmp_path):
    build_diabetes(tmp_path, SEED)
    kit = tmp_path / "starting_kit"
    for name in ("train.csv", "test.csv"):
        (kit / name).write_bytes((tmp_path / "data" / name).read_bytes())
    runpy.run_path(str(kit / "baseline.py"))["main"](kit)
    answer, sample = pd.read_csv(kit / "submission.csv"), pd.read_csv(tmp_path / "data" / "sample_submission.csv")
    assert list(answer["id"]) == list(sample["id"])
    assert list(pd.read_csv(kit / "holdout.csv")["id"]) == list(pd.read_csv(kit / "prediction.csv")["id"])


@pytest.mark.slow
def test_at_full_size_the_ice_model_beats_thresholds_and_thresholds_beat_nothing(tmp_path):
    build_sea_ice(tmp_path, SEED, places=HALF)
    scores = {e.file_name: mean_iou(tmp_path, e.content, is_ice) for e in sea_ice_submissions(tmp_path, SEED)}
    assert scores["ice-zeros.zip"] == 0
    assert 0.2 < scores["ice-hh.zip"] < scores["ice-hh-21.zip"] < scores["ice-hv-21.zip"]
    assert scores["ice-model.zip"] > scores["ice-hv-21.zip"] + 0.15
    assert scores["ice-model.zip"] < 0.95
    kit = tmp_path / "starting_kit"
    for name in ("train.zip", "test.zip"):
        (kit / name).hardlink_to(tmp_path / "data" / name)
    runpy.run_path(str(kit / "baseline.py"))["main"](kit)
    assert mean_iou(tmp_path, (kit / "submission.zip").read_bytes(), is_ice) > scores["ice-hv-21.zip"] + 0.15
    with zipfile.ZipFile(kit / "prediction.zip") as archive:
        assert archive.namelist() == sorted(path.name for path in (kit / "holdout").iterdir())


@pytest.mark.slow
def test_at_full_size_the_land_model_beats_thresholds_and_thresholds_beat_nothing(tmp_path):
    build_coastline(tmp_path, SEED, places=HALF)
    entries = coastline_submissions(tmp_path, SEED)
    scores = {e.file_name: mean_iou(tmp_path, e.content, lambda land: land == 1) for e in entries}
    assert scores["land-zeros.zip"] == 0
    assert 0.2 < scores["land-hh.zip"] < scores["land-hh-21.zip"] < scores["land-model.zip"] - 0.1
    assert scores["land-model.zip"] < 0.97
