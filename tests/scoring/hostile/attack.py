"""What a hostile file is: how it is written, and what whoever sends it must be told."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Attack:
    """`codes`: of the problems that are told, in their order; `words` must be among those of the messages."""

    name: str
    write: Callable[[Path], Any]
    codes: tuple[str, ...]
    words: str = ""

    def __str__(self) -> str:
        return self.name

    def content(self, folder: Path) -> bytes:
        path = folder / "written"
        self.write(path)
        content = path.read_bytes()
        path.unlink()
        return content
