"""Rows of detections, of a prediction or a truth: scene -> array of numbers, one row an object."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from scoring.errors import Problems, closest, quoted
from scoring.formats.sniffing import HEAD_BYTES
from scoring.formats.tables import Lines, Row, StopReading, check_kind, columns_of, rows_of
from scoring.formats.values import BadValue, number
from scoring.kinds.detections.contract import MAX_COORDINATE, MAX_NUMBER, DetectionsContract

Values = npt.NDArray[np.float64]
Parse = Callable[[str], float]
FLAGS: Final = {"true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0}


def between(low: float, high: float) -> Parse:
    def parse(text: str) -> float:
        value = number(text)
        if value < low:
            raise BadValue("csv_minimum", value=quoted(text, 40), minimum=low)
        if value > high:
            raise BadValue("csv_maximum", value=quoted(text, 40), maximum=high)
        return value

    return parse


def flag(text: str) -> float:
    value = FLAGS.get(text.lower()) if text.isascii() else None
    if value is None:
        raise BadValue("csv_enum", value=quoted(text, 40), allowed=["true", "false"])
    return value


def known_or_nan(parse: Parse) -> Parse:
    """Of a truth: what nobody knows is left empty."""
    return lambda text: parse(text) if text and text.lower() != "nan" else math.nan


def parsers_of(contract: DetectionsContract) -> dict[str, Parse]:
    """Column -> parser, in the order of the stream; of predictions."""
    place = between(-MAX_COORDINATE, MAX_COORDINATE)
    parsers: dict[str, Parse] = {name: place for name in contract.places}  # noqa: C420
    if contract.confidence:
        parsers[contract.confidence] = between(0.0, 1.0)
    return {**parsers, **dict.fromkeys(contract.flags, flag), **dict.fromkeys(contract.numbers, between(0, MAX_NUMBER))}


class SceneRows:
    """Reads a CSV whose scene column names a scene, each row being checked as it comes."""

    def __init__(
        self, contract: DetectionsContract, parsers: dict[str, Parse], problems: Problems, *, is_truth: bool = False
    ) -> None:
        self._contract, self._parsers, self._problems, self._is_truth = contract, parsers, problems, is_truth
        self.rows: dict[str, list[list[float]]] = {name: [] for name in contract.scenes}

    def read(self, path: Path) -> None:
        """Raises StopReading when the rest of the file cannot be understood; the reason was noted."""
        with path.open("rb") as file:
            check_kind(file.read(HEAD_BYTES), self._problems)
            file.seek(0)
            rows = rows_of(Lines(file, self._problems))
            header = next(rows, None)
            wanted = [self._contract.scene, *self._parsers]
            places = columns_of(header, wanted, self._problems, exactly=not self._is_truth)
            width = len(header.cells) if header else 0
            for row in rows:
                self._take(row, places, width)

    def _take(self, row: Row, places: list[int], width: int) -> None:
        where = f"line {row.line}"
        if len(row.cells) != width:
            self._problems.add("csv_ragged", where, line=row.line, found=len(row.cells), expected=width)
            return
        scene = row.cells[places[0]]
        if scene not in self.rows and not (self._is_truth and not self._contract.scenes):
            self._add_stranger(scene, where)
            return
        mine = self.rows.setdefault(scene, [])
        values = self._values(row, places[1:])
        if values is None or not self._is_box(values, row):
            return
        if len(mine) == self._contract.max_detections:
            limit = self._contract.max_detections
            self._problems.add("detections_too_many", scene, scene=scene, max_detections=limit)
        if len(mine) <= self._contract.max_detections:
            mine.append(values)

    def _add_stranger(self, scene: str, where: str) -> None:
        hint = closest(scene, self.rows)
        code = "lines_scene_unexpected_hint" if hint else "lines_scene_unexpected"
        self._problems.add(code, where, name=quoted(scene), **({"hint": quoted(hint)} if hint else {}))

    def _values(self, row: Row, places: list[int]) -> list[float] | None:
        values = []
        for (name, parse), place in zip(self._parsers.items(), places, strict=True):
            try:
                if not row.cells[place] and not self._is_truth:
                    raise BadValue("csv_empty")
                values.append(parse(row.cells[place]))
            except BadValue as error:
                params = {"line": row.line, "column": quoted(name), **error.params}
                self._problems.add(error.code, f"line {row.line}", **params)
                return None
        return values

    def _is_box(self, values: list[float], row: Row) -> bool:
        if self._contract.geometry == "point" or (values[0] < values[2] and values[1] < values[3]):
            return True
        self._problems.add("detections_box", f"line {row.line}", line=row.line)
        return False

    def arrays(self) -> dict[str, Values]:
        """Scene -> (rows, columns), the rows sorted, so that their order in the file does not matter."""
        width = len(self._parsers)
        found = {name: np.array(rows, np.float64).reshape(-1, width) for name, rows in self.rows.items()}
        return {name: rows[np.lexsort(rows.T[::-1])] for name, rows in found.items()}


__all__ = ["SceneRows", "StopReading", "Values", "between", "flag", "known_or_nan", "parsers_of"]
