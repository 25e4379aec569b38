"""The site's side of the boxes: which runner, which slots, which mounts and limits. What happens inside is scoring's.

uploaded file -> [normalise]  one hostile file, no truth
                    | plain cells, over a kernel pipe
truth ---------> [score]      no hostile file
"""

import compileall
import json
import math
import os
import shutil
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

import sandbox
from competitions.services.run_records import RunNote, digests_below
from competitions.services.slots import scratch, slots
from sandbox import (
    DockerSettings,
    Half,
    KubernetesSettings,
    Limits,
    Mount,
    Outcome,
    Run,
    Runner,
    RunRequest,
    SandboxError,
    Stage,
)
from scoring.contract import DEFAULT_MAX_BYTES
from scoring.errors import Problem
from scoring.program import DEFAULT_WALL_SECONDS

MAX_JSON_BYTES = 32 * 1024 * 1024
PYTHON = ("/venv/bin/python", "-P", "-s", "-m", "scoring")
TRUTH_REPORT = "--report=/output/report.json"
PROGRAM_PLACE = "/program/metric.py"
BOX_ENVIRONMENT = {"PYTHONPATH": "/app", "PYTHONDONTWRITEBYTECODE": "1"}


class InvalidTruth(Exception):
    """The organiser's truth cannot be normalised; `problems` say what and where."""

    def __init__(self, problems: Sequence[Mapping[str, Any]]) -> None:
        super().__init__("; ".join(str(problem.get("message", problem)) for problem in problems) or "invalid truth")
        self.problems = problems


class ProgramFailed(Exception):
    """The organiser's own metric failed. What it says, and `log`, are for organisers and operators only."""

    def __init__(self, reason: str, log: str) -> None:
        super().__init__(reason)
        self.log = log


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the two boxes say of a prediction: a result, or the problems of the file; and the log of the organiser's own
    program."""

    result: Mapping[str, Any] | None
    problems: Sequence[Mapping[str, Any]] = ()
    total: int = 0
    log: str = ""
    runs: tuple[RunNote, ...] = ()


@dataclass(frozen=True, slots=True)
class ScoringProgram:
    """The organiser's own metric. `is_proof`: it is being tried, and no call of it may fail. `hash_seed`: the order of
    Python's sets, which may differ from run to run, is one of these seeds' in the box."""

    file: Path
    spec: Mapping[str, Any]
    is_proof: bool = False
    hash_seed: int = 0


@dataclass(frozen=True, slots=True)
class ScoringJob:
    """All that scoring one prediction needs. Paths are ours; inside the boxes they have neutral names. Without a
    prediction the truth itself is scored, which only a trial of the organiser's program does."""

    prediction: Path | None
    file_name: str
    contract: Mapping[str, Any]
    metrics: Sequence[Mapping[str, Any]]
    truth: Path
    program: ScoringProgram | None = None
    prediction_digest: str = ""
    run_id: str = field(default_factory=lambda: str(uuid4()))


@dataclass(frozen=True, slots=True)
class CheckJob:
    """All that checking a file before it is submitted needs: no truth, no metrics."""

    prediction: Path
    file_name: str
    contract: Mapping[str, Any]
    run_id: str = field(default_factory=lambda: str(uuid4()))


@dataclass(frozen=True, slots=True)
class FileReport:
    """What is wrong with a file; nothing when it fits the contract."""

    problems: Sequence[Mapping[str, Any]]
    total: int


def make_runner() -> Runner:
    """A box sees the library read-only and would compile it anew, which takes as long as all else of starting it."""
    compileall.compile_dir(settings.BASE_DIR / "scoring", quiet=2)
    try:
        return sandbox.make_runner(settings.SANDBOX_BACKEND, settings=_backend_settings())
    except ValueError as error:
        raise ImproperlyConfigured(f"TIDEMARK_SANDBOX: {error}") from error


def _backend_settings() -> DockerSettings | KubernetesSettings | None:
    if settings.SANDBOX_BACKEND == "docker":
        return DockerSettings(settings.SANDBOX_IMAGE, settings.SANDBOX_SOCKET)
    if settings.SANDBOX_BACKEND == "kubernetes":
        return KubernetesSettings.of({"image": settings.SANDBOX_IMAGE, **settings.KUBERNETES})
    return None


