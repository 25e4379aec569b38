"""A contest made of a real, labelled Sentinel-1 scene: where is water? 16 tiles, 8 to train on, 4 public, 4 private.

The scene is read where it lies and never copied into the project; where it is absent, `FLOOD_DATA.is_dir()` is false.
"""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.windows import Window

FLOOD_DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "s1-flood-spain"
IMAGE, LABEL = "Spain_7370579_S1Hand.tif", "Spain_7370579_LabelHand.tif"
TILE, TILES, TRAINING = 128, 4, 8
NO_DATA, WATER = -1, 1
WATER_BELOW_DB = -13.5
SPLITS = ("public", "private")
Cells = npt.NDArray[np.generic]

COMPETITION_YAML = """\
schema: tidemark/1
slug: flood-spain
title: {en: Flood in Spain, ja: スペインの洪水}
description: {en: Find the water in Sentinel-1 backscatter., ja: Sentinel-1 の後方散乱から水域を見つける。}
timezone: Asia/Tokyo
contact_email: organiser@example.org
pages:
  - {key: overview, title: {en: Overview, ja: 概要}, file: overview.md}
terms: {version: "1", file: rules.md}
phases:
  - {key: main, name: {en: Main phase, ja: 本番}, start: 2020-01-01T00:00:00+09:00, tasks: [water]}
data:
  - version: "1"
    licence: Citation asked (Sen1Floods11, Bonafilia et al. 2020)
    files:
      - {path: data/train.zip, description: {en: Training tiles and labels, ja: 学習用画像とラベル}}
      - {path: data/test.zip, description: {en: Test tiles, ja: 評価用画像}}
tasks:
  - key: water
    name: {en: Water mask, ja: 水域マスク}
    submission:
      kind: raster
      formats: [geotiff, png]
      dtype: uint8
      shape: [128, 128]
      crs: EPSG:4326
      classes:
        0: {en: not water, ja: 水域以外}
        1: {en: water, ja: 水域}
    truth:
      path: truth
      ignore: [-1]
      split: {by: scene, public: [%(public)s], private: [%(private)s]}
    metrics:
      - {key: iou, title: IoU, metric: iou, aggregate: pooled, params: {positive: 1}}
      - {key: iou_macro, metric: iou, aggregate: macro, params: {positive: 1}}
      - {key: accuracy, metric: pixel_accuracy, aggregate: pooled}
    sample_submission: data/sample_submission.zip
    starting_kit: kit
"""


@dataclass(frozen=True)
class FloodContest:
    """`directory` is what import_competition reads; `submission` is the zip of the threshold on smoothed VV."""

    directory: Path
    submission: Path
    scenes: dict[str, tuple[str, ...]]  # split -> names of scenes
    truth: dict[str, Cells]
    prediction: dict[str, Cells]

    def iou(self, split: str) -> tuple[float, float]:
        """Pooled and macro IoU of the threshold submission, by plain NumPy and nothing of the project."""
        pairs = [self._overlap(name) for name in self.scenes[split]]
        pooled = sum(both for both, _ in pairs) / sum(either for _, either in pairs)
        return pooled, sum(both / either for both, either in pairs) / len(pairs)

    def accuracy(self, split: str) -> float:
        """Share of right cells among those with a label."""
        right = counted = 0
        for name in self.scenes[split]:
            known = self.truth[name] != NO_DATA
            right += int(np.sum((self.truth[name] == self.prediction[name]) & known))
            counted += int(np.sum(known))
        return right / counted

    def _overlap(self, name: str) -> tuple[int, int]:
        known = self.truth[name] != NO_DATA
        truth, prediction = (self.truth[name] == WATER) & known, (self.prediction[name] == WATER) & known
        return int(np.sum(truth & prediction)), int(np.sum(truth | prediction))


