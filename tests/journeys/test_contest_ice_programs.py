"""The demo's contest of programs on a real site, with small scenes: the classifier as a program and as a notebook."""

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import yaml

from competitions.demo.kits import ice_program, ice_training
from competitions.demo.places import PLACES
from competitions.demo.programs import build_programs, program_submissions
from tests.journeys.contestants import Contestant, import_contest, make_contestants
from tests.journeys.test_contests_of_masks import TOLERANCE, Sent, send
from tests.site import Site

pytestmark = [pytest.mark.journey, pytest.mark.sandbox]
SEED, SIDE, SECONDS = 7, 256, 120
SCENES = {"public": ["test_00"], "private": ["test_04"]}
RUNS = """
from competitions.models import Execution
run = Execution.objects.select_related("prediction", "runtime").get(submission={number}, kind="full")
answer = {{"log": run.log, "prediction": run.prediction.sha256, "runtime": run.runtime.name}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ice") / "contest"
    places = tuple(place for place in PLACES if place.name in ("train_00", "train_04", "test_00", "test_04"))
    build_programs(folder, SEED, places=places, size=SIDE)
    path = folder / "competition.yaml"
    contest = yaml.safe_load(path.read_text())
    contest["tasks"][0]["submission"]["shape"] = [SIDE, SIDE]
    contest["tasks"][0]["truth"]["split"] = {"by": "scene", **SCENES}
    for phase in contest["phases"]:
        phase["start"], phase["end"] = "2026-01-01T00:00:00+09:00", "2030-12-31T23:59:59+09:00"
    path.write_text(yaml.safe_dump(contest, allow_unicode=True, sort_keys=False))
    return folder


@pytest.fixture(scope="module")
def programs(folder: Path) -> dict[str, bytes]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ice_training, "PIXELS_PER_SCENE", 1500)
        return {entry.file_name: entry.content for entry in program_submissions(folder, SEED)}


@pytest.fixture(scope="module")
def people(site: Site, folder: Path) -> dict[str, Contestant]:
    import_contest(site, folder, owner="organiser")
    names = ("coder", "noter")
    return dict(zip(names, make_contestants(site, *names, slug="sea-ice-programs"), strict=True))


@pytest.fixture(scope="module")
def program(people: dict[str, Contestant], programs: dict[str, bytes]) -> Sent:
    return send(people["coder"], programs["network.zip"], "network.zip", seconds=SECONDS)


def expected(folder: Path, archive: bytes, scenes: list[str]) -> float:
    """The mean IoU of what the program says when it is called here, by sets of pixels."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened, np.load(io.BytesIO(opened.read("model.npz"))) as stored:
        model = {name: stored[name] for name in stored.files}
    found = []
    for scene in scenes:
        hh, hv, labels = (
            read(folder / place) for place in (f"hidden/{scene}_hh.tif", f"hidden/{scene}_hv.tif", f"truth/{scene}.tif")
        )
        truth, mask = (labels >= 1) & (labels <= 10), ice_program.predict(model, hh, hv) == 1
        found.append((truth & mask).sum() / (truth | mask).sum())
    return float(np.mean(found))


def read(path: Path) -> Any:
    with rasterio.open(path) as source:
        return source.read(1)


def run_of(sent: Sent) -> dict[str, str]:
    return dict(sent.contestant.site.python(RUNS.format(number=sent.answer["number"])))


def test_a_classifier_trained_elsewhere_scores_what_it_scores_here(
    program: Sent, folder: Path, programs: dict[str, bytes]
) -> None:
    assert program.answer["status"] == "scored", program.answer
    for side, scenes in SCENES.items():
        value = expected(folder, programs["network.zip"], scenes)
        assert 0.2 < value < 1
        assert abs(program.scores["iou", side] - value) < TOLERANCE
    assert program.scores["seconds", "public"] == program.scores["seconds", "private"] > 0
    assert run_of(program)["runtime"] == "python-geo"


def test_the_same_as_a_notebook_writes_the_same_bytes(
    program: Sent, people: dict[str, Contestant], programs: dict[str, bytes]
) -> None:
    notebook = send(people["noter"], programs["notebook.zip"], "notebook.zip", seconds=SECONDS)
    assert notebook.answer["status"] == "scored", notebook.answer
    assert run_of(notebook)["prediction"] == run_of(program)["prediction"]
    assert "test_04: " in run_of(notebook)["log"], "organisers read what it printed"
    assert notebook.scores["iou", "private"] == program.scores["iou", "private"]


@pytest.mark.parametrize(("language", "words"), [("en", "2026.11"), ("ja", "2026.11")])
def test_the_page_lists_the_runtime_with_its_exact_packages(
    people: dict[str, Contestant], language: str, words: str
) -> None:
    page = people["coder"].page("submit/", language)
    for word in ("python-geo", words, "scikit-learn", "rasterio", "main.py"):
        assert word in page
