"""Contests that everybody sees, for tests that are about something else than the dry run.

Production knows one way only, competitions.services.launching, and it asks for a dry run. This is the way around it for
tests: it writes to the database what a launch writes there.
"""

from datetime import datetime

from django.utils import timezone

from competitions.models import Competition
from competitions.status import CompetitionStatus


def publish_untried(competition: Competition | str, *, now: datetime | None = None) -> Competition:
    """Publish without any dry run. Published already, nothing changes."""
    slug = competition if isinstance(competition, str) else competition.slug
    drafts = Competition.objects.filter(slug=slug, status=CompetitionStatus.DRAFT)
    found = drafts.first()
    if found is not None:
        drafts.update(status=CompetitionStatus.PUBLISHED, published_at=found.published_at or now or timezone.now())
    return Competition.objects.get(slug=slug)


def unlaunch(competition: Competition) -> None:
    """As before its launch, when everything may still be changed by importing it again."""
    Competition.objects.filter(pk=competition.pk).update(status=CompetitionStatus.DRAFT, published_at=None)


PUBLISH_ON_SITE = """
from tests.launching import publish_untried
answer = publish_untried({slug!r}).status
"""
