"""The two contests on simulated SAR scenes: sea ice from HH and HV, and land from HH alone."""

import csv
import io
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from competitions.demo.archives import write_zip
from competitions.demo.folders import FILES, lay_out
from competitions.demo.geotiff import geotiff_bytes
from competitions.demo.ice import LAKE
from competitions.demo.kits import coastline, sea_ice
from competitions.demo.logos import write_logos
from competitions.demo.places import PLACES, Place
from competitions.demo.scenes import SIZE, Scene, simulate_all

Members = dict[str, bytes]


def build_sea_ice(directory: Path, seed: int, *, places: Iterable[Place] = PLACES, size: int = SIZE) -> None:
    """Writes the contest folder: two zips of scenes, the hidden labels, a sample submission, texts and starter kit."""
    lay_out(directory, "sea-ice-hokkaido", sea_ice)
    write_logos(directory / "sponsors")
    _write_scenes(directory, simulate_all(seed, places=places, size=size), dual_images, _ice_labels)


def build_coastline(directory: Path, seed: int, *, places: Iterable[Place] = PLACES, size: int = SIZE) -> None:
    """The same scenes with HH alone, and land (1, lakes included) against sea (0) as the truth."""
    lay_out(directory, "coastline-hh", coastline)
    _write_scenes(directory, simulate_all(seed, places=places, size=size), _hh_image, _land_mask)


def dual_images(scene: Scene) -> Members:
    kind, number = scene.place.name.split("_")
    return {
        f"{kind}_images/{kind}_hh_{number}.tif": geotiff_bytes(scene.hh, scene.transform),
        f"{kind}_images/{kind}_hv_{number}.tif": geotiff_bytes(scene.hv, scene.transform),
    }


def _hh_image(scene: Scene) -> Members:
    kind = scene.place.name.split("_")[0]
    return {f"{kind}_images/{scene.place.name}.tif": geotiff_bytes(scene.hh, scene.transform)}


def _ice_labels(scene: Scene) -> bytes:
    return geotiff_bytes(scene.labels, scene.transform)


def _land_mask(scene: Scene) -> bytes:
    return geotiff_bytes((scene.labels >= LAKE).astype(np.uint8), scene.transform)


def _write_scenes(
    directory: Path,
    scenes: Iterable[Scene],
    images: Callable[[Scene], Members],
    truth: Callable[[Scene], bytes],
) -> None:
    """Training scenes with labels into train.zip; test scenes into test.zip, their labels into truth/."""
    about = (FILES / "scenes.md").read_bytes()
    training: Members = {"README.md": about}
    test: Members = {"README.md": about}
    sample: Members = {}
    rows: dict[str, list[Scene]] = {"train": [], "test": []}
    for scene in scenes:
        name = scene.place.name
        rows[name.split("_")[0]].append(scene)
        if name.startswith("train"):
            training |= images(scene) | {f"train_annotations/{name}.tif": truth(scene)}
        else:
            test |= images(scene)
            sample[f"{name}.tif"] = geotiff_bytes(np.zeros_like(scene.labels), scene.transform)
            (directory / "truth" / f"{name}.tif").write_bytes(truth(scene))
    training["scenes.csv"] = scene_table(rows["train"])
    test["scenes.csv"] = scene_table(rows["test"])
    for file, members in (("train.zip", training), ("test.zip", test), ("sample_submission.zip", sample)):
        write_zip(directory / "data" / file, members.items())


def scene_table(scenes: list[Scene]) -> bytes:
    """Where a scene is and how the radar looked at it; what a contestant may know."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["scene", "place", "pixel_m", "incidence_left_degrees", "incidence_right_degrees"])
    for scene in scenes:
        left, right = (f"{angle:.2f}" for angle in scene.incidence_degrees)
        writer.writerow([scene.place.name, scene.place.title, f"{scene.transform.a:g}", left, right])
    return text.getvalue().encode()
