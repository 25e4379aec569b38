"""Fits the model of main.py to the contest's training scenes. Download train.zip beside this script, then:

    python train.py            # about half a minute; needs numpy, scipy, rasterio and scikit-learn

It writes model.npz and, from two scenes that it keeps back, data/ and holdout/ to try main.py with.
"""

import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.io import MemoryFile
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

try:
    from main import features  # type: ignore[import-not-found]
except ImportError:  # within Tidemark, where main.py has another name
    from competitions.demo.kits.ice_program import features

HOLDOUT = ("train_02", "train_03")  # scenes that the model does not see; keep whole scenes back, never single pixels
PIXELS_PER_SCENE = 4000

Image = NDArray[Any]


def read(archive: zipfile.ZipFile, name: str) -> Image:
    with MemoryFile(archive.read(name)) as memory, memory.open() as source:
        return np.asarray(source.read(1))


def training_set(archive: zipfile.ZipFile, scenes: Iterable[str], rng: np.random.Generator) -> tuple[Image, Image]:
    """Some pixels of every scene: their features, and whether they are ice (labels 1..10)."""
    inputs, answers = [], []
    for scene in scenes:
        hh = read(archive, f"train_images/{scene.replace('train_', 'train_hh_')}.tif")
        hv = read(archive, f"train_images/{scene.replace('train_', 'train_hv_')}.tif")
        labels = read(archive, f"train_annotations/{scene}.tif").ravel()
        chosen = rng.choice(labels.size, min(labels.size, PIXELS_PER_SCENE), replace=False)
        inputs.append(features(hh, hv).reshape(labels.size, -1)[chosen])
        answers.append((labels[chosen] >= 1) & (labels[chosen] <= 10))
    return np.concatenate(inputs), np.concatenate(answers)


def train(archive: zipfile.ZipFile, scenes: Iterable[str], seed: int = 0) -> dict[str, Image]:
    """The model as arrays: plain numbers, which need no pickle and no scikit-learn to be read."""
    inputs, answers = training_set(archive, scenes, np.random.default_rng(seed))
    scaler = StandardScaler().fit(inputs)
    network = MLPClassifier((24, 12), max_iter=60, early_stopping=True, random_state=seed)
    network.fit(scaler.transform(inputs), answers)
    layers = range(len(network.coefs_))
    return {
        "mean": scaler.mean_.astype(np.float32),
        "scale": scaler.scale_.astype(np.float32),
        **{f"weights_{layer}": network.coefs_[layer].astype(np.float32) for layer in layers},
        **{f"bias_{layer}": network.intercepts_[layer].astype(np.float32) for layer in layers},
    }


def scene_names(archive: zipfile.ZipFile) -> list[str]:
    return sorted(Path(name).stem for name in archive.namelist() if name.startswith("train_annotations/"))


def main(folder: Path) -> None:
    with zipfile.ZipFile(folder / "train.zip") as archive:
        seen = [scene for scene in scene_names(archive) if scene not in HOLDOUT]
        np.savez(folder / "model.npz", allow_pickle=False, **train(archive, seen))
        for name in ("data", "holdout"):
            (folder / name).mkdir(exist_ok=True)
        for scene in HOLDOUT:
            (folder / "holdout" / f"{scene}.tif").write_bytes(archive.read(f"train_annotations/{scene}.tif"))
            for channel in ("hh", "hv"):
                image = archive.read(f"train_images/{scene.replace('train_', f'train_{channel}_')}.tif")
                (folder / "data" / f"{scene}_{channel}.tif").write_bytes(image)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent)
