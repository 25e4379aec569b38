"""A code worker's turn: claim a run, have the boxes run it, record what came of it; with a heartbeat beside it.

Code workers are apart from those that score: they need neither the truth nor a way to it, only uploads, inputs and
runtimes. Whatever goes wrong ends in one of three places: a verdict on the program, a problem of the archive, or the
queue again as a fault of ours.
"""

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from competitions.models import Execution, Runtime
from competitions.programs import CodeRules, ProgramLimits
from competitions.services import executions, moves, program_boxes, rerun_jobs, scoring_runs
from competitions.services.executions import Ended
from competitions.services.heartbeats import heartbeat
from competitions.services.live_logs import LiveLog
from competitions.services.moves import Claim, LostClaim
from competitions.services.program_boxes import ProgramJob, ProgramResult
from competitions.services.slots import scratch
from competitions.status import ExecutionKind, FailureKind
from competitions.store import Store
from sandbox import Runner, SandboxError, runtimes
from sandbox.runtimes import BuiltRuntime

log = logging.getLogger(__name__)
BEAT_SECONDS = 1.0  # how soon a cancelled run ends, and how fresh a live log is


def offered_runtimes() -> dict[str, BuiltRuntime]:
    """Those built on this machine, by digest."""
    return {runtime.digest: runtime for runtime in runtimes.installed(settings.RUNTIMES_DIR)}


def announce(found: Mapping[str, BuiltRuntime]) -> None:
    """Every runtime that a machine holds gets a record: contests name it, and pages list its packages."""
    for digest, built in found.items():
        Runtime.objects.get_or_create(
            digest=digest,
            defaults={
                "name": built.name,
                "version": built.version,
                "python": built.python,
                "packages": dict(built.packages),
                "announced_at": timezone.now(),
            },
        )


def work_off_the_queue(*, worker: str) -> int:
    """Claim and run until nothing is queued that this worker has the runtime for."""
    found = offered_runtimes()
    announce(found)
    shown = [{"name": one.name, "version": one.version, "digest": one.digest} for one in found.values()]
    offer = scoring_runs.Offer("executions", settings.CODE_SLOTS, shown)
    state = scoring_runs.fitness(worker=worker, now=timezone.now(), offer=offer)
    store, worked = Store(settings.FILES_DIR), 0
    while state.is_fit and found:
        claim = executions.claim_next(worker=worker, runtimes=list(found), now=timezone.now())
        if claim is None:
            break
        work(claim, runner=state.runner, store=store, built=found)
        worked += 1
    return worked


def work(claim: Claim, *, runner: Runner, store: Store, built: Mapping[str, BuiltRuntime]) -> None:
    """Run one claimed program and record what became of it."""
    progress = Progress(claim)
    try:
        execution = executions.claimed(claim)
        progress.log = LiveLog(2 * ProgramLimits.of(execution.limits).log_kib)
        progress.is_shown = execution.shows_log
        with scratch() as folder, heartbeat(progress.beat, every_seconds=BEAT_SECONDS) as lost:
            ended = _run(execution, folder, progress, lost, runner=runner, store=store, built=built)
        executions.record(claim, ended, now=timezone.now())
    except LostClaim as error:
        log.warning("%s", error)
    except Exception as error:
        # Whatever it was, it was not the contestant: the run goes back and an operator finds the trace.
        if isinstance(error, SandboxError) and not moves.claimed_rows(Execution, claim).exists():
            log.warning("execution %s was stopped: %s", claim.pk, error)
            return
        log.exception("execution %s could not be run", claim.pk)
        _give_back(claim, f"{type(error).__name__}: {error}")


def _run(
    execution: Execution,
    folder: Path,
    progress: "Progress",
    lost: threading.Event,
    *,
    runner: Runner,
    store: Store,
    built: Mapping[str, BuiltRuntime],
) -> Ended:
    job = job_of(execution, store=store, runtime=built[execution.runtime.digest])
    job = replace(job, on_log=progress.take, on_step=progress.enter_step)
    result = program_boxes.run_program(job, folder, runner=runner, cancel=lost)
    is_kept = execution.kind != ExecutionKind.TRIAL and result.prediction is not None
    prediction = store.put_file(result.prediction) if is_kept and result.prediction else None
    return Ended(
        outcome=result.outcome,
        reason=_reason(result),
        log=progress.log.text(),
        runs=result.runs,
        failure_kind=_failure_kind(result),
        problems=result.problems,
        prediction=prediction,
        prediction_name=result.prediction_name if is_kept else "",
        wall_seconds=result.wall_seconds,
        cpu_seconds=result.cpu_seconds,
        peak_memory_mib=result.peak_memory_mib,
    )


def job_of(execution: Execution, *, store: Store, runtime: BuiltRuntime) -> ProgramJob:
    """What an execution runs, from its record: the same again whenever it is asked for."""
    if execution.kind == ExecutionKind.WINNER:
        return rerun_jobs.job_of(execution.rerun, store=store, runtime=runtime)
    submission = execution.submission
    rules, is_full = CodeRules.of(submission.task.code or {}), execution.kind == ExecutionKind.FULL
    return ProgramJob(
        upload=store.blob_path(submission.blob.sha256),
        upload_digest=submission.blob.sha256,
        file_name=submission.file_name,
        accepts=rules.accepts,
        inputs=store.inputs_path(execution.inputs_digest),
        inputs_digest=execution.inputs_digest,
        runtime=runtime,
        limits=ProgramLimits.of(execution.limits),
        has_steps=rules.has_steps,
        timing_runs=rules.timing_runs if is_full else 0,
        joins_tables=submission.task.submission.get("kind") == "table",
    )


def _failure_kind(result: ProgramResult) -> str:
    if result.is_done:
        return ""
    return FailureKind.PROGRAM if result.has_run else FailureKind.INVALID


def _reason(result: ProgramResult) -> str:
    return f"{result.reason} (time step {result.step})" if result.step and not result.is_done else result.reason


def _give_back(claim: Claim, detail: str) -> None:
    try:
        executions.give_back(claim, now=timezone.now(), detail=detail)
    except LostClaim as error:
        log.warning("%s", error)
    time.sleep(scoring_runs.PAUSE_AFTER_FAULT_SECONDS)


@dataclass
class Progress:
    """What the heartbeat tells the database: the lease, how far the run is, and the log where the team may see it."""

    claim: Claim
    log: LiveLog = field(default_factory=lambda: LiveLog(64))
    is_shown: bool = False
    step: str = ""
    _told_step: str = ""
    _leased_at: float = field(default_factory=time.monotonic)

    def take(self, data: bytes) -> None:
        self.log.take(data)

    def enter_step(self, step: str) -> None:
        self.step = step

    def beat(self) -> bool:
        fields: dict[str, Any] = {}
        if self.is_shown and self.log.has_news:
            fields["log"] = self.log.text()
        if self.step != self._told_step:
            fields["progress"] = self._told_step = self.step
        return self._extend() and executions.note_progress(self.claim, **fields)

    def _extend(self) -> bool:
        if time.monotonic() - self._leased_at < settings.LEASE_SECONDS / 3:
            return True
        self._leased_at = time.monotonic()
        return moves.extend_lease(Execution, self.claim, now=timezone.now())
