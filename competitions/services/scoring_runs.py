"""A worker's turn: claim, score in two boxes, record; with a heartbeat beside it.

No box, file or network is touched inside a transaction. Whatever goes wrong ends in one of three places: recorded,
told to the contestant as a problem of the file, or given back to the queue as a fault of ours.
"""

import logging
import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from competitions.models import Evaluation, ScoringVersion, WorkerReport
from competitions.programs import RUN_METRICS, scored_in_boxes
from competitions.queries.evaluations import WORKER_REPORT_LASTS
from competitions.services import boxes, evaluations, file_checks, moves, rerun_comparisons
from competitions.services.evaluations import ScoringResult
from competitions.services.heartbeats import heartbeat
from competitions.services.moves import Claim, LostClaim
from competitions.services.slots import alone_in_self_test
from competitions.store import Store
from sandbox import Runner, SandboxError, Severity

log = logging.getLogger(__name__)
FIT_SECONDS, UNFIT_SECONDS = 900, 30
PAUSE_AFTER_FAULT_SECONDS = 1.0
PROGRAM_FAILED = "the contest's own scoring program failed; its log says why"


def worker_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"[:100]


# -- is this worker fit? ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fitness:
    runner: Runner
    findings: Sequence[str]
    checked_at: float

    @property
    def is_fit(self) -> bool:
        return not self.findings

    @property
    def is_stale(self) -> bool:
        return time.monotonic() - self.checked_at > (FIT_SECONDS if self.is_fit else UNFIT_SECONDS)


_fitness: Fitness | None = None  # of this process; a box that held a quarter of an hour ago is trusted


@dataclass(frozen=True, slots=True)
class Offer:
    """What a worker announces beside its fitness: which queue it works off, how many boxes at once, which runtimes."""

    queue: str
    capacity: int
    runtimes: Sequence[Mapping[str, str]] = ()


def fitness(
    *, worker: str, now: datetime, offer: Offer | None = None, make_runner: Callable[[], Runner] = boxes.make_runner
) -> Fitness:
    """Prove that the boxes hold before any hostile file is touched, and say in the database what was found."""
    global _fitness  # noqa: PLW0603  (a cache of one value for the life of the process)
    if _fitness is None or _fitness.is_stale:
        _fitness = examine(make_runner)
        _report(_fitness, offer or Offer("evaluations", settings.WORKER_SLOTS), worker=worker, now=now)
    return _fitness


def examine(make_runner: Callable[[], Runner]) -> Fitness:
    """Prove it now, whatever was found before."""
    runner = make_runner()
    try:
        runner.collect_garbage()
        with alone_in_self_test():
            found = runner.self_test()
    except (SandboxError, OSError) as error:
        return Fitness(runner, [f"the self-test could not be run: {error}"], time.monotonic())
    for finding in found:
        if finding.severity is Severity.WARNING:
            log.warning("the boxes of this worker hold, but: %s", finding)
    return Fitness(runner, [str(one) for one in found if one.severity is Severity.ERROR], time.monotonic())


def _report(state: Fitness, offer: Offer, *, worker: str, now: datetime) -> None:
    fields = {
        "seen_at": now,
        "backend": state.runner.name,
        "is_fit": state.is_fit,
        "findings": list(state.findings),
        "queues": [offer.queue],
        "capacity": offer.capacity,
        "runtimes": [dict(runtime) for runtime in offer.runtimes],
    }
    WorkerReport.objects.filter(seen_at__lt=now - WORKER_REPORT_LASTS).delete()
    WorkerReport.objects.update_or_create(worker=worker, defaults=fields)
    for finding in state.findings:
        log.error("this worker refuses work: %s", finding)


# -- the loop ---------------------------------------------------------------------------------------------------------


def work_off_the_queue(*, worker: str) -> int:
    """Claim and score until nothing is queued. A worker whose boxes do not hold takes nothing."""
    state = fitness(worker=worker, now=timezone.now())
    store, worked = Store(settings.FILES_DIR), 0
    while state.is_fit:
        file_checks.work_off(runner=state.runner, store=store)  # first: somebody waits at the other end of the line
        claim = evaluations.claim_next(worker=worker, now=timezone.now())
        if claim is None:
            worked += rerun_comparisons.work_off(worker=worker, runner=state.runner, store=store)
            break
        work(claim, runner=state.runner, store=store)
        worked += 1
    return worked


