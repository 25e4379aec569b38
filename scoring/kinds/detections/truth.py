"""An organiser's objects -> arrays, once. The truth is a CSV, or a folder with truth.csv and perhaps

    scenes.json       the names of all scenes: those without an object are known from here, or from the contract
    shorelines.json   {scene: [[row, column], ...]}, for metrics that look at what lies near the shore

Flags and numbers may be empty where nobody knows. `level` (LOW, MEDIUM, HIGH) and `distance_from_shore_km` are read
where the truth has such columns, `confidence` for `level` too, unless predictions have a column of that name.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from scoring.contract import contract_document
from scoring.errors import InvalidJob, Problems, quoted
from scoring.formats.tables import Lines, rows_of
from scoring.formats.truth import read_list
from scoring.formats.truth_store import SCHEMA, write_json
from scoring.job import MetricSpec
from scoring.kinds.detections.contract import MAX_COORDINATE, MAX_DETECTIONS, DetectionsContract
from scoring.kinds.detections.rows import Parse, SceneRows, StopReading, Values, between, known_or_nan, parsers_of
from scoring.reading import Node, load_json
from scoring.splits import assign
from scoring.truth_spec import TruthSpec

SCENES: Final = "scenes.json"
SHORES: Final = "shorelines.json"
LEVELS: Final = {"low": 0.0, "medium": 1.0, "med": 1.0, "high": 2.0}
SHORE: Final = "distance_from_shore_km"


def normalise_truth(
    spec: TruthSpec, contract: DetectionsContract, raw: Path, output: Path, problems: Problems, *, near: Sequence[Path]
) -> None:
    """Writes manifest.json, contract.json and the arrays of each scene; with problems, nothing usable is left."""
    folder, path = (raw, raw / "truth.csv") if raw.is_dir() else (raw.parent, raw)
    if not path.is_file():
        problems.add("job_file_missing", "truth", name="'truth.csv'")
        return
    try:
        contract, extra, rows = _read(path, folder, contract, problems)
        shores = _shores(folder / SHORES, rows, problems)
    except InvalidJob as error:
        problems.include(error)
        return
    words = read_list(spec.split, near, problems) if spec.split.file else {}
    sides = assign(list(rows), spec.split, words, problems)
    if problems:
        return
    listed: list[dict[str, Any]] = []
    for index, ((name, values), side) in enumerate(zip(rows.items(), sides, strict=True)):
        file = f"scene_{index:05d}"
        np.save(output / f"{file}.npy", values, allow_pickle=False)
        np.save(output / f"{file}_shore.npy", shores.get(name, np.empty((0, 2))), allow_pickle=False)
        listed.append({"name": name, "side": side.name.lower(), "file": file, "objects": len(values)})
    manifest = {"schema": SCHEMA, "kind": "detections", "extra": extra, "shores": bool(shores), "scenes": listed}
    write_json(output / "manifest.json", manifest)
    write_json(output / "contract.json", contract_document(replace(contract, scenes=tuple(rows))))


def _read(
    path: Path, folder: Path, contract: DetectionsContract, problems: Problems
) -> tuple[DetectionsContract, list[str], dict[str, Values]]:
    """The contract with its scenes, the extra columns of the truth, and scene -> rows."""
    if (folder / SCENES).is_file():
        listed = tuple(one.text() for one in Node(load_json(folder / SCENES, SCENES), SCENES, problems).items())
        contract = replace(contract, scenes=tuple(dict.fromkeys(listed)))
    extra = _extra(path, contract, problems)
    parsers = {
        name: parse if name in contract.places else known_or_nan(parse)
        for name, parse in parsers_of(replace(contract, confidence="")).items()
    }
    loose = replace(contract, confidence="", max_detections=MAX_DETECTIONS)
    reader = SceneRows(loose, {**parsers, **extra}, problems, is_truth=True)
    try:
        reader.read(path)
    except StopReading:
        return contract, [], {}
    return contract, ["shore" if name == SHORE else "level" for name in extra], reader.arrays()


def _extra(path: Path, contract: DetectionsContract, problems: Problems) -> dict[str, Parse]:
    with path.open("rb") as file:
        header = next(rows_of(Lines(file, problems)), None)
    names = header.cells if header else []
    found: dict[str, Parse] = {}
    if SHORE in names:
        found[SHORE] = known_or_nan(between(0.0, MAX_COORDINATE))
    level = next((name for name in ("level", "confidence") if name in names and name != contract.confidence), None)
    if level is not None:
        found[level] = lambda text: LEVELS.get(text.strip().lower(), math.nan)
    return found


def _shores(path: Path, rows: dict[str, Values], problems: Problems) -> dict[str, Values]:
    """Points of the shore of each scene. Shapes: (n, 2), row and column"""
    document = load_json(path, SHORES) if path.is_file() else {}
    found = {}
    for name, points in document.items() if isinstance(document, dict) else ():
        try:
            found[name] = np.array(points, np.float64).reshape(-1, 2)
        except (TypeError, ValueError):
            found[name] = np.full((1, 2), math.nan)
        if name not in rows:
            problems.add("split_unknown", SHORES, name=quoted(name))
        elif not np.isfinite(found[name]).all():
            problems.add("job_type", SHORES, found="something else", expected="lists of [row, column]")
    return found


def check_metrics(specs: Sequence[MetricSpec], contract: DetectionsContract, output: Path) -> None:
    """Whether contract and truth have the columns that the metrics need. Raises InvalidJob."""
    problems = Problems()
    extra = load_json(output / "manifest.json", "truth")["extra"]
    for spec in specs:
        where = f"metrics.{spec.key}"
        if spec.metric.name == "detection_ap" and not contract.confidence:
            problems.add("job_missing", where, key="confidence")
        if spec.metric.name == "xview3":
            missing = {"shore"} - set(extra) | ({"level"} - set(extra) if spec.params["drop_low_detect"] else set())
            known = {"vessel": contract.flags, "fishing": contract.flags, "length": contract.numbers}
            missing |= {spec.params[key] for key, names in known.items() if spec.params[key] not in names}
            for name in sorted(missing):
                problems.add("job_missing", where, key=name)
    problems.raise_if_any(InvalidJob)
