"""Data for the contest of sea ice from HH and HV: the demo's simulated scenes, small, in the layout of that contest."""

import io
import shutil
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from competitions.demo.archives import write_zip, zip_bytes
from competitions.demo.backscatter import decibel
from competitions.demo.ice import LAKE
from competitions.demo.places import PLACES
from competitions.demo.scenes import Scene, simulate_all

HERE = Path(__file__).parent
SEED, SIZE = 2019, 128
SIDES = {"public": ("test_00", "test_02", "test_04"), "private": ("test_01", "test_03", "test_07")}
TEST = tuple(sorted(name for names in SIDES.values() for name in names))
TRAINING = ("train_00", "train_03")
DARKEST_DB, BRIGHTEST_DB = -35.0, 0.0  # what becomes 0 and 255 in an image
Masks = dict[str, np.ndarray]


@cache
def scenes() -> dict[str, Scene]:
    places = [place for place in PLACES if place.name in (*TRAINING, *TEST)]
    return {scene.place.name: scene for scene in simulate_all(SEED, places=places, size=SIZE)}


def truth() -> Masks:
    """Labels: 0 water, 1 to 10 ice, 11 lake, 12 land."""
    return {name: scenes()[name].labels for name in TEST}


def guess() -> Masks:
    """What is bright in HV and no land: wrong in places, and in some scenes more than in others."""
    return {name: ((scenes()[name].hv > 700) & (scenes()[name].labels < LAKE)).astype(np.uint8) for name in TEST}


def submission(masks: Masks) -> bytes:
    return zip_bytes((f"{name}.png", png(mask)) for name, mask in masks.items())


def expected(masks: Masks) -> dict[tuple[str, str], float]:
    """IoU of each scene, then the mean, with plain sets of cells."""
    found = {}
    for side, names in SIDES.items():
        shares = []
        for name in names:
            ice = {cell for cell, label in np.ndenumerate(truth()[name]) if 0 < label < LAKE}
            said = {cell for cell, label in np.ndenumerate(masks[name]) if label == 1}
            shares.append(len(ice & said) / len(ice | said) if ice | said else 1.0)
        found["iou", side] = sum(shares) / len(shares)
    return found


def png(image: np.ndarray) -> bytes:
    return _encoded(image, "PNG")


def _jpeg(image: np.ndarray) -> bytes:
    share = (decibel(image) - DARKEST_DB) / (BRIGHTEST_DB - DARKEST_DB)
    return _encoded(np.round(255 * np.clip(share, 0, 1)).astype(np.uint8), "JPEG")


def _encoded(image: np.ndarray, kind: str) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, kind)
    return stream.getvalue()


def _images(names: tuple[str, ...]) -> dict[str, bytes]:
    found = {}
    for name in names:
        kind, number = name.split("_")
        for channel, image in (("hh", scenes()[name].hh), ("hv", scenes()[name].hv)):
            found[f"{kind}_images/{kind}_{channel}_{number}.jpg"] = _jpeg(image)
    return found


def make_contest(folder: Path) -> Path:
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for name in ("data", "truth"):
        (folder / name).mkdir()
    labels = {f"train_annotations/{name}.png": png(scenes()[name].labels) for name in TRAINING}
    write_zip(folder / "data" / "train.zip", {**_images(TRAINING), **labels}.items())
    write_zip(folder / "data" / "test.zip", _images(TEST).items())
    for name, mask in truth().items():
        (folder / "truth" / f"{name}.png").write_bytes(png(mask))
    nothing = {name: np.zeros_like(mask) for name, mask in truth().items()}
    (folder / "data" / "sample_submission.zip").write_bytes(submission(nothing))
    return folder
