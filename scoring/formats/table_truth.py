"""The organiser's solution table -> sorted ids, sides and columns. See truth.py for the layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from scoring.contract import Field, TableContract, contract_document
from scoring.errors import Problems, quoted
from scoring.formats.cells import Column
from scoring.formats.fast_tables import Resume, read_plain_layout
from scoring.formats.sniffing import HEAD_BYTES, head_of
from scoring.formats.tables import Layout, Lines, StopReading, check_kind, delimiter_of, read_rows
from scoring.formats.truth import read_list
from scoring.formats.truth_store import SCHEMA, Array, keys_of, write_json
from scoring.splits import Side, assign, side_of_word
from scoring.truth_spec import TruthSpec

MAX_SALTS: Final = 16
TRUTH_FORMATS: Final = ("csv", "tsv")
Rows = Mapping[str, Array]


def normalise_table_truth(
    spec: TruthSpec,
    contract: TableContract,
    raw: Path,
    output: Path,
    problems: Problems,
    *,
    near: Sequence[Path],
    fields: Sequence[Field] = (),
) -> None:
    """Normalise a CSV or TSV into `output`; with problems, nothing usable is left there.

    `fields` are the columns that must be there; all of the contract when there are none. Others of the contract are
    kept where the file has them.
    """
    path = solution_file(raw, spec, problems)
    wanted = tuple(fields) or tuple(Field(one.name, one.type) for one in contract.fields)
    rows = _read(path, spec, contract, wanted, problems) if path else {}
    _check_rows(rows, contract, problems)
    words = read_list(spec.split, near, problems) if spec.split.file else {}
    if problems:
        return
    sides = _sides(rows, spec, contract, words, problems)
    if not problems:
        names = {one.name for one in (*wanted, *contract.fields)}
        kept = {name: column for name, column in rows.items() if name in names}
        groups = _group_numbers(rows[spec.groups]) if spec.groups else None
        _write(kept, sides, groups, replace(contract, rows=len(sides)), output)


def solution_file(raw: Path, spec: TruthSpec, problems: Problems) -> Path | None:
    """The file itself, or the only table of a folder beside the list of the split."""
    if raw.is_file():
        return raw
    tables = [*raw.glob("*.csv"), *raw.glob("*.tsv")]
    found = [path for path in sorted(tables) if path.name != spec.split.file]
    if len(found) == 1:
        return found[0]
    problems.add("truth_mismatch", "truth", found=f"{len(found)} CSV or TSV files", expected="one")
    return None


def solution_delimiter(path: Path) -> str:
    return delimiter_of(head_of(path), TRUTH_FORMATS)


# -- reading ----------------------------------------------------------------------------------------------------------


def _read(
    path: Path, spec: TruthSpec, contract: TableContract, wanted: tuple[Field, ...], problems: Problems
) -> dict[str, Array]:
    """Column -> values; with the column that splits, as texts. The truth may have more columns than a prediction."""
    layout = Layout(
        (*wanted, *_further(path, spec, contract, wanted)),
        contract.primary_key,
        max_rows=2 * 10**9,
        is_exact=False,
        delimiter=solution_delimiter(path),
    )
    pieces: list[list[Column]] = []
    rows, is_all = read_plain_layout(path, layout, pieces.append)
    if not is_all:
        _read_carefully(path, layout, problems, Resume(pieces.append, rows))
    if problems or not pieces:
        return {}
    return {name: np.concatenate([piece[index] for piece in pieces]) for index, name in enumerate(layout.names)}


def _further(path: Path, spec: TruthSpec, contract: TableContract, wanted: Sequence[Field]) -> list[Field]:
    """Columns of the contract that no metric needs, where the file has them; and those that split and group."""
    names = {one.name for one in wanted}
    own = dict.fromkeys([spec.split.column] if spec.split.by == "column" else [])
    own |= dict.fromkeys([spec.groups] if spec.groups else [])
    texts = [Field(name, "string") for name in own if name not in names]
    with path.open("rb") as file:
        header = file.readline(64 * 1024).decode(errors="replace").removeprefix("\ufeff").rstrip("\r\n")
    there = {name.strip('"') for name in header.split(solution_delimiter(path))}
    left = [one for one in contract.fields if one.name not in names and one.name in there]
    return [*(Field(one.name, one.type) for one in left if one.name not in own), *texts]


def _read_carefully(path: Path, layout: Layout, problems: Problems, write: Resume) -> None:
    try:
        with path.open("rb") as file:
            check_kind(file.read(HEAD_BYTES), problems, "CSV or TSV")
            file.seek(0)
            read_rows(Lines(file, problems), layout, problems, write)
    except StopReading:
        return


def _check_rows(rows: Rows, contract: TableContract, problems: Problems) -> None:
    found = len(rows[contract.primary_key]) if rows else 0
    if contract.rows is not None and contract.rows != found and not problems:
        problems.add("truth_mismatch", "truth", found=f"{found} rows", expected=f"{contract.rows} rows")


# -- sides ------------------------------------------------------------------------------------------------------------


def _sides(rows: Rows, spec: TruthSpec, contract: TableContract, words: Mapping[str, str], problems: Problems) -> Array:
    """The side of each row. Shapes: -> (rows,) uint8"""
    ids = rows[contract.primary_key]
    if spec.split.by == "none":
        return np.full(len(ids), Side.PUBLIC, np.uint8)
    names = [_text(value) for value in ids.tolist()]
    if spec.split.by != "column":
        return np.array(assign(names, spec.split, words, problems), np.uint8)
    said = [_text(value) for value in rows[spec.split.column].tolist()]
    sides = {word: side_of_word(word) for word in set(said)}
    for name, word in zip(names, said, strict=True) if None in sides.values() else ():
        if sides[word] is None:
            problems.add("split_value", "split", value=quoted(word, 40), name=quoted(name))
    known = {word: Side.IGNORED if side is None else side for word, side in sides.items()}
    return np.array([known[word] for word in said], np.uint8)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


# -- writing ----------------------------------------------------------------------------------------------------------


def _group_numbers(names: Array) -> Array:
    """Groups numbered as they first appear. Shapes: (rows,) -> (rows,) int64"""
    _, firsts, numbers = np.unique(names, return_index=True, return_inverse=True)
    ranks = np.empty(len(firsts), np.int64)
    ranks[np.argsort(firsts)] = np.arange(len(firsts))
    return ranks[numbers]


def _write(rows: Rows, sides: Array, groups: Array | None, contract: TableContract, output: Path) -> None:
    ids = rows[contract.primary_key]
    salt, keys, order = _unique_keys(ids)
    arrays = {"ids": ids, "keys": keys, "order": order, "sides": sides}
    names = [name for name in rows if name != contract.primary_key]
    columns = {name: f"column_{index}" for index, name in enumerate(names)}
    arrays.update({file: rows[name] for name, file in columns.items()})
    if groups is not None:
        arrays["groups"] = groups
    for name, array in arrays.items():
        np.save(output / f"{name}.npy", array, allow_pickle=False)
    manifest = {"schema": SCHEMA, "kind": "table", "rows": len(ids), "salt": salt, "columns": columns}
    manifest["groups"] = groups is not None
    write_json(output / "manifest.json", manifest)
    write_json(output / "contract.json", contract_document(contract))


def _unique_keys(ids: Array) -> tuple[int, Array, Array]:
    """Salt, sorted keys without two alike, and the row of each.

    Ids are unique, so only hashes can collide, and then another salt separates them.
    """
    for salt in range(MAX_SALTS):
        keys = keys_of(ids, salt)
        order = np.argsort(keys, kind="stable")
        in_order = keys[order]
        if not bool((in_order[1:] == in_order[:-1]).any()):
            return salt, in_order, order.astype(np.int64)
    raise RuntimeError(f"no hash separates these {quoted(str(len(ids)))} ids")
