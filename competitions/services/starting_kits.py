"""The starting kit, as one zip: the organiser's folder, the contract, the very code that the server scores with, a job
to score one's own hold-out by it, and the commands in both languages. It is the same for every kind of contract.

The same folder gives the same bytes (names sorted, times and modes fixed): an import without changes changes nothing.
"""

import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from competitions.programs import scored_in_boxes
from competitions.services.descriptions import TaskDescription
from competitions.services.kit_guide import guide
from competitions.services.scoring_package import package_entries

FIRST_TIME: Final = (1980, 1, 1, 0, 0, 0)
MODE: Final = 0o644 << 16
PROGRAM_NAME: Final = "metric.py"
GUIDE_NAME: Final = "SCORING.md"
SECRET_OR_SAID: Final = {"contract", "metrics", "split", "groups"}  # split and groups need columns of the truth alone
ENDINGS: Final = {"grid": "nc", "lines": "json"}  # of kinds whose predictions are one file for all scenes
LEFT_OUT: Final = {"__pycache__", ".git", ".ipynb_checkpoints", ".DS_Store"}


def write_starting_kit(archive: Path, *, task: TaskDescription, contract: Mapping[str, Any]) -> None:
    entries: dict[str, Path | bytes] = dict(_files(task.starting_kit)) if task.starting_kit else {}
    entries["contract.json"] = _json(contract)
    job = example_job(task)
    if job is not None:
        entries["job.json"] = _json(job)
    entries[GUIDE_NAME] = guide(
        prediction=_prediction_name(task),
        holdout=_holdout_name(task),
        is_folder=task.truth_path.is_dir() and task.contract["kind"] != "grid",
        can_score=job is not None,
        takes_programs=task.code is not None,
    ).encode()
    entries |= package_entries(with_sandbox=task.code is not None)
    if task.program is not None and task.program.is_published:
        entries[PROGRAM_NAME] = task.program.file
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as kit:
        for name in sorted(entries):
            content = entries[name]
            info = zipfile.ZipInfo(name, FIRST_TIME)
            info.external_attr, info.compress_type = MODE, zipfile.ZIP_DEFLATED
            kit.writestr(info, content if isinstance(content, bytes) else content.read_bytes())


def example_job(task: TaskDescription) -> dict[str, Any] | None:
    """For `python -m scoring job.json`: answers that a contestant kept back, scored as the contest scores.

    Without the columns of a program that contestants do not get; None where nothing is left to score by.
    """
    program = task.program if task.program is not None and task.program.is_published else None
    scored = scored_in_boxes(task.scoring_metrics)
    hidden = {one["key"] for one in scored if one["metric"] == "program" and program is None}
    metrics = [one for one in scored if not hidden & {one["key"], *_parts(one)}]
    if not metrics:
        return None
    rules = {key: value for key, value in task.truth_spec.items() if key not in SECRET_OR_SAID}
    return {
        "contract": dict(task.contract),
        "truth": {"files": _holdout_name(task), "split": {"by": "none"}, **rules},
        "prediction": _prediction_name(task),
        "metrics": metrics,
        **({"program": {"file": PROGRAM_NAME, **program.spec}} if program is not None else {}),
        "output": "result.json",
    }


def _parts(metric: Mapping[str, Any]) -> Mapping[str, Any]:
    """The columns that a combination is made of."""
    of: Mapping[str, Any] = metric.get("params", {}).get("of", {})
    return of


def _holdout_name(task: TaskDescription) -> str:
    """Kept-back answers look as the contest's own: a folder of scenes, or one file."""
    return "holdout" if task.truth_path.is_dir() else f"holdout{task.truth_path.suffix}"


def _prediction_name(task: TaskDescription) -> str:
    """As the sample is; without one, a ZIP of scenes, or one file. What is in a file counts, not its name."""
    if task.sample_submission is not None and task.code is None:
        return f"prediction{task.sample_submission.suffix}"
    if not task.truth_path.is_dir():
        return f"prediction{task.truth_path.suffix}"
    return f"prediction.{ENDINGS.get(task.contract['kind'], 'zip')}"


def _files(folder: Path) -> dict[str, Path]:
    found = {}
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in LEFT_OUT]
        for name in names:
            if name not in LEFT_OUT:
                path = Path(parent) / name
                found[path.relative_to(folder).as_posix()] = path
    return found


def _json(document: Any) -> bytes:
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
