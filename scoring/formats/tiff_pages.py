"""How many images a TIFF holds, by walking its directories as the specification chains them.

GDAL passes over directories that it cannot use, and stops in silence where the chain comes back to itself; another
reader may not. So every directory counts but those that say they belong to another one (a smaller copy, a mask), and
the chain must come to an end inside the file. No honest file has more than `MOST` directories: an overview has half the
rows of the one before.

Source: TIFF 6.0 (Adobe, 1992), section 2 and tag 254; BigTIFF as libtiff writes it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

MOST: Final = 64
MAX_ENTRIES: Final = 4096
BIG_TIFF: Final = 43
SUBFILE_TYPE: Final = 254
IS_PART: Final = 1 | 4  # a reduced copy, or a mask
WIDTHS: Final = {1: 1, 3: 2, 4: 4, 13: 4, 16: 8}  # bytes of the field types that hold whole numbers


class BrokenChain(Exception):
    """The directories of a TIFF do not come to an end inside the file."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the file writes its numbers: how many entries, one entry (tag, type, count, value), where the next one is."""

    order: Literal["little", "big"]
    count: struct.Struct
    entry: struct.Struct
    place: struct.Struct
    first_at: int


def count_pages(path: Path) -> int:
    """Images of the file, `MOST` + 1 where there are more.

    Raises:
        BrokenChain: a directory lies outside the file, has more entries than any, or names an earlier one as the next.
    """
    with path.open("rb") as file:
        layout = _layout(file.read(4))
        place = int(_read(file, layout.first_at, layout.place)[0])
        seen: set[int] = set()
        pages = 0
        while place:
            if place in seen:
                raise BrokenChain("a directory names an earlier one as the next")
            if len(seen) == MOST:
                return MOST + 1
            seen.add(place)
            is_part, place = _directory(file, place, layout)
            pages += not is_part
    return pages


def _layout(head: bytes) -> _Layout:
    is_little = head[:2] == b"II"
    sign = "<" if is_little else ">"
    if len(head) == 4 and struct.unpack(sign + "H", head[2:])[0] == BIG_TIFF:
        forms, first_at = ("Q", "HHQ8s", "Q"), 8
    else:
        forms, first_at = ("H", "HHI4s", "I"), 4
    count, entry, place = (struct.Struct(sign + form) for form in forms)
    return _Layout("little" if is_little else "big", count, entry, place, first_at)


def _directory(file: BinaryIO, at: int, layout: _Layout) -> tuple[bool, int]:
    """Whether it belongs to another one, and where the next one is: 0 at the end."""
    entries = int(_read(file, at, layout.count)[0])
    if entries > MAX_ENTRIES:
        raise BrokenChain(f"a directory has {entries} entries")
    body = file.read(entries * layout.entry.size)
    place = int(_read(file, at + layout.count.size + entries * layout.entry.size, layout.place)[0])
    is_part = any(
        tag == SUBFILE_TYPE and int.from_bytes(value[: WIDTHS.get(type_, 0)], layout.order) & IS_PART
        for tag, type_, _, value in layout.entry.iter_unpack(body)
    )
    return is_part, place


def _read(file: BinaryIO, at: int, form: struct.Struct) -> tuple[Any, ...]:
    file.seek(at)
    data = file.read(form.size)
    if len(data) < form.size:
        raise BrokenChain("a directory lies outside the file")
    return form.unpack(data)
