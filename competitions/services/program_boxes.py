"""The boxes of a submitted program: what was uploaded is unpacked in one, run in another, and never meets the truth.

upload -> [unpack]   one hostile archive; no inputs, no program, no truth
             | plain files
inputs -> [predict]  the program, read-only at /code; data/ are the inputs, what is written to submission/ is kept
             | plain files
          prediction: one file as it is, or a ZIP of several; scored as if it had been uploaded

With time steps the predict box is made anew for each step, and holds that step's inputs alone. What a program wants to
remember it writes to new_state/, and finds it in state/ at the next step: there is no other way from one to the next,
and none at all from the future.
"""

import shutil
import threading
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from django.utils import timezone

from competitions.programs import ProgramLimits
from competitions.services import boxes
from competitions.services.run_records import RunNote, digests_below
from competitions.services.slots import quiet_slot, slots
from sandbox import Limits, Mount, Outcome, Run, Runner, RunRequest, SandboxError, Stage, layout
from sandbox.runtimes import BuiltRuntime

MAX_PROGRAM_FILES: Final = 5_000
MAX_FOLDERS: Final = 500
MAX_DEPTH: Final = 8
ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class ProgramJob:
    """All that running one program needs. `on_log` gets what it writes as it comes, `on_step` where it is."""

    upload: Path
    upload_digest: str
    file_name: str
    accepts: tuple[str, ...]
    inputs: Path
    inputs_digest: str
    runtime: BuiltRuntime
    limits: ProgramLimits
    has_steps: bool = False
    timing_runs: int = 0
    joins_tables: bool = False
    model: Path | None = None  # a file that was sent apart from the program; it lies in model/ beside it
    model_name: str = ""
    on_log: Callable[[bytes], None] | None = None
    on_step: Callable[[str], None] | None = None
    run_id: str = field(default_factory=lambda: str(uuid4()))


@dataclass(frozen=True, slots=True)
class ProgramResult:
    """What became of it. `prediction` lies in the caller's folder; without one, `outcome` or `problems` say why.

    The times are those of the fastest run, where it was timed several times, and the sums over all time steps.
    """

    outcome: Outcome
    reason: str
    runs: tuple[RunNote, ...]
    problems: tuple[Mapping[str, Any], ...] = ()
    prediction: Path | None = None
    prediction_name: str = ""
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory_mib: float = 0.0
    step: str = ""

    @property
    def is_done(self) -> bool:
        return self.prediction is not None

    @property
    def has_run(self) -> bool:
        """Did the program begin? If not, there was something wrong with the archive."""
        return any(note.stage == "predict" for note in self.runs)


@dataclass(frozen=True, slots=True)
class _Program:
    folder: Path
    entry: str


def run_program(
    job: ProgramJob, folder: Path, *, runner: Runner, cancel: threading.Event | None = None
) -> ProgramResult:
    """Unpack, run, and make the prediction in `folder`.

    Raises:
        SandboxError: a fault of ours, to be tried again; also when `cancel` was set, which the caller knows.
    """
    runs = _Runs(job, folder, runner, cancel)
    with slots(1) as (runs.slot,):
        ended = runs.unpack_and_predict()
    if ended is not None:
        return ended
    if job.timing_runs and not job.has_steps:
        with quiet_slot(cancel=cancel) as runs.slot:
            runs.time()
    with slots(1) as (runs.slot,):
        return runs.finish()


