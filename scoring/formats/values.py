"""The grammar of a cell of a table: what is a number, a whole number, a text. Strict, because float() is not.

Python's float() takes 'nan', '1_000', full-width digits, surrounding blanks and 1e400; each has won or broken contests.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from scoring.contract import Field
from scoring.errors import Param, quoted
from scoring.formats.cells import MAX_TEXT_BYTES

NUMBER_PATTERN: Final = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,5})?"
INTEGER_PATTERN: Final = r"-?(0|[1-9][0-9]{0,18})"
NUMBER: Final = re.compile(NUMBER_PATTERN, re.ASCII)
INTEGER: Final = re.compile(INTEGER_PATTERN, re.ASCII)
CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
MAX_DIGITS: Final = 100
MAX_NUMBER: Final = 1e100  # its square is still finite, so no sum of errors can overflow
MAX_INTEGER: Final = 2**53  # beyond it a float64 skips whole numbers; ids may use all 64 bits
Value = float | int | bytes


class BadValue(Exception):
    """A cell cannot be used. `code` and `params` belong to a Problem; line and column are added by the reader."""

    def __init__(self, code: str, **params: Param) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


Parse = Callable[[str], Value]


def number(text: str) -> float:
    """A finite decimal number, not so large that its square overflows, not so small that it becomes 0."""
    if len(text) > MAX_DIGITS or not NUMBER.fullmatch(text):
        raise BadValue("csv_not_number", value=quoted(text, 40))
    value = float(text)
    if abs(value) > MAX_NUMBER or (value == 0 and re.search("[1-9]", re.split("[eE]", text)[0])):
        raise BadValue("csv_number_range", value=quoted(text, 40))
    return value


def integer(text: str) -> int:
    """A whole number without leading zeros, within +-2**53."""
    value = integer_id(text)
    if abs(value) > MAX_INTEGER:
        raise BadValue("csv_number_range", value=quoted(text, 40))
    return value


def integer_id(text: str) -> int:
    """A whole number without leading zeros that fits into 64 bits."""
    if not INTEGER.fullmatch(text) or text == "-0":
        raise BadValue("csv_not_integer", value=quoted(text, 40))
    value = int(text)
    if not -(2**63) <= value < 2**63:
        raise BadValue("csv_number_range", value=quoted(text, 40))
    return value


def text_value(text: str) -> bytes:
    """A text as it stands, in UTF-8, without control characters."""
    encoded = text.encode()
    if len(encoded) > MAX_TEXT_BYTES or CONTROL.search(text):
        raise BadValue("csv_text", value=quoted(text, 40), max_bytes=MAX_TEXT_BYTES)
    return encoded


@dataclass(frozen=True, slots=True)
class CellParser:
    """Reads the cells of one column and holds them against its constraints."""

    field: Field
    parse: Parse
    allowed: frozenset[Value]

    def __call__(self, text: str) -> Value:
        if not text:
            raise BadValue("csv_empty")
        value = self.parse(text)
        if self.allowed and value not in self.allowed:
            raise BadValue("csv_enum", value=quoted(text, 40), allowed=list(self.field.enum))
        low, high = self.field.minimum, self.field.maximum
        if not isinstance(value, bytes):
            if low is not None and value < low:
                raise BadValue("csv_minimum", value=quoted(text, 40), minimum=low)
            if high is not None and value > high:
                raise BadValue("csv_maximum", value=quoted(text, 40), maximum=high)
        return value


def parser_of(field: Field, *, is_key: bool) -> CellParser:
    """The parser of a column."""
    parsers: dict[str, Parse] = {
        "string": text_value,
        "number": number,
        "integer": integer_id if is_key else integer,
    }
    allowed = frozenset(_typed(text, field.type) for text in field.enum)
    return CellParser(field, parsers[field.type], allowed)


def _typed(text: str, type_: str) -> Value:
    return text.encode() if type_ == "string" else float(text)
