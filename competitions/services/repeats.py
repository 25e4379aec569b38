"""A run of a program again, from its record: does the same program write the same bytes on the same inputs?

Everything comes from what was kept: the upload, the inputs and the runtime by their digests, the limits and the time
steps as they were, whatever the contest says today. What comes out is compared and dropped.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from django.conf import settings

from competitions.models import Execution, RunRecord
from competitions.programs import ACCEPTED
from competitions.services import program_boxes, program_runs
from competitions.services.program_boxes import ProgramJob, ProgramResult
from competitions.services.run_records import RunNote
from competitions.services.slots import scratch
from competitions.status import UNFINISHED_EXECUTIONS
from competitions.store import Store, folder_digest
from sandbox import Runner, runtimes
from sandbox.runtimes import BuiltRuntime

PREDICT, JOIN = "predict", "join"


class NotRepeatable(Exception):
    """Something that the run needs is gone, or there was no run; the message says what."""


@dataclass(frozen=True, slots=True)
class Difference:
    """`what` is differs, missing, extra or outcome; a file's `was` and `now` are SHA-256 in hexadecimal, empty where
    there is none. The prediction that was made of all files has no step."""

    what: str
    name: str
    was: str
    now: str
    step: str = ""


@dataclass(frozen=True, slots=True)
class Repeat:
    """What came of it. `same_box` is false where the box is made otherwise today than it was then."""

    execution: int
    outcome: str
    reason: str
    differences: tuple[Difference, ...]
    files: int
    same_box: bool

    @property
    def is_identical(self) -> bool:
        return not self.differences


def repeat(execution_id: int, *, runner: Runner, store: Store) -> Repeat:
    """Run it again and compare.

    Raises:
        NotRepeatable: no such run, or its runtime, inputs or upload are gone.
        SandboxError: a fault of ours.
    """
    execution = _execution(execution_id)
    records = list(execution.runs.filter(attempt=execution.attempt))
    predicted = [record for record in records if record.stage == PREDICT]
    if execution.status in UNFINISHED_EXECUTIONS or not predicted:
        raise NotRepeatable(f"run {execution_id} is {execution.status}, and no box of its program was recorded")
    job = _job(execution, records, store)
    with scratch() as folder:
        result = program_boxes.run_program(job, folder, runner=runner)
        differences = (*_differences(predicted, result), *_prediction(execution, result))
    return Repeat(
        execution=execution_id,
        outcome=str(result.outcome),
        reason=result.reason,
        differences=differences,
        files=sum(len(record.outputs) for record in predicted),
        same_box={record.profile_digest for record in predicted} == {one.run.profile_digest for one in _runs(result)},
    )


def _execution(execution_id: int) -> Execution:
    related = ("submission__blob", "submission__task", "runtime", "prediction")
    found = Execution.objects.select_related(*related).filter(pk=execution_id).first()
    if found is None:
        raise NotRepeatable(f"there is no run {execution_id}")
    return found


def _job(execution: Execution, records: Sequence[RunRecord], store: Store) -> ProgramJob:
    """Without timing: how fast it was is nothing that could be the same."""
    job = program_runs.job_of(execution, store=store, runtime=_runtime(execution))
    if not job.upload.is_file():
        raise NotRepeatable(f"the upload {job.upload_digest} is gone from the store")
    if not job.inputs.is_dir() or folder_digest(job.inputs) != job.inputs_digest:
        raise NotRepeatable(f"the inputs {job.inputs_digest} are gone from the store, or are not what they were")
    return replace(
        job,
        accepts=tuple(ACCEPTED),
        has_steps=any(record.step for record in records),
        joins_tables=any(record.stage == JOIN for record in records),
        timing_runs=0,
    )


def _runtime(execution: Execution) -> BuiltRuntime:
    wanted = execution.runtime
    for built in runtimes.installed(settings.RUNTIMES_DIR):
        if built.digest == wanted.digest:
            return built
    raise NotRepeatable(f"the runtime {wanted} ({wanted.digest}) is not in {settings.RUNTIMES_DIR}")


# -- comparing --------------------------------------------------------------------------------------------------------


def _runs(result: ProgramResult) -> list[RunNote]:
    return [note for note in result.runs if note.stage == PREDICT]


def _differences(records: Sequence[RunRecord], result: ProgramResult) -> Iterator[Difference]:
    then = {record.step: record for record in records}
    now = {note.step: note for note in _runs(result)}
    for step in dict.fromkeys([*then, *now]):
        was = then[step].outcome if step in then else ""
        came = str(now[step].run.outcome) if step in now else ""
        if was != came:
            yield Difference("outcome", "", was, came, step)
        old = then[step].outputs if step in then else {}
        new = now[step].outputs if step in now else {}
        yield from _files(old, new, step)


def _files(old: Mapping[str, str], new: Mapping[str, str], step: str) -> Iterator[Difference]:
    for name in sorted({*old, *new}):
        if name not in new:
            yield Difference("missing", name, old[name], "", step)
        elif name not in old:
            yield Difference("extra", name, "", new[name], step)
        elif old[name] != new[name]:
            yield Difference("differs", name, old[name], new[name], step)


def _prediction(execution: Execution, result: ProgramResult) -> Iterator[Difference]:
    """What is scored: one file, or what was made of several. A trial's was not kept."""
    if execution.prediction is None:
        return
    new = {execution.prediction_name: _digest(result.prediction)} if result.prediction else {}
    yield from _files({execution.prediction_name: execution.prediction.sha256}, new, "")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
