"""What the demo's teams submit: methods from nothing to the starter kit's model, so that a board has something to rank.

Nothing here looks at the truth; every score on the boards is earned by a method that a contestant could use.
"""

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rasterio import Affine
from scipy.ndimage import uniform_filter
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression

from competitions.demo.archives import zip_bytes
from competitions.demo.backscatter import Image, decibel
from competitions.demo.geotiff import geotiff_bytes, read_geotiff
from competitions.demo.kits import coastline, diabetes, sea_ice
from competitions.demo.noise import Field

Mask = NDArray[np.uint8]
Method = Callable[[Image, Image], Mask]


@dataclass(frozen=True)
class DemoSubmission:
    """An upload: which team, the file's bytes and name, and the note that the team gave it."""

    team: str
    content: bytes
    file_name: str
    note: str


def sea_ice_submissions(directory: Path, seed: int) -> Iterator[DemoSubmission]:
    with zipfile.ZipFile(directory / "data" / "train.zip") as archive:
        model = sea_ice.train(archive, sea_ice.scene_names(archive), seed % 2**32)
    methods: tuple[tuple[str, str, str, Method], ...] = (
        ("Blank Page", "ice-zeros.zip", "No ice anywhere", lambda hh, hv: np.zeros(hh.shape, np.uint8)),
        ("White Winter", "ice-ones.zip", "Ice everywhere", lambda hh, hv: np.ones(hh.shape, np.uint8)),
        ("Drift Ice Club", "ice-hh.zip", "HH between -18 and -10 dB", lambda hh, hv: between(decibel(hh), -18, -10)),
        ("Lighthouse Lab", "ice-hh-21.zip", "The same after a 21 x 21 mean", lambda hh, hv: smooth_band(hh, -18, -11)),
        ("Cross Pol", "ice-hv-21.zip", "HV between -25.5 and -19 dB", lambda hh, hv: smooth_band(hv, -25.5, -19)),
        ("Shiretoko Forest", "ice-model.zip", "The starter kit", lambda hh, hv: sea_ice.predict(model, hh, hv)),
    )
    scenes = list(_dual_scenes(directory))
    for team, file_name, note, method in methods:
        members = [(f"{name}.tif", geotiff_bytes(method(hh, hv), transform)) for name, hh, hv, transform in scenes]
        yield DemoSubmission(team, zip_bytes(members), file_name, note)


def coastline_submissions(directory: Path, seed: int) -> Iterator[DemoSubmission]:
    with zipfile.ZipFile(directory / "data" / "train.zip") as archive:
        model = coastline.train(archive, coastline.scene_names(archive), seed % 2**32)
    methods: tuple[tuple[str, str, str, Callable[[Image], Mask]], ...] = (
        ("Blank Page", "land-zeros.zip", "No land anywhere", lambda hh: np.zeros(hh.shape, np.uint8)),
        ("Drift Ice Club", "land-hh.zip", "HH above -11 dB", lambda hh: between(decibel(hh), -11, 99)),
        ("Lighthouse Lab", "land-hh-21.zip", "The same after a 21 x 21 mean", lambda hh: smooth_band(hh, -12, 99)),
        ("Sandbar", "land-hh-61.zip", "A 61 x 61 mean", lambda hh: smooth_band(hh, -12, 99, window=61)),
        ("Shiretoko Forest", "land-model.zip", "The starter kit", lambda hh: coastline.predict(model, hh)),
    )
    scenes = list(_scenes(directory, ""))
    for team, file_name, note, method in methods:
        members = [(f"{name}.tif", geotiff_bytes(method(hh), transform)) for name, hh, transform in scenes]
        yield DemoSubmission(team, zip_bytes(members), file_name, note)


def diabetes_submissions(directory: Path, seed: int) -> Iterator[DemoSubmission]:
    train, test = (pd.read_csv(directory / "data" / name) for name in ("train.csv", "test.csv"))
    answer, inputs = train[diabetes.ANSWER], [name for name in test.columns if name != diabetes.ID]
    line = LinearRegression().fit(train[["bmi"]], answer)
    trees = HistGradientBoostingRegressor(max_iter=60, learning_rate=0.05, random_state=seed % 2**32)
    trees.fit(train[inputs], answer)
    ridge = diabetes.predict(diabetes.fit(train), test)[diabetes.ANSWER]
    boosted = trees.predict(test[inputs])
    for team, file_name, note, values in (
        ("Blank Page", "progression-zeros.csv", "Zero for everybody", np.zeros(len(test))),
        ("Middle Road", "progression-mean.csv", "The mean of the training rows", np.full(len(test), answer.mean())),
        ("One Column", "progression-bmi.csv", "A line through the body mass index", line.predict(test[["bmi"]])),
        ("Deep Woods", "progression-trees.csv", "Boosted trees", boosted),
        ("Shiretoko Forest", "progression-ridge.csv", "The starter kit", ridge),
        ("Two Heads", "progression-blend.csv", "The mean of trees and ridge", (boosted + ridge) / 2),
    ):
        table = pd.DataFrame({diabetes.ID: test[diabetes.ID], diabetes.ANSWER: np.round(values, 3)})
        buffer = io.StringIO()
        table.to_csv(buffer, index=False, lineterminator="\n")
        yield DemoSubmission(team, buffer.getvalue().encode(), file_name, note)


def between(level: Field, low: float, high: float) -> Mask:
    return ((level > low) & (level < high)).astype(np.uint8)


def smooth_band(image: Image, low: float, high: float, *, window: int = 21) -> Mask:
    return between(uniform_filter(decibel(image), window), low, high)


def _scenes(directory: Path, channel: str) -> Iterator[tuple[str, Image, Affine]]:
    """Name, image and transform of the test scenes; `channel` is how their files are marked, such as 'hh_'."""
    with zipfile.ZipFile(directory / "data" / "test.zip") as archive:
        names = [name for name in archive.namelist() if name.startswith(f"test_images/test_{channel}")]
        for name in sorted(names):
            image, transform = read_geotiff(archive.read(name))
            yield Path(name).stem.replace(channel, ""), image, transform


def _dual_scenes(directory: Path) -> Iterator[tuple[str, Image, Image, Affine]]:
    pairs = zip(_scenes(directory, "hh_"), _scenes(directory, "hv_"), strict=True)
    for (name, hh, transform), (_, hv, _) in pairs:
        yield name, hh, hv, transform
