"""Runs of programs, as they are in the database."""

from datetime import datetime

from django.db.models import Q, QuerySet

from competitions.models import Evaluation, Execution, Submission
from competitions.status import UNFINISHED_EXECUTIONS, EvaluationStatus, ExecutionKind, ExecutionStatus


def queued() -> QuerySet[Execution]:
    return Execution.objects.filter(status=ExecutionStatus.QUEUED)


def stuck(now: datetime) -> QuerySet[Execution]:
    """Running ones whose lease has run out."""
    return Execution.objects.filter(status=ExecutionStatus.RUNNING, lease_expires_at__lt=now)


def unfinished(submission: Submission) -> QuerySet[Execution]:
    return submission.executions.filter(status__in=UNFINISHED_EXECUTIONS)


def done(submission: Submission, inputs_digest: str) -> Execution | None:
    """The run of this program on these inputs that ended well."""
    found = submission.executions.filter(
        kind=ExecutionKind.FULL, status=ExecutionStatus.DONE, inputs_digest=inputs_digest
    )
    return found.select_related("prediction").first()


def waiting_evaluations(submission: Submission) -> QuerySet[Evaluation]:
    return submission.evaluations.filter(status=EvaluationStatus.WAITING).select_related("scoring_version")


def latest_execution(submission: Submission) -> Execution | None:
    """What pages and API tell of: the newest run, since a run on the test inputs follows its trial."""
    prefetched = getattr(submission, "executions_by_age", None)
    if prefetched is not None:
        return prefetched[0] if prefetched else None
    return submission.executions.select_related("runtime").order_by("-pk").first()


def queue_position(execution: Execution) -> int:
    """How many runs wait before this one, plus one; the order is fair between teams, so it is a bound."""
    ahead = Q(queued_at__lt=execution.queued_at) | Q(queued_at=execution.queued_at, pk__lt=execution.pk)
    same_kind = queued().filter(kind=execution.kind).filter(ahead).count()
    trials = queued().filter(kind=ExecutionKind.TRIAL).count() if execution.kind == ExecutionKind.FULL else 0
    return same_kind + trials + 1
