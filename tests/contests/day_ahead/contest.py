"""Data for the contest of day-ahead forecasts by program: hourly output of a plant, and of another in stage two."""

import csv
import datetime as dt
import json
import shutil
from pathlib import Path

HERE = Path(__file__).parent
FIRST, DAYS = dt.datetime(2026, 3, 3), 4  # local time of the contest, as its tables have it
HISTORY = 2
Hours = dict[str, float]


def hours(plant: int) -> Hours:
    """Output by hour, from the history to the last day: eighths of a kWh, exact in binary."""
    count = 24 * (HISTORY + DAYS)
    start = FIRST - dt.timedelta(days=HISTORY)
    moments = [start + dt.timedelta(hours=number) for number in range(count)]
    return {time.isoformat(): float((time.hour * 7 + time.day * (5 + plant)) % 31) / 8 for time in moments}


def days() -> list[dt.datetime]:
    return [FIRST + dt.timedelta(days=number) for number in range(DAYS)]


def side(moment: dt.datetime) -> str:
    return "public" if moment.day % 2 else "private"


def persistence(plant: int, *, cutoff_hour: int = 20) -> Hours:
    """What the honest program must say: the newest value of the same hour that was issued by the cutoff."""
    known, found = hours(plant), {}
    for day in days():
        cutoff = day - dt.timedelta(days=1) + dt.timedelta(hours=cutoff_hour)
        for hour in range(24):
            time = day + dt.timedelta(hours=hour)
            earlier = [time - dt.timedelta(days=back) for back in (1, 2, 3)]
            usable = [known[one.isoformat()] for one in earlier if one <= cutoff and one.isoformat() in known]
            found[time.isoformat()] = usable[0] if usable else 0.0
    return found


def expected(guess: Hours, plant: int) -> dict[tuple[str, str], float]:
    found = {}
    for which in ("public", "private"):
        mine = [time for time in guess if side(dt.datetime.fromisoformat(time)) == which]
        found["mae", which] = sum(abs(guess[time] - hours(plant)[time]) for time in mine) / len(mine)
    return found


def program(name: str) -> bytes:
    return (HERE / "programs" / f"{name}.py").read_bytes()


def make_contest(folder: Path, *, slug: str = "day-ahead") -> Path:
    folder.mkdir(parents=True)
    for name in ("competition.yaml", "overview.md", "rules.md"):
        shutil.copy(HERE / name, folder / name)
    described = folder / "competition.yaml"
    described.write_text(described.read_text().replace("slug: day-ahead\n", f"slug: {slug}\n"))
    for name in ("inputs", "trial"):
        _write_table(folder / name / "output.csv", hours(0) if name == "inputs" else _only_zeros())
    _write_steps(folder / "other_inputs", plant=1)
    _write_truth(folder / "truth" / "power.csv", plant=0)
    _write_truth(folder / "truth" / "plants.csv", plant=1)
    return folder


def _only_zeros() -> Hours:
    return dict.fromkeys(hours(0), 0.0)


def _write_table(path: Path, values: Hours) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["issued_at", "kwh"], *values.items()])


def _write_steps(folder: Path, *, plant: int) -> None:
    """A folder for each day, cut at the same hour by hand."""
    before = dt.datetime.min
    for day in days():
        cutoff = day - dt.timedelta(hours=4)
        rows = {time: kwh for time, kwh in hours(plant).items() if before < dt.datetime.fromisoformat(time) <= cutoff}
        _write_table(folder / day.date().isoformat() / "output.csv", rows)
        (folder / day.date().isoformat() / "step.json").write_text(json.dumps({"day": day.date().isoformat()}))
        before = cutoff


def _write_truth(path: Path, *, plant: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    moments = [day + dt.timedelta(hours=hour) for day in days() for hour in range(24)]
    rows = [[time.isoformat(), hours(plant)[time.isoformat()], side(time)] for time in moments]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["time", "kwh", "side"], *rows])
