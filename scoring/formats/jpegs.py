"""Whether a JPEG is progressive: then libjpeg keeps all of it in memory, so its size is limited."""

from __future__ import annotations

from pathlib import Path
from typing import Final

PROGRESSIVE: Final = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
MAX_SEGMENTS: Final = 1_000


def is_progressive(path: Path) -> bool:
    """The kind of the first frame. A damaged file is none of them; GDAL will say so."""
    with path.open("rb") as file:
        file.seek(2)
        for _ in range(MAX_SEGMENTS):
            head = file.read(4)
            if len(head) < 4 or head[0] != 0xFF:
                return False
            if head[1] in FRAMES:
                return head[1] in PROGRESSIVE
            file.seek(int.from_bytes(head[2:4], "big") - 2, 1)
    return False
