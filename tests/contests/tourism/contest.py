"""Data for the contest of overnight guests: a year's round of 14 cities, with weekends, a season and noise."""

import csv
import datetime as dt
import io
import shutil
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
CITIES = {  # guests on an ordinary day, and how much fuller a Saturday is
    "sapporo": (21_000, 1.2),
    "hakodate": (8_000, 1.5),
    "sendai": (12_000, 1.2),
    "nikko": (6_000, 1.9),
    "chuo": (30_000, 0.9),
    "yokohama": (16_000, 1.1),
    "toyama": (4_000, 1.2),
    "kanazawa": (9_000, 1.6),
    "takayama": (5_000, 1.8),
    "kyoto": (40_000, 1.4),
    "osaka": (55_000, 1.1),
    "hiroshima": (11_000, 1.3),
    "fukuoka": (19_000, 1.1),
    "naha": (23_000, 1.1),
}
DIVISIONS = {
    "overall": tuple(CITIES),
    "north": ("sapporo", "hakodate", "sendai"),
    "hokuriku": ("toyama", "kanazawa"),
    "metropolis": ("chuo", "yokohama", "osaka", "fukuoka"),
}
DAYS = 90
SATURDAY = 5
Table = dict[str, np.ndarray]


def dates() -> list[dt.date]:
    return [dt.date(2015, 10, 1) + dt.timedelta(days=day) for day in range(DAYS)]


def is_public() -> np.ndarray:
    return np.arange(DAYS) % 3 == 0


def truth() -> Table:
    rng, found = np.random.default_rng(2015), {}
    weekend = np.array([date.weekday() == SATURDAY for date in dates()])
    for city, (ordinary, fuller) in CITIES.items():
        season = 1 + 0.2 * np.sin(np.arange(DAYS) / DAYS * np.pi)
        found[city] = np.round(ordinary * season * np.where(weekend, fuller, 1.0) * rng.normal(1, 0.05, DAYS))
    return found


def guess(*, off: float, **cities: float) -> Table:
    """Every city too high by the share `off`, the named ones by their own."""
    return {city: values * (1 + cities.get(city, off)) for city, values in truth().items()}


def expected(table: Table) -> dict[tuple[str, str], float]:
    """Mean over the division's cities of the mean absolute error over days, with plain loops."""
    found = {}
    for side, mine in (("public", is_public()), ("private", ~is_public())):
        for division, cities in DIVISIONS.items():
            errors = [float(np.mean(np.abs(table[city][mine] - truth()[city][mine]))) for city in cities]
            found[division, side] = sum(errors) / len(errors)
    return found


def as_csv(table: Table, **more: list[str]) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["date", *table, *more])
    for row, date in enumerate(dates()):
        cells = [repr(float(values[row])) for values in table.values()]
        writer.writerow([date.isoformat(), *cells, *(column[row] for column in more.values())])
    return file.getvalue().encode()


def make_contest(folder: Path) -> Path:
    for name in ("data", "truth"):
        (folder / name).mkdir(parents=True)
    for name in ("competition.yaml", "overview.md", "rules.md"):
        shutil.copy(HERE / name, folder / name)
    usage = ["Public" if side else "Private" for side in is_public()]
    (folder / "truth" / "solution.csv").write_bytes(as_csv(truth(), Usage=usage))
    last_year = {city: np.round(values * 0.93) for city, values in truth().items()}
    (folder / "data" / "train.csv").write_bytes(as_csv(last_year))
    (folder / "data" / "sample.csv").write_bytes(as_csv({city: np.zeros(DAYS) for city in CITIES}))
    return folder
