"""The only code that changes a status: of an evaluation, or of an execution.

Every move is a compare-and-set on (pk, status, attempt). A worker that was given up for lost still holds the old
attempt number, so whatever it tries to record afterwards matches no row and is dropped. Losing the broker, a worker or
the machine therefore loses nothing: the row says what is to be done, the sweeper says it again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from competitions.models import Evaluation, Execution

Row = TypeVar("Row", Evaluation, Execution)
RUNNING = "running"


class LostClaim(Exception):
    """The row was requeued, cancelled or finished by somebody else; what this worker found is dropped."""


class IllegalMove(Exception):
    """The state machine has no such move."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's right to one evaluation or execution, for as long as its lease is kept alive."""

    pk: int
    attempt: int
    worker: str


def move(row: Row, new: str, *, now: datetime, worker: str = "", detail: str = "", **fields: Any) -> Row:
    """Change the status if nobody else did since `row` was read, and leave a trace; else raise LostClaim."""
    old, attempt = row.status, row.attempt
    if not row.can_become(new):
        raise IllegalMove(f"an {_noun(type(row))} cannot go from {old} to {new}")
    same = type(row).objects.filter(pk=row.pk, status=old, attempt=attempt)
    claimed_by = {"worker": worker} if worker else {}
    changes = {"status": new, "lease_expires_at": None, **claimed_by, **fields}
    with transaction.atomic():
        if same.update(**changes) != 1:
            raise LostClaim(f"{_noun(type(row))} {row.pk} is no longer {old} in attempt {attempt}")
        for name, value in changes.items():
            setattr(row, name, value)
        note(row, old, now=now, worker=worker or row.worker, detail=detail)
    return row


def note(row: Evaluation | Execution, old: str, *, now: datetime, worker: str = "", detail: str = "") -> None:
    """The trace of a move that was made, or, with an empty `old`, of a new row."""
    row.events.create(at=now, old=old, new=row.status, attempt=row.attempt, worker=worker, detail=detail[:500])


def claim(row: Row, *, worker: str, now: datetime) -> Claim:
    """Take a queued row, or raise LostClaim because another worker was faster."""
    changes: dict[str, Any] = {"attempt": row.attempt + 1, "started_at": now, "lease_expires_at": now + lease()}
    moved = move(row, RUNNING, now=now, worker=worker, **changes)
    return Claim(moved.pk, moved.attempt, worker)


def lease() -> timedelta:
    return timedelta(seconds=settings.LEASE_SECONDS)


def extend_lease(model: type[Row], held: Claim, *, now: datetime) -> bool:
    """The heartbeat. False: the row is no longer this worker's, stop working on it."""
    return claimed_rows(model, held).update(lease_expires_at=now + lease()) == 1


def claimed_rows(model: type[Row], held: Claim) -> QuerySet[Row]:
    """The one row of a claim, or none when the claim is lost."""
    return model.objects.filter(pk=held.pk, attempt=held.attempt, status=RUNNING)


def lost(model: type[Row], held: Claim) -> LostClaim:
    return LostClaim(f"{_noun(model)} {held.pk} is no longer claimed in attempt {held.attempt}")


def _noun(model: type[Evaluation] | type[Execution]) -> str:
    return str(model._meta.verbose_name)
