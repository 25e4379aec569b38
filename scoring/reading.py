"""A tolerant view of a JSON document: asks for a type and gets it, and collects what is wrong on the way."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scoring.errors import InvalidJob, Problem, Problems, closest, quoted

MAX_JSON_BYTES = 64 * 1024 * 1024
_KINDS = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    type(None): "null",
}


def load_json(path: Path, where: str) -> Any:
    """Read a JSON file of ours or of an organiser. Raises InvalidJob when it is none."""
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise ValueError(f"it is larger than {MAX_JSON_BYTES} bytes")
        return json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise InvalidJob([Problem("job_file_missing", where, {"name": path.name})]) from error
    except (OSError, ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else "it is nested too deeply"
        raise InvalidJob([Problem("job_unreadable", where, {"name": path.name, "reason": reason})]) from error


@dataclass(frozen=True, slots=True)
class Node:
    """A value at a place of a document, with the collector of its problems."""

    value: Any
    where: str
    problems: Problems

    @property
    def is_null(self) -> bool:
        return self.value is None

    def wrong(self, expected: str) -> None:
        self.problems.add("job_type", self.where, found=_kind(self.value), expected=expected)

    def at(self, key: str) -> Node:
        """The value of a key; null when it is absent."""
        found = self.value.get(key) if isinstance(self.value, dict) else None
        return Node(found, f"{self.where}.{key}" if self.where else key, self.problems)

    def need(self, key: str) -> Node:
        if not isinstance(self.value, dict):
            self.wrong("an object")
        elif key not in self.value:
            self.problems.add("job_missing", self.where or "document", key=key)
        return self.at(key)

    def items(self) -> Iterator[Node]:
        if not isinstance(self.value, list):
            if self.value is not None:
                self.wrong("a list")
            return
        for index, item in enumerate(self.value):
            yield Node(item, f"{self.where}[{index}]", self.problems)

    def text(self, default: str = "") -> str:
        if isinstance(self.value, str):
            return self.value
        if self.value is not None:
            self.wrong("a text")
        return default

    def whole(self, low: int, high: int, default: int | None = None) -> int | None:
        if self.value is None:
            return default
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            self.wrong("a whole number")
            return default
        if not low <= self.value <= high:
            self.problems.add("job_range", self.where, value=self.value, expected=f"{low} to {high}")
            return default
        return self.value

    def number(self) -> float | None:
        if self.value is None:
            return None
        if isinstance(self.value, bool) or not isinstance(self.value, int | float) or not _is_finite(self.value):
            self.wrong("a number")
            return None
        return float(self.value)

    def choice(self, allowed: Sequence[str], default: str) -> str:
        word = self.text(default)
        if word in allowed:
            return word
        hint = closest(word, allowed)
        code = "job_choice_hint" if hint else "job_choice"
        self.problems.add(code, self.where, value=quoted(word), hint=str(hint), allowed=list(allowed))
        return default


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _kind(value: Any) -> str:
    if isinstance(value, float):
        return f"the number {value!r}"
    name = _KINDS.get(type(value), "something else")
    return f"the text {quoted(value)}" if isinstance(value, str) else name
