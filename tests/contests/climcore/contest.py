"""Data for the contest of three-hourly rain: cells of rain that drift over a small cut of a Lambert grid of 5 km."""

import shutil
from pathlib import Path

import numpy as np

from tests.contests.weather import Series, write_series

HERE = Path(__file__).parent
HEIGHT, WIDTH, GRID_M = 42, 61, 5000.0  # no multiples of a box: the edge is left out
BOX, THRESHOLD = 4, 10.0
LEADS = (3, 6, 9, 12, 15)  # hours from the start to the end of the three hours
STARTS, PUBLIC_STARTS = 8, 4
FIRST_HOUR = 446_808  # since 1970: 2020-12-21T00Z, a start each day
HISTORY = 6


def rain(seed: int, fields: int, *, drift: float = 5.0) -> np.ndarray:
    """Three-hourly rain in mm: round cells that move east and grow or fade."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    found = np.zeros((fields, HEIGHT, WIDTH))
    for _ in range(7):
        row, column, size = rng.uniform(0, HEIGHT), rng.uniform(-10, WIDTH), rng.uniform(3, 7)
        peak, growth = rng.uniform(10, 45), rng.uniform(0.85, 1.15)
        for step in range(fields):
            apart = (rows - row) ** 2 + (columns - column - drift * step) ** 2
            found[step] += peak * growth**step * np.exp(-apart / (2 * size**2))
    return np.round(np.where(found < 0.5, 0, found), 1).astype(np.float32)


def truth() -> np.ndarray:
    return np.concatenate([rain(start, HISTORY + len(LEADS))[HISTORY:] for start in range(STARTS)])


def analysis() -> np.ndarray:
    """What was known at each start."""
    return np.concatenate([rain(start, HISTORY + len(LEADS))[:HISTORY] for start in range(STARTS)])


def guess() -> np.ndarray:
    """Persistence: the last field before the start, for all leads."""
    return np.concatenate([np.repeat(one[-1:], len(LEADS), axis=0) for one in np.split(analysis(), STARTS)])


def series(values: np.ndarray, hours: np.ndarray) -> Series:
    y, x = (np.arange(count) * GRID_M for count in (HEIGHT, WIDTH))
    names = ("time", "y", "x")
    return Series("precipitation", "mm", "hours since 1970-01-01 00:00:00", names, (hours, y, x), values)


def hours(offsets: tuple[int, ...]) -> np.ndarray:
    return np.array([FIRST_HOUR + 24 * start + offset for start in range(STARTS) for offset in offsets])


def expected(forecast: np.ndarray) -> dict[tuple[str, str], float]:
    """From the contingency table over all boxes of all fields of a side, with plain loops."""
    found, public = {}, PUBLIC_STARTS * len(LEADS)
    for side, part in (("public", slice(0, public)), ("private", slice(public, None))):
        pairs = list(zip(_boxes(truth()[part]), _boxes(forecast[part]), strict=True))
        a = sum(t >= THRESHOLD and f >= THRESHOLD for t, f in pairs)
        b = sum(t < THRESHOLD <= f for t, f in pairs)
        c = sum(f < THRESHOLD <= t for t, f in pairs)
        chance = (a + b) * (a + c) / len(pairs)
        found["ets", side] = (a - chance) / (a + b + c - chance)
        found["ts", side] = a / (a + b + c)
        found["bi", side] = abs((a + b) / (a + c) - 1)
        found["rmse", side] = (sum((f - t) ** 2 for t, f in pairs) / len(pairs)) ** 0.5
    return found


def _boxes(fields: np.ndarray) -> list[float]:
    return [
        float(field[row : row + BOX, column : column + BOX].mean(dtype=np.float64))
        for field in fields
        for row in range(0, HEIGHT - BOX + 1, BOX)
        for column in range(0, WIDTH - BOX + 1, BOX)
    ]


def make_contest(folder: Path) -> Path:
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    before = hours(tuple(range(-3 * (HISTORY - 1), 1, 3)))
    write_series(folder / "data" / "analysis.nc", series(analysis(), before))
    write_series(folder / "truth.nc", series(truth(), hours(LEADS)))
    np.save(folder / "data" / "sample_submission.npy", np.zeros_like(truth()))
    (folder / "split.csv").write_text("\n".join(["scene,split", *_sides(), ""]))
    return folder


def _sides() -> list[str]:
    times = [np.datetime64(int(hour), "h").astype("datetime64[m]").astype(str) for hour in hours(LEADS)]
    names = [f"{time.replace('-', '').replace(':', '')}Z" for time in times]
    public = PUBLIC_STARTS * len(LEADS)
    return [f"{name},{'public' if index < public else 'private'}" for index, name in enumerate(names)]
