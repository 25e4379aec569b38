"""A first model for "Sea ice around Hokkaido". Download train.zip and test.zip beside this script, then:

    python baseline.py            # about half a minute; needs numpy, scipy, rasterio and scikit-learn

It writes submission.zip (upload it) and, from two training scenes that it keeps back, holdout/ and prediction.zip,
which `python -m scoring job.json` scores the way the contest does.
"""

import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.io import MemoryFile
from scipy.ndimage import uniform_filter
from sklearn.ensemble import HistGradientBoostingClassifier

HOLDOUT = ("train_02", "train_03")  # scenes that the model does not see; keep whole scenes back, never single pixels
PIXELS_PER_SCENE = 6000
WINDOWS = (5, 15, 41)

Image = NDArray[Any]


def read(archive: zipfile.ZipFile, name: str) -> tuple[Image, dict[str, Any]]:
    """One band of a GeoTIFF inside a zip, and the profile (size, CRS, transform) to write a mask on the same grid."""
    with MemoryFile(archive.read(name)) as memory, memory.open() as source:
        return source.read(1), dict(source.profile)


def decibel(image: Image) -> Image:
    """Digital numbers to backscatter in dB."""
    return np.asarray(20 * np.log10(np.maximum(image, 1).astype(np.float32)) - 83.0)


def features(hh: Image, hv: Image) -> Image:
    """(rows, columns, features): smoothed backscatter, the ratio of the channels, texture, and the range direction."""
    hh, hv = decibel(hh), decibel(hv)
    layers = []
    for window in WINDOWS:  # one pixel is mostly speckle; its surroundings say more
        mean_hh, mean_hv = uniform_filter(hh, window), uniform_filter(hv, window)
        layers += [mean_hh, mean_hv, mean_hv - mean_hh]
    layers.append(uniform_filter(hh**2, 15) - uniform_filter(hh, 15) ** 2)  # floes and leads are rough, water is not
    layers.append(uniform_filter(hv**2, 41) - uniform_filter(hv, 41) ** 2)
    return np.stack(layers, axis=-1)


def is_ice(labels: Image) -> Image:
    """Classes 1..10 are sea ice by tenths of concentration; 0 is open water, 11 lake, 12 land."""
    return np.asarray((labels >= 1) & (labels <= 10))


def training_set(archive: zipfile.ZipFile, scenes: Iterable[str], rng: np.random.Generator) -> tuple[Image, Image]:
    """Some pixels of every scene: their features, and whether they are ice."""
    inputs, answers = [], []
    for scene in scenes:
        hh, _ = read(archive, f"train_images/{scene.replace('train_', 'train_hh_')}.tif")
        hv, _ = read(archive, f"train_images/{scene.replace('train_', 'train_hv_')}.tif")
        labels, _ = read(archive, f"train_annotations/{scene}.tif")
        chosen = rng.choice(labels.size, PIXELS_PER_SCENE, replace=False)
        inputs.append(features(hh, hv).reshape(labels.size, -1)[chosen])
        answers.append(is_ice(labels).ravel()[chosen])
    return np.concatenate(inputs), np.concatenate(answers)


def train(archive: zipfile.ZipFile, scenes: Iterable[str], seed: int = 0) -> HistGradientBoostingClassifier:
    inputs, answers = training_set(archive, scenes, np.random.default_rng(seed))
    model = HistGradientBoostingClassifier(max_iter=80, max_leaf_nodes=24, random_state=seed)
    return model.fit(inputs, answers)


def predict(model: HistGradientBoostingClassifier, hh: Image, hv: Image) -> NDArray[np.uint8]:
    """A mask: 1 where the model sees sea ice, 0 elsewhere."""
    layers = features(hh, hv)[::2, ::2]  # every second pixel will do: the features are smooth
    ice = model.predict(layers.reshape(-1, layers.shape[-1])).reshape(layers.shape[:2])
    ice = ice.repeat(2, axis=0).repeat(2, axis=1)[: hh.shape[0], : hh.shape[1]]
    vote = uniform_filter(ice.astype(np.float32), 9)  # removes single pixels
    return np.asarray(vote > 0.5, dtype=np.uint8)


def scene_names(archive: zipfile.ZipFile) -> list[str]:
    """The scenes of a zip, found by their HH images."""
    stems = sorted(Path(name).stem for name in archive.namelist() if "_hh_" in name)
    return [stem.replace("_hh", "") for stem in stems]


def write_masks(
    model: HistGradientBoostingClassifier, archive: zipfile.ZipFile, folder: str, scenes: Iterable[str], target: Path
) -> None:
    """A zip with one GeoTIFF mask for each scene, on the scene's own grid: what the contest accepts."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as answer:
        for scene in scenes:
            kind, number = scene.split("_")
            hh, profile = read(archive, f"{folder}/{kind}_hh_{number}.tif")
            hv, _ = read(archive, f"{folder}/{kind}_hv_{number}.tif")
            profile.update(dtype="uint8", predictor=1)
            with MemoryFile() as memory:
                with memory.open(**profile) as mask:
                    mask.write(predict(model, hh, hv), 1)
                answer.writestr(f"{scene}.tif", memory.read())


def main(folder: Path) -> None:
    with zipfile.ZipFile(folder / "train.zip") as archive:
        seen = [scene for scene in scene_names(archive) if scene not in HOLDOUT]
        model = train(archive, seen)
        write_masks(model, archive, "train_images", HOLDOUT, folder / "prediction.zip")
        (folder / "holdout").mkdir(exist_ok=True)
        for scene in HOLDOUT:
            (folder / "holdout" / f"{scene}.tif").write_bytes(archive.read(f"train_annotations/{scene}.tif"))
    with zipfile.ZipFile(folder / "test.zip") as archive:
        write_masks(model, archive, "test_images", scene_names(archive), folder / "submission.zip")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent)
