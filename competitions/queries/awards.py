"""Who has won which prize, as everybody may know it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from competitions.awards import Standing
from competitions.models import Competition
from competitions.queries.winners import audit_of, outlooks


@dataclass(frozen=True, slots=True)
class AwardedPlace:
    """`team` None: nobody has won this place."""

    place: int
    team: str | None


def awarded_places(competition: Competition) -> dict[str, list[AwardedPlace]] | None:
    """By the key of the prize; None before it is told. Where winners are not audited the released boards decide."""
    audit = audit_of(competition)
    if audit is not None:
        if audit.published_at is None:
            return None
        return _of_list(competition, audit.awarded)
    found = outlooks(competition)
    if not found or any(not one.ranking.is_released for one in found):
        return None
    first = [
        {"award": one.award.key, "place": row.contender.place, "name": row.team.name}
        for one in found
        for row in one.rows
        if row.contender.standing == Standing.CANDIDATE
    ]
    return _of_list(competition, first)


def _of_list(competition: Competition, awarded: Iterable[Mapping[str, Any]]) -> dict[str, list[AwardedPlace]]:
    names = {(one["award"], one["place"]): str(one["name"]) for one in awarded}
    return {
        award.key: [AwardedPlace(place, names.get((award.key, place))) for place in range(1, award.places + 1)]
        for award in competition.awards.all()
    }
