"""Data for the contest of flood chips: a labelled Sentinel-1 scene, read where it lies and cut into 64 chips."""

import io
import shutil
import zipfile
from pathlib import Path

import numpy as np
import rasterio
from scipy.ndimage import uniform_filter

HERE = Path(__file__).parent
DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "s1-flood-spain"
IMAGE, LABEL = "Spain_7370579_S1Hand.tif", "Spain_7370579_LabelHand.tif"
SIDE, ACROSS = 64, 8
NO_LABEL, MASK = -1, 255
WATER_BELOW_DB = -13.5
NAMES = tuple(f"chip_{number:02d}" for number in range(ACROSS * ACROSS))
SIDES = {"public": NAMES[::3], "private": tuple(name for name in NAMES if name not in NAMES[::3])}
Chips = dict[str, np.ndarray]


def whole(name: str) -> tuple[np.ndarray, rasterio.Affine]:
    with rasterio.open(DATA / name) as file:
        return file.read(1), file.transform


def chips_of(cells: np.ndarray) -> Chips:
    corners = [divmod(number, ACROSS) for number in range(len(NAMES))]
    return {
        name: cells[row * SIDE : (row + 1) * SIDE, column * SIDE : (column + 1) * SIDE]
        for name, (row, column) in zip(NAMES, corners, strict=True)
    }


def truth() -> Chips:
    label = whole(LABEL)[0]
    return chips_of(np.where(label == NO_LABEL, MASK, label).astype(np.uint8))


def guess() -> Chips:
    """Water where the mean of VV over 5 x 5 cells is low."""
    return chips_of((uniform_filter(whole(IMAGE)[0], 5) < WATER_BELOW_DB).astype(np.uint8))


def geotiff(name: str, cells: np.ndarray) -> bytes:
    """A chip at its own place."""
    row, column = divmod(NAMES.index(name), ACROSS)
    place = whole(LABEL)[1] @ rasterio.Affine.translation(column * SIDE, row * SIDE)
    profile = {"height": cells.shape[0], "width": cells.shape[1], "count": 1, "dtype": cells.dtype, "crs": "EPSG:4326"}
    stream = io.BytesIO()
    with rasterio.open(stream, "w", driver="GTiff", compress="deflate", transform=place, **profile) as file:
        file.write(cells, 1)
    return stream.getvalue()


def archive(chips: Chips) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name, cells in chips.items():
            file.writestr(f"{name}.tif", geotiff(name, cells))
    return stream.getvalue()


def make_contest(directory: Path) -> Path:
    """The folder that import_competition reads."""
    (directory / "truth").mkdir(parents=True)
    (directory / "data").mkdir()
    for name in ("competition.yaml", "overview.md", "rules.md"):
        shutil.copy(HERE / name, directory / name)
    for name, cells in truth().items():
        (directory / "truth" / f"{name}.tif").write_bytes(geotiff(name, cells))
    rows = [f"{name},{side}" for side, names in SIDES.items() for name in names]
    (directory / "split.csv").write_text("\n".join(["scene,split", *rows, ""]))
    image = chips_of(whole(IMAGE)[0].astype(np.float32))
    with zipfile.ZipFile(directory / "data" / "chips.zip", "w") as file:
        for name in NAMES[:2]:
            file.writestr(f"{name}_vv.tif", geotiff(name, image[name]))
    return directory


def expected(prediction: Chips) -> dict[tuple[str, str], float]:
    """(metric, side) -> sum of intersections over sum of unions, where there is a label."""
    scores, answers = {}, truth()
    for side, names in SIDES.items():
        true, given = (np.concatenate([one[name].ravel() for name in names]) for one in (answers, prediction))
        known = true != MASK
        water, found = true[known] == 1, given[known] == 1
        scores["iou", side] = np.count_nonzero(water & found) / np.count_nonzero(water | found)
    return scores
