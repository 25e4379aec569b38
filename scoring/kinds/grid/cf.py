"""What the CF conventions say of packed numbers and of times, for the few cases that forecasts need.

Source: CF Conventions 1.11, sections 2.5.1 (missing data), 4.4 (time coordinate), 8.1 (packed data)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt

SECONDS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
UNITS: Final = re.compile(
    r"(s|sec|secs|seconds?|min|mins|minutes?|h|hr|hrs|hours?|d|days?) +since +"
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:[ T]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.0*)?)?)? *(?:Z|UTC|\+?00:?00)?",
    re.ASCII,
)
CALENDARS: Final = ("", "standard", "gregorian", "proleptic_gregorian")
FIRST_YEAR: Final = 1583  # before it the calendars differ
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Packing:
    """value = raw * scale + offset, in float64; raw values in `missing` are missing."""

    scale: float | None = None
    offset: float | None = None
    missing: tuple[Any, ...] = ()

    @property
    def is_packed(self) -> bool:
        return self.scale is not None or self.offset is not None

    def unpack(self, raw: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Values, NaN where missing. Numbers that are neither packed nor missing are returned as they are.

        Example: raw 25 and -9999 with scale 0.1 and missing -9999 -> 2.5 and NaN
        """
        is_missing = self._is_missing(raw)
        if not self.is_packed and is_missing is None:
            return raw
        values = raw.astype(np.float64) if self.is_packed or raw.dtype.kind != "f" else raw.copy()
        if self.scale is not None:
            values *= self.scale
        if self.offset is not None:
            values += self.offset
        if is_missing is not None:
            values[is_missing] = np.nan
        return values

    def _is_missing(self, raw: npt.NDArray[Any]) -> npt.NDArray[np.bool_] | None:
        found: npt.NDArray[np.bool_] | None = None
        for value in self.missing:
            if np.isnan(value):  # it is missing by itself
                continue
            equal = raw == value
            found = equal if found is None else found | equal
        return found if found is not None and found.any() else None


def seconds_since_1970(values: npt.NDArray[Any], units: str, calendar: str) -> npt.NDArray[np.float64] | None:
    """Times as seconds, to the microsecond; None when units or calendar are not understood.

    Example: 2 in "minutes since 2019-06-10 00:00:00" -> 1560124920.0
    """
    match = UNITS.fullmatch(units.strip())
    if match is None or calendar.strip().lower() not in CALENDARS:
        return None
    word, *numbers = match.groups()
    year, month, day, hour, minute, second = (int(number or 0) for number in numbers)
    if year < FIRST_YEAR and calendar.strip().lower() != "proleptic_gregorian":
        return None
    try:
        start = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    seconds: npt.NDArray[np.float64] = np.asarray(values, np.float64) * SECONDS[word[0]]
    return np.round(seconds, 6) + (start - EPOCH).total_seconds()
