"""The contest that takes programs: hidden scenes, two training scenes for trials, and the programs of the demo's teams.

The scenes are those of the sea-ice contest. Its truth is not in what is offered here either.
"""

import io
import json
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from competitions.demo.archives import write_zip, zip_bytes
from competitions.demo.entries import DemoSubmission
from competitions.demo.folders import FILES
from competitions.demo.geotiff import geotiff_bytes
from competitions.demo.kits import ice_program, ice_training
from competitions.demo.places import PLACES, Place
from competitions.demo.rasters import dual_images, scene_table
from competitions.demo.scenes import SIZE, Scene, simulate_all

SLUG = "sea-ice-programs"
TRIED = ("train_00", "train_01")
KIT = {"main.py": ice_program, "train.py": ice_training}


def build_programs(directory: Path, seed: int, *, places: Iterable[Place] = PLACES, size: int = SIZE) -> None:
    """Writes the contest folder: training scenes, hidden and trial inputs, hidden labels, texts and starter kit."""
    shutil.copytree(FILES / SLUG, directory, dirs_exist_ok=True)
    for name in ("data", "truth", "hidden", "trial"):
        (directory / name).mkdir(exist_ok=True)
    for name, module in KIT.items():
        shutil.copyfile(Path(str(module.__file__)), directory / "starting_kit" / name)
    training: dict[str, bytes] = {"README.md": (FILES / "scenes.md").read_bytes()}
    shown: list[Scene] = []
    for scene in simulate_all(seed, places=places, size=size):
        name, labels = scene.place.name, geotiff_bytes(scene.labels, scene.transform)
        if name.startswith("train"):
            shown.append(scene)
            training |= dual_images(scene) | {f"train_annotations/{name}.tif": labels}
        else:
            (directory / "truth" / f"{name}.tif").write_bytes(labels)
            _write_inputs(directory / "hidden", scene)
        if name in TRIED:
            _write_inputs(directory / "trial", scene)
    training["scenes.csv"] = scene_table(shown)
    write_zip(directory / "data" / "train.zip", training.items())


def _write_inputs(folder: Path, scene: Scene) -> None:
    for channel, image in (("hh", scene.hh), ("hv", scene.hv)):
        (folder / f"{scene.place.name}_{channel}.tif").write_bytes(geotiff_bytes(image, scene.transform))


def program_submissions(directory: Path, seed: int) -> Iterator[DemoSubmission]:
    """A threshold, the starter kit's network as a program, and the same as a notebook."""
    with zipfile.ZipFile(directory / "data" / "train.zip") as archive:
        names = ice_training.scene_names(archive)
        model = _stored(ice_training.train(archive, names, seed % 2**32))
    text = Path(str(ice_program.__file__)).read_text()
    threshold = (directory / "sample" / "threshold.py").read_bytes()
    program = zip_bytes([("main.py", text.encode()), ("model.npz", model)])
    notebook = zip_bytes([("main.ipynb", notebook_of(text)), ("model.npz", model)])
    yield DemoSubmission("Cross Pol", threshold, "threshold.py", "HV between -25.5 and -19 dB")
    yield DemoSubmission("Shiretoko Forest", program, "network.zip", "The starter kit")
    yield DemoSubmission("Lighthouse Lab", notebook, "notebook.zip", "The starter kit as a notebook")


def _stored(model: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **model)
    return buffer.getvalue()


def notebook_of(program: str) -> bytes:
    """The same program as a notebook, a cell for each part that two blank lines set apart."""
    parts = [part.strip("\n") for part in program.split("\n\n\n")]
    empty: dict[str, Any] = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    cells = [{**empty, "id": f"cell-{number}", "source": part} for number, part in enumerate(parts)]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    notebook = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, indent=1).encode()
