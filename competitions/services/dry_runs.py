"""The life of a dry run: asked for, claimed, its probes scored for real, recorded.

A worker scores the probes in the same two boxes as submissions; only that no team, board or quota is near. The row is
leased as an evaluation is: a worker that dies leaves a lease that runs out, the sweeper gives the run back, and what
the dead one still records matches no row.
"""

import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from competitions.models import Competition, DryRun, Probe, ScoringVersion, Task, User
from competitions.programs import scored_in_boxes
from competitions.queries.dry_runs import scored_tasks, stuck_dry_runs, subject_digest, waiting_dry_runs
from competitions.services import audit, boxes, probe_boxes, probe_programs
from competitions.services.heartbeats import heartbeat
from competitions.services.hints import wake_after_commit
from competitions.services.moves import Claim, LostClaim, lease
from competitions.services.probe_boxes import MadeProbe
from competitions.services.scoring_runs import fitness, scoring_result
from competitions.services.slots import scratch
from competitions.status import DryRunStatus, ProbeOutcome
from competitions.store import Store
from sandbox import Runner, SandboxError

log = logging.getLogger(__name__)
MAX_ATTEMPTS: Final = 3
MAX_PROBLEMS_KEPT: Final = 20
SAMPLE: Final = "sample"
PROBES_OF_A_TASK: Final = 13
ENDED: Final = frozenset({DryRunStatus.DONE, DryRunStatus.FAILED})
WAIT_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Bench:
    """What a worker needs to score probes, and the heartbeat's word that the claim is lost."""

    claim: Claim
    runner: Runner
    store: Store
    cancel: Any = None


# -- asking -----------------------------------------------------------------------------------------------------------


def ask(competition: Competition, *, actor: User | None, now: datetime) -> DryRun:
    """Have the contest tried. Asked again while one is under way, it is the same one."""
    try:
        with transaction.atomic():
            dry_run = DryRun.objects.create(competition=competition, asked_by=actor, asked_at=now)
            audit.note("dry_run.asked", now=now, actor=actor, competition=competition, subject=str(dry_run.pk))
            wake_worker()
    except IntegrityError:
        unfinished = [DryRunStatus.WAITING, DryRunStatus.RUNNING]
        found = DryRun.objects.filter(competition=competition, status__in=unfinished).first()
        if found is None:  # it ended in between
            return ask(competition, actor=actor, now=now)
        return found
    return dry_run


def wake_worker() -> None:
    wake_after_commit("competitions.tasks.dry_run", "evaluations")


def wake_if_waiting() -> None:
    """The sweeper's reminder."""
    if waiting_dry_runs().exists():
        wake_worker()


# -- claims -----------------------------------------------------------------------------------------------------------


def claim(dry_run: DryRun, *, worker: str, now: datetime) -> Claim:
    """Take a waiting run; what an earlier attempt left is thrown away. Raises LostClaim."""
    attempt = dry_run.attempt + 1
    fields = {
        "status": DryRunStatus.RUNNING,
        "attempt": attempt,
        "worker": worker,
        "started_at": now,
        "lease_expires_at": now + lease(),
        "digest": subject_digest(dry_run.competition),
        "probe_count": PROBES_OF_A_TASK * len(scored_tasks(dry_run.competition)),
        "facts": {},
    }
    with transaction.atomic():
        waiting = DryRun.objects.filter(pk=dry_run.pk, status=DryRunStatus.WAITING, attempt=dry_run.attempt)
        if waiting.update(**fields) != 1:
            raise LostClaim(f"dry run {dry_run.pk} was taken by another worker")
        Probe.objects.filter(dry_run=dry_run.pk).delete()
    return Claim(dry_run.pk, attempt, worker)


def _claimed(held: Claim) -> Any:
    return DryRun.objects.filter(pk=held.pk, attempt=held.attempt, worker=held.worker, status=DryRunStatus.RUNNING)


def _extend(held: Claim) -> bool:
    return bool(_claimed(held).update(lease_expires_at=timezone.now() + lease()))


def _end(held: Claim, status: DryRunStatus, *, detail: str = "") -> None:
    fields = {"status": status, "finished_at": timezone.now(), "lease_expires_at": None, "detail": detail[:500]}
    if _claimed(held).update(**fields) != 1:
        raise LostClaim(f"dry run {held.pk} is no longer claimed in attempt {held.attempt}")


def requeue_stuck(*, now: datetime) -> int:
    """Give back what dead workers hold, or give it up after too many of them. Returns how many."""
    found = 0
    for dry_run in stuck_dry_runs(now):
        same = DryRun.objects.filter(
            pk=dry_run.pk, status=DryRunStatus.RUNNING, attempt=dry_run.attempt, lease_expires_at__lt=now
        )
        fields: dict[str, Any] = {"status": DryRunStatus.WAITING, "lease_expires_at": None}
        if dry_run.attempt >= MAX_ATTEMPTS:
            detail = f"its worker was lost {dry_run.attempt} times"
            fields |= {"status": DryRunStatus.FAILED, "finished_at": now, "detail": detail}
        found += same.update(**fields)
    return found


# -- working ----------------------------------------------------------------------------------------------------------


def work_off(*, worker: str) -> int:
    """Work until no dry run waits. A worker whose boxes do not hold takes none. Returns how many."""
    worked = 0
    state = fitness(worker=worker, now=timezone.now()) if waiting_dry_runs().exists() else None
    while state is not None and state.is_fit:
        dry_run = waiting_dry_runs().first()
        if dry_run is None:
            break
        try:
            held = claim(dry_run, worker=worker, now=timezone.now())
        except LostClaim:
            continue
        work(held, runner=state.runner, store=Store(settings.FILES_DIR))
        worked += 1
    return worked


