"""One 10,000 x 10,000 tiled DEFLATE mask through both boxes, against reading both files and against scikit-learn.

    python -m tests.benchmarks.raster_mask [--side 10000] [--rounds 7] [--classes 2 11] [--no-sklearn]

All ways run interleaved in one process, so the ratios of medians hold even on a noisy machine; absolute times do not.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import masks

READS = "rasterio reads both files"


def prepare(folder: Path, side: int, classes: int) -> tuple[masks.boxes.ScoringJob, Path]:
    truth_file = masks.write(folder / "raw" / "scene0.tif", masks.make_mask(side, classes, 1))
    prediction = masks.write(folder / "prediction" / "scene0.tif", masks.make_mask(side, classes, 2))
    contract = masks.published(folder / "truth", folder / "raw", classes)
    return masks.job(prediction, folder / "truth", contract), truth_file


def measure(side: int, classes: int, rounds: int, *, with_sklearn: bool) -> None:
    with tempfile.TemporaryDirectory() as name, masks.measured() as runner:
        job, truth_file = prepare(Path(name), side, classes)
        tiny, _ = prepare(Path(name) / "tiny", 64, classes)
        ways: dict[str, Callable[[], object]] = {
            READS: lambda: (masks.read(truth_file), masks.read(job.prediction)),
            "both boxes, score and all": lambda: masks.score(job, runner),
            "both boxes, 64 x 64 (start-up)": lambda: masks.score(tiny, runner),
        }
        times = masks.side_by_side(ways, rounds)
        if with_sklearn:
            times["rasterio + sklearn jaccard_score"] = [masks.seconds(lambda: _by_sklearn(job, truth_file, classes))]
            is_same = abs(masks.score(job, runner) - _by_sklearn(job, truth_file, classes)) < 1e-9
            print(f"same score as scikit-learn: {is_same}")
        masks.report(f"{side} x {side}, {classes} classes, tiled DEFLATE", times, limit=READS)


def _by_sklearn(job: masks.boxes.ScoringJob, truth_file: Path, classes: int) -> float:
    from sklearn.metrics import jaccard_score

    truth, prediction = masks.read(truth_file), masks.read(job.prediction)
    return float(jaccard_score(truth.ravel(), prediction.ravel(), average="binary" if classes == 2 else "macro"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--classes", type=int, nargs="+", default=[2, 11])
    parser.add_argument("--no-sklearn", action="store_true")
    options = parser.parse_args()
    for classes in options.classes:
        measure(options.side, classes, options.rounds, with_sklearn=not options.no_sklearn)


if __name__ == "__main__":
    main()
