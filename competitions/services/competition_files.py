"""What happens to a contest's files before anything is written to the database.

The truth is normalised in a box of its own, the contract completed from it, a sample submission tried against it; then
files go to the store under their digests. All of that may be slow or fail, so none of it happens in a transaction, and
what an import that fails leaves in the store is found again by the next one.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from competitions.problem_texts import problem_text
from competitions.services.boxes import InvalidTruth
from competitions.services.competition_sponsors import StoredLogos, store_logos
from competitions.services.descriptions import CannotImport, CompetitionDescription, Refusal, TaskDescription, Where
from competitions.services.program_proofs import TrySample, program_refusals, sample_job
from competitions.services.slots import scratch
from competitions.services.starting_kits import write_starting_kit
from competitions.services.step_inputs import InvalidInputs, cut_into_days
from competitions.store import Store, StoredFile

NormaliseTruth = Callable[[Mapping[str, Any], Path, Path], None]
MAX_PROBLEMS_TOLD: Final = 20
BESIDE_THE_TRUTH: Final = {"scenes", "mask", "weights", "climatology"}
METRIC: Final = re.compile(r"metrics\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class NormalisedTruth:
    folder: Path
    contract: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoredTask:
    contract: Mapping[str, Any]
    truth_digest: str
    sample_submission: StoredFile | None
    starting_kit: StoredFile
    program: StoredFile | None = None
    inputs_digest: str = ""
    trial_inputs_digest: str = ""
    hidden: tuple[str, ...] = ()  # digests of the files that the organiser gave as truth


@dataclass(frozen=True, slots=True)
class StoredFiles:
    """Everything of a description that lives in the store. Data files are keyed by (version, name)."""

    data: Mapping[tuple[str, str], StoredFile]
    tasks: Mapping[str, StoredTask]
    logos: StoredLogos = field(default_factory=dict)


def store_files(
    description: CompetitionDescription,
    *,
    store: Store,
    normalise_truth: NormaliseTruth,
    try_sample: TrySample | None = None,
) -> StoredFiles:
    """Normalise and store. Raises CannotImport with what is wrong with any of the truths and samples."""
    tasks: dict[str, StoredTask] = {}
    refusals: list[Refusal] = []
    for task in description.tasks:
        try:
            with normalised(task, normalise_truth=normalise_truth, try_sample=try_sample) as truth:
                tasks[task.key] = _store_task(task, truth, store)
        except CannotImport as error:
            refusals += error.refusals
    if refusals:
        raise CannotImport(refusals)
    data = {
        (release.version, file.name): store.put_file(file.path)
        for release in description.data
        for file in release.files
    }
    return StoredFiles(data, tasks, store_logos(description.sponsors, store))


def truth_refusals(
    tasks: tuple[TaskDescription, ...], *, normalise_truth: NormaliseTruth, try_sample: TrySample | None = None
) -> list[Refusal]:
    """What is wrong with the truths and samples of these tasks. Keeps nothing."""
    refusals: list[Refusal] = []
    for task in tasks:
        try:
            with normalised(task, normalise_truth=normalise_truth, try_sample=try_sample):
                pass
        except CannotImport as error:
            refusals += error.refusals
    return refusals


@contextmanager
def normalised(
    task: TaskDescription, *, normalise_truth: NormaliseTruth, try_sample: TrySample | None = None
) -> Iterator[NormalisedTruth]:
    """A task's truth in a scratch folder, checked. Raises CannotImport."""
    with scratch() as folder:
        output = folder / "truth"
        try:
            normalise_truth(task.truth_spec, _raw(task, folder), output)
        except InvalidTruth as error:
            raise CannotImport(_truth_problems(task, error)) from None
        completed = json.loads((output / "contract.json").read_bytes())
        truth = NormalisedTruth(output, {**completed, "max_file_bytes": task.max_file_bytes})
        refusals = [*_contract_refusals(task, truth.contract), *_sample_refusals(task, truth, try_sample)]
        if refusals:
            raise CannotImport(refusals)
        yield truth


def _truth_problems(task: TaskDescription, error: InvalidTruth) -> list[Refusal]:
    told = [Refusal((*task.where, *_place(problem)), _told(problem)) for problem in error.problems[:MAX_PROBLEMS_TOLD]]
    left = len(error.problems) - MAX_PROBLEMS_TOLD
    text = ngettext("and %(count)s more problem of the truth", "and %(count)s more problems of the truth", left)
    more = Refusal((*task.where, "truth"), text % {"count": left})
    return [*told, more] if left > 0 else told


def _place(problem: Mapping[str, Any]) -> Where:
    """A problem of the truth is told at the truth, unless it names a metric or the split."""
    where = str(problem.get("where", ""))
    if metric := METRIC.match(where):
        return ("metrics", int(metric[1]))
    return ("truth", "split") if where.startswith("split") else ("truth",)


