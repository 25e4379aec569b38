"""The site's side of the boxes: which runner, which slots, which mounts and limits. What happens inside is scoring's.

uploaded file -> [normalise]  one hostile file, no truth
                    | plain cells, over a kernel pipe
truth ---------> [score]      no hostile file
"""

import fcntl
import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings

import sandbox
from sandbox import Half, Limits, Mount, Outcome, Run, Runner, RunRequest, SandboxError, Stage
from scoring.errors import Problem

SLOTS = range(4, 64)  # the first four belong to the self-test
MAX_JSON_BYTES = 32 * 1024 * 1024
PYTHON = ("/venv/bin/python", "-P", "-s", "-m", "scoring")
TRUTH_REPORT = "--report=/output/report.json"
BOX_ENVIRONMENT = {"PYTHONPATH": "/app", "PYTHONDONTWRITEBYTECODE": "1"}


class InvalidTruth(Exception):
    """The organiser's truth cannot be normalised; `problems` say what and where."""

    def __init__(self, problems: Sequence[Mapping[str, Any]]) -> None:
        super().__init__("; ".join(str(problem.get("message", problem)) for problem in problems) or "invalid truth")
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the two boxes say of a prediction: a result, or the problems of the file."""

    result: Mapping[str, Any] | None
    problems: Sequence[Mapping[str, Any]] = ()
    total: int = 0


@dataclass(frozen=True, slots=True)
class ScoringJob:
    """All that scoring one prediction needs. Paths are ours; inside the boxes they have neutral names."""

    prediction: Path
    file_name: str
    contract: Mapping[str, Any]
    metrics: Sequence[Mapping[str, Any]]
    truth: Path
    run_id: str = field(default_factory=lambda: str(uuid4()))


def make_runner() -> Runner:
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


    return sandbox.make_runner(settings.SANDBOX_BACKEND)


# -- slots: one user id for each box that runs on this machine --------------------------------------------------------


@contextmanager
def slots(count: int) -> Iterator[list[int]]:
    """Numbers that no other box on this machine uses now; the kernel gives them back even when we are killed."""
    held: list[tuple[int, int]] = []
    try:
        for number in SLOTS:
            descriptor = _try_lock(_lock_folder() / str(number))
            if descriptor is not None:
                held.append((number, descriptor))
            if len(held) == count:
                break
        if len(held) < count:
            raise SandboxError(f"all {len(SLOTS)} sandbox slots of this machine are in use")
        yield [number for number, _ in held]
    finally:
        for _, descriptor in held:
            os.close(descriptor)


@contextmanager
def alone_in_self_test() -> Iterator[None]:
    """The self-test counts processes in slots of its own, so two workers of a machine take turns."""
    with (_lock_folder() / "self-test").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _lock_folder() -> Path:
    folder = Path(tempfile.gettempdir()) / f"tidemark-slots-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _try_lock(path: Path) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


@contextmanager
def scratch() -> Iterator[Path]:
    """A fresh folder of ours; gone afterwards."""
    folder = Path(tempfile.mkdtemp(dir=_scratch_root()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def clear_scratch(*, older_than_seconds: float) -> int:
    """Delete the folders of workers that were killed. Returns how many."""
    oldest = time.time() - older_than_seconds
    left = [folder for folder in _scratch_root().iterdir() if folder.stat().st_mtime < oldest]
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)
    return len(left)


def _scratch_root() -> Path:
    root: Path = settings.TIDEMARK_HOME / "scratch"
    root.mkdir(mode=0o700, exist_ok=True)
    return root


# -- scoring a prediction ---------------------------------------------------------------------------------------------


def score_prediction(job: ScoringJob, *, runner: Runner, cancel: threading.Event | None = None) -> Verdict:
    """Run normalise and score side by side, joined by a pipe. SandboxError: a fault of ours, to be tried again."""
    with scratch() as folder, slots(2) as (first, second):
        spec = _write_spec(folder / "spec", contract=job.contract, metrics=list(job.metrics))
        normalised, scored = _run_pair(job, spec, folder, runner=runner, slots=(first, second), cancel=cancel)
        if scored.ok and not normalised.ok:
            # The scorer may refuse early, which breaks the normaliser's pipe: then its word is the one that explains.
            verdict = _verdict(scored, folder / "score")
            if verdict.problems:
                return verdict
        report = _report(normalised, folder / "normalise")
        if report["status"] != "ok":
            return Verdict(None, report["problems"], report["total"])
        return _verdict(scored, folder / "score")


def _run_pair(
    job: ScoringJob, spec: Path, folder: Path, *, runner: Runner, slots: tuple[int, int], cancel: threading.Event | None
) -> tuple[Run, Run]:
    reader = Half(_normalise_request(job, spec), slots[0], collect_to=folder / "normalise")
    scorer = Half(_score_request(job, spec), slots[1], collect_to=folder / "score")
    return sandbox.run_joined(runner, reader, scorer, cancel=cancel)


def _normalise_request(job: ScoringJob | CheckJob, spec: Path) -> RunRequest:
    arguments = ("normalise", "--contract=/input/contract.json", "--input=/prediction/file", f"--name={job.file_name}")
    return RunRequest(
        run_id=f"{job.run_id}-normalise",
def check_prediction(job: CheckJob, *, runner: Runner, wall_seconds: float) -> FileReport | None:
    """What the normaliser says of a file, with no truth and no scorer near. None: it took longer than that."""
    with scratch() as folder, slots(1) as (slot,):
        spec = _write_spec(folder / "spec", contract=job.contract)
        request = _normalise_request(job, spec)
        request = replace(request, limits=replace(request.limits, wall_seconds=wall_seconds, cpu_seconds=wall_seconds))
        with Path(os.devnull).open("wb") as nowhere:
            run = runner.run(request, slot=slot, stdout_fd=nowhere.fileno(), collect_to=folder / "normalise")
        if run.outcome == Outcome.TIME and wall_seconds < settings.BOX_WALL_SECONDS:
            return None
        report = _report(run, folder / "normalise")
        return FileReport(report["problems"], report["total"])


        stage=Stage.NORMALISE,
        argv=(*PYTHON, *arguments, "--report=/output/report.json"),
        mounts=(*_library(), Mount(spec, "/input", "input"), Mount(job.prediction, "/prediction/file", "prediction")),
        limits=_limits(tmp_mib=settings.BOX_TMP_MIB),
        env=BOX_ENVIRONMENT,
    )


def _score_request(job: ScoringJob, spec: Path) -> RunRequest:
    arguments = ("score", "--contract=/input/contract.json", "--metrics=/input/metrics.json", "--truth=/truth")
    return RunRequest(
        run_id=f"{job.run_id}-score",
        stage=Stage.SCORE,
        argv=(*PYTHON, *arguments, "--output=/output/result.json"),
        mounts=(*_library(), Mount(spec, "/input", "input"), Mount(job.truth, "/truth", "truth")),
        limits=_limits(),
        env=BOX_ENVIRONMENT,
    )


def _library() -> tuple[Mount, ...]:
    return (Mount(settings.BASE_DIR / "scoring", "/app/scoring", "library"),)


def _limits(*, tmp_mib: int = 64, output_mib: int = 64) -> Limits:
    return Limits(
        wall_seconds=settings.BOX_WALL_SECONDS,
        cpu_seconds=settings.BOX_WALL_SECONDS,
        memory_mib=settings.BOX_MEMORY_MIB + tmp_mib,  # files in a box's own memory count as its memory
        tmp_mib=tmp_mib,
        file_mib=max(tmp_mib, output_mib),
        output_mib=output_mib,
    )


def _write_spec(folder: Path, **documents: Any) -> Path:
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


def _report(run: Run, folder: Path) -> Mapping[str, Any]:
    """What the normaliser says of the file. A file that brings its reader down is invalid, not our fault."""
    if run.outcome == Outcome.OK:
        report = _read_json(folder / "report.json")
        if report.get("status") in {"ok", "invalid"}:
            return {"problems": [], "total": 0, **report}
        raise SandboxError("the normalise box left no usable report")
    if run.outcome in UNREADABLE or run.signal:
        code = UNREADABLE.get(run.outcome, "file_unreadable")
        problem = Problem(code, params={"seconds": settings.BOX_WALL_SECONDS, "mib": settings.BOX_MEMORY_MIB})
        return {"status": "invalid", "problems": [problem.as_dict()], "total": 1}
    raise SandboxError(f"the normalise box ended as {run.outcome}: {run.reason} {_tail(run)}")


def _verdict(run: Run, folder: Path) -> Verdict:
    if run.outcome != Outcome.OK:
        raise SandboxError(f"the score box ended as {run.outcome}: {run.reason} {_tail(run)}")
    result = _read_json(folder / "result.json")
    if result.get("status") == "invalid":
        return Verdict(None, result["problems"], result["total"])
    if result.get("status") != "ok":
        raise SandboxError("the score box left no usable result")
    return Verdict(result)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise SandboxError(f"{path.name} is larger than {MAX_JSON_BYTES} bytes")
        document = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SandboxError(f"{path.name} cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise SandboxError(f"{path.name} is not an object")
    return document


def _tail(run: Run) -> str:
    """For operators: the end of the box's own log."""
    return run.stderr[-2000:].decode(errors="replace")


