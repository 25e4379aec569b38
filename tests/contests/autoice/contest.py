"""Data for the contest of sea-ice charts: four small scenes made of smooth noise, their charts and a guess at them."""

import io
import shutil
import zipfile
from pathlib import Path

import h5py
import numpy as np
import rasterio
from scipy.ndimage import gaussian_filter
from sklearn.metrics import f1_score, r2_score

HERE = Path(__file__).parent
PUBLIC, PRIVATE = ("baffin_20180124", "cape_20190512"), ("disko_20200303", "foxe_20210718")
SIDES = {"public": PUBLIC, "private": PRIVATE}
SHAPES = dict(zip(PUBLIC + PRIVATE, ((530, 90), (128, 140), (75, 200), (64, 64)), strict=True))
CLASSES = {"SIC": 11, "SOD": 6, "FLOE": 7}
MASK = 255
PLACE = rasterio.Affine(80, 0, -500_000, 0, -80, -1_000_000)
Charts = dict[str, np.ndarray]


def charts(seed: int, noise: float = 0.0) -> Charts:
    """Variable -> chart. The same seed gives the same ice; `noise` disturbs it."""
    ice, disturbance = np.random.default_rng(seed), np.random.default_rng(seed + 1)
    made = {}
    for scene, shape in SHAPES.items():
        field = gaussian_filter(ice.normal(size=shape), 6)
        for layer, classes in CLASSES.items():
            own = field + 0.3 * gaussian_filter(ice.normal(size=shape), 4)
            own = own / own.std() + noise * disturbance.normal(size=shape)
            made[f"{scene}_{layer}"] = np.clip((own + 2) / 4 * classes, 0, classes - 1).astype(np.uint8)
    return made


def truth() -> Charts:
    """With land and unknown cells masked, not alike in all layers."""
    made, hidden = charts(7), np.random.default_rng(70)
    for cells in made.values():
        cells[:, :9] = MASK
        cells[gaussian_filter(hidden.normal(size=cells.shape), 5) > 0.08] = MASK
    return made


def guess() -> Charts:
    return charts(7, noise=0.6)


def make_contest(directory: Path) -> Path:
    """The folder that import_competition reads."""
    (directory / "truth").mkdir(parents=True)
    (directory / "data").mkdir()
    for name in ("competition.yaml", "overview.md", "rules.md"):
        shutil.copy(HERE / name, directory / name)
    for name, cells in truth().items():
        profile = {"height": cells.shape[0], "width": cells.shape[1], "count": 1, "dtype": "uint8", "crs": "EPSG:3413"}
        with rasterio.open(
            directory / "truth" / f"{name}.tif", "w", driver="GTiff", compress="deflate", transform=PLACE, **profile
        ) as file:
            file.write(cells, 1)
    with zipfile.ZipFile(directory / "data" / "scenes.zip", "w") as archive:
        archive.writestr("README.txt", "The scenes themselves are not needed to score.\n")
    return directory


def netcdf(variables: Charts) -> bytes:
    """As xarray writes it: zlib, and for each variable two dimensions of its own without coordinates."""
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        for name, cells in variables.items():
            array = file.create_dataset(name, data=cells, compression="gzip", shuffle=True)
            for axis, length in enumerate(cells.shape):
                scale = file.create_dataset(f"{name}_dim{axis}", shape=(length,), dtype=">f4")
                scale.make_scale(f"This is a netCDF dimension but not a netCDF variable. {length:9d}")
                array.dims[axis].attach_scale(scale)
    return stream.getvalue()


def expected(prediction: Charts) -> dict[tuple[str, str], float]:
    """(metric, side) -> score, as the starter pack of the contest computes it: pooled valid pixels, scikit-learn."""
    scores, answers = {}, truth()
    for side, scenes in SIDES.items():
        pairs = {}
        for layer in CLASSES:
            names = [f"{scene}_{layer}" for scene in scenes]
            true, given = (np.concatenate([one[name].ravel() for name in names]) for one in (answers, prediction))
            pairs[layer] = true[true != MASK], given[true != MASK]
        sic = float(r2_score(*pairs["SIC"]))
        sod, floe = (float(f1_score(*pairs[layer], average="weighted")) for layer in ("SOD", "FLOE"))
        rounded = [round(score * 100, 3) for score in (sic, sod, floe)]
        scores |= {("sic", side): sic, ("sod", side): sod, ("floe", side): floe}
        scores["score", side] = (2 * rounded[0] + 2 * rounded[1] + rounded[2]) / 5
    return scores
