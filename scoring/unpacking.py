"""An uploaded program -> plain files in a folder: a ZIP with a main file at its top, one script, or one notebook.

It runs in a box: whatever a contestant wrote is parsed where there is nothing to be found. Names are those that a box
takes out again (files.py of the sandbox): plain letters, digits, dot, underscore and hyphen.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from scoring.errors import InvalidPrediction, Problem, Problems, quoted
from scoring.formats.archives import Archive, Entry, open_archive

FOLDER: Final = "program"
ENTRIES: Final = {"zip": ("main.py", "main.ipynb"), "script": ("main.py",), "notebook": ("main.ipynb",)}
ENDINGS: Final = {".zip": "zip", ".py": "script", ".ipynb": "notebook"}
# What the site puts beside the program: its inputs, and where it writes.
RESERVED: Final = frozenset({"data", "submission", "state", "new_state"})
MAX_FILES: Final = 5_000
MAX_DEPTH: Final = 6
PART: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}\Z")
LEFT_OUT: Final = re.compile(r"(^|/)(\.[^/]*|__pycache__|__MACOSX)(/|$)|\.py[co]$")


def unpack(source: Path, name: str, accepts: Sequence[str], output: Path, *, max_bytes: int) -> str:
    """Lay a program out in `output`/program; the name of its main file. `name` is what the contestant called the file.

    Caches, hidden files and the clutter of file managers are left out.

    Raises:
        InvalidPrediction: with what is wrong with the file or its names.
    """
    kind = ENDINGS.get(Path(name).suffix.lower(), "")
    if kind not in accepts:
        expected = [ending for ending, one in ENDINGS.items() if one in accepts]
        raise InvalidPrediction([Problem("program_ending", "", {"name": quoted(name), "expected": expected})])
    folder = output / FOLDER
    folder.mkdir(parents=True)
    if kind == "zip":
        return _unpack_archive(source, folder, accepts, max_bytes=max_bytes)
    if not source.stat().st_size:
        raise InvalidPrediction([Problem("empty_file", "", {})])
    entry = ENTRIES[kind][0]
    shutil.copyfile(source, folder / entry)
    return entry


def _unpack_archive(source: Path, folder: Path, accepts: Sequence[str], *, max_bytes: int) -> str:
    with open_archive(source, with_folders=True) as archive:
        entries = [entry for entry in archive.entries if not LEFT_OUT.search(entry.name)]
        main = _check(entries, accepts, max_bytes)
        left = max_bytes
        for entry in entries:
            left -= _write(archive, entry, folder, left)
    return main


def _check(entries: Sequence[Entry], accepts: Sequence[str], max_bytes: int) -> str:
    """Everything that is wrong with the names, at once; the main file's name."""
    problems = Problems()
    for entry in entries:
        parts = entry.name.split("/")
        if not all(map(PART.match, parts)):
            problems.add("program_name", "", name=quoted(entry.name))
        elif parts[0] in RESERVED:
            problems.add("program_reserved", "", name=quoted(entry.name), reserved=quoted(parts[0]))
        elif len(parts) > MAX_DEPTH:
            problems.add("program_depth", "", name=quoted(entry.name), max_depth=MAX_DEPTH)
    if len(entries) > MAX_FILES:
        problems.add("program_many_files", "", found=len(entries), max_files=MAX_FILES)
    if sum(entry.info.file_size for entry in entries) > max_bytes:
        problems.add("program_large", "", max_mib=max_bytes >> 20)
    names = {entry.name for entry in entries}
    wanted = [name for name in ENTRIES["zip"] if name.endswith(".py") or "notebook" in accepts]
    main = next((name for name in wanted if name in names), "")
    if not main:
        problems.add("program_no_main", "", expected=wanted)
    problems.raise_if_any(InvalidPrediction)
    return main


def _write(archive: Archive, entry: Entry, folder: Path, left: int) -> int:
    target = folder / entry.name
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        archive.copy(entry, file, left)
        return file.tell()
