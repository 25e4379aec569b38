"""The life of an evaluation: queued, claimed, recorded; every step is a services.moves.move."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from competitions.models import Evaluation, Execution, Score, ScoringVersion, Submission
from competitions.queries import evaluations as queue_of
from competitions.services import leaderboards, moves, run_records, submission_news
from competitions.services.hints import wake_after_commit
from competitions.services.moves import Claim, LostClaim, claimed_rows, move
from competitions.services.run_records import RunNote
from competitions.status import EvaluationStatus, FailureKind

log = logging.getLogger(__name__)
MAX_PROBLEMS_KEPT = 200
PROGRAM_ATTEMPTS = 2


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


def queue(
    submission: Submission,
    *,
    now: datetime,
    version: ScoringVersion | None = None,
    execution: Execution | None = None,
) -> Evaluation:
    """Put a submission into the queue, once per scoring version; call it in the transaction that stores the upload.
    `execution` is the run whose prediction is scored, where the submission is a program."""
    version = version or submission.task.current_version
    if version is None:
        raise ValueError(f"task {submission.task_id} has no published scoring version")
    evaluation, created = Evaluation.objects.get_or_create(
        submission=submission, scoring_version=version, defaults={"queued_at": now, "execution": execution}
    )
    if created:
        moves.note(evaluation, "", now=now)
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
    """Take the fairest queued evaluation, or None; what is scored for a proposed change comes after all that is live.
    Losing a race to another worker means trying the next."""
    for queued in (queue_of.queued_live(), queue_of.queued_beside()):
        for team in queue_of.fairest(queue_of.waiting_teams(queued)):
            evaluation = queued.filter(submission__team=team.team_id).order_by("queued_at", "pk").first()
            if evaluation is None:
                continue
            try:
                return moves.claim(evaluation, worker=worker, now=now)
            except LostClaim:
                continue
    return None


def claimed(claim: Claim) -> Evaluation:
    """The evaluation of a claim with all that scoring needs, or LostClaim."""
    evaluation = (
        claimed_rows(Evaluation, claim)
        .select_related("submission__blob", "submission__team", "submission__phase")
        .select_related("scoring_version__task", "scoring_version__program_file", "execution__prediction")
        .first()
    )
    if evaluation is None:
        raise moves.lost(Evaluation, claim)
    return evaluation


# -- how it ends ------------------------------------------------------------------------------------------------------


@transaction.atomic
def record(
    claim: Claim, result: ScoringResult, *, now: datetime, program_log: str = "", runs: Sequence[RunNote] = ()
) -> Evaluation:
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
    run_records.keep(runs, evaluation)
    leaderboards.enter(evaluation)
    submission_news.tell_of(evaluation, now=now)
    return evaluation


def _detail(
    scores: Mapping[str, float], scenes: Sequence[Mapping[str, Any]], intervals: Mapping[str, Any]
) -> dict[str, Any]:
    return {"metrics": dict(scores), "scenes": list(scenes), "intervals": dict(intervals)}


@transaction.atomic
def reject(
    claim: Claim,
    problems: Sequence[Mapping[str, Any]],
    *,
    total: int,
    now: datetime,
    program_log: str = "",
    runs: Sequence[RunNote] = (),
) -> Evaluation:
    """The file does not fit the contract: tell the contestant what and where. A file that was uploaded costs no quota;
    one that a program wrote does, for the program has seen the test inputs."""
    evaluation = claimed(claim)
    run_records.keep(runs, evaluation)
    evaluation = move(
        evaluation,
        EvaluationStatus.FAILED,
        now=now,
        finished_at=now,
        failure_kind=FailureKind.PROGRAM if evaluation.execution_id else FailureKind.INVALID,
        problems=[dict(problem) for problem in problems[:MAX_PROBLEMS_KEPT]],
        problem_count=max(total, len(problems)),
        program_log=program_log,
    )
    submission_news.tell_of(evaluation, now=now)
    return evaluation


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
    wake_after_commit("competitions.tasks.evaluate", "evaluations")


def wake_workers_if_queued() -> None:
    """The sweeper's reminder: a few messages, also to other machines; a woken worker works off the rest."""
    for _ in queue_of.queued()[: max(2, settings.WORKER_SLOTS)]:
        wake_workers()
