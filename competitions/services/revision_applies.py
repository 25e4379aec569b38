"""A worker's side of a revision that is to become the contest: claim it, keep it, say what became of it.

Every change is a compare-and-set on (pk, status, attempt): a worker that was given up for lost changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Q, QuerySet

from competitions.models import RevisionApply
from competitions.status import ApplyStatus

MAX_ATTEMPTS = 3  # of a worker that dies in the middle
MAX_KEPT = 200


@dataclass(frozen=True, slots=True)
class ApplyClaim:
    pk: int
    attempt: int


def _claimable(now: datetime) -> QuerySet[RevisionApply]:
    """What waits, or whose worker fell silent."""
    silent = Q(status=ApplyStatus.RUNNING, lease_expires_at__lt=now)
    return RevisionApply.objects.filter(Q(status=ApplyStatus.WAITING) | silent)


def nothing_waits(*, now: datetime) -> bool:
    return not _claimable(now).exists()


def claim_next(*, now: datetime) -> ApplyClaim | None:
    """The oldest that can be claimed."""
    for waiting in _claimable(now).order_by("pk"):
        same = RevisionApply.objects.filter(pk=waiting.pk, status=waiting.status, attempt=waiting.attempt)
        if waiting.attempt >= MAX_ATTEMPTS:
            same.update(status=ApplyStatus.FAILED, finished_at=now, lease_expires_at=None)
            continue
        lease = now + timedelta(seconds=settings.LEASE_SECONDS)
        if same.update(status=ApplyStatus.RUNNING, attempt=F("attempt") + 1, lease_expires_at=lease):
            return ApplyClaim(waiting.pk, waiting.attempt + 1)
    return None


def extend(claim: ApplyClaim, *, now: datetime) -> bool:
    return _held(claim, lease_expires_at=now + timedelta(seconds=settings.LEASE_SECONDS))


def finish(
    claim: ApplyClaim,
    status: ApplyStatus,
    *,
    now: datetime,
    problems: Sequence[Sequence[object]] = (),
    changes: Sequence[str] = (),
) -> bool:
    """Returns whether the claim still held."""
    told = {"problems": [list(one) for one in problems[:MAX_KEPT]], "changes": list(changes[:MAX_KEPT])}
    return _held(claim, status=status, finished_at=now, lease_expires_at=None, **told)


def _held(claim: ApplyClaim, **fields: Any) -> bool:
    running = RevisionApply.objects.filter(pk=claim.pk, status=ApplyStatus.RUNNING, attempt=claim.attempt)
    return bool(running.update(**fields))
