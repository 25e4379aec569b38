"""A second stage: when the first is over and scored, the submission that counts of each team is run on new inputs.

Nobody uploads in such a phase; the programs are those that were frozen. Each is entered once, by the sweeper.
"""

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import transaction

from competitions.models import Board, Phase, Standing, Submission, Task
from competitions.queries.evaluations import platform_faults, unfinished
from competitions.quota import GRACE
from competitions.services import queueing
from competitions.status import BoardKind, CompetitionStatus, PhaseState, SubmissionKind

log = logging.getLogger(__name__)


def enter_due(*, now: datetime) -> int:
    """Enter what is due. Returns how many programs; safe to run at any time, and again."""
    phases = Phase.objects.filter(
        frozen_from__isnull=False, starts_at__lte=now, competition__status=CompetitionStatus.PUBLISHED
    )
    open_ones = [phase for phase in phases.select_related("frozen_from", "competition") if _is_open(phase, now)]
    return sum(_enter(phase, now=now) for phase in open_ones if _is_decided(phase, now))


def _is_open(phase: Phase, now: datetime) -> bool:
    return phase.state(now) == PhaseState.OPEN


def _is_decided(phase: Phase, now: datetime) -> bool:
    """Is the stage before over, and nothing of it still to come or to be scored? A fault of ours is still to be scored:
    its team must not lose its place in the second stage."""
    first = phase.frozen_from
    if first is None or first.ends_at is None or now <= first.ends_at + GRACE:
        return False
    undecided = (unfinished(phase.competition), platform_faults(phase.competition))
    return not any(evaluations.filter(submission__phase=first).exists() for evaluations in undecided)


def _enter(phase: Phase, *, now: datetime) -> int:
    """One program a team and task, whatever a later correction of the first stage would put in its place."""
    entered = 0
    for task, original in _counting(phase):
        if not Submission.objects.filter(team=original.team_id, phase=phase, task=task).exists():
            entered += _enter_one(phase, task, original, now=now)
    return entered


def _counting(phase: Phase) -> Iterator[tuple[Task, Submission]]:
    """Each task of the second stage takes what counts at the end of the task at the same place of the first."""
    assert phase.frozen_from is not None  # noqa: S101  (the caller asked)
    for before, task in zip(phase.frozen_from.tasks.all(), phase.tasks.all(), strict=False):
        if task.current_version_id is None:
            log.error("task %s of phase %s has no truth yet; no program can be run in it", task.key, phase.key)
            continue
        for standing in _standings_that_count(phase.frozen_from, before):
            if standing.submission.kind == SubmissionKind.CODE:
                yield task, standing.submission


def _standings_that_count(phase: Phase, task: Task) -> Iterable[Standing]:
    """Those of the private board; of the public one where the whole truth is public and the other stays empty."""
    boards = Board.objects.filter(phase=phase, task=task)
    for kind in (BoardKind.PRIVATE, BoardKind.PUBLIC):
        board = boards.filter(kind=kind).first()
        if board is not None and board.standings.exists():
            return board.standings.select_related("submission").order_by("pk")
    return ()


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
