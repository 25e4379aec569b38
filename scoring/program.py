"""An organiser's own metric: a Python file that says a score, and what may be expected of it. The light half.

Two conventions:

tidemark  `score(truth, prediction, params)` returns {column: number}, exactly the declared columns
kaggle    `score(solution, submission, row_id_column_name, **params)` returns one number, the one declared column

In both, an exception whose class (or one of whose ancestors) is named ParticipantVisibleError speaks to the contestant:
its message becomes a problem of the file. Whatever else goes wrong is the program's fault and is told to organisers.
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from scoring.errors import InvalidJob, Problems, quoted
from scoring.metric import KINDS, Direction, Metric
from scoring.reading import Node

METRIC: Final = "program"  # what the metrics of a task say instead of a name of the table
GIVEN: Final = ("raster", "table", "grid")  # kinds of contracts whose cells a program can be given
CONVENTIONS: Final = ("tidemark", "kaggle")
DIRECTIONS: Final[tuple[Direction, ...]] = ("higher", "lower")
COLUMN_KEY: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
MAX_COLUMNS: Final = 32
MAX_GROUPS: Final = 100
MAX_WALL_SECONDS: Final = 3600
DEFAULT_WALL_SECONDS: Final = 60
MAX_PROGRAM_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ProgramColumn:
    """A number that the program returns. Both ends of its range are allowed."""

    key: str
    direction: Direction
    minimum: float = -math.inf
    maximum: float = math.inf


@dataclass(frozen=True, slots=True)
class ProgramSpec:
    """How a program is called and what it returns. `groups`: 0, or into how many parts the cells of a side are cut to
    be left out one after the other, for an interval. `wall_seconds`: all calls for one prediction together."""

    convention: str
    columns: tuple[ProgramColumn, ...]
    params: Mapping[str, Any] = field(default_factory=dict)
    groups: int = 0
    wall_seconds: int = DEFAULT_WALL_SECONDS

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(column.key for column in self.columns)

    def column(self, key: str) -> ProgramColumn | None:
        return next((column for column in self.columns if column.key == key), None)

    def own_params(self) -> dict[str, Any]:
        """A copy for one call, which may write into it."""
        return copy.deepcopy(dict(self.params))


@dataclass(frozen=True, slots=True)
class Program:
    """A program as a file of this machine."""

    file: Path
    spec: ProgramSpec


class ProgramFault(Exception):
    """The organiser's program failed. The message and `log` are for organisers and operators, never for contestants."""

    def __init__(self, reason: str, log: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.log = log


# -- reading ----------------------------------------------------------------------------------------------------------


def parse_program(document: object, kind: str, *, where: str = "program") -> ProgramSpec:
    """How a program is called, from JSON: {convention, columns, params?, interval?: {groups}, wall_seconds?}.

    Raises:
        InvalidJob: with every mistake that was found.
    """
    problems = Problems()
    spec = read_program(Node(document, where, problems), kind)
    problems.raise_if_any(InvalidJob)
    return spec


def read_program(node: Node, kind: str) -> ProgramSpec:
    """As parse_program, with problems added to the collector of the node."""
    columns = tuple(_column(item) for item in node.need("columns").items())
    spec = ProgramSpec(
        convention=node.need("convention").choice(CONVENTIONS, "tidemark"),
        columns=columns,
        params=_params(node.at("params")),
        groups=node.at("interval").at("groups").whole(0, MAX_GROUPS, 0) or 0,
        wall_seconds=node.at("wall_seconds").whole(1, MAX_WALL_SECONDS, DEFAULT_WALL_SECONDS) or DEFAULT_WALL_SECONDS,
    )
    _check(node, spec, kind)
    return spec


def _column(node: Node) -> ProgramColumn:
    key = node.need("key").text()
    if not COLUMN_KEY.fullmatch(key):
        expected = "lower-case letters, digits, _ and -, at most 40 of them"
        node.problems.add("job_range", f"{node.where}.key", value=quoted(key), expected=expected)
    column = ProgramColumn(key, _direction(node), *_bounds(node))
    if column.minimum >= column.maximum:
        shown = f"{column.minimum:g}"
        node.problems.add("job_range", f"{node.where}.minimum", value=shown, expected=f"below {column.maximum:g}")
    return column


def _direction(node: Node) -> Direction:
    return "lower" if node.need("direction").choice(DIRECTIONS, "higher") == "lower" else "higher"


def _bounds(node: Node) -> tuple[float, float]:
    """Stated ends of a range; one that is not stated is infinite."""
    low, high = node.at("minimum").number(), node.at("maximum").number()
    return (-math.inf if low is None else low), (math.inf if high is None else high)


def program_metric(node: Node) -> Metric:
    """A metric of a task whose numbers a program returns: {metric: program, key, direction, minimum?, maximum?}."""
    column = _column(node)
    return Metric(
        name=METRIC,
        title=column.key,
        doc="what the contest's own scoring program says",
        kinds=KINDS,
        direction=column.direction,
        minimum=column.minimum,
        maximum=column.maximum,
        unit="",
        params=(),
    )


def metric_document(column: ProgramColumn) -> dict[str, Any]:
    """What program_metric reads, of a declared column."""
    stated = {"minimum": column.minimum, "maximum": column.maximum}
    bounds = {name: value for name, value in stated.items() if math.isfinite(value)}
    return {"key": column.key, "metric": METRIC, "direction": column.direction, **bounds}


def _params(node: Node) -> Mapping[str, Any]:
    if node.is_null:
        return {}
    if not isinstance(node.value, dict):
        node.wrong("an object")
        return {}
    return dict(node.value)


def _check(node: Node, spec: ProgramSpec, kind: str) -> None:
    place = f"{node.where}.columns"
    for key in sorted(_repeated(spec.keys)):
        node.problems.add("job_twice", place, value=f"the key {quoted(key)}")
    if not 1 <= len(spec.columns) <= MAX_COLUMNS:
        node.problems.add("job_range", place, value=len(spec.columns), expected=f"1 to {MAX_COLUMNS} columns")
    if kind not in GIVEN:
        node.problems.add("job_range", node.where or "program", value=quoted(kind), expected=" or ".join(GIVEN))
    if spec.convention != "kaggle":
        return
    if kind != "table":
        node.problems.add("job_range", f"{node.where}.convention", value="'kaggle'", expected="tidemark, for rasters")
    if len(spec.columns) > 1:
        expected = "one column: the kaggle convention returns one number"
        node.problems.add("job_range", place, value=len(spec.columns), expected=expected)


def _repeated(names: Iterable[str]) -> set[str]:
    names = list(names)
    return {name for name in names if names.count(name) > 1}
