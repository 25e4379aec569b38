"""The life of an execution, one run of a submitted program: queued, claimed, done; and what its submission becomes.

upload -> evaluation waiting, trial run queued -> run on the test inputs queued -> evaluation queued with what it wrote
                               | fails: costs nothing          | fails: counts

An execution and the evaluation that waits for it change in one transaction, so none is ever left without the other.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from competitions.models import Blob, Evaluation, Execution, Rerun, ScoringVersion, Submission
from competitions.programs import CodeRules
from competitions.queries import executions as queue_of
from competitions.queries.evaluations import fairest, waiting_teams
from competitions.services import evaluations, moves, run_records
from competitions.services.hints import wake_after_commit
from competitions.services.moves import Claim, IllegalMove, LostClaim, claimed_rows, move
from competitions.services.run_records import RunNote
from competitions.status import EvaluationStatus, ExecutionKind, ExecutionStatus, FailureKind, RerunStatus
from competitions.store import StoredFile

log = logging.getLogger(__name__)
MAX_PROBLEMS_KEPT = 200


@dataclass(frozen=True, slots=True)
class Ended:
    """What a worker found out about a run that is over. `failure_kind` is empty where the program ended well."""

    outcome: str
    reason: str
    log: str
    runs: Sequence[RunNote]
    failure_kind: str = ""
    problems: Sequence[Mapping[str, Any]] = ()
    prediction: StoredFile | None = None
    prediction_name: str = ""
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory_mib: float = 0.0


# -- beginning --------------------------------------------------------------------------------------------------------


@transaction.atomic
def queue(submission: Submission, *, now: datetime, version: ScoringVersion | None = None) -> Evaluation:
    """The evaluation of a program under a scoring version, once: with what the program wrote already, or waiting for
    its run. Call it in the transaction that stores the upload."""
    version = version or submission.task.current_version
    if version is None:
        raise ValueError(f"task {submission.task_id} has no published scoring version")
    done = queue_of.done(submission, version.inputs_digest)
    if done is not None:
        return evaluations.queue(submission, now=now, version=version, execution=done)
    evaluation, created = Evaluation.objects.get_or_create(
        submission=submission,
        scoring_version=version,
        defaults={"queued_at": now, "status": EvaluationStatus.WAITING},
    )
    if created:
        moves.note(evaluation, "", now=now)
        execution = _begin(submission, version, now=now)
        if execution.status == ExecutionStatus.DONE and execution.kind == ExecutionKind.FULL:
            _go_on(execution, now=now)  # it ended since we looked for it
    return evaluation


def _begin(submission: Submission, version: ScoringVersion, *, now: datetime) -> Execution:
    """A trial first, unless this program was run on test inputs before, or has passed its trial in another stage.
    Whatever waits when the trial has ended well goes on."""
    trial_inputs = submission.task.trial_inputs_digest
    if trial_inputs and submission.frozen_from_id is None and not queue_of.was_let_in(submission):
        return _queue(submission, ExecutionKind.TRIAL, trial_inputs, now=now)
    return _queue(submission, ExecutionKind.FULL, version.inputs_digest, now=now)


def _queue(submission: Submission, kind: ExecutionKind, inputs_digest: str, *, now: datetime) -> Execution:
    """The one run on these inputs that is not in vain. Its row is locked, so that a worker that ends it just now either
    sees the evaluation which waits for it, or is seen to have ended it."""
    task = submission.task
    if task.code is None or task.runtime is None:
        raise ValueError(f"task {task.pk} takes no programs")
    rules = CodeRules.of(task.code)
    is_trial = kind == ExecutionKind.TRIAL
    execution, created = Execution.objects.select_for_update(of=("self",)).get_or_create(
        submission=submission,
        kind=kind,
        inputs_digest=inputs_digest,
        status__in=[ExecutionStatus.QUEUED, ExecutionStatus.RUNNING, ExecutionStatus.DONE],
        defaults={
            "status": ExecutionStatus.QUEUED,
            "runtime": task.runtime,
            "limits": (rules.trial_limits if is_trial else rules.limits).as_dict(),
            "shows_log": is_trial or rules.inputs_are_public,
            "queued_at": now,
        },
    )
    if created:
        moves.note(execution, "", now=now)
    wake_workers()
    return execution


# -- a worker's view --------------------------------------------------------------------------------------------------


def claim_next(*, worker: str, runtimes: Sequence[str], now: datetime) -> Claim | None:
    """Take the fairest queued run whose runtime (a digest) this worker has, of the first turn that has one."""
    for fitting in queue_of.turns(queue_of.queued().filter(runtime__digest__in=runtimes)):
        for team in fairest(waiting_teams(fitting)):
            execution = fitting.filter(submission__team=team.team_id).order_by("queued_at", "pk").first()
            if execution is None:
                continue
            try:
                return moves.claim(execution, worker=worker, now=now)
            except LostClaim:
                continue
    return None


def claimed(claim: Claim) -> Execution:
    """The execution of a claim with all that running it needs, or LostClaim."""
    execution = (
        claimed_rows(Execution, claim)
        .select_related("submission__blob", "submission__team", "submission__phase", "submission__task", "runtime")
        .first()
    )
    if execution is None:
        raise moves.lost(Execution, claim)
    return execution


def note_progress(claim: Claim, **fields: str) -> bool:
    """What the team sees while it runs: `log`, `progress`. False: the claim is lost, stop the box."""
    rows = claimed_rows(Execution, claim)
    return rows.update(**fields) == 1 if fields else rows.exists()


# -- how it ends ------------------------------------------------------------------------------------------------------


@transaction.atomic
def record(claim: Claim, ended: Ended, *, now: datetime) -> Execution:
    """The run, its proof, and what follows for the submission, in one transaction."""
    execution = claimed(claim)
    status = ExecutionStatus.FAILED if ended.failure_kind else ExecutionStatus.DONE
    move(
        execution,
        status,
        now=now,
        finished_at=now,
        failure_kind=ended.failure_kind,
        outcome=ended.outcome,
        reason=ended.reason[:500],
        problems=[dict(problem) for problem in ended.problems[:MAX_PROBLEMS_KEPT]],
        log=ended.log,
        prediction=_blob(ended.prediction, now=now),
        prediction_name=ended.prediction_name,
        wall_seconds=ended.wall_seconds,
        cpu_seconds=ended.cpu_seconds,
        peak_memory_mib=ended.peak_memory_mib,
    )
    run_records.keep(ended.runs, execution)
    if execution.kind == ExecutionKind.WINNER:
        _tell_audit(execution, now=now)
    elif ended.failure_kind:
        _fail_submission(execution, ended, now=now)
    else:
        _go_on(execution, now=now)
    return execution


def _tell_audit(execution: Execution, *, now: datetime) -> None:
    """The run of a winner's program is over: what it wrote is compared next. Nothing else follows from it."""
    waiting = Rerun.objects.filter(execution=execution, status=RerunStatus.WAITING)
    if execution.status == ExecutionStatus.DONE:
        waiting.update(status=RerunStatus.QUEUED)
        evaluations.wake_workers()
    else:
        waiting.update(status=RerunStatus.DONE, finished_at=now)


