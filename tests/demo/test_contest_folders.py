"""The folders that the demo builds: complete, repeatable, and honest about what they hold."""

import csv
import hashlib
import io
import zipfile

import numpy as np
import pandas as pd
import pytest
import rasterio
import yaml
from sklearn.datasets import load_diabetes

from competitions.demo import SLUGS
from competitions.demo.contests import all_contests
from competitions.demo.folders import FILES
from competitions.demo.geotiff import read_geotiff
from competitions.demo.places import PRIVATE, PUBLIC
from competitions.demo.rasters import build_sea_ice
from competitions.demo.tables import build_diabetes
from competitions.logos import Logo, inspect_logo
from tests.demo.small_contests import SEED, SMALL


def digests(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def diabetes_folder(tmp_path):
    build_diabetes(tmp_path / "table", SEED)
    return tmp_path / "table"


def test_the_same_seed_gives_the_same_bytes(sea_ice_folder, tmp_path, few_places):
    build_sea_ice(tmp_path, SEED, places=few_places, size=SMALL)
    assert digests(tmp_path) == digests(sea_ice_folder)


def test_the_sponsors_logos_are_pictures_that_a_page_may_show(sea_ice_folder):
    found = {path.name: inspect_logo(path.read_bytes()) for path in (sea_ice_folder / "sponsors").iterdir()}
    assert found == dict.fromkeys(("drift-ice.png", "harbour.png"), Logo("png", 420, 120))


def test_another_seed_gives_other_scenes(sea_ice_folder, tmp_path, few_places):
    build_sea_ice(tmp_path, SEED + 1, places=few_places, size=SMALL)
    assert digests(tmp_path)["data/train.zip"] != digests(sea_ice_folder)["data/train.zip"]


def test_building_again_into_the_same_folder_changes_nothing(diabetes_folder):
    before = digests(diabetes_folder)
    build_diabetes(diabetes_folder, SEED)
    assert digests(diabetes_folder) == before


def test_a_contestant_finds_images_and_labels_where_the_page_says(sea_ice_folder):
    with zipfile.ZipFile(sea_ice_folder / "data" / "train.zip") as archive:
        names = set(archive.namelist())
    assert {"train_images/train_hh_00.tif", "train_images/train_hv_00.tif", "train_annotations/train_00.tif"} <= names
    with zipfile.ZipFile(sea_ice_folder / "data" / "test.zip") as archive:
        names = set(archive.namelist())
    assert {"test_images/test_hh_04.tif", "test_images/test_hv_04.tif", "scenes.csv", "README.md"} <= names
    assert not any("annotation" in name for name in names)


def test_images_labels_and_sample_lie_on_one_grid_in_utm_54(sea_ice_folder):
    truth = sea_ice_folder / "truth" / "test_00.tif"
    with zipfile.ZipFile(sea_ice_folder / "data" / "test.zip") as archive:
        image = archive.read("test_images/test_hh_00.tif")
    with zipfile.ZipFile(sea_ice_folder / "data" / "sample_submission.zip") as archive:
        sample = archive.read("test_00.tif")
    grids = set()
    for content in (truth.read_bytes(), image, sample):
        with rasterio.MemoryFile(content) as memory, memory.open() as source:
            grids.add((source.crs.to_string(), source.transform, source.shape, source.block_shapes[0]))
    assert len(grids) == 1
    crs, transform, shape, _ = grids.pop()
    assert (crs, shape) == ("EPSG:32654", (SMALL, SMALL))
    assert transform.a == -transform.e == 200.0


def test_the_list_of_scenes_says_where_they_are(sea_ice_folder):
    with zipfile.ZipFile(sea_ice_folder / "data" / "test.zip") as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("scenes.csv").decode())))
    assert [(row["scene"], row["place"]) for row in rows] == [("test_00", "Saroma"), ("test_04", "Shari")]
    assert all(25 < float(row["incidence_left_degrees"]) < 45 for row in rows)


def test_the_coastline_contest_has_one_channel_and_counts_lakes_as_land(sea_ice_folder, coastline_folder):
    labels, _ = read_geotiff((sea_ice_folder / "truth" / "test_00.tif").read_bytes())
    land, _ = read_geotiff((coastline_folder / "truth" / "test_00.tif").read_bytes())
    assert np.array_equal(land, labels >= 11)
    with zipfile.ZipFile(coastline_folder / "data" / "train.zip") as archive:
        images = [name for name in archive.namelist() if name.startswith("train_images/")]
    assert images == ["train_images/train_00.tif", "train_images/train_04.tif"]


def test_the_table_holds_every_patient_once_and_hides_the_answers_of_the_test_rows(diabetes_folder):
    train, test = (pd.read_csv(diabetes_folder / "data" / name) for name in ("train.csv", "test.csv"))
    truth = pd.read_csv(diabetes_folder / "truth" / "solution.csv")
    assert (len(train), len(test)) == (300, 142)
    assert "progression" not in test.columns
    assert set(truth["id"]) == set(test["id"])
    assert set(train["id"]).isdisjoint(test["id"])
    assert truth["Usage"].value_counts().to_dict() == {"Public": 71, "Private": 71}
    answers = sorted([*train["progression"], *truth["progression"]])
    assert answers == sorted(load_diabetes().target)


def test_rows_of_the_table_keep_their_own_answer(diabetes_folder):
    train = pd.read_csv(diabetes_folder / "data" / "train.csv")
    found = load_diabetes(scaled=False)
    original = {tuple(np.round(row, 3)): answer for row, answer in zip(found.data, found.target, strict=True)}
    for _, row in train.head(20).iterrows():
        values = tuple(np.round(row[found.feature_names].astype(float), 3))
        assert original[values] == row["progression"]


@pytest.mark.parametrize("slug", SLUGS)
def test_every_text_is_there_in_english_and_japanese(slug):
    contest = yaml.safe_load((FILES / slug / "competition.yaml").read_text())
    texts = [page["file"] for page in contest["pages"]] + [contest["terms"]["file"]]
    for text in texts:
        english, japanese = ((FILES / slug / text[language]).read_text() for language in ("en", "ja"))
        assert not any("\u3040" <= letter <= "\u30ff" for letter in english)
        assert any("\u3040" <= letter <= "\u309f" for letter in japanese)


@pytest.mark.parametrize("slug", ["sea-ice-hokkaido", "coastline-hh", "sea-ice-programs"])
def test_the_overview_says_that_the_scenes_are_simulated(slug):
    pages = FILES / slug / "pages"
    assert "scenes of this contest are simulated" in (pages / "overview.en.md").read_text()
    assert "シミュレーションデータです" in (pages / "overview.ja.md").read_text()


@pytest.mark.parametrize("slug", ["sea-ice-hokkaido", "coastline-hh", "sea-ice-programs"])
def test_the_split_of_the_contest_is_that_of_the_scenes(slug):
    task = yaml.safe_load((FILES / slug / "competition.yaml").read_text())["tasks"][0]
    assert task["truth"]["split"] == {"by": "scene", "public": list(PUBLIC), "private": list(PRIVATE)}


def test_the_light_list_of_slugs_names_all_demo_contests() -> None:
    assert tuple(contest.slug for contest in all_contests()) == SLUGS
