"""Who wins what: from a ranking and what was decided of its teams to the places of a prize. Pure.

A prize has so many places. They go to the first teams of its board that were neither rejected nor have declined, in the
order of the board, in which the earlier submission is first at equal scores. Whoever is confirmed wins; whoever is not
decided yet is a candidate; the next few are reserves, who move up when somebody falls out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from competitions.status import WinnerVerdict

FALLEN_OUT = frozenset({WinnerVerdict.REJECTED, WinnerVerdict.DECLINED})


class Standing(StrEnum):
    """How a team stands to one prize."""

    CANDIDATE = "candidate"
    CONFIRMED = "confirmed"
    RESERVE = "reserve"
    REJECTED = "rejected"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Ranked:
    """A team on a board. `key` is what it is ranked by: two teams with the same one are told apart by time alone.

    Without `is_eligible` (a gate of the board is failed) it wins nothing.
    """

    team: int
    key: float = 0.0
    is_eligible: bool = True


@dataclass(frozen=True, slots=True)
class Contender:
    """A team near a prize. `rank` is its place on the board, `place` the place of the prize that it has or may have.

    `is_tied`: another team has the same score, and the earlier submission came first.
    """

    team: int
    rank: int
    place: int | None
    standing: Standing
    is_tied: bool = False


def contenders(
    ranking: Sequence[Ranked], *, places: int, reserves: int, verdicts: Mapping[int, WinnerVerdict]
) -> list[Contender]:
    """The teams that have, may have or have lost a place, and the reserves behind them; in the order of the board."""
    found: list[Contender] = []
    taken, spare = 0, 0
    for rank, one in enumerate(ranking, start=1):
        if not one.is_eligible:
            continue
        verdict, tied = verdicts.get(one.team), _is_tied(ranking, rank - 1)
        if verdict in FALLEN_OUT:
            found.append(Contender(one.team, rank, None, Standing(str(verdict)), tied))
        elif taken < places:
            taken += 1
            standing = Standing.CONFIRMED if verdict == WinnerVerdict.CONFIRMED else Standing.CANDIDATE
            found.append(Contender(one.team, rank, taken, standing, tied))
        elif spare < reserves:
            spare += 1
            found.append(Contender(one.team, rank, None, Standing.RESERVE, tied))
        else:
            break
    return found


def _is_tied(ranking: Sequence[Ranked], at: int) -> bool:
    near = [ranking[other] for other in (at - 1, at + 1) if 0 <= other < len(ranking)]
    return any(one.is_eligible and one.key == ranking[at].key for one in near)


def is_decided(found: Sequence[Contender]) -> bool:
    """Is nobody a candidate any more? Places that no team is left for are awarded to nobody."""
    return not any(one.standing == Standing.CANDIDATE for one in found)


def winners(found: Sequence[Contender]) -> list[Contender]:
    """Who has a place for certain, by place."""
    return [one for one in found if one.standing == Standing.CONFIRMED]
