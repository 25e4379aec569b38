"""The shortest program that scores: sea ice is where the cross-polarised channel HV is neither dark nor very bright."""

from pathlib import Path

import numpy as np
import rasterio
from scipy.ndimage import uniform_filter

for path in sorted(Path("data").glob("*_hv.tif")):
    with rasterio.open(path) as source:
        hv, profile = source.read(1), source.profile
    level = uniform_filter(20 * np.log10(np.maximum(hv, 1).astype(np.float32)) - 83.0, 21)
    mask = ((level > -25.5) & (level < -19)).astype(np.uint8)
    profile.update(dtype="uint8", predictor=1)
    scene = path.name.removesuffix("_hv.tif")
    with rasterio.open(f"submission/{scene}.tif", "w", **profile) as target:
        target.write(mask, 1)
    print(f"{scene}: {mask.mean():.1%} ice")