def run_now(competition: Competition, *, actor: User | None, worker: str, runner: Runner, store: Store) -> DryRun:
    """Try the contest here and now: for the command line. Where a worker is faster, its work is waited for; should that
    worker die, its lease runs out and the run is taken over."""
    dry_run = ask(competition, actor=actor, now=timezone.now())
    while dry_run.status not in ENDED:
        try:
            work(claim(dry_run, worker=worker, now=timezone.now()), runner=runner, store=store)
        except LostClaim:
            time.sleep(WAIT_SECONDS)
            requeue_stuck(now=timezone.now())
        dry_run.refresh_from_db()
    if dry_run.digest != subject_digest(competition):  # a worker had begun before the contest was as it is now
        return run_now(competition, actor=actor, worker=worker, runner=runner, store=store)
    return dry_run


def work(held: Claim, *, runner: Runner, store: Store) -> None:
    """Score all probes of a claimed run and record what became of them."""
    try:
        dry_run = DryRun.objects.select_related("competition").get(pk=held.pk)
        with heartbeat(lambda: _extend(held), every_seconds=settings.LEASE_SECONDS / 3) as lost:
            bench = Bench(held, runner, store, lost)
            for task in scored_tasks(dry_run.competition):
                _try_task(dry_run, task, bench)
        _end(held, DryRunStatus.DONE)
    except LostClaim as error:
        log.warning("%s", error)
    except Exception as error:
        log.exception("dry run %s could not be made", held.pk)
        _fail(held, f"{type(error).__name__}: {error}")


def _fail(held: Claim, detail: str) -> None:
    try:
        _end(held, DryRunStatus.FAILED, detail=detail)
    except LostClaim as error:
        log.warning("%s", error)


def _try_task(dry_run: DryRun, task: Task, bench: Bench) -> None:
    version = task.current_version
    if version is None:
        return
    with scratch() as folder:  # the probes are gone with it
        made = probe_boxes.make_probes(task, version, folder, runner=bench.runner, store=bench.store)
        _note_facts(dry_run, task, made.facts, bench.claim)
        for probe in (*made.probes, *_sample(task, bench.store)):
            _record(bench.claim, version, probe, **_tried(version, probe, bench))
        if task.code:
            _record(bench.claim, version, _program_of(task), **probe_programs.tried(task, folder, bench))


def _note_facts(dry_run: DryRun, task: Task, facts: Mapping[str, Any], held: Claim) -> None:
    dry_run.facts = {**dry_run.facts, task.key: dict(facts)}
    if _claimed(held).update(facts=dry_run.facts) != 1:
        raise LostClaim(f"dry run {held.pk} is no longer claimed in attempt {held.attempt}")


def _sample(task: Task, store: Store) -> Iterable[MadeProbe]:
    """The contest's own; where programs are sent it is a program, and tried as one."""
    if task.sample_submission is None or task.code:
        return ()
    path = store.blob_path(task.sample_submission.sha256)
    return (MadeProbe(SAMPLE, "accepted", path, task.sample_submission_name),)


def _program_of(task: Task) -> MadeProbe:
    return MadeProbe(SAMPLE, "accepted", None, task.sample_submission_name)


def _tried(version: ScoringVersion, probe: MadeProbe, bench: Bench) -> dict[str, Any]:
    """The record of a probe. What fails on our side is told as such: no contestant may meet that."""
    if probe.path is None:
        return {"outcome": ProbeOutcome.NOT_MADE, "reason": probe.reason}
    job = boxes.ScoringJob(
        prediction=probe.path,
        file_name=probe.file_name,
        contract=version.contract,
        metrics=scored_in_boxes(version.metrics),
        truth=bench.store.truth_path(version.truth_digest),
        program=_program(version, bench.store),
    )
    size = {"file_bytes": probe.path.stat().st_size}
    try:
        verdict = boxes.score_prediction(job, runner=bench.runner, cancel=bench.cancel)
    except (SandboxError, boxes.ProgramFailed) as error:
        return {**size, "outcome": ProbeOutcome.FAULT, "reason": str(error)[:2000]}
    return {**size, **_used(verdict), **_said(verdict)}


def _program(version: ScoringVersion, store: Store) -> boxes.ScoringProgram | None:
    if version.program_file is None:
        return None
    return boxes.ScoringProgram(store.blob_path(version.program_file.sha256), version.program)


def _used(verdict: boxes.Verdict) -> dict[str, Any]:
    """The two boxes run side by side: the longer time, the larger memory."""
    return {
        "wall_seconds": max((note.run.wall_seconds for note in verdict.runs), default=None),
        "peak_memory_mib": max((note.run.peak_memory_mib for note in verdict.runs), default=None),
    }


def _said(verdict: boxes.Verdict) -> dict[str, Any]:
    if verdict.result is None:
        kept = [dict(problem) for problem in verdict.problems[:MAX_PROBLEMS_KEPT]]
        return {"outcome": ProbeOutcome.REFUSED, "problems": kept, "problem_count": max(verdict.total, len(kept))}
    result = scoring_result(verdict.result)
    return {"outcome": ProbeOutcome.ACCEPTED, "public": dict(result.public), "private": dict(result.private)}


def _record(held: Claim, version: ScoringVersion, probe: MadeProbe, **fields: Any) -> None:
    """In one transaction with the fence, so that an attempt that was given up records nothing."""
    with transaction.atomic():
        if not _claimed(held).select_for_update().exists():
            raise LostClaim(f"dry run {held.pk} is no longer claimed in attempt {held.attempt}")
        Probe.objects.update_or_create(
            dry_run_id=held.pk,
            scoring_version=version,
            key=probe.key,
            defaults={"expected": probe.expected, **fields},
        )
