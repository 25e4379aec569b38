"""Telling people something: on the site always, by mail where they want it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from competitions.models import Announcement, Competition, Notice, User
from competitions.services.outbox import BATCH, put_mails
from competitions.status import MailKind


def tell(
    kind: MailKind,
    users: Iterable[User],
    *,
    key: str,
    content: Mapping[str, Any],
    now: datetime,
    competition: Competition | None = None,
    announcement: Announcement | None = None,
) -> None:
    """A notice and a mail for each person about one thing, which `key` names. Safe twice; part of the act's
    transaction."""
    people = list(users)
    fields: dict[str, Any] = {"kind": kind, "competition": competition, "announcement": announcement, "key": key}
    Notice.objects.bulk_create(
        (Notice(user=user, content=dict(content), created_at=now, **fields) for user in people),
        batch_size=BATCH,
        ignore_conflicts=True,
    )
    put_mails(kind, people, key=key, content=content, now=now, competition=competition)


def mark_read(user: User, *, now: datetime, up_to: int) -> int:
    """Everything that the person was shown; what came since stays unread. Safe twice."""
    return Notice.objects.filter(user=user, read_at=None, pk__lte=up_to).update(read_at=now)
