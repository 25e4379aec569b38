"""Who takes part, as sponsors are told: counts by group, and names only of those who agreed to it."""

from unicodedata import normalize

from django.db.models import Count, QuerySet

from competitions.models import Competition, Consent, TeamMember
from competitions.participation import SPONSORS
from competitions.small_groups import NOT_STATED
from competitions.status import GroupKind


def entrants(competition: Competition) -> QuerySet[TeamMember]:
    """Everybody in a team."""
    return TeamMember.objects.filter(competition=competition)


def consented_entrants(competition: Competition) -> QuerySet[TeamMember]:
    """Those with a recorded consent, to the words as they are now, that sponsors learn their name and affiliation."""
    said = next((one for one in competition.consents if one["key"] == SPONSORS), None)
    if said is None:
        return entrants(competition).none()
    given = Consent.objects.filter(competition=competition, key=SPONSORS, withdrawn_at=None)
    people = [consent.user_id for consent in given if consent.text == said["label"]]
    return entrants(competition).filter(user__in=people)


def group_counts(competition: Competition, kind: GroupKind) -> dict[str, int]:
    """How many entrants state which country or affiliation. True numbers: only small_groups may make them public.

    Whoever is listed by name is not counted, so that nobody can subtract the list from the counts.
    """
    listed = consented_entrants(competition).values("pk")
    found = entrants(competition).exclude(pk__in=listed).order_by().values_list(f"user__{kind}")
    counts: dict[str, int] = {}
    for name, count in found.annotate(count=Count("pk")):
        key = _same_in_all_widths(name)
        counts[key] = counts.get(key, 0) + count
    return counts


def _same_in_all_widths(name: str) -> str:
    """Full-width letters and doubled spaces make no other affiliation."""
    return " ".join(normalize("NFKC", name or NOT_STATED).split())
