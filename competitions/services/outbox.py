"""Mail and webhooks: written down in the transaction of the act, carried out afterwards, each once.

        claim                    hand over              record
waiting ------> sending ------------------------------> sent
   ^               |  `-- died before handing over: waiting again
   `-- refused ----'  `-- died while handing over: a mail is `uncertain`, a webhook goes again under the same id

The key is unique, so an act that is repeated writes nothing new. A step is a compare-and-set on (pk, attempt), as in
services.moves. Nobody can know whether a message arrived whose sender died between handing it over and writing that
down; a mail is then left to an operator, for nobody shall get it twice, and receivers of webhooks know the id.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Protocol

from django.db import transaction
from django.utils import timezone

from competitions.models import Competition, OutboxItem, User
from competitions.services.hints import wake_after_commit
from competitions.status import Channel, MailKind, OutboxStatus

log = logging.getLogger(__name__)
LEASE = timedelta(minutes=2)
# Before the second try, the third, ...: as the Standard Webhooks specification proposes.
WAITS = tuple(timedelta(seconds=one) for one in (5, 300, 1800, 7200, 18_000, 36_000, 36_000))
MAX_ATTEMPTS = len(WAITS) + 1
BATCH = 500


class NotDelivered(Exception):
    """Refused, or nobody answered: it certainly did not arrive. `is_final`: trying again would be refused again."""

    def __init__(self, why: str, *, answer_status: int | None = None, is_final: bool = False) -> None:
        super().__init__(why)
        self.answer_status, self.is_final = answer_status, is_final


class MayHaveArrived(Exception):
    """The connection broke while the message was handed over."""


class NotWanted(Exception):
    """The receiver has switched it off, or is gone."""


class Prepared(Protocol):
    """A message that is ready to be handed over; nothing has left the site yet. Gives the answer's status, if any."""

    def __call__(self) -> int | None: ...


Prepare = Callable[[OutboxItem], Prepared]


# -- writing down -----------------------------------------------------------------------------------------------------


def put_mails(
    kind: MailKind,
    users: Iterable[User],
    *,
    key: str,
    content: Mapping[str, Any],
    now: datetime,
    competition: Competition | None = None,
) -> None:
    """One mail to each person, about one thing that `key` names. Safe twice. Call it in the act's transaction."""
    put(
        OutboxItem(
            key=f"{key}:user-{user.pk}",
            channel=Channel.MAIL,
            kind=kind,
            recipient=user,
            competition=competition,
            content=dict(content),
            created_at=now,
            due_at=now,
        )
        for user in users
    )


def put(items: Iterable[OutboxItem]) -> None:
    OutboxItem.objects.bulk_create(items, batch_size=BATCH, ignore_conflicts=True)
    wake_sender()


def wake_sender() -> None:
    wake_after_commit("competitions.tasks.send_outbox", "outbox")


# -- carrying out -----------------------------------------------------------------------------------------------------


def work_off(prepare: Mapping[str, Prepare], *, seconds: float, clock: Callable[[], datetime] = timezone.now) -> int:
    """Send what is due, the oldest first, for about so many seconds. Returns how many were worked on."""
    worked, end = 0, monotonic() + seconds
    while monotonic() < end:
        item = _claim_next(clock())
        if item is None:
            return worked
        _send(item, prepare[item.channel], clock)
        worked += 1
    wake_sender()
    return worked


def _claim_next(now: datetime) -> OutboxItem | None:
    for item in OutboxItem.objects.filter(status=OutboxStatus.WAITING, due_at__lte=now).order_by("due_at", "pk")[:20]:
        changes = {"status": OutboxStatus.SENDING, "attempt": item.attempt + 1, "lease_expires_at": now + LEASE}
        if _move(item, OutboxStatus.WAITING, handed_at=None, error="", **changes):
            return item
    return None


def _send(item: OutboxItem, prepare: Prepare, clock: Callable[[], datetime]) -> None:
    try:
        hand_over = prepare(item)
        if not _move(item, OutboxStatus.SENDING, handed_at=clock()):
            return  # given up for lost: somebody else has it
        answer_status = hand_over()
    except NotWanted as reason:
        _end(item, OutboxStatus.SKIPPED, clock(), error=str(reason))
    except MayHaveArrived as error:
        _end(item, OutboxStatus.UNCERTAIN, clock(), error=str(error))
    except NotDelivered as error:
        _try_again(item, clock(), error=str(error), answer_status=error.answer_status, is_final=error.is_final)
    except Exception as error:
        # A fault of ours in one message must stop neither the others nor the sweeper.
        log.exception("outbox item %s could not be sent", item.pk)
        _try_again(item, clock(), error=type(error).__name__)
    else:
        _end(item, OutboxStatus.SENT, clock(), answer_status=answer_status)


def _try_again(
    item: OutboxItem, now: datetime, *, error: str, answer_status: int | None = None, is_final: bool = False
) -> None:
    if is_final or item.attempt >= MAX_ATTEMPTS:
        _end(item, OutboxStatus.FAILED, now, error=error, answer_status=answer_status)
        return
    due_at = now + WAITS[item.attempt - 1]
    fields = {"error": error[:500], "answer_status": answer_status, "lease_expires_at": None}
    _move(item, OutboxStatus.SENDING, status=OutboxStatus.WAITING, due_at=due_at, **fields)


def _end(
    item: OutboxItem, status: OutboxStatus, now: datetime, *, error: str = "", answer_status: int | None = None
) -> None:
    fields = {"error": error[:500], "answer_status": answer_status, "lease_expires_at": None}
    _move(item, OutboxStatus.SENDING, status=status, finished_at=now, **fields)


def _move(item: OutboxItem, old: OutboxStatus, **fields: Any) -> bool:
    """Change the row if nobody else did since `item` was read."""
    same = OutboxItem.objects.filter(pk=item.pk, status=old, attempt=item.attempt)
    if same.update(**fields) != 1:
        return False
    for name, value in fields.items():
        setattr(item, name, value)
    return True


# -- the sweeper, and operators ---------------------------------------------------------------------------------------


def requeue_stuck(*, now: datetime) -> int:
    """Take back what dead senders hold. Returns how many."""
    stuck = OutboxItem.objects.filter(status=OutboxStatus.SENDING, lease_expires_at__lt=now)
    died = "its sender died"
    for item in stuck:
        if item.handed_at is not None and item.channel == Channel.MAIL:
            _end(item, OutboxStatus.UNCERTAIN, now, error=f"{died} while it handed the mail over")
        else:
            _try_again(item, now, error=died)
    return len(stuck)


def wake_if_due(*, now: datetime) -> None:
    if OutboxItem.objects.filter(status=OutboxStatus.WAITING, due_at__lte=now).exists():
        wake_sender()


@transaction.atomic
def send_again(item: OutboxItem, *, now: datetime) -> bool:
    """An operator's word that an uncertain or given-up item is to go out after all."""
    found = OutboxItem.objects.filter(pk=item.pk, status__in=[OutboxStatus.UNCERTAIN, OutboxStatus.FAILED])
    changed = found.update(status=OutboxStatus.WAITING, attempt=0, due_at=now, finished_at=None, handed_at=None)
    if changed:
        wake_sender()
    return bool(changed)
