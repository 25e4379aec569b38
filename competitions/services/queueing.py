"""Where a submission goes first: a prediction is scored, a program is run."""

from datetime import datetime

from competitions.models import Evaluation, ScoringVersion, Submission
from competitions.services import evaluations, executions
from competitions.status import SubmissionKind


def enter(submission: Submission, *, now: datetime, version: ScoringVersion | None = None) -> Evaluation:
    """Its evaluation under a version (the live one), once; call it in the transaction that stores the upload."""
    if submission.kind == SubmissionKind.CODE:
        return executions.queue(submission, now=now, version=version)
    return evaluations.queue(submission, now=now, version=version)


def cancel(submission: Submission, evaluation: Evaluation, *, now: datetime) -> Evaluation:
    """Take it out again, or stop its program. LostClaim or IllegalMove where it is too late."""
    if submission.kind == SubmissionKind.CODE:
        return executions.cancel(evaluation, now=now)
    return evaluations.cancel(evaluation, now=now)


def retry(evaluation: Evaluation, *, now: datetime) -> Evaluation:
    """Again after a platform fault whose cause was mended: the run of the program, if that is what failed."""
    if evaluation.execution is not None and evaluation.execution.failure_kind:
        return executions.retry(evaluation, now=now)
    return evaluations.retry(evaluation, now=now)