# -- scoring a prediction ---------------------------------------------------------------------------------------------


def score_prediction(job: ScoringJob, *, runner: Runner, cancel: threading.Event | None = None) -> Verdict:
    """Run normalise and score side by side, joined by a pipe.

    Raises:
        ProgramFailed: the organiser's own metric failed.
        SandboxError: a fault of ours, to be tried again.
    """
    with scratch() as folder, slots(2) as (first, second):
        program = {"program": dict(job.program.spec)} if job.program else {}
        spec = write_spec(folder / "spec", contract=job.contract, metrics=list(job.metrics), **program)
        if job.prediction is None:
            scored = runner.run(_score_request(job, spec), slot=second, collect_to=folder / "score", cancel=cancel)
            return _verdict(scored, folder / "score", job)
        normalised, scored = _run_pair(job, spec, folder, runner=runner, slots=(first, second), cancel=cancel)
        return replace(_judged(normalised, scored, folder, job), runs=_notes(normalised, scored, folder, job))


def _judged(normalised: Run, scored: Run, folder: Path, job: ScoringJob) -> Verdict:
    if scored.ok and not normalised.ok:
        # The scorer may refuse early, which breaks the normaliser's pipe: then its word is the one that explains.
        verdict = _verdict(scored, folder / "score", job)
        if verdict.problems:
            return verdict
    report = read_report(normalised, folder / "normalise")
    if report["status"] != "ok":
        return Verdict(None, report["problems"], report["total"])
    return _verdict(scored, folder / "score", job)


def _notes(normalised: Run, scored: Run, folder: Path, job: ScoringJob) -> tuple[RunNote, RunNote]:
    now, program = timezone.now(), job.program
    score_limits = _program_limits(job, program) if program else limits()
    outputs = digests_below(folder / "score") if scored.ok else {}
    return (
        RunNote("normalise", normalised, limits(tmp_mib=settings.BOX_TMP_MIB), now, input_digest=job.prediction_digest),
        RunNote("score", scored, score_limits, now, input_digest=job.truth.name, outputs=outputs),
    )


def check_prediction(job: CheckJob, *, runner: Runner, wall_seconds: float) -> FileReport | None:
    """What the normaliser says of a file, with no truth and no scorer near. None: it took longer than that."""
    with scratch() as folder, slots(1) as (slot,):
        spec = write_spec(folder / "spec", contract=job.contract)
        request = normalise_request(job, spec)
        request = replace(request, limits=replace(request.limits, wall_seconds=wall_seconds, cpu_seconds=wall_seconds))
        with Path(os.devnull).open("wb") as nowhere:
            run = runner.run(request, slot=slot, stdout_fd=nowhere.fileno(), collect_to=folder / "normalise")
        if run.outcome == Outcome.TIME and wall_seconds < settings.BOX_WALL_SECONDS:
            return None
        report = read_report(run, folder / "normalise")
        return FileReport(report["problems"], report["total"])


def _run_pair(
    job: ScoringJob, spec: Path, folder: Path, *, runner: Runner, slots: tuple[int, int], cancel: threading.Event | None
) -> tuple[Run, Run]:
    reader = Half(normalise_request(job, spec), slots[0], collect_to=folder / "normalise")
    scorer = Half(_score_request(job, spec), slots[1], collect_to=folder / "score")
    return sandbox.run_joined(runner, reader, scorer, cancel=cancel)


def normalise_request(job: ScoringJob | CheckJob, spec: Path) -> RunRequest:
    if job.prediction is None:
        raise ValueError("there is no file to normalise")
    arguments = ("normalise", "--contract=/input/contract.json", "--input=/prediction/file", f"--name={job.file_name}")
    return RunRequest(
        run_id=f"{job.run_id}-normalise",
        stage=Stage.NORMALISE,
        argv=(*PYTHON, *arguments, "--report=/output/report.json"),
        mounts=(*library(), Mount(spec, "/input", "input"), Mount(job.prediction, "/prediction/file", "prediction")),
        limits=limits(tmp_mib=settings.BOX_TMP_MIB),
        env=BOX_ENVIRONMENT,
    )


