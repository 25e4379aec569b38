"""The life of an evaluation. `move` is the only code that changes a status.

Every move is a compare-and-set on (pk, status, attempt). A worker that was given up for lost still holds the old
attempt number, so whatever it tries to record afterwards matches no row and is dropped. Losing the broker, a worker or
the machine therefore loses nothing: the row says what is to be done, the sweeper says it again.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from competitions.celery import app
from competitions.models import Evaluation, EvaluationEvent, Score, ScoringVersion, Submission
from competitions.queries import evaluations as queue_of
from competitions.services import leaderboards
from competitions.status import EvaluationStatus, FailureKind, can_move

log = logging.getLogger(__name__)
MAX_PROBLEMS_KEPT = 200
PROGRAM_ATTEMPTS = 2


class LostClaim(Exception):
    """The evaluation was requeued, cancelled or finished by somebody else; what this worker found is dropped."""


class IllegalMove(Exception):
    """The state machine has no such move."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's right to one evaluation, for as long as its lease is kept alive."""

    evaluation_id: int
    attempt: int
    worker: str


@dataclass(frozen=True, slots=True)
class ScoringResult:
    """What the score box found. Values are per metric; a metric without a value on a split is left out."""

    public: Mapping[str, float]
    private: Mapping[str, float]
    public_scenes: Sequence[Mapping[str, Any]]
    private_scenes: Sequence[Mapping[str, Any]]
    statistics: Mapping[str, Any]
    public_intervals: Mapping[str, Any] = field(default_factory=dict)
    private_intervals: Mapping[str, Any] = field(default_factory=dict)


# -- moves ------------------------------------------------------------------------------------------------------------


def move(
    evaluation: Evaluation, new: EvaluationStatus, *, now: datetime, worker: str = "", detail: str = "", **fields: Any
) -> Evaluation:
    """Change the status if nobody else did since `evaluation` was read, and leave a trace; else raise LostClaim."""
    old, attempt = evaluation.status, evaluation.attempt
    if not can_move(old, new, failure_kind=evaluation.failure_kind):
        raise IllegalMove(f"an evaluation cannot go from {old} to {new}")
    same = Evaluation.objects.filter(pk=evaluation.pk, status=old, attempt=attempt)
    claimed_by = {"worker": worker} if worker else {}
    changes = {"status": new, "lease_expires_at": None, **claimed_by, **fields}
    with transaction.atomic():
        if same.update(**changes) != 1:
            raise LostClaim(f"evaluation {evaluation.pk} is no longer {old} in attempt {attempt}")
        for name, value in changes.items():
            setattr(evaluation, name, value)
        EvaluationEvent.objects.create(
            evaluation_id=evaluation.pk,
            at=now,
            old=old,
            new=new,
            attempt=evaluation.attempt,
            worker=worker or evaluation.worker,
            detail=detail[:500],
        )
    return evaluation


def queue(submission: Submission, *, now: datetime, version: ScoringVersion | None = None) -> Evaluation:
    """Put a submission into the queue, once per scoring version; call it in the transaction that stores the upload."""
    version = version or submission.task.current_version
    if version is None:
        raise ValueError(f"task {submission.task_id} has no published scoring version")
    evaluation, created = Evaluation.objects.get_or_create(
        submission=submission, scoring_version=version, defaults={"queued_at": now}
    )
    if created:
        EvaluationEvent.objects.create(evaluation=evaluation, at=now, new=EvaluationStatus.QUEUED, attempt=0)
    wake_workers()
    return evaluation


def cancel(evaluation: Evaluation, *, now: datetime) -> Evaluation:
    """Take it out of the queue. Once a worker has begun, it is too late: LostClaim or IllegalMove."""
    return move(evaluation, EvaluationStatus.CANCELLED, now=now, finished_at=now)


def retry(evaluation: Evaluation, *, now: datetime) -> Evaluation:
    """Put a fault of ours, or of the contest's own metric, back into the queue after its cause was mended."""
    evaluation = move(
        evaluation, EvaluationStatus.QUEUED, now=now, failure_kind="", finished_at=None, attempt=0, detail="retried"
    )
    wake_workers()
    return evaluation


# -- a worker's view --------------------------------------------------------------------------------------------------


def claim_next(*, worker: str, now: datetime) -> Claim | None:
    """Take the fairest queued evaluation, or None. Losing a race to another worker means trying the next."""
    for team in queue_of.fairest(queue_of.waiting_teams()):
        evaluation = queue_of.queued().filter(submission__team=team.team_id).order_by("queued_at", "pk").first()
        if evaluation is None:
            continue
        try:
            claimed = _claim(evaluation, worker=worker, now=now)
        except LostClaim:
            continue
        return Claim(claimed.pk, claimed.attempt, worker)
    return None


def _claim(evaluation: Evaluation, *, worker: str, now: datetime) -> Evaluation:
    return move(
        evaluation,
        EvaluationStatus.RUNNING,
        now=now,
        worker=worker,
        attempt=evaluation.attempt + 1,
        started_at=now,
        lease_expires_at=now + lease(),
    )


def lease() -> timedelta:
    return timedelta(seconds=settings.LEASE_SECONDS)


