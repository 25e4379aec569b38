"""Trying and launching a contest from the command line: in the foreground, without Celery."""

from collections.abc import Iterable, Iterator

from django.conf import settings
from django.utils import timezone

from competitions.models import Competition, DryRun, User
from competitions.queries.checklist_items import CheckItem
from competitions.queries.checklists import checklist
from competitions.services import boxes, dry_runs, launching, scoring_runs
from competitions.store import Store

MARKS = {"red": "RED", "yellow": "YELLOW", "green": "ok"}


def try_here(competition: Competition, *, actor: User | None) -> DryRun:
    worker, store = scoring_runs.worker_name(), Store(settings.FILES_DIR)
    return dry_runs.run_now(competition, actor=actor, worker=worker, runner=boxes.make_runner(), store=store)


def launch_here(competition: Competition, *, actor: User | None, reason: str) -> None:
    """One reason for all that is yellow. Raises NotReady."""
    now = timezone.now()
    reasons = {item.key: reason for item in checklist(competition, now=now).yellow}
    launching.launch(competition, actor=actor, now=now, reasons=reasons)


def lines_of(items: Iterable[CheckItem]) -> Iterator[str]:
    for item in items:
        yield f"{MARKS[item.state]:<7} {item.key}: {item.sentence}" + (f" {item.todo}" if item.todo else "")