# -- truth ------------------------------------------------------------------------------------------------------------


def normalise_truth(spec: Mapping[str, Any], raw: Path, output: Path) -> None:
    """Normalise an organiser's truth in a box of its own, into `output` (made here). Raises InvalidTruth."""
    runner = make_runner()
    raw_mib = _size_mib(raw)
    with scratch() as folder, slots(1) as (slot,):
        documents = _write_spec(folder / "spec", spec=dict(spec))
        at = "/truth" if raw.is_dir() else f"/truth/{raw.name}"
        request = RunRequest(
            run_id=str(uuid4()),
            stage=Stage.SCORE,
            argv=(*PYTHON, "truth", "--spec=/input/spec.json", f"--input={at}", "--output=/output", TRUTH_REPORT),
            mounts=(*_library(), Mount(documents, "/input", "input"), Mount(raw, at, "truth")),
            limits=_truth_limits(raw_mib),
            env=BOX_ENVIRONMENT,
        )
        run = runner.run(request, slot=slot, collect_to=folder / "truth")
        if run.outcome != Outcome.OK:
            raise SandboxError(f"the truth box ended as {run.outcome}: {run.reason} {_tail(run)}")
        report = folder / "truth" / "report.json"
        verdict = _read_json(report)
        if verdict.get("status") != "ok":
            raise InvalidTruth(verdict["problems"])
        report.unlink()
        shutil.copytree(folder / "truth", output)


def _size_mib(path: Path) -> int:
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