def _score_request(job: ScoringJob, spec: Path) -> RunRequest:
    arguments = ("score", "--contract=/input/contract.json", "--metrics=/input/metrics.json", "--truth=/truth")
    mounts = (*library(), Mount(spec, "/input", "input"), Mount(job.truth, "/truth", "truth"))
    program = job.program
    return RunRequest(
        run_id=f"{job.run_id}-score",
        stage=Stage.SCORE,
        argv=(*PYTHON, *arguments, "--output=/output/result.json", *_program_arguments(job)),
        mounts=(*mounts, Mount(program.file, PROGRAM_PLACE, "input")) if program else mounts,
        limits=_program_limits(job, program) if program else limits(),
        env={**BOX_ENVIRONMENT, "PYTHONHASHSEED": str(program.hash_seed)} if program else BOX_ENVIRONMENT,
    )


def _program_arguments(job: ScoringJob) -> tuple[str, ...]:
    if job.program is None:
        return ()
    memory = f"--program-memory-mib={settings.BOX_PROGRAM_MEMORY_MIB}"
    given = (f"--program={PROGRAM_PLACE}", "--program-spec=/input/program.json", memory)
    proof = ("--program-proof",) if job.program.is_proof else ()
    return (*given, *proof, *(("--from-truth",) if job.prediction is None else ()))


def _program_limits(job: ScoringJob, program: ScoringProgram) -> Limits:
    """A box that also keeps a copy of all cells, and in which the program has the time and the memory that it may."""
    seconds = settings.BOX_WALL_SECONDS + int(program.spec.get("wall_seconds", DEFAULT_WALL_SECONDS))
    tmp_mib = 64 + cells_mib(job.contract) * (2 if job.prediction is None else 1)
    return replace(
        limits(tmp_mib=tmp_mib),
        wall_seconds=seconds,
        cpu_seconds=seconds,
        memory_mib=settings.BOX_MEMORY_MIB + tmp_mib + settings.BOX_PROGRAM_MEMORY_MIB,
    )


def cells_mib(contract: Mapping[str, Any]) -> int:
    """What plain cells take at most: a byte each in rasters, 8 a number in tables and grids, texts no more than the
    file."""
    if contract["kind"] == "table":
        numbers = int(contract["rows"]) * 8 * len(contract["schema"]["fields"])
        return (numbers + int(contract.get("max_file_bytes", DEFAULT_MAX_BYTES))) // 2**20 + 1
    if contract["kind"] == "grid":
        return int(math.prod(contract["shape"])) * max(1, int(contract.get("members", 0))) * 8 // 2**20 + 1
    layers = max(1, len(contract.get("layers", ())))
    return layers * sum(int(scene["height"]) * int(scene["width"]) for scene in contract["scenes"]) // 2**20 + 1


def library() -> tuple[Mount, ...]:
    return (Mount(settings.BASE_DIR / "scoring", "/app/scoring", "library"),)


def limits(*, tmp_mib: int = 64, output_mib: int = 64) -> Limits:
    return Limits(
        wall_seconds=settings.BOX_WALL_SECONDS,
        cpu_seconds=settings.BOX_WALL_SECONDS,
        memory_mib=settings.BOX_MEMORY_MIB + tmp_mib,  # files in a box's own memory count as its memory
        tmp_mib=tmp_mib,
        file_mib=max(tmp_mib, output_mib),
        output_mib=output_mib,
    )


def write_spec(folder: Path, **documents: Any) -> Path:
    folder.mkdir()
    for name, document in documents.items():
        (folder / f"{name}.json").write_text(json.dumps(document))
    return folder


# -- reading what came out --------------------------------------------------------------------------------------------

UNREADABLE = {
    Outcome.TIME: "file_too_slow",
    Outcome.MEMORY: "file_too_hungry",
    Outcome.OUTPUT: "file_too_hungry",
    Outcome.VIOLATION: "file_unreadable",
}