def work(claim: Claim, *, runner: Runner, store: Store) -> None:
    """Score one claimed evaluation and record what became of it."""
    try:
        evaluation = evaluations.claimed(claim)
        with heartbeat(lambda: _extend_lease(claim), every_seconds=settings.LEASE_SECONDS / 3) as lost:
            verdict = boxes.score_prediction(_job(evaluation, store), runner=runner, cancel=lost)
        _record(claim, verdict, run_scores(evaluation))
    except LostClaim as error:
        log.warning("%s", error)
    except boxes.ProgramFailed as error:
        # Why it failed may hold values of the truth: organisers read it, and no log of ours does.
        _give_back(claim, PROGRAM_FAILED, program_log=f"{error.log}\n{error}\n")
    except Exception as error:
        # Whatever it was, it was not the contestant: the evaluation goes back and an operator finds the trace.
        log.exception("evaluation %s could not be scored", claim.pk)
        _give_back(claim, f"{type(error).__name__}: {error}")


def _extend_lease(claim: Claim) -> bool:
    return moves.extend_lease(Evaluation, claim, now=timezone.now())


def _job(evaluation: Evaluation, store: Store) -> boxes.ScoringJob:
    version, execution = evaluation.scoring_version, evaluation.execution
    blob, name = evaluation.submission.blob, evaluation.submission.file_name
    if execution is not None and execution.prediction is not None:
        blob, name = execution.prediction, execution.prediction_name
    return boxes.ScoringJob(
        prediction=store.blob_path(blob.sha256),
        prediction_digest=blob.sha256,
        file_name=name,
        contract=version.contract,
        metrics=scored_in_boxes(version.metrics),
        truth=store.truth_path(version.truth_digest),
        program=_program(version, store),
    )


def _program(version: ScoringVersion, store: Store) -> boxes.ScoringProgram | None:
    if version.program_file is None:
        return None
    return boxes.ScoringProgram(store.blob_path(version.program_file.sha256), version.program)


def run_scores(evaluation: Evaluation) -> dict[str, float]:
    """How fast the program was, where the task has a metric of that: the same on both splits."""
    execution = evaluation.execution
    if execution is None:
        return {}
    measured = {name: getattr(execution, field) for name, field in RUN_METRICS.items()}
    wanted = {metric["key"]: measured.get(metric["metric"]) for metric in evaluation.scoring_version.metrics}
    return {key: float(value) for key, value in wanted.items() if value is not None}


def _record(claim: Claim, verdict: boxes.Verdict, speed: Mapping[str, float]) -> None:
    now = timezone.now()
    kept: dict[str, Any] = {"program_log": verdict.log, "runs": verdict.runs}
    if verdict.result is None:
        evaluations.reject(claim, verdict.problems, total=verdict.total, now=now, **kept)
        return
    result = scoring_result(verdict.result)
    result = replace(result, public={**result.public, **speed}, private={**result.private, **speed})
    evaluations.record(claim, result, now=now, **kept)


def _give_back(claim: Claim, detail: str, *, program_log: str | None = None) -> None:
    try:
        if program_log is None:
            evaluations.give_back(claim, now=timezone.now(), detail=detail)
        else:
            evaluations.give_back_for_program(claim, now=timezone.now(), detail=detail, log=program_log)
    except LostClaim as error:
        log.warning("%s", error)
    time.sleep(PAUSE_AFTER_FAULT_SECONDS)  # a broken disk must not burn all attempts of all submissions in a second


def scoring_result(result: Mapping[str, Any]) -> ScoringResult:
    """Split what the score box wrote into what a team may see now and what waits for the release."""
    scenes = result.get("scenes", [])
    return ScoringResult(
        public=_values(result["metrics"], "public"),
        private=_values(result["metrics"], "private"),
        public_scenes=[scene for scene in scenes if scene["split"] == "public"],
        private_scenes=[scene for scene in scenes if scene["split"] == "private"],
        statistics=result.get("statistics", {}),
        public_intervals=_intervals(result, "public"),
        private_intervals=_intervals(result, "private"),
    )


def _values(metrics: Mapping[str, Mapping[str, float | None]], split: str) -> dict[str, float]:
    found = {key: values.get(split) for key, values in metrics.items()}
    return {key: float(value) for key, value in found.items() if value is not None}


def _intervals(result: Mapping[str, Any], split: str) -> dict[str, Any]:
    """Those that there are: a score of one unit, or an extreme, has none."""
    found = {key: sides.get(split) for key, sides in result.get("intervals", {}).items()}
    return {key: interval for key, interval in found.items() if interval is not None}
