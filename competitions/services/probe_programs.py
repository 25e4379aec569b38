"""The contest's sample program in a dry run: its trial is run as a contestant's would be, where this worker can."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings

from competitions.models import Task
from competitions.programs import CodeRules
from competitions.services import program_boxes
from competitions.services.program_boxes import ProgramJob, ProgramResult
from competitions.status import ProbeOutcome
from competitions.store import Store
from sandbox import Runner, SandboxError, runtimes
from sandbox.runtimes import BuiltRuntime


class Bench(Protocol):
    @property
    def runner(self) -> Runner: ...
    @property
    def store(self) -> Store: ...
    @property
    def cancel(self) -> Any: ...


def tried(task: Task, folder: Path, bench: Bench) -> Mapping[str, Any]:
    """The fields of a Probe. What was not run says why."""
    if task.sample_submission is None:
        return _not_run("the contest gives no sample program")
    if not task.trial_inputs_digest:
        return _not_run("the contest gives no inputs for a trial")
    built = _runtime(task)
    if built is None:
        return _not_run("this worker has not the runtime that the programs run in")
    job = _job(task, bench.store, built)
    place = folder / "program"
    place.mkdir()
    size = {"file_bytes": job.upload.stat().st_size}
    try:
        result = program_boxes.run_program(job, place, runner=bench.runner, cancel=bench.cancel)
    except SandboxError as error:
        return {**size, "outcome": ProbeOutcome.FAULT, "reason": str(error)[:2000]}
    used = {"wall_seconds": result.wall_seconds, "peak_memory_mib": result.peak_memory_mib}
    return {**size, **used, **_said(result)}


def _not_run(reason: str) -> Mapping[str, Any]:
    return {"outcome": ProbeOutcome.NOT_MADE, "reason": reason}


def _runtime(task: Task) -> BuiltRuntime | None:
    wanted = task.runtime.digest if task.runtime else ""
    return next((one for one in runtimes.installed(settings.RUNTIMES_DIR) if one.digest == wanted), None)


def _job(task: Task, store: Store, built: BuiltRuntime) -> ProgramJob:
    rules, sample = CodeRules.of(task.code or {}), task.sample_submission
    assert sample is not None  # noqa: S101  (the caller looked)
    return ProgramJob(
        upload=store.blob_path(sample.sha256),
        upload_digest=sample.sha256,
        file_name=task.sample_submission_name,
        accepts=rules.accepts,
        inputs=store.inputs_path(task.trial_inputs_digest),
        inputs_digest=task.trial_inputs_digest,
        runtime=built,
        limits=rules.trial_limits,
        has_steps=rules.has_steps,
        joins_tables=task.submission.get("kind") == "table",
    )


def _said(result: ProgramResult) -> Mapping[str, Any]:
    if result.is_done:
        return {"outcome": ProbeOutcome.ACCEPTED}
    problems = [dict(one) for one in result.problems]
    return {
        "outcome": ProbeOutcome.REFUSED,
        "reason": f"the program ended as {result.outcome}: {result.reason}",
        "problems": problems,
        "problem_count": len(problems),
    }
