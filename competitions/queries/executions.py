"""Runs of programs, as they are in the database."""

from datetime import datetime

from django.db.models import F, Q, QuerySet

from competitions.models import Competition, Evaluation, Execution, Submission
from competitions.status import UNFINISHED_EXECUTIONS, EvaluationStatus, ExecutionKind, ExecutionStatus

ON_LIVE_INPUTS = Q(inputs_digest=F("submission__task__current_version__inputs_digest"))


def queued() -> QuerySet[Execution]:
    return Execution.objects.filter(status=ExecutionStatus.QUEUED)


def turns(runs: QuerySet[Execution]) -> tuple[QuerySet[Execution], ...]:
    """Queued runs in the order in which they are taken: trials, which are short; runs that a board waits for; those of
    the audit of winners; and what shows the effect of a proposed change, in the time that the others leave."""
    trials, full, winners = (
        runs.filter(kind=kind) for kind in (ExecutionKind.TRIAL, ExecutionKind.FULL, ExecutionKind.WINNER)
    )
    return trials, full.filter(ON_LIVE_INPUTS), winners, full.exclude(pk__in=full.filter(ON_LIVE_INPUTS).values("pk"))


def running() -> QuerySet[Execution]:
    return Execution.objects.filter(status=ExecutionStatus.RUNNING)


def stuck(now: datetime) -> QuerySet[Execution]:
    """Running ones whose lease has run out."""
    return running().filter(lease_expires_at__lt=now)


def unfinished(submission: Submission) -> QuerySet[Execution]:
    found = submission.executions.exclude(kind=ExecutionKind.WINNER)
    return found.filter(status__in=UNFINISHED_EXECUTIONS)


def awaited(evaluation: Evaluation) -> Execution | None:
    """The run that an evaluation waits for: of the trial, or on its own inputs."""
    if evaluation.status != EvaluationStatus.WAITING:
        return None
    own = Q(kind=ExecutionKind.FULL, inputs_digest=evaluation.scoring_version.inputs_digest)
    return unfinished(evaluation.submission).filter(Q(kind=ExecutionKind.TRIAL) | own).first()


def done(submission: Submission, inputs_digest: str) -> Execution | None:
    """The run of this program on these inputs that ended well."""
    found = submission.executions.filter(
        kind=ExecutionKind.FULL, status=ExecutionStatus.DONE, inputs_digest=inputs_digest
    )
    return found.select_related("prediction").first()


def was_let_in(submission: Submission) -> bool:
    """Has this program passed its trial, or been given test inputs without one?"""
    trial = Q(kind=ExecutionKind.TRIAL, status=ExecutionStatus.DONE)
    return submission.executions.filter(Q(kind=ExecutionKind.FULL) | trial).exists()


def waiting_evaluations(submission: Submission) -> QuerySet[Evaluation]:
    return submission.evaluations.filter(status=EvaluationStatus.WAITING).select_related("scoring_version")


def queue_position(execution: Execution) -> int:
    """How many runs wait before this one, plus one; the order is fair between teams, so it is a bound."""
    ahead = Q(queued_at__lt=execution.queued_at) | Q(queued_at=execution.queued_at, pk__lt=execution.pk)
    before = 0
    for turn in turns(queued()):
        if turn.filter(pk=execution.pk).exists():
            return before + turn.filter(ahead).count() + 1
        before += turn.count()
    return 1  # it waits no longer


def contest_executions(competition: Competition) -> QuerySet[Execution]:
    """Every run of a contest with its submission and runtime, the newest first; for organisers."""
    found = Execution.objects.filter(submission__team__competition=competition)
    return found.select_related("submission__team", "submission__task", "runtime").order_by("-pk")
