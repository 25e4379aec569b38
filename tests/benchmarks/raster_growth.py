"""How time and memory grow with a scene, from 1,000 to 20,000 pixels a side, and with unusual layouts of the file.

    python -m tests.benchmarks.raster_growth [--sides 1000 ... 20000] [--layouts tiled rows tiles4096 raw png]

Linear means: once starting is paid, each pixel costs the same. Memory is the peak of a box's control group, as the
platform itself measures it. `rows` are strips of one row, `tiles4096` tiles of 4,096 x 4,096, `raw` is
not compressed.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

from tests.benchmarks import masks

TILES = {**masks.GEOTIFF, "blockxsize": 4096, "blockysize": 4096}
ROWS = {key: value for key, value in masks.GEOTIFF.items() if not key.startswith(("block", "tiled"))}
LAYOUTS = {
    "tiled": masks.GEOTIFF,
    "rows": {**ROWS, "blockysize": 1},
    "tiles4096": TILES,
    "raw": {key: value for key, value in masks.GEOTIFF.items() if key != "compress"},
    "png": masks.PNG,
}


def measure(side: int, layouts: list[str], classes: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        masks.write(folder / "raw" / "scene0.tif", masks.make_mask(side, classes, 1))
        contract = masks.published(folder / "truth", folder / "raw", classes)
        prediction = masks.make_mask(side, classes, 2)
        for layout in layouts:
            path = masks.write(folder / masks.name_of(0, LAYOUTS[layout]), prediction, LAYOUTS[layout])
            _tell(side, layout, masks.job(path, folder / "truth", contract), rounds)
            path.unlink()


def _tell(side: int, layout: str, job: masks.boxes.ScoringJob, rounds: int) -> None:
    with masks.measured() as runner:
        ways = {"read": lambda: masks.read(job.prediction), "score": lambda: masks.score(job, runner)}
        times = masks.side_by_side(ways, rounds)
        score, read = (statistics.median(times[way]) for way in ("score", "read"))
        peaks = " ".join(f"{stage} {mib:.0f}" for stage, mib in runner.peaks.items())
        each = score / side**2 * 1e9
        print(f"{side:7} {layout:12}{score:9.3f} s{each:9.2f} ns a pixel, {score / read:6.2f} x read; MiB: {peaks}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sides", type=int, nargs="+", default=[1_000, 2_000, 4_000, 10_000, 20_000])
    parser.add_argument("--layouts", nargs="+", choices=LAYOUTS, default=["tiled"])
    parser.add_argument("--classes", type=int, default=11)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for side in options.sides:
        measure(side, options.layouts, options.classes, options.rounds)


if __name__ == "__main__":
    main()