@dataclass
class _Runs:
    """The steps of one job, and what each of them left."""

    job: ProgramJob
    folder: Path
    runner: Runner
    cancel: threading.Event | None
    slot: int = 0
    program: _Program | None = None
    steps: list[str] = field(default_factory=list)
    notes: list[RunNote] = field(default_factory=list)
    measured: list[Run] = field(default_factory=list)

    def unpack_and_predict(self) -> ProgramResult | None:
        """None when every step ended well, else what is to be told."""
        self.program, problems = self._unpack()
        if self.program is None:
            return ProgramResult(Outcome.OK, "", tuple(self.notes), tuple(problems))
        if self.job.model is not None and not _add_model(self.job.model, self.job.model_name, self.program.folder):
            return self._ended(Outcome.OUTPUT, "A file named model is where the model's folder belongs.", "")
        self.steps = self._list_steps()
        for number, step in enumerate(self.steps):
            if step and self.job.on_step:
                self.job.on_step(f"{number + 1}/{len(self.steps)}")
            ended = self._predict(self.program, step)
            if ended is not None:
                return ended
        return None

    # -- unpack -------------------------------------------------------------------------------------------------------

    def _unpack(self) -> tuple[_Program | None, list[Mapping[str, Any]]]:
        request = self._unpack_request()
        unpacked = self.folder / "unpacked"
        run = self._run(request, unpacked)
        report = boxes.read_report(run, unpacked)
        self._note(request, run, unpacked, stage="unpack", input_digest=self.job.upload_digest)
        if report["status"] != "ok":
            return None, list(report["problems"])
        program = unpacked / "program"
        layout.add_links(program, has_steps=self.job.has_steps)
        return _Program(program, report["entry"]), []

    def _unpack_request(self) -> RunRequest:
        limits = boxes.limits(output_mib=self.job.limits.program_mib)
        arguments = (
            "unpack",
            "--input=/prediction/file",
            f"--name={self.job.file_name}",
            f"--accepts={','.join(self.job.accepts)}",
            f"--max-mib={self.job.limits.program_mib}",
            "--output=/output",
        )
        return RunRequest(
            run_id=f"{self.job.run_id}-unpack",
            stage=Stage.NORMALISE,
            argv=(*boxes.PYTHON, *arguments),
            mounts=(*boxes.library(), Mount(self.job.upload, "/prediction/file", "prediction")),
            limits=replace(
                limits,
                memory_mib=limits.memory_mib + self.job.limits.program_mib,
                output_files=MAX_PROGRAM_FILES + 1,
                output_folders=MAX_FOLDERS,
                output_depth=MAX_DEPTH,
            ),
            env=boxes.BOX_ENVIRONMENT,
        )

    # -- predict ------------------------------------------------------------------------------------------------------

    def _list_steps(self) -> list[str]:
        if not self.job.has_steps:
            return [""]
        steps = sorted(path.name for path in self.job.inputs.iterdir() if path.is_dir())
        if not steps:
            raise SandboxError("the inputs have no folders, one for each time step")
        return steps

    def _predict(self, program: _Program, step: str) -> ProgramResult | None:
        request = self._predict_request(program, step)
        output = self._output(step)
        run = self._run(request, output, on_log=self.job.on_log)
        self._note(request, run, output, stage="predict", input_digest=self.job.inputs_digest, step=step)
        self.measured.append(run)
        if run.ok:
            return None
        reason = self._times_in_all() if step and run.outcome is Outcome.TIME else run.reason
        return self._ended(run.outcome, reason, step)

    def _times_in_all(self) -> str:
        """The run itself only knew what was left of them."""
        given = self.job.limits
        times = f"{given.wall_seconds:g} seconds, or {given.cpu_seconds:g} seconds of processor time"
        return f"The program ran longer than {times}, in all time steps together."

    def _predict_request(self, program: _Program, step: str, *, number: int = 0) -> RunRequest:
        inputs = self.job.inputs / step if step else self.job.inputs
        mounts = [layout.INSIDE, Mount(program.folder, "/code", "code"), Mount(inputs, "/input", "input")]
        if step:
            mounts.append(Mount(self._state(step), "/state", "input"))
        return RunRequest(
            run_id=f"{self.job.run_id}-predict-{len(self.measured)}-{number}",
            stage=Stage.PREDICT,
            argv=layout.command(program.entry, has_steps=bool(step)),
            mounts=tuple(mounts),
            limits=self._predict_limits(),
            env={"TIDEMARK_STEP": step} if step else {},
            workdir="/code",
            runtime=self.job.runtime.path,
            local_sockets=layout.is_notebook(program.entry),
        )

    def _predict_limits(self) -> Limits:
        """What is left of the times, and the files in memory on top of the memory: they count as memory."""
        given = self.job.limits
        output_mib = given.output_mib + (given.state_mib if self.job.has_steps else 0)
        return Limits(
            wall_seconds=max(0.01, given.wall_seconds - sum(run.wall_seconds for run in self.measured)),
            cpu_seconds=max(0.01, given.cpu_seconds - sum(run.cpu_seconds for run in self.measured)),
            memory_mib=given.memory_mib,
            processes=given.processes,
            cpus=given.cpus,
            tmp_mib=given.tmp_mib,
            output_mib=output_mib,
            file_mib=max(given.tmp_mib, output_mib),
            output_files=given.output_files,
            output_folders=MAX_FOLDERS,
            output_depth=MAX_DEPTH,
            stdout_kib=given.log_kib,
            stderr_kib=given.log_kib,
        )

    def _state(self, step: str) -> Path:
        """What the step before left; nothing before the first."""
        before = self.steps.index(step) - 1
        state = self._output(self.steps[before]) / "new_state" if before >= 0 else self.folder / "no-state"
        state.mkdir(exist_ok=True, parents=True)
        return state

    def time(self) -> None:
        """Again, on a quiet machine. The fastest of these counts; the first run, beside others, does not."""
        assert self.program is not None  # noqa: S101  (the program was unpacked, or there would be nothing to time)
        first, timed = self.measured, []
        for number in range(1, self.job.timing_runs + 1):
            self.measured = []
            request = self._predict_request(self.program, "", number=number)
            output = self.folder / f"timing-{number}"
            run = self._run(request, output)
            self._note(request, run, output, input_digest=self.job.inputs_digest, stage="timing")
            shutil.rmtree(output, ignore_errors=True)
            timed += [run] if run.ok else []
        self.measured = [min(timed, key=lambda run: run.wall_seconds)] if timed else first

    # -- what came out ------------------------------------------------------------------------------------------------

    def finish(self) -> ProgramResult:
        """The prediction, from what all steps left."""
        steps = self.steps
        files = {step: _files_below(self._output(step) / "submission") for step in steps}
        empty = next((step for step in steps if not files[step]), None)
        if empty is not None:
            return self._ended(Outcome.OUTPUT, "The program ended without writing a file to submission/.", empty)
        if self.job.has_steps and self.job.joins_tables:
            return self._join(files)
        every = [pair for step in steps for pair in files[step].items()]
        names = [name for name, _ in every]
        twice = next((name for name in names if names.count(name) > 1), None) if self.job.has_steps else None
        if twice is not None:
            return self._ended(Outcome.OUTPUT, f"Two time steps wrote {twice}; name files after their step.", "")
        if len(every) == 1:
            return self._done(every[0][1], Path(every[0][0]).name)
        return self._done(_zip(every, self.folder / "prediction.zip"), "prediction.zip")

    def _join(self, files: Mapping[str, Mapping[str, Path]]) -> ProgramResult:
        """One table of the tables of all steps: each was written by the program, so they are read in a box."""
        wrong = next((step for step, found in files.items() if len(found) != 1), None)
        if wrong is not None:
            return self._ended(Outcome.OUTPUT, "A time step must write one table to submission/.", wrong)
        parts = self.folder / "parts"
        parts.mkdir()
        for number, found in enumerate(files.values()):
            ((name, path),) = found.items()
            shutil.copyfile(path, parts / f"{number:06d}{Path(name).suffix[:8]}")
        request = self._join_request(parts)
        output = self.folder / "joined"
        run = self._run(request, output)
        self._note(request, run, output, stage="join")
        report = boxes.read_report(run, output)
        if report["status"] != "ok":
            ended = self._ended(Outcome.OUTPUT, "The tables of the time steps do not make one table.", "")
            return replace(ended, problems=tuple(report["problems"]))
        return self._done(output / "prediction.csv", "prediction.csv")

    def _join_request(self, parts: Path) -> RunRequest:
        limits = boxes.limits(output_mib=self.job.limits.output_mib)
        return RunRequest(
            run_id=f"{self.job.run_id}-join",
            stage=Stage.NORMALISE,
            argv=(*boxes.PYTHON, "join", "--input=/prediction", "--output=/output"),
            mounts=(*boxes.library(), Mount(parts, "/prediction", "prediction")),
            limits=replace(limits, memory_mib=limits.memory_mib + self.job.limits.output_mib),
            env=boxes.BOX_ENVIRONMENT,
        )

    def _done(self, prediction: Path, name: str) -> ProgramResult:
        return ProgramResult(
            Outcome.OK, "", tuple(self.notes), prediction=prediction, prediction_name=name, **self._used()
        )

    def _ended(self, outcome: Outcome, reason: str, step: str) -> ProgramResult:
        return ProgramResult(outcome, reason, tuple(self.notes), step=step, **self._used())

    def _used(self) -> dict[str, Any]:
        return {
            "wall_seconds": sum(run.wall_seconds for run in self.measured),
            "cpu_seconds": sum(run.cpu_seconds for run in self.measured),
            "peak_memory_mib": max((run.peak_memory_mib for run in self.measured), default=0.0),
        }

    # -- every run ----------------------------------------------------------------------------------------------------

    def _output(self, step: str) -> Path:
        return self.folder / f"output-{step}"

    def _run(self, request: RunRequest, output: Path, *, on_log: Callable[[bytes], None] | None = None) -> Run:
        run = self.runner.run(request, slot=self.slot, collect_to=output, cancel=self.cancel, on_log=on_log)
        if run.outcome is Outcome.OURS:
            raise SandboxError("the run was cancelled")
        return run

    def _note(
        self, request: RunRequest, run: Run, output: Path, *, stage: str, input_digest: str = "", step: str = ""
    ) -> None:
        is_predict = request.stage is Stage.PREDICT
        self.notes.append(
            RunNote(
                stage=stage,
                step=step,
                run=run,
                limits=request.limits,
                code_digest=self.job.upload_digest if is_predict else "",
                input_digest=input_digest,
                outputs=digests_below(output) if is_predict and run.ok else {},
                ended_at=timezone.now(),
            )
        )


def _add_model(model: Path, name: str, program: Path) -> bool:
    """Put it into model/ of our copy of the program, in place of a file of that name; False where that is no folder."""
    folder = program / "model"
    target = folder / name
    if (folder.exists() and not folder.is_dir()) or target.is_dir():
        return False
    folder.mkdir(exist_ok=True)
    target.unlink(missing_ok=True)
    shutil.copyfile(model, target)
    return True


def _files_below(folder: Path) -> dict[str, Path]:
    """Relative names, sorted; the collector has seen to it that they are plain files of plain names."""
    found = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
    return {path.relative_to(folder).as_posix(): path for path in found}


def _zip(files: list[tuple[str, Path]], target: Path) -> Path:
    """The same files give the same bytes: an upload is known by its digest."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, path in files:
            entry = zipfile.ZipInfo(name, ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            with path.open("rb") as source, archive.open(entry, "w", force_zip64=False) as written:
                shutil.copyfileobj(source, written, 1 << 20)
    return target
