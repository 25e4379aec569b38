"""The contests that the platform must be able to host, each as a folder that `import_competition` takes."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.contests.climcore import contest as climcore
from tests.contests.railway import contest as railway
from tests.contests.retail import contest as retail
from tests.contests.solar import contest as solar
from tests.contests.tellus3 import contest as tellus3
from tests.contests.tellus4 import contest as tellus4
from tests.contests.tourism import contest as tourism

Scores = Mapping[tuple[str, str], float]


@dataclass(frozen=True)
class Example:
    """`make` writes the folder; `guess` is a file for the first task, and `expected` what it scores, computed without
    any code of the project. `yellow` are the items of the checklist that cannot be green here, with the reason that
    the organiser gives at the launch. `needs_boxes` where contestants send programs."""

    make: Callable[[Path], Any]
    guess: Callable[[], tuple[str, bytes]]
    expected: Callable[[], Scores]
    yellow: Mapping[str, str] = field(default_factory=dict)
    needs_boxes: bool = False


def _npy(values: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values)
    return stream.getvalue()


EXAMPLES = {
    "tellus3": Example(
        tellus3.make_contest,
        lambda: ("ice.zip", tellus3.submission(tellus3.guess())),
        lambda: tellus3.expected(tellus3.guess()),
    ),
    "tellus4": Example(
        tellus4.make_contest,
        lambda: ("coasts.json", tellus4.submission(tellus4.guess())),
        lambda: tellus4.expected(tellus4.guess()),
        yellow={"direction:coast": "points within a pixel of a transect count, so the coast itself is not quite 0"},
    ),
    "tourism": Example(
        tourism.make_contest,
        lambda: ("guests.csv", tourism.as_csv(tourism.guess(off=0.1))),
        lambda: tourism.expected(tourism.guess(off=0.1)),
    ),
    "retail": Example(
        retail.make_contest,
        lambda: ("sales.csv", retail.submission(retail.guess())),
        lambda: retail.expected(retail.guess()),
    ),
    "solar": Example(
        solar.make_contest,
        lambda: ("power.tsv", solar.tsv(solar.persistence())),
        lambda: solar.expected(solar.persistence()),
        needs_boxes=True,
    ),
    "railway": Example(
        railway.make_contest,
        lambda: ("deviation.csv", railway.submission(railway.guess())),
        lambda: railway.expected(railway.guess()),
    ),
    "climcore": Example(
        climcore.make_contest,
        lambda: ("rain.npy", _npy(climcore.guess())),
        lambda: climcore.expected(climcore.guess()),
    ),
}
