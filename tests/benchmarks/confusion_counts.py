"""Confusion counts of two masks in memory, against reading both once and against scikit-learn.

    python -m tests.benchmarks.confusion_counts [--side 10000] [--rounds 7] [--classes 2 11] [--no-sklearn]

The measure is the fastest way that numpy has of touching every byte of both arrays. Counting goes through the truth as
it is kept (index of the value times the number of classes) in pieces as large as those of a block of a scene.
"""

import argparse
from collections.abc import Callable

import numpy as np

from scoring.counting import PairCounter
from tests.benchmarks import masks

READS = "reading both once"
PIECE = 512 * 1536


def read_once(*arrays: masks.Mask) -> list[int]:
    return [int(array.view("u8").max()) for array in arrays]


def counts(kept: masks.Mask, prediction: masks.Mask, classes: int) -> np.ndarray:
    """The joint table; the sum of truth and prediction is made piece by piece, as in the score box."""
    counter = PairCounter(classes * classes)
    codes = np.empty(PIECE, "u1")
    for start in range(0, len(kept), PIECE):
        piece = kept[start : start + PIECE]
        counter.add(np.add(piece, prediction[start : start + PIECE], out=codes[: len(piece)]))
    return counter.take().reshape(classes, classes)


def measure(side: int, classes: int, rounds: int, *, with_sklearn: bool) -> None:
    from sklearn.metrics import confusion_matrix

    side -= side % 8  # whole 8-byte words to read
    truth, prediction = (masks.make_mask(side, classes, seed).ravel() for seed in (1, 2))
    kept = truth * np.uint8(classes)
    ways: dict[str, Callable[[], object]] = {
        READS: lambda: read_once(kept, prediction),
        "confusion counts": lambda: counts(kept, prediction, classes),
    }
    times = masks.side_by_side(ways, rounds)
    if with_sklearn:
        times["sklearn confusion_matrix"] = [masks.seconds(lambda: confusion_matrix(truth, prediction))]
        is_same = np.array_equal(counts(kept, prediction, classes), confusion_matrix(truth, prediction))
        print(f"same counts as scikit-learn: {is_same}")
    masks.report(f"{side} x {side}, {classes} classes, from memory", times, limit=READS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--classes", type=int, nargs="+", default=[2, 11])
    parser.add_argument("--no-sklearn", action="store_true")
    options = parser.parse_args()
    for classes in options.classes:
        measure(options.side, classes, options.rounds, with_sklearn=not options.no_sklearn)


if __name__ == "__main__":
    main()
