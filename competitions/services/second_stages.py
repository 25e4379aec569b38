"""A second stage: when the first is over and scored, the submission that counts of each team is run on new inputs.

Nobody uploads in such a phase; the programs are those that were frozen. Each is entered once, by the sweeper.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from competitions.models import Board, Phase, Submission, Task
from competitions.queries.evaluations import unfinished
from competitions.services import queueing
from competitions.status import BoardKind, CompetitionStatus, SubmissionKind


def enter_due(*, now: datetime) -> int:
    """Enter what is due. Returns how many programs; safe to run at any time, and again."""
    phases = Phase.objects.filter(
        frozen_from__isnull=False, starts_at__lte=now, competition__status=CompetitionStatus.PUBLISHED
    )
    open_ones = [phase for phase in phases.select_related("frozen_from", "competition") if not _is_over(phase, now)]
    return sum(_enter(phase, now=now) for phase in open_ones if _is_decided(phase, now))


def _is_over(phase: Phase, now: datetime) -> bool:
    return phase.ends_at is not None and phase.ends_at < now


def _is_decided(phase: Phase, now: datetime) -> bool:
    """Is the stage before over, and nothing of it still to be scored?"""
    first = phase.frozen_from
    if first is None or not _is_over(first, now):
        return False
    return not unfinished(phase.competition).filter(submission__phase=first).exists()


def _enter(phase: Phase, *, now: datetime) -> int:
    entered = 0
    for task, original in _counting(phase):
        if not Submission.objects.filter(frozen_from=original, phase=phase, task=task).exists():
            entered += _enter_one(phase, task, original, now=now)
    return entered


def _counting(phase: Phase) -> Iterator[tuple[Task, Submission]]:
    """Each task of the second stage takes what counts at the end of the task at the same place of the first."""
    assert phase.frozen_from is not None  # noqa: S101  (the caller asked)
    for before, task in zip(phase.frozen_from.tasks.all(), phase.tasks.all(), strict=False):
        board = Board.objects.filter(phase=phase.frozen_from, task=before, kind=BoardKind.PRIVATE).first()
        for standing in board.standings.select_related("submission") if board else ():
            if standing.submission.kind == SubmissionKind.CODE:
                yield task, standing.submission


@transaction.atomic
def _enter_one(phase: Phase, task: Task, original: Submission, *, now: datetime) -> int:
    """The same file under the same time: at equal scores the earlier upload stays first."""
    submission, created = Submission.objects.get_or_create(
        frozen_from=original,
        phase=phase,
        task=task,
        defaults={
            "team_id": original.team_id,
            "team_name": original.team_name,
            "user_id": original.user_id,
            "blob_id": original.blob_id,
            "kind": SubmissionKind.CODE,
            "file_name": original.file_name,
            "note": original.note,
            "submitted_at": original.submitted_at,
        },
    )
    if created:
        queueing.enter(submission, now=now)
    return int(created)
