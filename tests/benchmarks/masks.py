"""Masks for the benchmarks of rasters, their truth as a site publishes it, and runs timed side by side.

Imported first: it gives Django a home of its own. All files live in a temporary folder that is deleted at the end.
"""

import atexit
import json
import os
import shutil
import statistics
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ["TIDEMARK_HOME"] = tempfile.mkdtemp(prefix="tidemark-bench-")
atexit.register(shutil.rmtree, os.environ["TIDEMARK_HOME"], ignore_errors=True)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "competitions.settings")

import django
import numpy as np
import rasterio
from rasterio.transform import from_origin
from scipy.ndimage import uniform_filter

django.setup()

from competitions.services import boxes
from sandbox import Run, RunRequest

GEOTIFF = {
    "driver": "GTiff",
    "tiled": True,
    "blockxsize": 512,
    "blockysize": 512,
    "compress": "deflate",
    "crs": "EPSG:32654",
    "transform": from_origin(500_000, 5_000_000, 50, 50),
}
PNG = {"driver": "PNG"}
ENDINGS = {"GTiff": "tif", "PNG": "png"}
MANY_BYTES = 2**40
PATCH = 16
BAND = 1024  # rows made at a time, a multiple of PATCH

Mask = np.ndarray


def make_mask(side: int, classes: int, seed: int) -> Mask:
    """Smooth patches with ragged edges, as a label or a model's output has."""
    rng = np.random.default_rng(seed)
    coarse = uniform_filter(rng.normal(size=(side // PATCH + 1, side // PATCH + 1)).astype("f4"), 9)
    edges = np.quantile(coarse, np.linspace(0, 1, classes + 1)[1:-1])
    scale = np.float32(coarse.std() / 20)
    mask = np.empty((side, side), "u1")
    for start in range(0, side, BAND):
        rows = min(BAND, side - start)
        near = coarse[start // PATCH : (start + rows - 1) // PATCH + 1]
        field = np.kron(near, np.ones((PATCH, PATCH), "f4"))[:rows, :side]
        field += scale * rng.standard_normal(field.shape, "f4")
        mask[start : start + rows] = np.digitize(field, edges)
    return mask


def variants(mask: Mask, count: int) -> Iterator[Mask]:
    """Up to eight masks of one square mask, turned and mirrored: as different to every reader as new ones."""
    for index in range(count):
        turned = np.rot90(mask, index % 4)
        yield np.ascontiguousarray(turned if index < 4 else turned[::-1])


def write(path: Path, mask: Mask, profile: Mapping[str, Any] = GEOTIFF) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = {"count": 1, "dtype": "uint8", "height": mask.shape[0], "width": mask.shape[1]}
    with rasterio.open(path, "w", **shape, **profile) as file:
        file.write(mask, 1)
    return path


def read(path: Path) -> Mask:
    with rasterio.open(path) as file:
        return file.read(1)


def name_of(scene: int, profile: Mapping[str, Any] = GEOTIFF) -> str:
    return f"scene{scene}.{ENDINGS[profile['driver']]}"


def zipped(path: Path, files: Sequence[Path]) -> Path:
    """A submission of several scenes; compressed already, so stored."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for file in files:
            archive.write(file, file.name)
    return path


def published(folder: Path, raw: Path, classes: int) -> dict[str, Any]:
    """Normalise a truth into `folder`, in a box as a site does; returns the completed contract."""
    contract = {"kind": "raster", "dtype": "uint8", "classes": list(range(classes)), "max_file_bytes": MANY_BYTES}
    boxes.normalise_truth({"contract": contract, "truth": {"split": {"by": "none"}}}, raw, folder)
    for path in folder.rglob("*"):
        path.chmod(0o644)
    return json.loads((folder / "contract.json").read_text())


def job(prediction: Path, truth: Path, contract: dict[str, Any]) -> boxes.ScoringJob:
    is_binary = len(contract["classes"]) == 2
    metric = {"key": "iou", "metric": "iou" if is_binary else "mean_iou", "aggregate": "pooled", "precision": 6}
    metric["params"] = {"positive": 1} if is_binary else {}
    return boxes.ScoringJob(prediction, prediction.name, contract, [metric], truth)


class Measured:
    """The platform's own runner, which also remembers the most memory that each kind of box has used, in MiB."""

    def __init__(self) -> None:
        self._runner = boxes.make_runner()
        self.peaks: dict[str, float] = {}

    def run(self, request: RunRequest, **options: Any) -> Run:
        run = self._runner.run(request, **options)
        stage = str(request.stage)
        self.peaks[stage] = max(self.peaks.get(stage, 0.0), run.peak_memory_mib)
        return run

    def close(self) -> None:
        self._runner.close()


@contextmanager
def measured() -> Iterator[Measured]:
    runner = Measured()
    try:
        yield runner
    finally:
        runner.close()


def score(one: boxes.ScoringJob, runner: Measured) -> float:
    verdict = boxes.score_prediction(one, runner=runner)
    if verdict.result is None:
        raise RuntimeError(f"refused: {verdict.problems}")
    return verdict.result["metrics"]["iou"]["public"]


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def side_by_side(ways: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each way in each round; after one round that nobody counts, as files are read for the first time."""
    for work in ways.values():
        work()
    times: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, work in ways.items():
            times[way].append(seconds(work))
    return times


def report(title: str, times: Mapping[str, Sequence[float]], *, limit: str) -> None:
    """Medians, and their ratios to the way that is the measure."""
    measure = statistics.median(times[limit])
    print(f"\n{title} (ratio to: {limit})")
    for way, values in times.items():
        median = statistics.median(values)
        print(f"  {way:<44}{median / measure:9.2f}   ({median:.3f} s, n={len(values)})", flush=True)
