"""A program for "Sea ice by program": a small neural network for pixels, as numbers that train.py has written.

It reads data/<scene>_hh.tif and data/<scene>_hv.tif with rasterio and writes submission/<scene>.tif. Training needs
scikit-learn; running needs numpy, scipy and rasterio.
"""

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

WINDOWS = (5, 15, 41)
STEP = 2  # every second pixel will do: the features are smooth

Image = NDArray[Any]


def decibel(image: Image) -> Image:
    """Digital numbers to backscatter in dB."""
    return np.asarray(20 * np.log10(np.maximum(image, 1).astype(np.float32)) - 83.0)


def features(hh: Image, hv: Image) -> Image:
    """(rows, columns, features): smoothed backscatter of both channels, their ratio, and how rough the surface is."""
    hh, hv = decibel(hh), decibel(hv)
    layers = []
    for window in WINDOWS:  # one pixel is mostly speckle; its surroundings say more
        mean_hh, mean_hv = uniform_filter(hh, window), uniform_filter(hv, window)
        layers += [mean_hh, mean_hv, mean_hv - mean_hh]
    layers.append(uniform_filter(hh**2, 15) - uniform_filter(hh, 15) ** 2)
    layers.append(uniform_filter(hv**2, 41) - uniform_filter(hv, 41) ** 2)
    return np.stack(layers, axis=-1)


def probability(model: dict[str, Image], inputs: Image) -> Image:
    """Of sea ice, for rows of features: what MLPClassifier.predict_proba says, from its weights alone."""
    layer = (inputs - model["mean"]) / model["scale"]
    layer = np.maximum(layer @ model["weights_0"] + model["bias_0"], 0)
    layer = np.maximum(layer @ model["weights_1"] + model["bias_1"], 0)
    return np.asarray(1 / (1 + np.exp(-(layer @ model["weights_2"] + model["bias_2"])))[:, 0])


def predict(model: dict[str, Image], hh: Image, hv: Image) -> NDArray[np.uint8]:
    """A mask: 1 where the model sees sea ice, 0 elsewhere."""
    inputs = features(hh, hv)[::STEP, ::STEP]
    ice = probability(model, inputs.reshape(-1, inputs.shape[-1])).reshape(inputs.shape[:2])
    ice = ice.repeat(STEP, axis=0).repeat(STEP, axis=1)[: hh.shape[0], : hh.shape[1]]
    return np.asarray(uniform_filter(ice.astype(np.float32), 9) > 0.5, dtype=np.uint8)


def main() -> None:
    with np.load("model.npz") as stored:
        model = {name: stored[name] for name in stored.files}
    scenes = sorted(path.name.removesuffix("_hh.tif") for path in Path("data").glob("*_hh.tif"))
    print(f"{len(scenes)} scenes")
    for scene in scenes:
        with rasterio.open(f"data/{scene}_hh.tif") as source:
            hh, profile = source.read(1), source.profile
        with rasterio.open(f"data/{scene}_hv.tif") as source:
            hv = source.read(1)
        mask = predict(model, hh, hv)
        profile.update(dtype="uint8", predictor=1)
        with rasterio.open(f"submission/{scene}.tif", "w", **profile) as target:
            target.write(mask, 1)
        print(f"{scene}: {mask.mean():.1%} ice")


if __name__ == "__main__":
    main()
