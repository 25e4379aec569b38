"""A tolerant view of a document: asks for text and gets text, whatever nonsense the file holds.

The schema has already complained about wrong types, so checks of meaning skip what they cannot read and go on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from competitions.bundles.problems import Path, Problem
from competitions.bundles.reading import Document
from competitions.localised import LANGUAGES, same_in_all


@dataclass(frozen=True, slots=True)
class Section:
    document: Document
    path: Path
    value: Any

    @classmethod
    def root(cls, document: Document) -> "Section":
        return cls(document, (), document.values)

    def has(self, key: str) -> bool:
        return isinstance(self.value, dict) and key in self.value

    def at(self, key: str | int) -> "Section":
        """A part of this one; an empty section where there is none."""
        found: Any = None
        if isinstance(self.value, dict) and isinstance(key, str):
            found = self.value.get(key)
        if isinstance(self.value, list) and isinstance(key, int) and key < len(self.value):
            found = self.value[key]
        return Section(self.document, (*self.path, key), found)

    def items(self, key: str) -> Iterator["Section"]:
        """The items of a list."""
        part = self.at(key)
        for index in range(len(part.value) if isinstance(part.value, list) else 0):
            yield part.at(index)

    def texts(self, key: str) -> Iterator["Section"]:
        """The items of a list that are texts."""
        return (item for item in self.items(key) if isinstance(item.value, str))

    def text(self, key: str, default: str = "") -> str:
        found = self.at(key).value
        return found if isinstance(found, str) else default

    def number(self, key: str, default: int) -> int:
        found = self.at(key).value
        return found if isinstance(found, int) and not isinstance(found, bool) else default

    def mapping(self, key: str) -> dict[str, Any]:
        found = self.at(key).value
        return found if isinstance(found, dict) else {}

    def localised(self, key: str) -> dict[str, str]:
        """{en, ja} as written; a plain text in every language; nothing for nothing."""
        found = self.at(key).value
        if isinstance(found, str):
            return same_in_all(found)
        return {code: found[code] for code in LANGUAGES if code in found} if isinstance(found, dict) else {}

    def problem(self, message: str, *, is_warning: bool = False) -> Problem:
        return self.document.problem(self.path, message, is_warning=is_warning)
