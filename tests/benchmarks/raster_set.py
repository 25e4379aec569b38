"""A test set of eight 10,000 x 10,000 masks in one ZIP through both boxes, against reading all sixteen files.

    python -m tests.benchmarks.raster_set [--scenes 8] [--side 10000] [--classes 11] [--rounds 3] [--png] [--no-sklearn]

GeoTIFF is tiled DEFLATE, and measured against reading predictions and truths in full in one process. --png: the
predictions are PNG, and the measure is reading the predictions alone in full. scikit-learn takes minutes, so one scene
is measured and multiplied.
"""

import argparse
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import masks

READS = "rasterio reads predictions and truths"
READS_PNG = "rasterio reads the predictions"


def prepare(folder: Path, options: argparse.Namespace) -> tuple[masks.boxes.ScoringJob, list[Path], list[Path]]:
    """A job, and the files of predictions and truths."""
    files: list[list[Path]] = []
    profile = masks.PNG if options.png else masks.GEOTIFF
    for place, seed, form in (("prediction", 2, profile), ("raw", 1, masks.GEOTIFF)):
        made = masks.variants(masks.make_mask(options.side, options.classes, seed), options.scenes)
        files.append([masks.write(folder / place / masks.name_of(n, form), mask, form) for n, mask in enumerate(made)])
    contract = masks.published(folder / "truth", folder / "raw", options.classes)
    prediction = masks.zipped(folder / "prediction.zip", files[0]) if options.scenes > 1 else files[0][0]
    return masks.job(prediction, folder / "truth", contract), files[0], files[1]


def measure(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as name, masks.measured() as runner:
        job, predictions, truths = prepare(Path(name), options)
        limit = READS_PNG if options.png else READS
        wanted = predictions if options.png else [*predictions, *truths]
        ways: dict[str, Callable[[], object]] = {
            limit: lambda: [masks.read(path) for path in wanted],
            "both boxes, score and all": lambda: masks.score(job, runner),
        }
        times = masks.side_by_side(ways, options.rounds)
        if not options.no_sklearn:
            once = [masks.seconds(lambda: _by_sklearn(truths[0], predictions[0])) for _ in range(1)]
            times[f"rasterio + sklearn, one x {options.scenes}"] = [options.scenes * statistics.median(once)]
        form = "PNG" if options.png else "tiled DEFLATE"
        masks.report(f"{options.scenes} of {options.side}^2, {options.classes} classes, {form}", times, limit=limit)
        print(f"  peak memory, MiB: {runner.peaks}")


def _by_sklearn(truth: Path, prediction: Path) -> object:
    from sklearn.metrics import confusion_matrix

    return confusion_matrix(masks.read(truth).ravel(), masks.read(prediction).ravel())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, choices=range(1, 9), default=8)
    parser.add_argument("--side", type=int, default=10_000)
    parser.add_argument("--classes", type=int, default=11)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--png", action="store_true")
    parser.add_argument("--no-sklearn", action="store_true")
    measure(parser.parse_args())


if __name__ == "__main__":
    main()
