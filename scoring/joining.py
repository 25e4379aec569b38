"""The tables that a program wrote in its time steps -> one table. It runs in a box, for a program wrote them.

Only first lines are compared, and lines are put one after another: whether a line is right, the table's reader says.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final

from scoring.errors import InvalidPrediction, Problem, quoted

MAX_HEADER: Final = 65_536
BOM: Final = b"\xef\xbb\xbf"


def join_tables(parts: Sequence[Path], target: Path) -> None:
    """Write the tables one after another under the first line of the first.

    Raises:
        InvalidPrediction: a table is empty, or its first line is another one.
    """
    header = b""
    with target.open("xb") as joined:
        for number, part in enumerate(parts, start=1):
            with part.open("rb") as table:
                own = _header(table, number)
                header = header or own
                if own != header:
                    raise _refused("step_header", number, found=quoted(_text(own)), expected=quoted(_text(header)))
                if number == 1:
                    joined.write(header + b"\n")
                _append(table, joined)


def _header(table: BinaryIO, number: int) -> bytes:
    line = table.readline(MAX_HEADER).removeprefix(BOM).rstrip(b"\r\n")
    if not line:
        raise _refused("step_empty", number)
    return line


def _append(table: BinaryIO, joined: BinaryIO) -> None:
    """The rest, ending in a line end."""
    shutil.copyfileobj(table, joined, 1 << 20)
    table.seek(-1, 2)
    if table.read(1) != b"\n":
        joined.write(b"\n")


def _text(line: bytes) -> str:
    return line.decode(errors="replace")


def _refused(code: str, number: int, **params: str) -> InvalidPrediction:
    return InvalidPrediction([Problem(code, "", {"step": number, **params})])