def _told(problem: Mapping[str, Any]) -> str:
    """Place and message; most messages name their place themselves."""
    where, message = str(problem.get("where", "")), problem_text(problem) or str(problem)
    if where.lower() in message.lower():
        return message
    return _("%(where)s: %(problem)s") % {"where": where, "problem": message}


def _contract_refusals(task: TaskDescription, contract: Mapping[str, Any]) -> Iterator[Refusal]:
    """What the organiser promised of every scene, held against the scenes."""
    shape, crs = task.submission.get("shape"), task.submission.get("crs")
    for scene in contract.get("scenes", []):
        name, found = scene["name"], [scene["height"], scene["width"]]
        if shape is not None and found != list(shape):
            text = _("scene '%(scene)s' is %(found)s cells (height x width), not %(wanted)s")
            sizes = {"found": f"{found[0]} x {found[1]}", "wanted": f"{shape[0]} x {shape[1]}"}
            yield Refusal((*task.where, "submission", "shape"), text % {"scene": name, **sizes})
        if crs is not None and scene["crs"] != crs:
            text = (
                _("scene '%(scene)s' is in %(found)s, not in %(wanted)s")
                if scene["crs"]
                else _("scene '%(scene)s' is in no CRS, not in %(wanted)s")
            )
            values = {"scene": name, "found": scene["crs"], "wanted": crs}
            yield Refusal((*task.where, "submission", "crs"), text % values)


def _sample_refusals(task: TaskDescription, truth: NormalisedTruth, try_sample: TrySample | None) -> list[Refusal]:
    """Whoever tries the sample first must not be told that it is wrong."""
    has_sample = task.sample_submission is not None and task.code is None
    if try_sample is None or not (has_sample or task.program):
        return []
    if task.program is not None:
        return program_refusals(task, truth.folder, truth.contract, try_sample)
    verdict = try_sample(sample_job(task, truth.folder, truth.contract))
    place = (*task.where, "sample_submission")
    return [Refusal(place, _told(problem)) for problem in verdict.problems[:MAX_PROBLEMS_TOLD]]


def _raw(task: TaskDescription, folder: Path) -> Path:
    """What the box gets to see: the truth and, where there is one, the list that splits it beside it."""
    if task.split_file is None:
        return task.truth_path
    raw = folder / "raw"
    if task.truth_path.is_dir():
        shutil.copytree(task.truth_path, raw, copy_function=link_or_copy)
    else:
        raw.mkdir()
        link_or_copy(task.truth_path, raw / task.truth_path.name)
    link_or_copy(task.split_file, raw / task.truth_spec["split"]["file"])
    return raw


def link_or_copy(source: str | Path, target: str | Path) -> None:
    """A truth may be large, and is only read."""
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copyfile(source, target)


def _store_task(task: TaskDescription, truth: NormalisedTruth, store: Store) -> StoredTask:
    return StoredTask(
        contract=truth.contract,
        truth_digest=store.put_truth(truth.folder),
        sample_submission=store.put_file(task.sample_submission) if task.sample_submission else None,
        starting_kit=_store_kit(task, truth, store),
        program=store.put_file(task.program.file) if task.program else None,
        inputs_digest=_store_inputs(task, task.code.inputs, store) if task.code else "",
        trial_inputs_digest=_store_inputs(task, task.code.trial, store) if task.code and task.code.trial else "",
        hidden=tuple(sorted(_hidden_digests(task.truth_path))),
    )


def _hidden_digests(truth: Path) -> Iterator[str]:
    """Of the files that hold answers: what only says where cells are, or how they weigh, may be public."""
    for path in [truth] if truth.is_file() else sorted(truth.rglob("*")):
        if path.is_file() and path.stem not in BESIDE_THE_TRUTH and path.stat().st_size:
            with path.open("rb") as file:
                yield hashlib.file_digest(file, "sha256").hexdigest()


def _store_inputs(task: TaskDescription, folder: Path, store: Store) -> str:
    """What programs find in data/; cut into days where the contest says so."""
    days = task.code.days if task.code else None
    if days is None:
        return store.put_inputs(folder)
    with scratch() as place:
        try:
            cut_into_days(folder, place / "steps", days)
        except InvalidInputs as error:
            raise CannotImport([Refusal((*task.where, "code", "steps"), str(error))]) from None
        return store.put_inputs(place / "steps")


def _store_kit(task: TaskDescription, truth: NormalisedTruth, store: Store) -> StoredFile:
    with scratch() as folder:
        archive = folder / "kit.zip"
        write_starting_kit(archive, task=task, contract=truth.contract)
        return store.put_file(archive)