def _blob(stored: StoredFile | None, *, now: datetime) -> Blob | None:
    if stored is None:
        return None
    fields = {"size_bytes": stored.size_bytes, "created_at": now}
    return Blob.objects.get_or_create(sha256=stored.sha256, defaults=fields)[0]


def _go_on(execution: Execution, *, now: datetime) -> None:
    """After the trial the run on the test inputs, after that the scoring."""
    for evaluation in queue_of.waiting_evaluations(execution.submission):
        if execution.kind == ExecutionKind.TRIAL:
            _queue(execution.submission, ExecutionKind.FULL, evaluation.scoring_version.inputs_digest, now=now)
        elif evaluation.scoring_version.inputs_digest == execution.inputs_digest:
            move(evaluation, EvaluationStatus.QUEUED, now=now, execution=execution, queued_at=now)
            evaluations.wake_workers()


def _fail_submission(execution: Execution, ended: Ended, *, now: datetime) -> None:
    kind = ended.failure_kind
    if execution.kind == ExecutionKind.TRIAL and kind == FailureKind.PROGRAM:
        kind = FailureKind.TRIAL
    for evaluation in _held_up(execution):
        move(
            evaluation,
            EvaluationStatus.FAILED,
            now=now,
            finished_at=now,
            failure_kind=kind,
            problems=execution.problems,
            problem_count=len(ended.problems),
            execution=execution,
        )