def make_flood_contest(directory: Path) -> FloodContest:
    """Cut the scene and write a whole contest into `directory`, with a submission beside it."""
    directory.mkdir(parents=True, exist_ok=True)
    names = [f"tile_{number:02d}" for number in range(TILES * TILES)]
    training, test = names[:TRAINING], names[TRAINING:]
    scenes = {"public": tuple(test[0::2]), "private": tuple(test[1::2])}
    tiles = directory / "tiles"
    for number, name in enumerate(names):
        _cut(IMAGE, number, tiles / f"{name}.tif")
        _cut(LABEL, number, tiles / f"{name}_label.tif")
    prediction = {name: _threshold(tiles / f"{name}.tif") for name in test}
    _write_contest(directory, scenes)
    _zip(
        directory / "data" / "train.zip", [tiles / f"{name}{part}.tif" for name in training for part in ("", "_label")]
    )
    _zip(directory / "data" / "test.zip", [tiles / f"{name}.tif" for name in test])
    zeros = {name: np.zeros((TILE, TILE), np.uint8) for name in test}
    _write_submission(directory / "data" / "sample_submission.zip", zeros, tiles)
    submission = directory / "threshold.zip"
    _write_submission(submission, prediction, tiles)
    (directory / "truth").mkdir()
    truth = {}
    for name in test:
        (tiles / f"{name}_label.tif").rename(directory / "truth" / f"{name}.tif")
        with rasterio.open(directory / "truth" / f"{name}.tif") as raster:
            truth[name] = raster.read(1)
    return FloodContest(directory, submission, scenes, truth, prediction)


def _cut(source: str, number: int, target: Path) -> None:
    """One tile, with the CRS and the transform of its own corner."""
    target.parent.mkdir(parents=True, exist_ok=True)
    column, row = number % TILES * TILE, number // TILES * TILE
    with rasterio.open(FLOOD_DATA / source) as whole:
        a, b, c, d, e, f = whole.transform[:6]
        corner = rasterio.Affine(a, b, c + a * column + b * row, d, e, f + d * column + e * row)
        profile = {**whole.profile, "width": TILE, "height": TILE, "transform": corner}
        for key in ("blockxsize", "blockysize", "tiled"):
            profile.pop(key, None)
        with rasterio.open(target, "w", **profile) as tile:
            tile.write(whole.read(window=Window(column, row, TILE, TILE)))


def _threshold(image: Path) -> Cells:
    """Water where the mean of VV over 5 x 5 cells is under -13.5 dB; at the rim the outermost cells are repeated."""
    with rasterio.open(image) as raster:
        vv = np.pad(raster.read(1).astype(np.float64), 2, mode="edge")
    smooth = np.lib.stride_tricks.sliding_window_view(vv, (5, 5)).mean(axis=(2, 3))
    return (smooth < WATER_BELOW_DB).astype(np.uint8)


def _write_submission(target: Path, masks: dict[str, Cells], tiles: Path) -> None:
    folder = target.parent / target.stem
    folder.mkdir(parents=True)
    for name, mask in masks.items():
        with rasterio.open(tiles / f"{name}.tif") as image:
            place = {"crs": image.crs, "transform": image.transform}
        profile = {
            "driver": "GTiff",
            "dtype": "uint8",
            "width": TILE,
            "height": TILE,
            "count": 1,
            "compress": "deflate",
        }
        with rasterio.open(folder / f"{name}.tif", "w", **profile, **place) as raster:
            raster.write(mask, 1)
    _zip(target, sorted(folder.iterdir()))


def _write_contest(directory: Path, scenes: dict[str, tuple[str, ...]]) -> None:
    for folder in ("data", "kit"):
        (directory / folder).mkdir()
    (directory / "overview.md").write_text("# Flood in Spain\n\nContains modified Copernicus Sentinel data 2018.\n")
    (directory / "rules.md").write_text("Use the data of this contest only.\n")
    (directory / "kit" / "threshold.py").write_text("WATER_BELOW_DB = -13.5\n")
    listed = {split: ", ".join(names) for split, names in scenes.items()}
    (directory / "competition.yaml").write_text(COMPETITION_YAML % listed)


def _zip(target: Path, files: list[Path]) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.name)
