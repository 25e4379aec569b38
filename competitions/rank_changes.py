"""What a new board would mean for the teams on the old one. Pure: two orders in, the changes out."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Move:
    """A team's rank before and after; None: it is not on the board."""

    team: int
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class RankChanges:
    """`changed` counts every team whose rank is another one, those that come and go included."""

    ranked: int
    changed: int
    first_before: int | None
    first_after: int | None
    moves: tuple[Move, ...]

    @property
    def first_changes(self) -> bool:
        return self.first_before != self.first_after


def rank_changes(before: Sequence[int], after: Sequence[int]) -> RankChanges:
    """Compare two boards, each a sequence of teams from the first place to the last.

    Example: 7, 8, 9 before and 8, 7, 9 after -> two ranks change, and so does the first place
    """
    old = {team: rank for rank, team in enumerate(before, start=1)}
    new = {team: rank for rank, team in enumerate(after, start=1)}
    teams = [*before, *(team for team in after if team not in old)]
    moves = [Move(team, old.get(team), new.get(team)) for team in teams]
    moved = tuple(move for move in moves if move.before != move.after)
    return RankChanges(len(after), len(moved), next(iter(before), None), next(iter(after), None), moved)