def _held_up(execution: Execution) -> list[Evaluation]:
    """The evaluations that waited for this very run."""
    waiting = queue_of.waiting_evaluations(execution.submission)
    if execution.kind == ExecutionKind.FULL:
        waiting = waiting.filter(scoring_version__inputs_digest=execution.inputs_digest)
    return list(waiting)


@transaction.atomic
def give_back(claim: Claim, *, now: datetime, detail: str) -> Execution:
    """A fault of ours: back into the queue, or, if it keeps happening, a platform fault. `detail` is for operators."""
    return _requeue(claimed(claim), now=now, detail=detail)


def _requeue(execution: Execution, *, now: datetime, detail: str) -> Execution:
    if execution.attempt < settings.MAX_ATTEMPTS:
        return move(execution, ExecutionStatus.QUEUED, now=now, detail=detail, log="", progress="")
    log.error("execution %s failed %s times: %s", execution.pk, execution.attempt, detail)
    failure: dict[str, Any] = {"finished_at": now, "failure_kind": FailureKind.PLATFORM}
    move(execution, ExecutionStatus.FAILED, now=now, detail=detail, **failure)
    if execution.kind == ExecutionKind.WINNER:
        _tell_audit(execution, now=now)
        return execution
    for evaluation in _held_up(execution):
        move(evaluation, EvaluationStatus.FAILED, now=now, execution=execution, detail=detail, **failure)
    return execution


def requeue_stuck(*, now: datetime) -> int:
    """Give back what dead workers hold. Returns how many."""
    requeued = 0
    for execution in queue_of.stuck(now):
        try:
            with transaction.atomic():
                _requeue(execution, now=now, detail=f"the lease of {execution.worker} ran out")
        except LostClaim:
            continue  # its worker was alive after all, or another sweeper was faster
        requeued += 1
    return requeued


@transaction.atomic
def retry(evaluation: Evaluation, *, now: datetime) -> Evaluation:
    """Run a program again whose run was a platform fault, after its cause was mended. All that the run held up waits
    for it again."""
    execution = evaluation.execution
    if execution is None:
        raise ValueError(f"evaluation {evaluation.pk} has no run to repeat")
    move(execution, ExecutionStatus.QUEUED, now=now, failure_kind="", finished_at=None, attempt=0, detail="retried")
    waiting: dict[str, Any] = {"failure_kind": "", "finished_at": None, "execution": None}
    for one in execution.evaluations.all():
        move(one, EvaluationStatus.WAITING, now=now, detail="retried", **waiting)
    evaluation.refresh_from_db()
    wake_workers()
    return evaluation


# -- cancelling -------------------------------------------------------------------------------------------------------


@transaction.atomic
def cancel(evaluation: Evaluation, *, now: datetime) -> Evaluation:
    """Stop a program, also while it runs. Before it has begun that costs nothing; a run on the test inputs that has
    begun counts, or a team could look at how its program behaves there and take it back. For the same reason it is too
    late once the run has ended: IllegalMove.
    """
    execution = queue_of.awaited(evaluation)
    if execution is None:
        raise IllegalMove(f"evaluation {evaluation.pk} waits for no program that could be stopped")
    had_begun = execution.status == ExecutionStatus.RUNNING
    ended: dict[str, Any] = {"now": now, "finished_at": now}
    move(execution, ExecutionStatus.CANCELLED, **ended)
    kind = FailureKind.TRIAL if execution.kind == ExecutionKind.TRIAL else FailureKind.STOPPED
    for held_up in _held_up(execution):
        if had_begun:
            move(held_up, EvaluationStatus.FAILED, failure_kind=kind, execution=execution, **ended)
        else:
            move(held_up, EvaluationStatus.CANCELLED, **ended)
    evaluation.refresh_from_db()
    return evaluation


# -- wake-ups ---------------------------------------------------------------------------------------------------------


def wake_workers() -> None:
    """As for evaluations: a hint after the commit, which the sweeper repeats."""
    wake_after_commit("competitions.tasks.execute", "executions")


def wake_workers_if_queued() -> None:
    for _ in queue_of.queued()[: max(2, settings.CODE_SLOTS)]:
        wake_workers()
