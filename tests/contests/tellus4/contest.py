"""Data for the contest of coastlines: six made-up coasts of unlike sizes, each with transects across it.

`expected` is the scorer of such a contest once more, in plain loops, and without any code of the project.
"""

import io
import json
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from competitions.demo.archives import write_zip

HERE = Path(__file__).parent
SIDES = {"public": ("test_00", "test_02", "test_05"), "private": ("test_01", "test_03", "test_04")}
NAMES = tuple(sorted(name for names in SIDES.values() for name in names))
MISS = 100.0
ANSWERS = {"one_account": True, "residence": "japan"}  # of somebody who may take part
COARSE = 10  # every tenth pixel is in the images, which nobody here learns from
Coasts = dict[str, list[list[float]]]


def size_of(number: int) -> tuple[int, int]:
    """Rows and columns."""
    return 600 + 130 * number, 900 + 210 * number


def coast(number: int) -> np.ndarray:
    """A wandering line from the left edge to the right, with bays; whole pixels, as people click them."""
    rng = np.random.default_rng(number)
    height, width = size_of(number)
    x = np.arange(0.0, width, 2.0)
    y = height / 2 + height / 5 * np.sin(x / 90 + number) + np.cumsum(rng.normal(scale=0.8, size=len(x)))
    return np.round(np.stack([x, np.clip(y, 20, height - 20)], axis=1))


def transects(number: int) -> np.ndarray:
    height, width = size_of(number)
    x = np.linspace(40, width - 60, 9 + number)
    lean = np.random.default_rng(100 + number).uniform(-25, 25, len(x))
    low, high = np.full(len(x), 2.0), np.full(len(x), height - 2.0)
    return np.round(np.stack([np.stack([x, low], axis=1), np.stack([x + lean, high], axis=1)], axis=1))


def truth() -> dict[str, dict[str, Any]]:
    found = {}
    for number, name in enumerate(NAMES):
        height, width = size_of(number)
        lines = {"coastline_points": coast(number).tolist(), "validate_lines": transects(number).tolist()}
        found[name] = {**lines, "height": height, "width": width}
    return found


def image(name: str) -> bytes:
    """HH of a scene, coarse: 32-bit floats of 16-bit numbers, bright where there is land, without a georeference."""
    number = NAMES.index(name)
    height, width = size_of(number)
    shore = np.interp(np.arange(width), *coast(number).T)
    level = np.where(np.arange(height)[:, None] > shore, 9000.0, 1500.0)[::COARSE, ::COARSE]
    speckle = np.random.default_rng(200 + number).gamma(3, 1 / 3, level.shape)
    stream = io.BytesIO()
    Image.fromarray(np.clip(level * speckle, 1, 65535).astype(np.float32)).save(stream, "TIFF")
    return stream.getvalue()


def guess(seed: int = 5) -> Coasts:
    """Every fourth point, some pixels off; the last third of one coast is not drawn, so its transects are missed."""
    rng = np.random.default_rng(seed)
    drawn = {}
    for number, name in enumerate(NAMES):
        points = coast(number)[::4] + rng.normal(scale=3 + 2 * number, size=coast(number)[::4].shape)
        drawn[name] = points[: len(points) * 2 // 3] if number == 2 else points
    return {name: rng.permutation(np.round(points, 3)).tolist() for name, points in drawn.items()}


def submission(coasts: Any) -> bytes:
    return json.dumps(coasts).encode()


def make_contest(folder: Path) -> Path:
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for name in ("data", "truth"):
        (folder / name).mkdir()
    for name, one in truth().items():
        (folder / "truth" / f"{name}.json").write_text(json.dumps(one))
    write_zip(folder / "data" / "test.zip", ((f"test_images/{name}.tif", image(name)) for name in NAMES))
    (folder / "data" / "train_00.json").write_text(json.dumps({"coastline_points": coast(9).tolist()}))
    flat = {name: [[0, 0], [one["width"], one["height"]]] for name, one in truth().items()}
    (folder / "data" / "sample.json").write_bytes(submission(flat))
    return folder


# -- the scorer once more ---------------------------------------------------------------------------------------------


def crossings(points: Any, line: Any) -> list[tuple[float, float]]:
    (ax, ay), (bx, by) = line
    dx, dy = bx - ax, by - ay
    length = math.hypot(dx, dy)
    above, below, near = [], [], []
    for x, y in points:
        t = ((x - ax) * dx + (y - ay) * dy) / length**2
        s = ((y - ay) * dx - (x - ax) * dy) / length
        if not 0 <= t <= 1:
            continue
        (above if s >= 0 else below).append((s, x, y))
        if abs(s) <= 1:
            near.append((ax + t * dx, ay + t * dy))
    if not above or not below:
        return []
    if near:
        return near
    (s, x, y), (r, u, v) = min(above), max(below)
    weight = abs(r) / (abs(r) + s)
    return [(weight * x + (1 - weight) * u, weight * y + (1 - weight) * v)]


def errors(points: Any, known: dict[str, Any]) -> list[float]:
    found = []
    for line in known["validate_lines"]:
        there = crossings(known["coastline_points"], line)
        if not there:
            continue
        x, y = (sum(axis) / len(there) for axis in zip(*there, strict=True))
        found.append(max((math.dist((x, y), one) for one in crossings(points, line)), default=MISS))
    return found


def hd95(points: Any, known: dict[str, Any]) -> float:
    mine, other = np.unique(np.array(points), axis=0), np.unique(np.array(known["coastline_points"]), axis=0)
    apart = np.hypot(*(mine[:, None] - other[None]).transpose(2, 0, 1))
    return max(float(np.percentile(apart.min(axis=axis), 95)) for axis in (0, 1))


def expected(coasts: Coasts) -> dict[tuple[str, str], float]:
    scores = {}
    for side, names in SIDES.items():
        found = {name: errors(coasts[name], truth()[name]) for name in names}
        every = [error for one in found.values() for error in one]
        scores["error", side] = sum(sum(one) / len(one) for one in found.values()) / len(found)
        capped = {name: [min(error, MISS) for error in one] for name, one in found.items()}
        scores["capped", side] = sum(sum(one) / len(one) for one in capped.values()) / len(found)
        scores["rmse", side] = math.sqrt(sum(error**2 for error in every) / len(every))
        scores["hd95", side] = sum(hd95(coasts[name], truth()[name]) for name in names) / len(names)
    return scores
