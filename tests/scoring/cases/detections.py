"""Metrics of detections."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tests.scoring.cases import Case
from tests.scoring.makers import Published
from tests.scoring.test_detections import HEADER, XVIEW, rows_of, ships, shores, table, task, truth_rows

SCORED_HEADER = f"{HEADER},score"
PARAMS: dict[str, dict[str, Any]] = {
    "detection_f1": {"distance": 15},
    "detection_ap": {"thresholds": [5, 15]},
    "xview3": {"drop_low_detect": False},
}


def publish(metric: str, aggregate: str, folder: Path) -> Published:
    spec = {"key": metric, "metric": metric, "aggregate": aggregate, "params": PARAMS[metric]}
    header, known = f"{HEADER},distance_from_shore_km", [row[:6] + row[7:] for row in truth_rows(known_ships())]
    return task(folder, header, known, [spec], shores(), confidence="score", **XVIEW)


def known_ships() -> list[dict[str, Any]]:
    """Every flag known and some of each near the shore, so that a perfect prediction has all there is to win."""
    return [
        {**ship, "vessel": "True", "fishing": str(k % 2 == 0), "length": 30 + k, "shore": (k % 5 > 1) * 9 + 1}
        | {"column": 100.0 * ((k % 5 > 1) * 9 + 1), "row": 25.0 * k}
        for k, ship in enumerate(ships(1))
    ]


def with_scores(rows: list[list[Any]]) -> list[list[Any]]:
    confidence = np.random.default_rng(4).random(len(rows)).round(2)
    return [[*row, value] for row, value in zip(rows, confidence, strict=True)]


def perfect(folder: Path) -> Path:
    return table(folder, SCORED_HEADER, with_scores(rows_of(known_ships())))


def guessed() -> list[list[Any]]:
    moved = np.random.default_rng(5).normal(scale=8, size=(75, 2)).round(2)
    rows = rows_of(known_ships())
    return with_scores(
        [[row[0], row[1] + dx, row[2] + dy, *row[3:5], row[5] + 9] for row, (dx, dy) in zip(rows, moved, strict=True)][
            5:
        ]
    )


def guess(folder: Path) -> Path:
    return table(folder, SCORED_HEADER, guessed())


def reordered(folder: Path) -> Path:
    rows = guessed()
    return table(folder, SCORED_HEADER, [rows[k] for k in np.random.default_rng(6).permutation(len(rows))])


def with_first(place: int, value: str, folder: Path) -> Path:
    rows = guessed()
    rows[3][place] = value
    return table(folder, SCORED_HEADER, rows)


REFUSED = {
    **{f"{value} for a row": partial(with_first, 1, value) for value in ("nan", "1e400", "", "９", "true", "1e8")},
    "a scene that is not": partial(with_first, 0, "c"),
    "surer than sure": partial(with_first, 6, "1.5"),
    "a third flag": partial(with_first, 3, "2"),
}


def case(metric: str, aggregate: str) -> Case:
    make = partial(publish, metric, aggregate)
    return Case(metric, "detections", make, perfect, guess, reordered, REFUSED, variant=aggregate)


# A scene in which nothing is and nothing was found is perfect for F1, but has no aggregate of xView3 of its own.
CASES = [
    *(case(metric, aggregate) for metric in ("detection_f1", "detection_ap") for aggregate in ("pooled", "macro")),
    case("xview3", "pooled"),
]
