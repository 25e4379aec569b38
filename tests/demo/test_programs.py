"""The demo's contest that takes programs: what is hidden stays hidden, and its programs say what scikit-learn says."""

import io
import json
import runpy
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from competitions.demo.geotiff import read_geotiff
from competitions.demo.kits import ice_program, ice_training
from competitions.demo.programs import build_programs, notebook_of, program_submissions
from tests.demo.small_contests import SEED, SMALL


@pytest.fixture(scope="module")
def folder(tmp_path_factory, few_places):
    folder = tmp_path_factory.mktemp("programs")
    build_programs(folder, SEED, places=few_places, size=SMALL)
    return folder


@pytest.fixture(scope="module")
def entries(folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ice_training, "PIXELS_PER_SCENE", 1500)
        return {entry.file_name: entry.content for entry in program_submissions(folder, SEED)}


def test_test_scenes_are_in_nothing_that_is_offered(folder):
    with zipfile.ZipFile(folder / "data" / "train.zip") as archive:
        assert not any("test" in name for name in archive.namelist())
    offered = [path for name in ("trial", "starting_kit", "sample", "pages") for path in (folder / name).rglob("*")]
    assert not any(path.name.startswith("test_") for path in offered)
    assert sorted(path.name for path in (folder / "trial").iterdir()) == ["train_00_hh.tif", "train_00_hv.tif"]
    assert sorted(path.name for path in (folder / "truth").iterdir()) == ["test_00.tif", "test_04.tif"]


def test_the_arrays_of_the_program_predict_as_the_network_that_was_trained():
    rng = np.random.default_rng(SEED)
    inputs = rng.normal(size=(400, 11)) * 5 - 10
    answers = inputs[:, 0] + inputs[:, 1] ** 2 / 20 > -4
    scaler = StandardScaler().fit(inputs)
    network = MLPClassifier((24, 12), max_iter=3000, tol=1e-3, random_state=SEED).fit(scaler.transform(inputs), answers)
    model = {"mean": scaler.mean_, "scale": scaler.scale_}
    for layer, (weights, bias) in enumerate(zip(network.coefs_, network.intercepts_, strict=True)):
        model |= {f"weights_{layer}": weights, f"bias_{layer}": bias}
    expected = network.predict_proba(scaler.transform(inputs))[:, 1]
    assert np.allclose(ice_program.probability(model, inputs), expected, atol=1e-12)


def test_a_notebook_is_the_program_cell_by_cell(entries):
    with zipfile.ZipFile(io.BytesIO(entries["network.zip"])) as archive:
        program, model = archive.read("main.py").decode(), archive.read("model.npz")
    with zipfile.ZipFile(io.BytesIO(entries["notebook.zip"])) as archive:
        notebook = archive.read("main.ipynb")
        assert archive.read("model.npz") == model
    assert notebook == notebook_of(program)
    cells = [cell["source"] for cell in json.loads(notebook)["cells"]]
    assert "\n\n\n".join(cells) == program.strip("\n")
    assert len(cells) > 5


@pytest.mark.parametrize("name", ["threshold.py", "network.zip"])
def test_a_program_of_the_demo_runs_as_it_is_sent(folder, entries, tmp_path, name):
    if name.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(entries[name])) as archive:
            for member in archive.namelist():
                (tmp_path / member).write_bytes(archive.read(member))
    else:
        (tmp_path / "main.py").write_bytes(entries[name])
    (tmp_path / "data").symlink_to(folder / "hidden")
    (tmp_path / "submission").mkdir()
    done = subprocess.run([sys.executable, "main.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for scene in ("test_00", "test_04"):
        mask, transform = read_geotiff((tmp_path / "submission" / f"{scene}.tif").read_bytes())
        truth, expected = read_geotiff((folder / "truth" / f"{scene}.tif").read_bytes())
        assert mask.dtype == np.uint8
        assert set(np.unique(mask)) <= {0, 1}
        assert (mask.shape, transform) == (truth.shape, expected)


def test_the_kit_trains_outside_of_the_site(folder, tmp_path, monkeypatch):
    kit = tmp_path / "kit"
    kit.mkdir()
    for name in ("main.py", "train.py"):
        (kit / name).write_bytes((folder / "starting_kit" / name).read_bytes())
    (kit / "train.zip").write_bytes((folder / "data" / "train.zip").read_bytes())
    monkeypatch.syspath_prepend(str(kit))
    trained = runpy.run_path(str(kit / "train.py"))
    monkeypatch.setitem(trained["main"].__globals__, "HOLDOUT", ("train_04",))
    monkeypatch.setitem(trained["main"].__globals__, "PIXELS_PER_SCENE", 500)
    trained["main"](kit)
    assert sorted(path.name for path in (kit / "data").iterdir()) == ["train_04_hh.tif", "train_04_hv.tif"]
    with np.load(kit / "model.npz") as model:
        assert model["weights_0"].shape == (11, 24)
        assert "allow_pickle" not in model.files
