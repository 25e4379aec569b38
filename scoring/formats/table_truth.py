"""The organiser's solution table -> sorted ids, sides and columns. See truth.py for the layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from scoring.contract import TableContract, contract_document
from scoring.errors import Problems, quoted
from scoring.formats.sniffing import HEAD_BYTES
from scoring.formats.tables import Lines, RowReader, StopReading, check_kind, columns_of, rows_of
from scoring.formats.truth import read_list
from scoring.formats.truth_store import SCHEMA, Array, keys_of, write_json
from scoring.formats.values import Value, parser_of
from scoring.splits import Side, assign
from scoring.truth_spec import TruthSpec

MAX_SALTS: Final = 16


def normalise_table_truth(
    spec: TruthSpec, contract: TableContract, raw: Path, output: Path, problems: Problems, *, near: Sequence[Path]
) -> None:
    """Normalise a CSV into `output`; with problems, nothing usable is left there."""
    path = solution_file(raw, spec, problems)
    rows, words = _read(path, spec, contract, problems) if path else ({}, [])
    ids = rows.get(contract.primary_key, [])
    names = [value.decode() if isinstance(value, bytes) else str(value) for value in ids]
    said = dict(zip(names, words, strict=True)) if spec.split.by == "column" else {}
    if spec.split.file:
        said = read_list(spec.split, near, problems)
    if problems:
        return
    sides = assign(names, spec.split, said, problems)
    if not problems:
        _write(rows, sides, replace(contract, rows=len(ids)), output)


def solution_file(raw: Path, spec: TruthSpec, problems: Problems) -> Path | None:
    """The CSV itself, or the only CSV of a folder beside the list of the split."""
    if raw.is_file():
        return raw
    found = [path for path in sorted(raw.glob("*.csv")) if path.name != spec.split.file]
    if len(found) == 1:
        return found[0]
    problems.add("truth_mismatch", "truth", found=f"{len(found)} CSV files", expected="one")
    return None


def _read(
    path: Path, spec: TruthSpec, contract: TableContract, problems: Problems
) -> tuple[dict[str, list[Value]], list[str]]:
    """Column -> values, and the words of the column that splits. The truth may have more columns than a prediction."""
    try:
        with path.open("rb") as file:
            check_kind(file.read(HEAD_BYTES), problems)
            file.seek(0)
            return _read_rows(Lines(file, problems), spec, contract, problems)
    except StopReading:
        return {}, []


def _read_rows(
    lines: Lines, spec: TruthSpec, contract: TableContract, problems: Problems
) -> tuple[dict[str, list[Value]], list[str]]:
    rows = rows_of(lines)
    header = next(rows, None)
    wanted = [one.name for one in contract.fields]
    extra = [spec.split.column] if spec.split.by == "column" and spec.split.column not in wanted else []
    places = columns_of(header, [*wanted, *extra], problems, exactly=False)
    parsers = [
        parser_of(one, is_key=one.name == contract.primary_key, with_constraints=False) for one in contract.fields
    ]
    width = len(header.cells) if header else 0
    reader = RowReader(list(zip(places, parsers, strict=False)), width, replace(contract, rows=10**9), problems)
    word_place = header.cells.index(spec.split.column) if header and spec.split.by == "column" else None
    columns: dict[str, list[Value]] = {name: [] for name in wanted}
    words: list[str] = []
    for row in rows:
        values = reader.read(row)
        if values is None:
            continue
        for name, value in zip(wanted, values, strict=True):
            columns[name].append(value)
        if word_place is not None:
            words.append(row.cells[word_place])
    if not reader.count:
        problems.add("csv_no_rows")
    _check_rows(len(words or columns[wanted[0]]), contract, problems)
    return columns, words


def _check_rows(rows: int, contract: TableContract, problems: Problems) -> None:
    if contract.rows is not None and contract.rows != rows and not problems:
        problems.add("truth_mismatch", "truth", found=f"{rows} rows", expected=f"{contract.rows} rows")


def _array(values: list[Value]) -> Array:
    if isinstance(values[0], bytes):
        return np.array(values, f"S{max(len(value) for value in values if isinstance(value, bytes))}")
    return np.array(values, np.int64 if isinstance(values[0], int) else np.float64)


def _write(rows: dict[str, list[Value]], sides: list[Side], contract: TableContract, output: Path) -> None:
    ids = _array(rows[contract.primary_key])
    salt, keys = _unique_keys(ids)
    order = np.argsort(keys, kind="stable")
    arrays = {"ids": ids, "keys": keys[order], "order": order.astype(np.int64), "sides": np.array(sides, np.uint8)}
    columns = {one.name: f"column_{index}" for index, one in enumerate(contract.values)}
    arrays.update({file: _array(rows[name]) for name, file in columns.items()})
    for name, array in arrays.items():
        np.save(output / f"{name}.npy", array, allow_pickle=False)
    manifest = {"schema": SCHEMA, "kind": "table", "rows": len(ids), "salt": salt, "columns": columns}
    write_json(output / "manifest.json", manifest)
    write_json(output / "contract.json", contract_document(contract))


def _unique_keys(ids: Array) -> tuple[int, Array]:
    """Keys without two alike; ids are unique, so only hashes can collide, and then another salt separates them."""
    for salt in range(MAX_SALTS):
        keys = keys_of(ids, salt)
        if len(np.unique(keys)) == len(keys):
            return salt, keys
    raise RuntimeError(f"no hash separates these {quoted(str(len(ids)))} ids")