def read_report(run: Run, folder: Path) -> Mapping[str, Any]:
    """What the normaliser says of the file. A file that brings its reader down is invalid, not our fault."""
    if run.outcome == Outcome.OK:
        report = read_json(folder / "report.json")
        if report.get("status") in {"ok", "invalid"}:
            return {"problems": [], "total": 0, **report}
        raise SandboxError("the normalise box left no usable report")
    if run.outcome in UNREADABLE or run.signal:
        code = UNREADABLE.get(run.outcome, "file_unreadable")
        problem = Problem(code, params={"seconds": settings.BOX_WALL_SECONDS, "mib": settings.BOX_MEMORY_MIB})
        return {"status": "invalid", "problems": [problem.as_dict()], "total": 1}
    raise SandboxError(f"the normalise box ended as {run.outcome}: {run.reason} {tail(run)}")


def _verdict(run: Run, folder: Path, job: ScoringJob) -> Verdict:
    if job.program is not None and run.outcome in UNREADABLE:
        raise ProgramFailed(f"the scoring program ended its box: {run.reason}", tail(run))
    if run.outcome != Outcome.OK:
        raise SandboxError(f"the score box ended as {run.outcome}: {run.reason} {tail(run)}")
    result = read_json(folder / "result.json")
    program = result.pop("program", {})
    log = str(program.get("log", ""))
    if result.get("status") == "fault":
        raise ProgramFailed(str(program["reason"]), log)
    if result.get("status") == "invalid":
        return Verdict(None, result["problems"], result["total"], log)
    if result.get("status") != "ok":
        raise SandboxError("the score box left no usable result")
    return Verdict(result, log=log)


def read_json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise SandboxError(f"{path.name} is larger than {MAX_JSON_BYTES} bytes")
        document = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SandboxError(f"{path.name} cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise SandboxError(f"{path.name} is not an object")
    return document


def tail(run: Run) -> str:
    """For operators: the end of the box's own log."""
    return run.stderr[-2000:].decode(errors="replace")


# -- truth ------------------------------------------------------------------------------------------------------------


def normalise_truth(spec: Mapping[str, Any], raw: Path, output: Path) -> None:
    """Normalise an organiser's truth in a box of its own, into `output` (made here). Raises InvalidTruth."""
    runner = make_runner()
    raw_mib = size_mib(raw)
    with scratch() as folder, slots(1) as (slot,):
        documents = write_spec(folder / "spec", spec=dict(spec))
        at = "/truth" if raw.is_dir() else f"/truth/{raw.name}"
        request = RunRequest(
            run_id=str(uuid4()),
            stage=Stage.SCORE,
            argv=(*PYTHON, "truth", "--spec=/input/spec.json", f"--input={at}", "--output=/output", TRUTH_REPORT),
            mounts=(*library(), Mount(documents, "/input", "input"), Mount(raw, at, "truth")),
            limits=_truth_limits(raw_mib),
            env=BOX_ENVIRONMENT,
        )
        run = runner.run(request, slot=slot, collect_to=folder / "truth")
        if run.outcome != Outcome.OK:
            raise SandboxError(f"the truth box ended as {run.outcome}: {run.reason} {tail(run)}")
        report = folder / "truth" / "report.json"
        verdict = read_json(report)
        if verdict.get("status") != "ok":
            raise InvalidTruth(verdict["problems"])
        report.unlink()
        shutil.copytree(folder / "truth", output)


def size_mib(path: Path) -> int:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files) // 2**20 + 1


def _truth_limits(raw_mib: int) -> Limits:
    """Normalised truth is uncompressed and lives in the box's memory until it is collected."""
    output_mib = max(256, min(settings.BOX_TRUTH_MIB, raw_mib * 200))
    return Limits(
        wall_seconds=settings.BOX_WALL_SECONDS * 4,
        cpu_seconds=settings.BOX_WALL_SECONDS * 4,
        memory_mib=settings.BOX_MEMORY_MIB + output_mib,
        file_mib=output_mib,
        output_mib=output_mib,
        output_files=10_000,
    )
