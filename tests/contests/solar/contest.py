"""Data for the contest of solar plants: output by the height of the sun and clouds, every half hour of twelve days."""

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
PUBLIC_DAYS = (0, 3, 6, 9)
Table = dict[str, np.ndarray]


def times() -> list[str]:
    """The end of each half hour; midnight is hour 24 of its day, as the data of the contest write it."""
    found = []
    for day in range(DAYS):
        date = dt.date(2016, 1, 1) + dt.timedelta(days=day)
        found += [f"{date} {step // 2:02d}:{step % 2 * 30:02d}" for step in range(1, STEPS + 1)]
    return found


def is_public() -> np.ndarray:
    return np.isin(np.repeat(np.arange(DAYS), STEPS), PUBLIC_DAYS)


def truth() -> Table:
    hours = np.tile(np.arange(1, STEPS + 1) / 2, DAYS)
    sun = np.clip(np.sin((hours - 6.5) / 11 * np.pi), 0, None)
    sun[(hours <= 6.5) | (hours >= 17.5)] = 0.0
    table = {}
    for number, (plant, (_, capacity)) in enumerate(PLANTS.items()):
        clouds = np.repeat(np.random.default_rng(number).uniform(0.2, 1.0, DAYS), STEPS)
        table[plant] = np.round(capacity / 2 * sun * clouds, 1)
    return table


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
    for name in ("data", "truth"):
        (folder / name).mkdir(parents=True)
    for name in ("competition.yaml", "overview.md", "rules.md"):
        shutil.copy(HERE / name, folder / name)
    zeros = {name: np.zeros(DAYS * STEPS) for name in PLANTS}
    (folder / "truth" / "solution.tsv").write_bytes(tsv(truth()))
    days = [f"{time},{'public' if side else 'private'}" for time, side in zip(times(), is_public(), strict=True)]
    (folder / "days.csv").write_text("\n".join(["datetime,side", *days]) + "\n")
    (folder / "data" / "train_kwh.tsv").write_bytes(
        tsv({name: values[:3] for name, values in truth().items()}, np.arange(3))
    )
    (folder / "data" / "sample.tsv").write_bytes(tsv(zeros))
    return folder
