"""Checking a file before it is submitted: the normalise box alone, for nobody but the person who asked.

It costs no quota and keeps nothing. The web process may run no boxes, so it holds the file, writes a row, wakes a
worker and waits for the row to change; a worker takes checks before evaluations. Where no worker comes in a few
seconds, the person is told so and the row is taken back. No truth is mounted, so the answer can tell nothing of it.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from competitions.models import FileCheck, ScoringVersion, Task, User
from competitions.permissions import can_download
from competitions.services import boxes, evaluations
from competitions.services.submissions import NotTakingPart, TaskNotInPhase, clean_file_name
from competitions.status import FileCheckStatus
from competitions.store import Store
from competitions.uploads import LARGEST_ELSEWHERE
from sandbox import Runner

log = logging.getLogger(__name__)
HOUR = 3600
LOOK_SECONDS = 0.1
MAX_PROBLEMS_KEPT = 200


class TooManyChecks(Exception):
    """This person has had this hour's checks."""

    def __init__(self, *, per_hour: int, wait_seconds: int) -> None:
        super().__init__(
            _("You had %(count)s files checked this hour; go on in %(minutes)s minutes.")
            % {"count": per_hour, "minutes": wait_seconds // 60 + 1}
        )
        self.wait_seconds = wait_seconds


class CheckBusy(Exception):
    """No worker is free now, or none is there; nothing is wrong with the file as far as anybody knows."""


class NotForPrograms(Exception):
    """The task takes programs, whose check is their trial run."""


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """`problems` are those that a submission of this file would be refused with; none when it fits the contract."""

    problems: tuple[Mapping[str, Any], ...]
    total: int

    @property
    def is_valid(self) -> bool:
        return not self.total


def max_file_bytes(task: Task) -> int:
    """The largest file that any phase of the task takes."""
    return int(task.phases.aggregate(largest=Max("max_file_bytes"))["largest"] or LARGEST_ELSEWHERE)


def look() -> None:
    time.sleep(LOOK_SECONDS)


def check_file(
    *,
    user: User,
    task: Task,
    chunks: Callable[[int], Iterable[bytes]],
    file_name: str,
    now: datetime,
    wait: Callable[[], None] | None = None,
    clock: Callable[[], datetime] = timezone.now,
) -> CheckedFile:
    """Hold the file, have it checked, forget it. `chunks` gets the size limit; `wait` passes a moment.

    Raises:
        NotTakingPart, TaskNotInPhase, NotForPrograms: before anything is read.
        TooManyChecks, CheckBusy: then too, or once it is held.
        FileTooLarge: as soon as one byte too many has come.
    """
    if not can_download(user, task.competition):
        raise NotTakingPart(_("Join the contest and accept the newest version of its rules first."))
    version = task.current_version
    if version is None:
        raise TaskNotInPhase(_("This task is not published for scoring yet."))
    if task.code:
        raise NotForPrograms(
            _("Programs are not checked beforehand: submit yours; a fault that ends its trial run costs no quota.")
            if task.trial_inputs_digest
            else _("Programs are not checked beforehand; try yours at home as the submit page says.")
        )
    forget_left_overs(now=now)
    _require_room()
    _count(user, now=now)
    limit = max_file_bytes(task)
    with (
        Store(settings.FILES_DIR).held(chunks(limit), max_bytes=limit) as path,
        _asked(user, version, path, clean_file_name(file_name), now=clock()) as check,
    ):
        return _answer(_awaited(check, wait=wait or look, clock=clock))


def _require_room() -> None:
    """Waiting takes a thread of the web server, which has few."""
    if FileCheck.objects.count() >= 2 * max(2, settings.WORKER_SLOTS):
        raise CheckBusy(_busy())


def _count(user: User, *, now: datetime) -> None:
    """So many an hour. The count lives in the cache: one that is lost is no harm, since one runs at a time."""
    second = int(now.timestamp())
    key = f"file-checks:{user.pk}:{second // HOUR}"
    used = int(cache.get(key, 0))
    if used >= settings.CHECKS_PER_HOUR:
        raise TooManyChecks(per_hour=used, wait_seconds=HOUR - second % HOUR)
    cache.set(key, used + 1, HOUR)


@contextmanager
def _asked(user: User, version: ScoringVersion, path: Path, file_name: str, *, now: datetime) -> Iterator[FileCheck]:
    fields = {"user": user, "scoring_version": version, "held_name": path.name, "file_name": file_name}
    try:
        with transaction.atomic():
            check = FileCheck.objects.create(asked_at=now, **fields)
    except IntegrityError:
        raise CheckBusy(_("Another file of yours is being checked; wait until it is done.")) from None
    try:
        evaluations.wake_workers()
        yield check
    finally:
        FileCheck.objects.filter(pk=check.pk).delete()


def _awaited(check: FileCheck, *, wait: Callable[[], None], clock: Callable[[], datetime]) -> FileCheck:
    """The row once it is done; CheckBusy when nobody takes it, or its worker has died."""
    taken_by = check.asked_at + timedelta(seconds=settings.CHECK_START_SECONDS)
    done_by = taken_by + timedelta(seconds=settings.CHECK_SECONDS + settings.CHECK_START_SECONDS)
    while True:
        wait()
        check = FileCheck.objects.get(pk=check.pk)
        if check.status not in {FileCheckStatus.WAITING, FileCheckStatus.RUNNING}:
            return check
        is_too_late = clock() > (taken_by if check.status == FileCheckStatus.WAITING else done_by)
        if is_too_late and FileCheck.objects.filter(pk=check.pk, status=check.status).delete()[0]:
            raise CheckBusy(_busy())


def _answer(check: FileCheck) -> CheckedFile:
    if check.status == FileCheckStatus.SLOW:
        text = _("Checking this file takes longer than %(seconds)s seconds. Check it on your own machine:")
        command = "python -m scoring check contract.json FILE"
        raise CheckBusy(f"{text % {'seconds': settings.CHECK_SECONDS}} {command}")
    if check.status == FileCheckStatus.BROKEN:
        raise CheckBusy(_("The check could not be run. That is our fault, not your file's; try again."))
    return CheckedFile(tuple(check.problems), check.problem_count)


def _busy() -> str:
    return _("All workers are busy. Nothing was checked and nothing is wrong; try again in a minute.")


# -- a worker's side --------------------------------------------------------------------------------------------------


def work_off(*, runner: Runner, store: Store) -> int:
    """Check the files that somebody waits for. Returns how many."""
    worked = 0
    while (check := _claim()) is not None:
        _record(check, **_verdict(check, runner, store))
        worked += 1
    return worked


def _claim() -> FileCheck | None:
    for check in FileCheck.objects.filter(status=FileCheckStatus.WAITING).select_related("scoring_version"):
        waiting = FileCheck.objects.filter(pk=check.pk, status=FileCheckStatus.WAITING)
        if waiting.update(status=FileCheckStatus.RUNNING) == 1:
            return check
    return None


def _verdict(check: FileCheck, runner: Runner, store: Store) -> dict[str, Any]:
    job = boxes.CheckJob(store.held_path(check.held_name), check.file_name, check.scoring_version.contract)
    wall_seconds = min(settings.CHECK_SECONDS, settings.BOX_WALL_SECONDS)
    try:
        report = boxes.check_prediction(job, runner=runner, wall_seconds=wall_seconds)
    except Exception:
        # Whatever it was, it was not the contestant: they are told to try again, and an operator finds the trace.
        log.exception("the check of a file could not be run")
        return {"status": FileCheckStatus.BROKEN}
    if report is None:
        return {"status": FileCheckStatus.SLOW}
    kept = [dict(problem) for problem in report.problems[:MAX_PROBLEMS_KEPT]]
    return {
        "status": FileCheckStatus.CHECKED,
        "problems": kept,
        "problem_count": max(report.total, len(report.problems)),
    }


def _record(check: FileCheck, **fields: Any) -> None:
    """Nobody is told when the person has gone: then the row is gone, too."""
    FileCheck.objects.filter(pk=check.pk, status=FileCheckStatus.RUNNING).update(**fields)


def forget_left_overs(*, now: datetime) -> int:
    """Rows of web processes that were killed. Returns how many; their files are cleared with other left-overs."""
    lasts = timedelta(seconds=2 * (settings.CHECK_START_SECONDS + settings.CHECK_SECONDS))
    return FileCheck.objects.filter(asked_at__lt=now - lasts).delete()[0]
