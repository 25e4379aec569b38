"""A phase from which teams are promoted is released when it is over and scored, before the contest ends."""

from collections.abc import Iterable
from datetime import datetime

from competitions.models import Board, Phase
from competitions.queries.evaluations import unfinished
from competitions.quota import GRACE
from competitions.services import (
    board_releases,
)
from competitions.status import BoardKind, CompetitionStatus


def release_due(*, now: datetime) -> int:
    """Returns how many phases; run by the sweeper, safe to run twice."""
    return sum(board_releases.release(phase.competition, phase, now=now) for phase in _ended(now) if _is_scored(phase))


def _ended(now: datetime) -> Iterable[Phase]:
    """An upload that began in time may still come for a while."""
    waiting = Board.objects.filter(kind=BoardKind.PRIVATE, released_at=None).values("phase")
    ended = Phase.objects.filter(ends_at__lt=now - GRACE, competition__status=CompetitionStatus.PUBLISHED)
    return ended.filter(pk__in=waiting, promotes_to__isnull=False).select_related("competition").distinct()


def _is_scored(phase: Phase) -> bool:
    return not unfinished(phase.competition).filter(submission__phase=phase).exists()
