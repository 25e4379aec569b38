"""The proof of every run of a box, as a record: what ran in what on what, within which limits, and what came out."""

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from competitions.models import Evaluation, Execution, RunRecord
from sandbox import Limits, Run


@dataclass(frozen=True, slots=True)
class RunNote:
    """One run, and what is not in the `Run` itself. `outputs` are the kept files by name, with their SHA-256."""

    stage: str
    run: Run
    limits: Limits
    ended_at: datetime
    step: str = ""
    code_digest: str = ""
    input_digest: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)


def keep(notes: Iterable[RunNote], owner: Evaluation | Execution) -> None:
    """Call it in the transaction that records what the runs found."""
    RunRecord.objects.bulk_create([_record(note, owner) for note in notes], batch_size=200)


def _record(note: RunNote, owner: Evaluation | Execution) -> RunRecord:
    run = note.run
    of = {"evaluation": owner} if isinstance(owner, Evaluation) else {"execution": owner}
    return RunRecord(
        **of,
        attempt=owner.attempt,
        stage=note.stage,
        step=note.step,
        backend=run.backend,
        profile_digest=run.profile_digest,
        runtime_digest=run.runtime_digest,
        code_digest=note.code_digest,
        input_digest=note.input_digest,
        limits=dataclasses.asdict(note.limits),
        outcome=run.outcome,
        exit_code=run.exit_code,
        signal=run.signal,
        started_at=note.ended_at - timedelta(seconds=run.wall_seconds),
        wall_seconds=run.wall_seconds,
        cpu_seconds=run.cpu_seconds,
        peak_memory_mib=run.peak_memory_mib,
        outputs=dict(note.outputs),
    )


def digests_below(folder: Path) -> dict[str, str]:
    """SHA-256 of every plain file below a folder of collected output, by relative name."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                found[path.relative_to(folder).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    return found
