"""A first model for "Coastline from HH". Download train.zip and test.zip beside this script, then:

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

HOLDOUT = ("train_02", "train_06")  # scenes that the model does not see; keep whole scenes back, never single pixels
PIXELS_PER_SCENE = 6000
WINDOWS = (7, 21, 61)

Image = NDArray[Any]


def read(archive: zipfile.ZipFile, name: str) -> tuple[Image, dict[str, Any]]:
    """One band of a GeoTIFF inside a zip, and the profile (size, CRS, transform) to write a mask on the same grid."""
    with MemoryFile(archive.read(name)) as memory, memory.open() as source:
        return source.read(1), dict(source.profile)


def features(image: Image) -> Image:
    """(rows, columns, features): backscatter in dB and its variance, in windows from near to far."""
    hh = 20 * np.log10(np.maximum(image, 1).astype(np.float32)) - 83.0
    layers = []
    for window in WINDOWS:  # land and pack ice are about as bright: texture over some distance tells them apart
        mean = uniform_filter(hh, window)
        layers += [mean, uniform_filter(hh**2, window) - mean**2]
    fine = uniform_filter(hh, 5)
    for window in WINDOWS[1:]:  # texture without speckle: how much the smoothed image varies
        layers.append(uniform_filter(fine**2, window) - uniform_filter(fine, window) ** 2)
    return np.stack(layers, axis=-1)


def train(archive: zipfile.ZipFile, scenes: Iterable[str], seed: int = 0) -> HistGradientBoostingClassifier:
    """A model of land (1) and water (0) from some pixels of every scene."""
    rng = np.random.default_rng(seed)
    inputs, answers = [], []
    for scene in scenes:
        image, _ = read(archive, f"train_images/{scene}.tif")
        land, _ = read(archive, f"train_annotations/{scene}.tif")
        chosen = rng.choice(land.size, PIXELS_PER_SCENE, replace=False)
        inputs.append(features(image).reshape(land.size, -1)[chosen])
        answers.append(land.ravel()[chosen])
    model = HistGradientBoostingClassifier(max_iter=80, max_leaf_nodes=24, random_state=seed)
    return model.fit(np.concatenate(inputs), np.concatenate(answers))


def predict(model: HistGradientBoostingClassifier, image: Image) -> NDArray[np.uint8]:
    """A mask: 1 for land, 0 for water."""
    layers = features(image)[::2, ::2]  # every second pixel will do: the features are smooth
    chance = model.predict_proba(layers.reshape(-1, layers.shape[-1]))[:, 1].reshape(layers.shape[:2])
    chance = chance.repeat(2, axis=0).repeat(2, axis=1)[: image.shape[0], : image.shape[1]]
    vote = uniform_filter(chance, 25)  # land is large: a wide vote removes stray floes
    return np.asarray(vote > 0.5, dtype=np.uint8)


def scene_names(archive: zipfile.ZipFile) -> list[str]:
    return sorted(Path(name).stem for name in archive.namelist() if "_images/" in name)


def write_masks(
    model: HistGradientBoostingClassifier, archive: zipfile.ZipFile, folder: str, scenes: Iterable[str], target: Path
) -> None:
    """A zip with one GeoTIFF mask for each scene, on the scene's own grid: what the contest accepts."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as answer:
        for scene in scenes:
            image, profile = read(archive, f"{folder}/{scene}.tif")
            profile.update(dtype="uint8", predictor=1)
            with MemoryFile() as memory:
                with memory.open(**profile) as mask:
                    mask.write(predict(model, image), 1)
                answer.writestr(f"{scene}.tif", memory.read())


def main(folder: Path) -> None:
    with zipfile.ZipFile(folder / "train.zip") as archive:
        model = train(archive, [scene for scene in scene_names(archive) if scene not in HOLDOUT])
        write_masks(model, archive, "train_images", HOLDOUT, folder / "prediction.zip")
        (folder / "holdout").mkdir(exist_ok=True)
        for scene in HOLDOUT:
            (folder / "holdout" / f"{scene}.tif").write_bytes(archive.read(f"train_annotations/{scene}.tif"))
    with zipfile.ZipFile(folder / "test.zip") as archive:
        write_masks(model, archive, "test_images", scene_names(archive), folder / "submission.zip")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent)
