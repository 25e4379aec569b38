"""Data for the contest of a railway track: sections that settle, each at its pace, until the track is tamped."""

import datetime as dt
import shutil
from pathlib import Path

import numpy as np

from tests.contests.tables import as_csv

HERE = Path(__file__).parent
SECTIONS, DAYS, GIVEN = 25, 120, 108
START = dt.date(2017, 4, 1)
Table = dict[str, float]


def measured() -> np.ndarray:
    """Deviation in mm, exact to a hundredth. Shape: (days, sections)."""
    rng = np.random.default_rng(136)
    pace, tamped_at = rng.gamma(2, 0.03, SECTIONS), rng.integers(40, 90, SECTIONS)
    days = np.arange(DAYS)[:, None]
    since = np.where(days < tamped_at, days + 30, days - tamped_at)
    return np.asarray(np.round(0.5 + pace * since + rng.normal(0, 0.15, (DAYS, SECTIONS)), 2))


def name(day: int, section: int) -> str:
    return f"{START + dt.timedelta(days=day)}/{section:03d}"


def truth() -> Table:
    values = measured()
    return {name(*where): float(values[where]) for where in np.ndindex(DAYS, SECTIONS) if where[0] >= GIVEN}


def guess() -> Table:
    """Everything stays as it was last measured."""
    last = measured()[GIVEN - 1]
    return {name(day, section): float(last[section]) for day in range(GIVEN, DAYS) for section in range(SECTIONS)}


def is_public(row: str) -> bool:
    return (dt.date.fromisoformat(row[:10]) - START).days < GIVEN + (DAYS - GIVEN) // 3


def expected(table: Table) -> dict[tuple[str, str], float]:
    found = {}
    for side in ("public", "private"):
        rows = [row for row in truth() if is_public(row) == (side == "public")]
        found["mae", side] = sum(abs(table[row] - truth()[row]) for row in rows) / len(rows)
    return found


def submission(table: Table) -> bytes:
    return as_csv([["id", "deviation_mm"], *([row, value] for row, value in table.items())])


def make_contest(folder: Path) -> Path:
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for part in ("data", "truth"):
        (folder / part).mkdir()
    answers = [[row, value, row[:10], "public" if is_public(row) else "private"] for row, value in truth().items()]
    (folder / "truth" / "solution.csv").write_bytes(as_csv([["id", "deviation_mm", "date", "side"], *answers]))
    rows = [[*name(*where).split("/"), float(value)] for where, value in np.ndenumerate(measured()[:GIVEN])]
    (folder / "data" / "track.csv").write_bytes(as_csv([["date", "section", "deviation_mm"], *rows]))
    beds = [[f"{section:03d}", "slab" if section % 5 == 0 else "ballast"] for section in range(SECTIONS)]
    (folder / "data" / "equipment.csv").write_bytes(as_csv([["section", "bed"], *beds]))
    (folder / "data" / "sample.csv").write_bytes(submission(dict.fromkeys(truth(), 0.0)))
    return folder
