"""Launching a contest: the only way from a draft to a contest that everybody sees.

Nothing red, nothing stale, and for each thing that is yellow a reason: the list is computed in the transaction of the
launch, with the contest locked.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from competitions.models import Competition, User
from competitions.queries.checklist_items import CheckItem
from competitions.queries.checklists import checklist
from competitions.services import audit
from competitions.status import CompetitionStatus

MAX_REASON: Final = 500


class NotReady(Exception):
    """`items` are red, or yellow without a reason."""

    def __init__(self, items: Sequence[CheckItem]) -> None:
        super().__init__("; ".join(f"{item.key}: {item.sentence}" for item in items))
        self.items = tuple(items)


class AlreadyLaunched(Exception):
    """Everybody sees the contest already."""


@transaction.atomic
def launch(
    competition: Competition, *, actor: User | None, now: datetime, reasons: Mapping[str, str] | None = None
) -> Competition:
    """Show the contest to everybody. `reasons`: key of a yellow item -> why it is all right.

    Raises:
        NotReady: with every item that stands in the way.
        AlreadyLaunched: there is nothing to do.
    """
    locked = Competition.objects.select_for_update().get(pk=competition.pk)
    if locked.status == CompetitionStatus.PUBLISHED:
        raise AlreadyLaunched(f"{locked.slug} was launched already")
    found = checklist(locked, now=now)
    given = {key: text.strip()[:MAX_REASON] for key, text in (reasons or {}).items() if text.strip()}
    missing = [item for item in found.yellow if item.key not in given]
    if found.red or missing:
        raise NotReady([*found.red, *missing])
    locked.status, locked.published_at = CompetitionStatus.PUBLISHED, locked.published_at or now
    locked.save(update_fields=["status", "published_at"])
    accepted = {item.key: {"sentence": item.sentence, "reason": given[item.key]} for item in found.yellow}
    audit.note(
        "competition.launched",
        now=now,
        actor=actor,
        competition=locked,
        subject=locked.slug,
        before={"status": CompetitionStatus.DRAFT.value},
        after={"status": CompetitionStatus.PUBLISHED.value},
        detail={
            "dry_run": found.dry_run.pk if found.dry_run else None,
            "digest": found.dry_run.digest if found.dry_run else "",
            "accepted": accepted,
        },
    )
    competition.status, competition.published_at = locked.status, locked.published_at
    return locked
