"""Archives of results that were published."""

from django.db.models import QuerySet

from competitions.models import ResultsArchive
from competitions.permissions import Visitor
from competitions.queries.competitions import visible_competitions


def visible_archives(user: Visitor) -> QuerySet[ResultsArchive]:
    """The set of can_see_archive."""
    found = ResultsArchive.objects.filter(competition__in=visible_competitions(user).values("pk"))
    return found.select_related("blob", "competition")