def extend_lease(claim: Claim, *, now: datetime) -> bool:
    """The heartbeat. False: the evaluation is no longer this worker's, stop working on it."""
    return _claimed_rows(claim).update(lease_expires_at=now + lease()) == 1


def claimed(claim: Claim) -> Evaluation:
    """The evaluation of a claim with all that scoring needs, or LostClaim."""
    evaluation = (
        _claimed_rows(claim)
        .select_related("submission__blob", "submission__team", "submission__phase")
        .select_related("scoring_version__task", "scoring_version__program_file")
        .first()
    )
    if evaluation is None:
        raise LostClaim(f"evaluation {claim.evaluation_id} is no longer claimed in attempt {claim.attempt}")
    return evaluation


def _claimed_rows(claim: Claim) -> QuerySet[Evaluation]:
    return Evaluation.objects.filter(pk=claim.evaluation_id, attempt=claim.attempt, status=EvaluationStatus.RUNNING)


# -- how it ends ------------------------------------------------------------------------------------------------------


@transaction.atomic
def record(claim: Claim, result: ScoringResult, *, now: datetime, program_log: str = "") -> Evaluation:
    """Scores, standings and status in one transaction: never scored twice, never scored without a standing."""
    evaluation = move(
        claimed(claim),
        EvaluationStatus.SCORED,
        now=now,
        finished_at=now,
        public_detail=_detail(result.public, result.public_scenes, result.public_intervals),
        private_detail=_detail(result.private, result.private_scenes, result.private_intervals),
        statistics=dict(result.statistics),
        program_log=program_log,
    )
    Score.objects.bulk_create(
        Score(evaluation=evaluation, metric=metric, split=split, value=value)
        for split, values in (("public", result.public), ("private", result.private))
        for metric, value in values.items()
    )
    leaderboards.enter(evaluation)
    return evaluation


def _detail(
    scores: Mapping[str, float], scenes: Sequence[Mapping[str, Any]], intervals: Mapping[str, Any]
) -> dict[str, Any]:
    return {"metrics": dict(scores), "scenes": list(scenes), "intervals": dict(intervals)}


def reject(
    claim: Claim, problems: Sequence[Mapping[str, Any]], *, total: int, now: datetime, program_log: str = ""
) -> Evaluation:
    """The file does not fit the contract: tell the contestant what and where; it costs no quota."""
    return move(
        claimed(claim),
        EvaluationStatus.FAILED,
        now=now,
        finished_at=now,
        failure_kind=FailureKind.INVALID,
        problems=[dict(problem) for problem in problems[:MAX_PROBLEMS_KEPT]],
        problem_count=max(total, len(problems)),
        program_log=program_log,
    )


def give_back(claim: Claim, *, now: datetime, detail: str) -> Evaluation:
    """A fault of ours: back into the queue, or, if it keeps happening, a platform fault. `detail` is for operators."""
    return _requeue(claimed(claim), now=now, detail=detail)


def give_back_for_program(claim: Claim, *, now: datetime, detail: str, log: str) -> Evaluation:
    """The organiser's own metric failed: tried less often than a fault of ours, for it was proved to say the same each
    time. `log` is for organisers: what the program wrote, and why it failed."""
    return _requeue(
        claimed(claim), now=now, detail=detail, most=PROGRAM_ATTEMPTS, kind=FailureKind.METRIC, program_log=log
    )


def _requeue(
    evaluation: Evaluation,
    *,
    now: datetime,
    detail: str,
    most: int | None = None,
    kind: FailureKind = FailureKind.PLATFORM,
    **fields: Any,
) -> Evaluation:
    if evaluation.attempt < min(settings.MAX_ATTEMPTS, most or settings.MAX_ATTEMPTS):
        return move(evaluation, EvaluationStatus.QUEUED, now=now, detail=detail, **fields)
    log.error("evaluation %s failed %s times: %s", evaluation.pk, evaluation.attempt, detail)
    return move(
        evaluation,
        EvaluationStatus.FAILED,
        now=now,
        detail=detail,
        finished_at=now,
        failure_kind=kind,
        **fields,
    )


def requeue_stuck(*, now: datetime) -> int:
    """Give back what dead workers hold. Returns how many."""
    requeued = 0
    for evaluation in queue_of.stuck(now):
        try:
            _requeue(evaluation, now=now, detail=f"the lease of {evaluation.worker} ran out")
        except LostClaim:
            continue  # its worker was alive after all, or another sweeper was faster
        requeued += 1
    return requeued


# -- wake-ups ---------------------------------------------------------------------------------------------------------


def wake_workers() -> None:
    """Tell the workers, after the commit, that there is work. Losing this message costs one sweep, nothing else."""
    transaction.on_commit(_send_wake_up, robust=True)


def wake_workers_if_queued() -> None:
    """The sweeper's reminder: a few messages, also to other machines; a woken worker works off the rest."""
    for _ in queue_of.queued()[: max(2, settings.WORKER_SLOTS)]:
        wake_workers()


def _send_wake_up() -> None:
    try:
        app.send_task("competitions.tasks.evaluate", queue="evaluations", expires=settings.LEASE_SECONDS, retry=False)
    except Exception as error:
        # Broker libraries raise errors of many families; an upload must never fail because a hint could not be sent.
        log.warning("no wake-up sent, the sweeper will: %s", type(error).__name__)
