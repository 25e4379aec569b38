"""The digest of a contest as it is: a proposal that was made against another state must be made again."""

import hashlib
import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet

from competitions.models import Board, Competition, DataFile, Page, Phase

UNSTEADY = frozenset({"html", "tied", "status", "published_at", "has_forum"})  # made from others, or decided elsewhere


def fingerprint(competition: Competition) -> str:
    """SHA-256 over all that an import may write."""
    boards = Board.objects.filter(phase__competition=competition)
    links = [Phase.tasks.through, Phase.divisions.through]
    found: list[QuerySet[Any]] = [
        Competition.objects.filter(pk=competition.pk),
        Page.objects.filter(competition=competition),
        competition.terms.all(),
        competition.divisions.all(),
        competition.tasks.all(),
        competition.phases.all(),
        competition.data_releases.all(),
        DataFile.objects.filter(release__competition=competition),
        boards,
        *(link._default_manager.filter(phase__competition=competition) for link in links),
    ]
    rows = [[_steady(row) for row in records.order_by("pk").values()] for records in found]
    return hashlib.sha256(json.dumps(rows, cls=DjangoJSONEncoder, sort_keys=True).encode()).hexdigest()


def _steady(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in UNSTEADY}
