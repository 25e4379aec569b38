"""The tabular contest: the diabetes data that scikit-learn carries, with shuffled rows and hashed ids."""

import csv
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_diabetes

from competitions.demo.folders import lay_out
from competitions.demo.kits import diabetes

ID, ANSWER, USAGE = "id", "progression", "Usage"
TEST_ROWS = 142


def build_diabetes(directory: Path, seed: int) -> None:
    """Writes the contest folder: train.csv, test.csv, a sample submission, the answers, texts and starter kit."""
    lay_out(directory, "diabetes-progression", diabetes)
    found = load_diabetes(scaled=False)
    names, inputs, answers = list(found.feature_names), found.data, found.target
    order = np.random.default_rng(seed).permutation(len(answers))
    test, train = np.sort(order[:TEST_ROWS]), order[TEST_ROWS:]
    test = np.random.default_rng([seed, 1]).permutation(test)
    ids = [sha256(f"{seed}:{row}".encode()).hexdigest()[:10] for row in range(len(answers))]
    data, truth = directory / "data", directory / "truth"
    _write(data / "train.csv", [ID, *names, ANSWER], ([ids[i], *_cells(inputs[i]), f"{answers[i]:g}"] for i in train))
    _write(data / "test.csv", [ID, *names], ([ids[i], *_cells(inputs[i])] for i in test))
    _write(data / "sample_submission.csv", [ID, ANSWER], ([ids[i], "0"] for i in test))
    usage = ["Public" if place % 2 == 0 else "Private" for place in range(TEST_ROWS)]
    rows = ([ids[i], f"{answers[i]:g}", part] for i, part in zip(test, usage, strict=True))
    _write(truth / "solution.csv", [ID, ANSWER, USAGE], rows)


def _cells(row: Sequence[float]) -> list[str]:
    return [f"{value:.6g}" for value in row]


def _write(path: Path, header: list[str], rows: Iterable[list[Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
