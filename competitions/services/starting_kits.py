"""The starting kit: the organiser's folder, the contract and a job to score one's own hold-out with, as one zip.

The same folder gives the same bytes (names sorted, times and modes fixed): an import without changes changes nothing.
"""

import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from competitions.services.descriptions import TaskDescription

FIRST_TIME: Final = (1980, 1, 1, 0, 0, 0)
MODE: Final = 0o644 << 16
PROGRAM_NAME: Final = "metric.py"
LEFT_OUT: Final = {"__pycache__", ".git", ".ipynb_checkpoints", ".DS_Store"}


def write_starting_kit(archive: Path, *, task: TaskDescription, contract: Mapping[str, Any]) -> None:
    entries: dict[str, Path | bytes] = dict(_files(task.starting_kit)) if task.starting_kit else {}
    entries["contract.json"] = _json(contract)
    if job := example_job(task):
        entries["job.json"] = _json(job)
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
    metrics = [dict(one) for one in task.scoring_metrics if program is not None or one["metric"] != "program"]
    if not metrics:
        return None
    raster = task.contract["kind"] == "raster"
    truth = {"files": "holdout" if raster else "holdout.csv", "split": {"by": "none"}}
    if "ignore" in task.truth_spec:
        truth["ignore"] = task.truth_spec["ignore"]
    return {
        "contract": dict(task.contract),
        "truth": truth,
        "prediction": "prediction.zip" if raster else "prediction.csv",
        "metrics": metrics,
        **({"program": {"file": PROGRAM_NAME, **program.spec}} if program is not None else {}),
        "output": "result.json",
    }


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
