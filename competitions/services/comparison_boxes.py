"""The boxes of a comparison: is what a program wrote now what its team submitted then?

submitted file -> [normalise]  one hostile file, no truth -> plain cells -+
written now ----> [normalise]  one hostile file, no truth -> plain cells -+-> [reproduce]  plain cells alone

Neither of the first two boxes sees the other's file, so that a file which takes its reader over can only say what its
own cells are.
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from competitions.services import boxes
from competitions.services.boxes import BOX_ENVIRONMENT, PYTHON, CheckJob, library, limits, read_report
from competitions.services.slots import scratch, slots
from sandbox import Mount, Outcome, Runner, RunRequest, SandboxError, Stage
from scoring.contract import DEFAULT_MAX_BYTES

TEXT_TO_CELLS = 4  # a coordinate of two characters becomes 8 bytes
MOST_JSON_BYTES = boxes.MAX_JSON_BYTES


@dataclass(frozen=True, slots=True)
class ComparisonJob:
    """Two files of one contract: what was submitted, and what a run has written now."""

    submitted: Path
    written: Path
    contract: Mapping[str, Any]
    tolerance: Mapping[str, float]
    names: tuple[str, str] = ("submitted", "written")
    run_id: str = field(default_factory=lambda: str(uuid4()))


@dataclass(frozen=True, slots=True)
class Comparison:
    """The document of the comparison, or the problems of what was written now."""

    document: Mapping[str, Any] | None
    problems: tuple[Mapping[str, Any], ...] = ()


def compare(job: ComparisonJob, *, runner: Runner, cancel: threading.Event | None = None) -> Comparison:
    """Read both, each in its box, and compare their cells in a third.

    Raises:
        SandboxError: a fault of ours, to be tried again.
    """
    with scratch() as folder, slots(1) as (slot,):
        cells = folder / "cells"
        cells.mkdir()
        for number, path in enumerate((job.submitted, job.written)):
            turn = _Turn(job, path, number, folder, cells / str(number))
            problems = turn.normalise(runner, slot, cancel)
            if problems and path is job.submitted:
                raise SandboxError("what was submitted can no longer be read, though it was scored")
            if problems:
                return Comparison(None, tuple(problems))
        request = _compare_request(job, cells, _spec(job, folder))
        run = runner.run(request, slot=slot, collect_to=folder / "report", cancel=cancel)
        if run.outcome != Outcome.OK:
            tail = run.stderr[-2000:].decode(errors="replace")
            raise SandboxError(f"the comparing box ended as {run.outcome}: {run.reason} {tail}")
        return Comparison(_read(folder / "report" / "report.json"))


@dataclass(frozen=True, slots=True)
class _Turn:
    job: ComparisonJob
    path: Path
    number: int
    folder: Path
    cells: Path

    def normalise(self, runner: Runner, slot: int, cancel: threading.Event | None) -> list[Mapping[str, Any]]:
        """Write its cells, or say what is wrong with the file."""
        spec = self.folder / f"spec-{self.number}"
        spec.mkdir()
        (spec / "contract.json").write_text(json.dumps(self.job.contract))
        file = CheckJob(self.path, self.job.names[self.number], self.job.contract, f"{self.job.run_id}-{self.number}")
        request = boxes.normalise_request(file, spec)
        most = max(request.limits.file_mib, cells_mib(self.job.contract) + 1)
        request = replace(request, limits=replace(request.limits, file_mib=most))
        output = self.folder / f"report-{self.number}"
        with self.cells.open("wb") as stream:
            run = runner.run(request, slot=slot, stdout_fd=stream.fileno(), collect_to=output, cancel=cancel)
        self.cells.chmod(0o644)
        if run.outcome is Outcome.OURS:
            raise SandboxError("the comparison was cancelled")
        return list(read_report(run, output)["problems"])


def cells_mib(contract: Mapping[str, Any]) -> int:
    """What plain cells of a contract take at most, in MiB."""
    if contract["kind"] in {"lines", "detections"}:
        return TEXT_TO_CELLS * int(contract.get("max_file_bytes", DEFAULT_MAX_BYTES)) // 2**20 + 1
    return boxes.cells_mib(contract)


def _spec(job: ComparisonJob, folder: Path) -> Path:
    spec = folder / "spec"
    spec.mkdir()
    for name, document in (("contract", job.contract), ("tolerance", job.tolerance)):
        (spec / f"{name}.json").write_text(json.dumps(dict(document)))
    return spec


def _compare_request(job: ComparisonJob, cells: Path, spec: Path) -> RunRequest:
    """Tables are held in memory to pair their rows: both, and as much again to sort them."""
    files = ("--first=/prediction/0", "--second=/prediction/1", "--output=/output/report.json")
    arguments = ("reproduce", "--contract=/input/contract.json", "--tolerance=/input/tolerance.json", *files)
    given = limits()
    return RunRequest(
        run_id=f"{job.run_id}-reproduce",
        stage=Stage.NORMALISE,
        argv=(*PYTHON, *arguments),
        mounts=(*library(), Mount(spec, "/input", "input"), Mount(cells, "/prediction", "prediction")),
        limits=replace(given, memory_mib=given.memory_mib + 4 * cells_mib(job.contract)),
        env=BOX_ENVIRONMENT,
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MOST_JSON_BYTES:
            raise SandboxError(f"the report is larger than {MOST_JSON_BYTES} bytes")
        document = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SandboxError(f"the report cannot be read: {error}") from error
    if not isinstance(document, dict) or document.get("status") != "ok":
        raise SandboxError("the comparing box left no usable report")
    return document
