"""Data for the contest of solar plants: output by the height of the sun and clouds, every half hour of twelve days."""

import csv
import datetime as dt
import io
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent
PLANTS = {"SOLA01": (0.4, 7000.0), "SOLA02": (0.3, 13_000.0), "SOLA03": (0.3, 10_000.0)}  # weight, capacity in kW
DAYS, STEPS = 12, 48
FIRST = dt.date(2016, 1, 1)
EVENINGS, FIRST_EVENING, HISTORY = 6, dt.date(2016, 4, 1), 3  # days of the second phase, and days known before
PUBLIC_DAYS = (0, 3, 6, 9)
Table = dict[str, np.ndarray]


def times(first: dt.date = FIRST, days: int = DAYS) -> list[str]:
    """The end of each half hour; midnight is hour 24 of its day, as the data of the contest write it."""
    dates = [first + dt.timedelta(days=day) for day in range(days)]
    return [f"{date} {step // 2:02d}:{step % 2 * 30:02d}" for date in dates for step in range(1, STEPS + 1)]


def is_public() -> np.ndarray:
    return np.isin(np.repeat(np.arange(DAYS), STEPS), PUBLIC_DAYS)


def truth() -> Table:
    return output(_skies(0, DAYS))


def _skies(seed: int, days: int) -> np.ndarray:
    """The share of the sun that comes through. Shape: (plants, days)."""
    return np.stack([np.random.default_rng(seed + number).uniform(0.2, 1.0, days) for number in range(len(PLANTS))])


def output(skies: np.ndarray) -> Table:
    """Energy of each half hour in kWh. Shape: (plants, days)."""
    days = skies.shape[1]
    hours = np.tile(np.arange(1, STEPS + 1) / 2, days)
    sun = np.clip(np.sin((hours - 6.5) / 11 * np.pi), 0, None)
    sun[(hours <= 6.5) | (hours >= 17.5)] = 0.0
    capacities = {plant: capacity for plant, (_, capacity) in PLANTS.items()}
    pairs = zip(capacities.items(), skies, strict=True)
    return {plant: np.round(most / 2 * sun * np.repeat(clouds, STEPS), 1) for (plant, most), clouds in pairs}


def persistence() -> Table:
    """The day before, as it was; of the first day, itself brighter by a tenth."""
    guess = {name: np.roll(values, STEPS) for name, values in truth().items()}
    for name, values in truth().items():
        guess[name][:STEPS] = np.round(values[:STEPS] * 1.1, 1)
    return guess


def tsv(table: Table, order: np.ndarray | None = None, names: list[str] | None = None, end: str = "\n") -> bytes:
    rows = np.arange(DAYS * STEPS) if order is None else order
    columns = [values.tolist() for values in table.values()]
    stamps = names or times()
    lines = ["\t".join([stamps[row], *(repr(column[row]) for column in columns)]) for row in rows.tolist()]
    return (end.join(["\t".join(["datetime", *table]), *lines]) + end).encode()


def parquet(table: Table, **columns: pa.Array) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table({"datetime": pa.array(times()), **table, **columns}), stream, row_group_size=100)
    return stream.getvalue()


def expected(guess: Table) -> dict[tuple[str, str], float]:
    """From the formulas, with plain loops."""
    found = {}
    for side, mine in (("public", is_public()), ("private", ~is_public())):
        total = 0.0
        for plant, (weight, _) in PLANTS.items():
            errors = [
                abs(p - t) for p, t in zip(guess[plant][mine].tolist(), truth()[plant][mine].tolist(), strict=True)
            ]
            total += weight * sum(errors) / len(errors)
        found["wmae", side] = total
        found["bias", side] = float(np.mean(guess["SOLA01"][mine] - truth()["SOLA01"][mine]))
        found["rank", side] = correlation_of_ranks(guess["SOLA02"][mine], truth()["SOLA02"][mine])
    return found


def correlation_of_ranks(one: np.ndarray, other: np.ndarray) -> float:
    ranks = [
        [(np.sum(values < value) + 1 + np.sum(values <= value)) / 2 for value in values] for values in (one, other)
    ]
    return float(np.corrcoef(*ranks)[0, 1])


def make_contest(folder: Path) -> Path:
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for name in ("data", "truth", "programs"):
        (folder / name).mkdir(exist_ok=True)
    shutil.copy(HERE / "programs" / "sky.py", folder / "programs")
    zeros = {name: np.zeros(DAYS * STEPS) for name in PLANTS}
    (folder / "truth" / "solution.tsv").write_bytes(tsv(truth()))
    days = [f"{time},{'public' if side else 'private'}" for time, side in zip(times(), is_public(), strict=True)]
    (folder / "days.csv").write_text("\n".join(["datetime,side", *days]) + "\n")
    before = times(FIRST - dt.timedelta(days=DAYS))
    (folder / "data" / "train_kwh.tsv").write_bytes(tsv(output(_skies(10, DAYS)), names=before))
    (folder / "data" / "sample.tsv").write_bytes(tsv(zeros))
    _write_evenings(folder)
    return folder


# -- day by day -------------------------------------------------------------------------------------------------------


def _write_evenings(folder: Path) -> None:
    skies = _skies(30, HISTORY + EVENINGS)
    _write_inputs(folder / "inputs", skies)
    _write_inputs(folder / "trial", np.ones_like(skies))
    table = {plant: values[HISTORY * STEPS :] for plant, values in output(skies).items()}
    rows = zip(times(FIRST_EVENING, EVENINGS), *(values.tolist() for values in table.values()), strict=True)
    answers = [[*row, "public" if number // STEPS % 2 == 0 else "private"] for number, row in enumerate(rows)]
    _write_csv(folder / "truth" / "evenings.csv", ["datetime", *PLANTS, "side"], answers)


def _write_inputs(folder: Path, skies: np.ndarray) -> None:
    """Output when it is measured, and for each day the forecast of 17:00 of the day before: the mean sky, not quite."""
    start = dt.datetime.combine(FIRST_EVENING - dt.timedelta(days=HISTORY), dt.time())
    ends = [start + dt.timedelta(minutes=30 * (step + 1)) for step in range(skies.shape[1] * STEPS)]
    rows = zip((end.isoformat() for end in ends), *(values.tolist() for values in output(skies).values()), strict=True)
    _write_csv(folder / "kwh.csv", ["issued_at", *PLANTS], [list(row) for row in rows])
    forecasts = []
    for number, mean in enumerate(skies.mean(axis=0).tolist()):
        day = start + dt.timedelta(days=number)
        forecasts.append([(day - dt.timedelta(hours=7)).isoformat(), day.date().isoformat(), round(mean, 1)])
    _write_csv(folder / "forecast.csv", ["issued_at", "day", "sky"], forecasts)


def _write_csv(path: Path, names: list[str], rows: list[list[object]]) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([names, *rows])
