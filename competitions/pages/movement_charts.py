"""The chart of movements: a line for each of the first teams, from its public place to its place in the end.

Drawn by the server as SVG, without script or style attribute; the table below it says the same. Public places may be
far apart, so those shown are spaced evenly and in their order; the number at the line's left end is the true rank.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from competitions.queries.results import ResultRow

ROW_UNITS = 26
TOP_UNITS = 34
LEFT_UNITS, RIGHT_UNITS, WIDTH_UNITS = 70, 330, 640
NAME_CHARACTERS = 24


@dataclass(frozen=True, slots=True)
class BumpLine:
    """A team: `before` and `after` are the heights of its ends; without a public rank there is no line."""

    team: str
    rank: int
    public_rank: int | None
    before: int | None
    after: int
    look: str  # up, down, same or new
    is_mine: bool


@dataclass(frozen=True, slots=True)
class BumpChart:
    lines: list[BumpLine]
    height: int
    left: int = LEFT_UNITS
    right: int = RIGHT_UNITS
    width: int = WIDTH_UNITS


def bump_chart(rows: Sequence[ResultRow], *, mine: int | None) -> BumpChart | None:
    """None for fewer than two teams: there is nothing to compare."""
    if len(rows) < 2:
        return None
    by_public = sorted(row.public_rank for row in rows if row.public_rank is not None)
    heights = {rank: _height(place) for place, rank in enumerate(by_public)}
    lines = [
        BumpLine(
            team=_short(row.standing.team.name),
            rank=row.rank,
            public_rank=row.public_rank,
            before=None if row.public_rank is None else heights[row.public_rank],
            after=_height(place),
            look=_look(row.moved),
            is_mine=row.standing.team_id == mine,
        )
        for place, row in enumerate(rows)
    ]
    return BumpChart(lines, _height(len(rows)))


def _height(place: int) -> int:
    return TOP_UNITS + ROW_UNITS * place


def _look(moved: int | None) -> str:
    if moved is None:
        return "new"
    return "up" if moved > 0 else "down" if moved < 0 else "same"


def _short(name: str) -> str:
    return name if len(name) <= NAME_CHARACTERS else f"{name[: NAME_CHARACTERS - 1]}…"
