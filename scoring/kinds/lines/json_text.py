"""JSON of strangers, one value at a time: only the value at hand is ever in memory, and no value may be too long.

The outermost objects and lists are walked here; what lies inside of them is given to the json module as a piece of text
whose length is known. NaN and Infinity, which that module would take, are refused, and so are keys that come twice.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

CHUNK_BYTES: Final = 1024 * 1024
MAX_KEY: Final = 1000
MAX_DEPTH: Final = 64
_BLANK: Final = re.compile(r"[ \t\n\r]*+")
_BRACKET: Final = re.compile(r'["\[\]{}]')
_NO_NUMBERS: Final = re.compile(r'["{}]')
_STRING: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_SCALAR: Final = re.compile(r"[^,\]}\s]*+")


class BadJson(Exception):
    """The text is not the JSON that it should be; the message says where."""


def parsed(text: str) -> Any:
    """One value as Python holds it. Raises BadJson, for NaN and keys given twice, too."""
    try:
        return json.loads(text, parse_constant=_refuse, object_pairs_hook=_unique)
    except RecursionError as error:
        raise BadJson("it is nested too deeply") from error
    except ValueError as error:
        raise BadJson(str(error).split(" (char")[0][:200]) from error


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice in one object")
    return found


class JsonText:
    """A file of JSON, from its beginning to its end."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._text = ""
        self._at = 0
        self._passed = 0  # characters that are no longer in memory
        self._is_all = False

    def peek(self) -> str:
        """The next character that is not blank; empty at the end of the file."""
        while True:
            match = _BLANK.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._fill():
                return ""

    def take(self, expected: str) -> None:
        if self.peek() != expected:
            raise self._bad(f"'{expected}' was expected")
        self._at += 1

    def members(self) -> Iterator[str]:
        """The keys of an object; the value of each must be taken before the next. Keys given twice are refused."""
        seen: set[str] = set()
        self.take("{")
        if self.peek() == "}":
            self._at += 1
            return
        while True:
            key = self._key()
            if key in seen:
                raise self._bad("a key is given twice")
            seen.add(key)
            self.take(":")
            self._forget()
            yield key
            if not self._has_more("}"):
                return

    def _key(self) -> str:
        if self.peek() != '"':
            raise self._bad("a name in quotes was expected")
        return str(parsed(self.value(MAX_KEY)))

    def elements(self) -> Iterator[None]:
        """Each element of a list; it must be taken before the next."""
        self.take("[")
        if self.peek() == "]":
            self._at += 1
            return
        while True:
            self._forget()
            yield None
            if not self._has_more("]"):
                return

    def _has_more(self, end: str) -> bool:
        found = self.peek()
        if found not in (",", end) or not found:
            raise self._bad(f"',' or '{end}' was expected")
        self._at += 1
        return found == ","

    def value(self, max_characters: int) -> str:
        """The text of the next value, whatever it is."""
        first = self.peek()
        if first == '"':
            end = self._end_of_string(self._at, max_characters)
        elif first and first in "[{":
            end = self._end_of_brackets(max_characters)
        else:
            end = self._end_of_scalar(max_characters)
        return self._cut(end)

    def numbers(self, max_characters: int) -> str:
        """As value(), quickly, for nested lists of numbers alone: up to the last bracket before a text or an object."""
        if self.peek() != "[":
            return self.value(max_characters)
        at = self._at
        while (match := _NO_NUMBERS.search(self._text, at)) is None:
            at = len(self._text)
            self._check_length(at, max_characters)
            if not self._fill():
                raise self._bad("it ends early")
        end = self._text.rfind("]", self._at, match.start()) + 1
        self._check_length(end, max_characters)
        return self._cut(end) if end else self.value(max_characters)

    def skip(self) -> None:
        """Past the next value, of any length."""
        if self.peek() and self.peek() in "[{":
            for _ in self.elements() if self.peek() == "[" else self.members():
                self.value(CHUNK_BYTES)
        else:
            self.value(CHUNK_BYTES)

    def finish(self) -> None:
        if self.peek():
            raise self._bad("there is more after the end")

    def _end_of_scalar(self, limit: int) -> int:
        while True:
            match = _SCALAR.match(self._text, self._at)
            end = match.end() if match else self._at
            self._check_length(end, limit)
            if end < len(self._text) or not self._fill():
                break
        if end == self._at:
            raise self._bad("a value was expected")
        return end

    def _end_of_string(self, start: int, limit: int) -> int:
        while (match := _STRING.match(self._text, start)) is None:
            self._check_length(len(self._text), limit)
            if not self._fill():
                raise self._bad("a text does not end")
        self._check_length(match.end(), limit)
        return match.end()

    def _end_of_brackets(self, limit: int) -> int:
        at, depth = self._at, 0
        while True:
            match = _BRACKET.search(self._text, at)
            self._check_length(match.start() if match else len(self._text), limit)
            if match is None:
                at = len(self._text)
                if not self._fill():
                    raise self._bad("it ends early")
                continue
            if match[0] == '"':
                at = self._end_of_string(match.start(), limit)
                continue
            at = match.end()
            depth += 1 if match[0] in "[{" else -1
            if depth > MAX_DEPTH:
                raise self._bad("it is nested too deeply")
            if not depth:
                return at

    def _check_length(self, end: int, limit: int) -> None:
        if end - self._at > limit:
            raise self._bad(f"a value is longer than {limit} characters")

    def _cut(self, end: int) -> str:
        found = self._text[self._at : end]
        self._at = end
        return found

    def _fill(self) -> bool:
        """Read on; False when there is no more."""
        if self._is_all:
            return False
        raw = self._file.read(CHUNK_BYTES)
        self._is_all = not raw
        try:
            more = self._decoder.decode(raw, final=self._is_all)
        except UnicodeDecodeError as error:
            raise BadJson("the text is not UTF-8") from error
        self._text += more
        return True

    def _forget(self) -> None:
        """Let go of what has been taken, once it is worth it. Between values only: places in a value would move."""
        if self._at < CHUNK_BYTES:
            return
        self._passed += self._at
        self._text = self._text[self._at :]
        self._at = 0

    def _bad(self, reason: str) -> BadJson:
        return BadJson(f"{reason} at character {self._passed + self._at + 1}")
