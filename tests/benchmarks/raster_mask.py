"""One 10,000 x 10,000 tiled DEFLATE mask through both boxes, against reading both files and against scikit-learn.

    python -m tests.benchmarks.raster_mask [--side 10000] [--rounds 5] [--classes 2 11]

All ways run interleaved in one process, so the ratios of medians hold even on a noisy machine; absolute times do not.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ["TIDEMARK_HOME"] = tempfile.mkdtemp(prefix="tidemark-bench-")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "competitions.settings")

import django
import numpy as np
import rasterio
from rasterio.transform import from_origin
from scipy.ndimage import uniform_filter

django.setup()

from competitions.services import boxes

PROFILE = {
    "driver": "GTiff",
    "count": 1,
    "dtype": "uint8",
    "tiled": True,
    "blockxsize": 512,
    "blockysize": 512,
    "compress": "deflate",
    "crs": "EPSG:32654",
    "transform": from_origin(500_000, 5_000_000, 50, 50),
}


def make_mask(side: int, classes: int, seed: int) -> np.ndarray:
    """Smooth patches with ragged edges, as a label or a model's output has."""
    rng = np.random.default_rng(seed)
    coarse = uniform_filter(rng.normal(size=(side // 16 + 1, side // 16 + 1)).astype("f4"), 9)
    field = np.kron(coarse, np.ones((16, 16), "f4"))[:side, :side]
    field += rng.normal(scale=field.std() / 20, size=field.shape).astype("f4")
    edges = np.quantile(field[::7, ::7], np.linspace(0, 1, classes + 1)[1:-1])
    return np.digitize(field, edges).astype("u1")


def write(path: Path, mask: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(path, "w", width=mask.shape[1], height=mask.shape[0], **PROFILE) as file:
        file.write(mask, 1)


def read(path: Path) -> np.ndarray:
    with rasterio.open(path) as file:
        return file.read(1)


def prepare(folder: Path, side: int, classes: int) -> tuple[boxes.ScoringJob, Path]:
    truth_file, prediction = folder / "raw" / "scene.tif", folder / "prediction" / "scene.tif"
    write(truth_file, make_mask(side, classes, 1))
    write(prediction, make_mask(side, classes, 2))
    contract = {"kind": "raster", "formats": ["geotiff"], "dtype": "uint8", "classes": list(range(classes))}
    spec = {"contract": contract, "truth": {"split": {"by": "none"}}}
    boxes.normalise_truth(spec, folder / "raw", folder / "truth")
    for path in (folder / "truth").rglob("*"):
        path.chmod(0o644)
    completed = json.loads((folder / "truth" / "contract.json").read_text())
    metric = {"key": "iou", "metric": "iou" if classes == 2 else "mean_iou", "aggregate": "pooled", "precision": 6}
    metric["params"] = {"positive": 1} if classes == 2 else {}
    return boxes.ScoringJob(prediction, "scene.tif", completed, [metric], folder / "truth"), truth_file


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure(side: int, classes: int, rounds: int, *, with_sklearn: bool) -> None:
    from sklearn.metrics import jaccard_score

    with tempfile.TemporaryDirectory() as name:
        job, truth_file = prepare(Path(name), side, classes)
        runner = boxes.make_runner()
        tiny, _ = prepare(Path(name) / "tiny", 64, classes)

        def sklearn() -> float:
            truth, prediction = read(truth_file), read(job.prediction)
            average = "binary" if classes == 2 else "macro"
            return float(jaccard_score(truth.ravel(), prediction.ravel(), average=average))

        ways: dict[str, Callable[[], object]] = {
            "rasterio reads both files": lambda: (read(truth_file), read(job.prediction)),
            "both boxes, score and all": lambda: boxes.score_prediction(job, runner=runner),
            "both boxes, 64 x 64 (start-up)": lambda: boxes.score_prediction(tiny, runner=runner),
        }
        times: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way, work in ways.items():
                times[way].append(seconds(work))
        if with_sklearn:
            times["rasterio + sklearn jaccard_score"] = [seconds(sklearn)]
            ours = boxes.score_prediction(job, runner=runner).result["metrics"][job.metrics[0]["key"]]["public"]
            print(f"same score as scikit-learn: {abs(ours - sklearn()) < 1e-12}")
    report(side, classes, times)


def report(side: int, classes: int, times: dict[str, list[float]]) -> None:
    limit = statistics.median(times["rasterio reads both files"])
    print(f"\n{side} x {side}, {classes} classes, tiled DEFLATE (ratio to rasterio reading both files)")
    for way, values in times.items():
        median = statistics.median(values)
        print(f"  {way:<36}{median / limit:8.2f}   ({median:.3f} s, n={len(values)})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--classes", type=int, nargs="+", default=[2, 11])
    parser.add_argument("--no-sklearn", action="store_true")
    options = parser.parse_args()
    for classes in options.classes:
        measure(options.side, classes, options.rounds, with_sklearn=not options.no_sklearn)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
