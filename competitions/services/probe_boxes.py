"""The box that makes probes of the truth, and the files that it looks through for answers.

Probes hold truth. They are made where truth may be read, in a score box, and lie in a scratch folder of the worker for
as long as they are scored; nothing of ours serves them to anybody, and they are deleted with the folder.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from django.conf import settings

from competitions.models import DataFile, ScoringVersion, Task
from competitions.programs import scored_in_boxes
from competitions.queries.dry_runs import hidden_digests
from competitions.services import boxes
from competitions.services.competition_files import link_or_copy
from competitions.services.slots import slots
from competitions.services.step_inputs import is_own
from competitions.store import Store
from sandbox import Limits, Mount, Outcome, Runner, RunRequest, SandboxError, Stage

MAX_FILES: Final = 200  # that are looked into; the digests of all of them are compared
SEED: Final = 20_261_128
SPARE_MIB: Final = 256
PROBES_AT_ONCE: Final = 12  # files of about the size of the truth


@dataclass(frozen=True, slots=True)
class MadeProbe:
    """`path` is None where `reason` says why there is none."""

    key: str
    expected: str
    path: Path | None
    file_name: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MadeProbes:
    probes: tuple[MadeProbe, ...]
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Download:
    """A file that contestants get. Rows of a sample submission are no answers, however right they are."""

    name: str
    path: Path
    sha256: str
    reads_rows: bool


def make_probes(task: Task, version: ScoringVersion, folder: Path, *, runner: Runner, store: Store) -> MadeProbes:
    """Write the probes of a task into `folder`. Raises SandboxError."""
    offered = downloads(task, store)
    hidden = {"truth": hidden_digests(version), "inputs": _inputs(task, version, store)}
    spec = boxes.write_spec(
        folder / "spec",
        contract=version.contract,
        metrics=scored_in_boxes(version.metrics),
    )
    staged = _stage(folder / "downloads", offered[:MAX_FILES], hidden)
    request = _request(version, spec, staged, store)
    with slots(1) as (slot,):
        run = runner.run(request, slot=slot, collect_to=folder / "made")
    if run.outcome != Outcome.OK:
        raise SandboxError(f"the probes could not be made: {run.outcome} {run.reason} {boxes.tail(run)}")
    report = boxes.read_json(folder / "made" / "probes.json")
    facts = {key: report[key] for key in ("splits", "notes", "leaks", "unchecked")}
    if len(offered) > MAX_FILES:
        reason = f"only the first {MAX_FILES} files are looked into"
        facts["unchecked"] = [*facts["unchecked"], {"file": offered[MAX_FILES].name, "reason": reason}]
    facts["leaks"] = [*facts["leaks"], *_same_files(offered[MAX_FILES:], hidden)]
    return MadeProbes(tuple(_made(one, folder / "made") for one in report["probes"]), facts)


def downloads(task: Task, store: Store) -> list[Download]:
    """All that contestants of this task download: data, sample, starting kit, inputs of the trial."""
    files = DataFile.objects.filter(release__competition=task.competition_id).select_related("blob", "release")
    found = [
        Download(f"{file.release.version}/{file.name}", store.blob_path(file.blob.sha256), file.blob.sha256, True)
        for file in files
    ]
    for name, blob in (("sample submission", task.sample_submission), ("starting kit", task.starting_kit)):
        if blob is not None:
            found.append(Download(name, store.blob_path(blob.sha256), blob.sha256, False))
    if task.trial_inputs_digest:
        folder = store.inputs_path(task.trial_inputs_digest)
        found += [
            Download(f"trial/{path.relative_to(folder)}", path, _sha256(path), True)
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        ]
    return found


def _inputs(task: Task, version: ScoringVersion, store: Store) -> list[str]:
    """The digests of hidden inputs of programs; what we put beside them is no secret."""
    if not version.inputs_digest or (task.code or {}).get("inputs_are_public"):
        return []
    files = [path for path in store.inputs_path(version.inputs_digest).rglob("*") if path.is_file()]
    return sorted(_sha256(path) for path in files if not is_own(path))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _stage(folder: Path, offered: list[Download], hidden: Mapping[str, list[str]]) -> Path:
    """One folder for the box: the files by number, links where they can be, and plan.json."""
    files = [
        {"file": str(number), "name": one.name, "reads_rows": one.reads_rows} for number, one in enumerate(offered)
    ]
    boxes.write_spec(folder, plan={"files": files, "hidden": dict(hidden)})
    for number, one in enumerate(offered):
        link_or_copy(one.path, folder / str(number))
    return folder


def _same_files(offered: list[Download], hidden: Mapping[str, list[str]]) -> list[dict[str, str]]:
    return [
        {"kind": kind, "file": one.name, "member": ""}
        for one in offered
        for kind, digests in hidden.items()
        if one.sha256 in digests
    ]


def _request(version: ScoringVersion, spec: Path, staged: Path, store: Store) -> RunRequest:
    arguments = ("probes", "--contract=/input/contract.json", "--metrics=/input/metrics.json", "--truth=/truth")
    truth = store.truth_path(version.truth_digest)
    given = (Mount(spec, "/input", "input"), Mount(staged, "/downloads", "input"))
    return RunRequest(
        run_id=f"{uuid4()}-probes",
        stage=Stage.SCORE,
        argv=(*boxes.PYTHON, *arguments, "--output=/output", "--downloads=/downloads", f"--seed={SEED}"),
        mounts=(*boxes.library(), *given, Mount(truth, "/truth", "truth")),
        limits=_limits(truth),
        env=boxes.BOX_ENVIRONMENT,
    )


def _limits(truth: Path) -> Limits:
    """What is written lies in the box's memory until it is collected. A text takes more room than the numbers do."""
    output_mib = min(settings.BOX_TRUTH_MIB, SPARE_MIB + PROBES_AT_ONCE * 3 * boxes.size_mib(truth))
    seconds = settings.BOX_WALL_SECONDS * 4
    return Limits(
        wall_seconds=seconds,
        cpu_seconds=seconds,
        memory_mib=settings.BOX_MEMORY_MIB + output_mib,
        file_mib=output_mib,
        output_mib=output_mib,
        output_files=100,
    )


def _made(one: Mapping[str, Any], folder: Path) -> MadeProbe:
    if "file" not in one:
        return MadeProbe(one["key"], one["expected"], None, "", one["reason"])
    path = folder / str(one["key"])
    path.chmod(0o644)  # the box that reads it runs as another user
    return MadeProbe(one["key"], one["expected"], path, one["file_name"])
