"""Inputs cut into days: each step gets the rows that had come by its cutoff, and no row comes twice or too early.

So a program cannot use what was not known yet: it is not forbidden, it is not there.
"""

import csv
import json
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

STEP_FILE = "step.json"
OWN_TEXT = re.compile(rb'\{"day": "[-0-9]{10}", "known_by": "[-+:.T0-9]{1,40}"\}\n')


class InvalidInputs(Exception):
    """A table cannot be cut; the message says where and why."""


@dataclass(frozen=True, slots=True)
class TimedTable:
    path: str
    column: str


@dataclass(frozen=True, slots=True)
class DaySteps:
    """The cutoff of a day is at `cutoff` in `zone`, `days_before` days before it."""

    first: date
    last: date
    cutoff: time
    days_before: int
    zone: ZoneInfo
    tables: tuple[TimedTable, ...]

    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]

    def cutoff_of(self, day: date) -> datetime:
        return datetime.combine(day - timedelta(days=self.days_before), self.cutoff, tzinfo=self.zone)


def is_own(path: Path) -> bool:
    """Did we write this file of a step? It says the day and its cutoff, which the contest tells everybody."""
    if path.name != STEP_FILE:
        return False
    with path.open("rb") as file:
        return OWN_TEXT.fullmatch(file.read(200)) is not None


def cut_into_days(source: Path, target: Path, steps: DaySteps) -> None:
    """Make a folder of each day in `target`. The first day also gets everything from before; what comes after the last
    cutoff is given to nobody. Files of `source` that are no such tables go into every step.

    Raises:
        InvalidInputs: a table has no such column, or a value that is no time.
    """
    days = steps.days()
    cutoffs = [steps.cutoff_of(day) for day in days]
    others = [path for path in sorted(source.rglob("*")) if path.is_file() and not _is_table(path, source, steps)]
    for day, cutoff in zip(days, cutoffs, strict=True):
        folder = target / day.isoformat()
        folder.mkdir(parents=True)
        (folder / STEP_FILE).write_text(json.dumps({"day": day.isoformat(), "known_by": cutoff.isoformat()}) + "\n")
        for path in others:
            _copy(path, folder / path.relative_to(source))
    for table in steps.tables:
        _cut(source / table.path, table, [target / day.isoformat() for day in days], cutoffs, steps.zone)


def _is_table(path: Path, source: Path, steps: DaySteps) -> bool:
    return path.relative_to(source).as_posix() in {table.path for table in steps.tables}


def _copy(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, target)


def _cut(path: Path, table: TimedTable, folders: Sequence[Path], cutoffs: Sequence[datetime], zone: ZoneInfo) -> None:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        if table.column not in header:
            text = _("%(path)s: there is no column '%(column)s' in the first line")
            raise InvalidInputs(text % {"path": table.path, "column": table.column})
        rows: list[list[list[str]]] = [[] for _ in cutoffs]
        for instant, row in _timed_rows(reader, table, header.index(table.column), zone):
            step = next((number for number, cutoff in enumerate(cutoffs) if instant <= cutoff), None)
            if step is not None:
                rows[step].append(row)
    for folder, of_step in zip(folders, rows, strict=True):
        target = folder / table.path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("w", encoding="utf-8", newline="") as written:
            csv.writer(written, lineterminator="\n").writerows([header, *of_step])


def _timed_rows(
    reader: Iterator[list[str]], table: TimedTable, at: int, zone: ZoneInfo
) -> Iterator[tuple[datetime, list[str]]]:
    for number, row in enumerate(reader, start=2):
        try:
            instant = datetime.fromisoformat(row[at])
        except (IndexError, ValueError):
            text = _("%(path)s, line %(line)s, column '%(column)s': '%(found)s' is not a time such as 2026-01-31T20:00")
            found = row[at][:60] if at < len(row) else _("nothing")
            place = {"path": table.path, "line": number, "column": table.column}
            raise InvalidInputs(text % {**place, "found": found}) from None
        yield (instant if instant.tzinfo else instant.replace(tzinfo=zone)), row
