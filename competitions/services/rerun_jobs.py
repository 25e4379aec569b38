"""What a run of a winner's program is given: the code, the model, and the inputs that the organisers chose."""

from collections.abc import Mapping
from pathlib import Path

from competitions.models import HandInFile, Rerun
from competitions.programs import ACCEPTED, CodeRules, ProgramLimits
from competitions.queries.winners import submission_of
from competitions.services.competition_files import link_or_copy
from competitions.services.program_boxes import ProgramJob
from competitions.services.slots import scratch
from competitions.store import Store, files_digest
from sandbox import SandboxError
from sandbox.runtimes import BuiltRuntime


def job_of(rerun: Rerun, *, store: Store, runtime: BuiltRuntime) -> ProgramJob:
    """Its inputs are laid out here, on the machine that runs it, the first time that they are needed."""
    execution, files = rerun.execution, {one.part: one for one in rerun.hand_in.files.select_related("blob")}
    code, model, task = files["code"], files.get("model"), submission_of(rerun.hand_in.entry).task
    _lay_out(rerun, store)
    return ProgramJob(
        upload=store.blob_path(code.blob.sha256),
        upload_digest=code.blob.sha256,
        file_name=code.name,
        accepts=tuple(ACCEPTED),
        inputs=store.inputs_path(execution.inputs_digest),
        inputs_digest=execution.inputs_digest,
        runtime=runtime,
        limits=ProgramLimits.of(execution.limits),
        has_steps=CodeRules.of(task.code).has_steps if task.code else False,
        joins_tables=task.submission.get("kind") == "table",
        model=_path(model, store),
        model_name=model.name if model else "",
    )


def _path(file: HandInFile | None, store: Store) -> Path | None:
    return store.blob_path(file.blob.sha256) if file else None


def inputs_digest(files: Mapping[str, str]) -> str:
    """Of a folder of data files: name -> SHA-256."""
    return files_digest(files)


def _lay_out(rerun: Rerun, store: Store) -> None:
    digest = rerun.execution.inputs_digest
    if not rerun.input_files or store.inputs_path(digest).is_dir():
        return
    with scratch() as folder:
        inputs = folder / "inputs"
        for name, sha256 in rerun.input_files:
            target = inputs / name
            target.parent.mkdir(parents=True, exist_ok=True)
            link_or_copy(store.blob_path(sha256), target)
        found = store.put_inputs(inputs)
    if found != digest:
        raise SandboxError(f"the inputs {digest} of run {rerun.execution_id} are not what they were")
