"""Columns of an organiser's table that a prediction does not have (weights, groups), kept for the organiser's program.

A column is of whole numbers where every value is one; of numbers where every value is one or empty, which is NaN; else
of texts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.contract import TableContract
from scoring.errors import Problems
from scoring.formats.table_truth import solution_delimiter, solution_file
from scoring.formats.tables import Lines, rows_of
from scoring.formats.truth_store import write_json
from scoring.reading import load_json
from scoring.truth_spec import TruthSpec


def keep_further_columns(spec: TruthSpec, contract: TableContract, raw: Path, output: Path) -> None:
    """Add them to a truth that was normalised from this file without a problem; rows are in the same order."""
    path = solution_file(raw, spec, Problems())
    if path is None:
        raise ValueError("a truth that was normalised has its file")
    left_out = {one.name for one in contract.fields} | {spec.split.column}
    further: dict[str, str] = {}
    for name, values in _columns(path).items():
        if name and name not in left_out:
            further[name] = f"further_{len(further)}"
            np.save(output / f"{further[name]}.npy", _array(values), allow_pickle=False)
    if further:
        manifest: dict[str, Any] = load_json(output / "manifest.json", "truth")
        write_json(output / "manifest.json", {**manifest, "further": further})


def _columns(path: Path) -> dict[str, list[str]]:
    with path.open("rb") as file:
        rows = rows_of(Lines(file, Problems()), solution_delimiter(path))
        header = next(rows).cells
        columns = zip(*(row.cells for row in rows), strict=True)
        return dict(zip(header, map(list, columns), strict=True))


def _array(values: list[str]) -> npt.NDArray[Any]:
    if any("_" in value for value in values):  # digits in Python's own grammar, which no table means
        return _texts(values)
    try:
        return np.array([int(value) for value in values], np.int64)
    except (ValueError, OverflowError):
        pass
    try:
        return np.array([float(value) if value else np.nan for value in values], np.float64)
    except ValueError:
        return _texts(values)


def _texts(values: list[str]) -> npt.NDArray[Any]:
    return np.array([value.encode() for value in values], np.bytes_)
