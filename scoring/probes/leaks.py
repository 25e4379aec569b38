"""Does what contestants download hold the answers? By digest of files and of members of archives, and by rows.

The folder of downloads has a plan.json:

    {files: [{file, name, reads_rows}], hidden: {truth: [sha256, ...], inputs: [sha256, ...]}}
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from scoring.contract import Contract, TableContract
from scoring.formats.truth_store import open_table_truth
from scoring.reading import load_json

MAX_MEMBERS: Final = 20_000
MAX_UNPACKED_BYTES: Final = 4 << 30
MAX_TABLE_BYTES: Final = 256 << 20
LEAST_ROWS: Final = 3
SHARE: Final = 0.99  # of the truth's ids in a table that carry the right answers
PACKED: Final = (".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".zst")


def found_leaks(contract: Contract, truth: Path, downloads: Path) -> dict[str, Any]:
    """{leaks: [{kind: truth|inputs|answers, file, member, rows?}], unchecked: [{file, reason}]}"""
    plan = load_json(downloads / "plan.json", "plan")
    answers = _answers(contract, truth)
    leaks: list[dict[str, Any]] = []
    unchecked: list[dict[str, str]] = []
    for one in plan["files"]:
        path = downloads / one["file"]
        try:
            for member, content in _parts(path, one["name"]):
                leaks += _leaks_of(one, member, content, plan["hidden"], answers)
        except (OSError, ValueError, zipfile.BadZipFile, RuntimeError, NotImplementedError, csv.Error) as error:
            unchecked.append({"file": one["name"], "reason": f"its content cannot be read ({type(error).__name__})"})
        if one["name"].lower().endswith(PACKED):
            unchecked.append({"file": one["name"], "reason": "archives other than ZIP are not looked into"})
    return {"leaks": leaks, "unchecked": unchecked}


def _parts(path: Path, name: str) -> Iterator[tuple[str, IO[bytes]]]:
    """The file itself under the name '', then what is in it when it is a ZIP."""
    with path.open("rb") as file:
        yield "", file
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        members = [one for one in archive.infolist() if not one.is_dir()]
        if len(members) > MAX_MEMBERS or sum(one.file_size for one in members) > MAX_UNPACKED_BYTES:
            raise ValueError("too many members")
        for one in members:
            with archive.open(one) as content:
                yield one.filename, content


def _leaks_of(
    one: Mapping[str, Any], member: str, content: IO[bytes], hidden: Mapping[str, list[str]], answers: Answers | None
) -> Iterator[dict[str, Any]]:
    reads_rows = answers is not None and one["reads_rows"] and _is_table(member or one["name"])
    digest, kept = hashlib.sha256(), io.BytesIO()
    while chunk := content.read(1 << 20):
        digest.update(chunk)
        if reads_rows and kept.tell() <= MAX_TABLE_BYTES:
            kept.write(chunk)
    for kind, digests in hidden.items():
        if digest.hexdigest() in digests:
            yield {"kind": kind, "file": one["name"], "member": member}
    if reads_rows and answers is not None and kept.tell() <= MAX_TABLE_BYTES:
        rows = _answered_rows(kept.getvalue(), member or one["name"], answers)
        if rows:
            yield {"kind": "answers", "file": one["name"], "member": member, "rows": rows}


def _is_table(name: str) -> bool:
    return name.lower().endswith((".csv", ".tsv"))


# -- rows of a table --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answers:
    """A truth of rows: the name of the id, id -> its row, and column -> values as texts or numbers."""

    key_name: str
    rows: Mapping[str, int]
    columns: Mapping[str, list[Any]]


def _answers(contract: Contract, folder: Path) -> Answers | None:
    if not isinstance(contract, TableContract):
        return None
    truth = open_table_truth(folder, load_json(folder / "manifest.json", "truth"), contract)
    ids = {str(_plain(one)): row for row, one in enumerate(truth.ids.tolist())}
    return Answers(contract.primary_key, ids, {name: values.tolist() for name, values in truth.columns.items()})


def _answered_rows(content: bytes, name: str, answers: Answers) -> int:
    """How many ids of the truth a table answers rightly; 0 unless that is nearly all that it speaks of."""
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    reader = csv.DictReader(text, delimiter="\t" if name.lower().endswith(".tsv") else ",")
    shared = [column for column in answers.columns if column in (reader.fieldnames or ())]
    if answers.key_name not in (reader.fieldnames or ()) or not shared:
        return 0
    seen = right = 0
    for row in reader:
        place = answers.rows.get(row[answers.key_name])
        if place is not None:
            seen += 1
            right += all(_same(row[column], answers.columns[column][place]) for column in shared)
    return right if right >= LEAST_ROWS and right >= SHARE * seen else 0


def _same(text: str | None, value: Any) -> bool:
    plain = _plain(value)
    if text is None or isinstance(plain, str):
        return bool(text == plain)
    try:
        return math.isclose(float(text), float(plain), rel_tol=1e-9, abs_tol=1e-12)
    except ValueError:
        return False


def _plain(value: Any) -> Any:
    return value.decode("utf-8") if isinstance(value, bytes) else value
