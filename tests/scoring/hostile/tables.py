"""Hostile and mistaken tables for a task with ids a, b, c and a number y between -1000 and 1e6, and a word w."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Attack:
    name: str
    data: bytes
    codes: tuple[str, ...]
    words: str = ""

    def __str__(self) -> str:
        return self.name


def rows(*lines: str, header: str = "id,y,w", end: str = "\n") -> bytes:
    return (end.join([header, *lines]) + end).encode()


def number(text: str) -> bytes:
    return rows("a,1,x", f"b,{text},x", "c,3,x")


def not_a_number(text: str, name: str) -> Attack:
    return Attack(f"number: {name}", number(text), ("csv_not_number",), "Line 3, column 'y'")


ATTACKS: Final = (
    Attack("empty", b"", ("empty_file",)),
    Attack("only a header", b"id,y,w\n", ("csv_no_rows",)),
    Attack("no header", rows("a,1,x", "b,2,x", header="1,2,3"), ("csv_no_header",), "'id,y,w'"),
    Attack("ZIP, perhaps a workbook", b"PK\x03\x04" + bytes(99), ("unknown_format",), "ZIP"),
    Attack("gzip", b"\x1f\x8b\x08" + bytes(99), ("unknown_format",), "gzip"),
    Attack("UTF-16", "id,y,w\na,1,x\n".encode("utf-16"), ("csv_utf16",)),
    Attack("Shift JIS", "id,y,w\na,1,海\n".encode("shift_jis"), ("csv_encoding",), "Line 2"),
    Attack("NUL", b"id,y,w\na,1\0,x\n", ("csv_nul",), "Line 2"),
    Attack("old Mac line ends", rows("a,1,x", "b,2,x", "c,3,x", end="\r"), ("csv_syntax",)),
    Attack("missing column", rows("a,x", "b,x", header="id,w"), ("csv_column_missing",), "'y'"),
    Attack("extra column", rows("a,1,x,9", header="id,y,w,note"), ("csv_column_extra",), "'note'"),
    Attack("column twice", rows("a,1,x,2", header="id,y,w,y"), ("csv_column_twice",), "'y'"),
    Attack("blank in a column name", rows("a,1,x", header="id, y,w"), ("csv_column_missing", "csv_column_extra")),
    Attack("ten thousand columns", rows("a", header="id,y,w" + ",z" * 10_000), ("csv_column_extra",) * 20),
    Attack("row too short", rows("a,1,x", "b,2", "c,3,x"), ("csv_ragged",), "Line 3 has 2 values; it must have 3"),
    Attack("row too long", rows("a,1,x", "b,2,x,9", "c,3,x"), ("csv_ragged",), "4 values"),
    Attack("blank line inside", rows("a,1,x", "", "b,2,x", "c,3,x"), ("csv_blank",), "Line 3"),
    Attack(
        "id twice",
        rows("a,1,x", "b,2,x", "c,3,x", "a,4,x"),
        ("csv_id_twice",),
        "Line 5: id 'a' was already given in line 2",
    ),
    Attack("empty id", rows(",1,x", "b,2,x", "c,3,x"), ("csv_empty",), "Line 2, column 'id'"),
    Attack("control character in an id", rows("a\x1b[2J,1,x"), ("csv_text",), "u{1b}"),
    Attack("id of a thousand letters", rows("a" * 1000 + ",1,x"), ("csv_text",)),
    Attack("value of 200 kB", rows("a," + "1" * 200_000 + ",x"), ("csv_field_too_long",), "Line 2"),
    Attack("line of a megabyte", rows("a,1,x" * 300_000), ("csv_line_too_long",), "Line 2"),
    Attack("quote that never ends", rows('a,1,"x', "b,2,x", "c,3,x"), ("csv_syntax",)),
    Attack("quote around a line end", rows('a,1,"x\ny"', "b,2,x"), ("csv_text",), "Line 2"),
    Attack("quote in the middle", rows('a,1,"x"y', "b,2,x"), ("csv_syntax",), "Line 2"),
    not_a_number("nan", "nan"),
    not_a_number("NaN", "NaN"),
    not_a_number("inf", "inf"),
    not_a_number("-Infinity", "-Infinity"),
    not_a_number("１２", "full-width digits"),
    not_a_number("٣", "Arabic digits"),
    not_a_number("1_000", "underscores"),
    not_a_number(" 1", "blank before"),
    not_a_number("1 ", "blank after"),
    not_a_number("1\u00a0", "no-break space after"),
    not_a_number("0x10", "hexadecimal"),
    not_a_number("1e", "no exponent"),
    not_a_number(".", "a point"),
    not_a_number("--1", "two signs"),
    not_a_number("−1", "a typographic minus"),
    not_a_number("1.2.3", "two points"),
    not_a_number("true", "true"),
    not_a_number("=1+1", "a formula"),
    not_a_number("1" * 4000, "four thousand digits"),
    Attack("number: empty", number(""), ("csv_empty",), "Line 3, column 'y'"),
    Attack("number: 1e400", number("1e400"), ("csv_number_range",)),
    Attack("number: -1e300", number("-1e300"), ("csv_number_range",)),
    Attack("number: 1e-400", number("1e-400"), ("csv_number_range",)),
    Attack("number: below the minimum", number("-1000.5"), ("csv_minimum",), "less than -1000"),
    Attack("number: above the maximum", number("1000001"), ("csv_maximum",)),
    Attack("word outside the list", rows("a,1,z", "b,2,x", "c,3,x"), ("csv_enum",), "not one of x, y"),
    Attack("too many rows", rows(*(f"r{n},1,x" for n in range(1100))), ("csv_too_many_rows",), "must have 3"),
    Attack("twenty-five mistakes", rows(*(f"r{n},?,x" for n in range(25))), ("csv_not_number",) * 20),
)

MISALIGNED: Final = (
    Attack("missing id", rows("a,1,x", "b,2,x"), ("id_missing",), "Id 'c' is missing"),
    Attack("extra id", rows("a,1,x", "b,2,x", "c,3,x", "d,4,x"), ("id_unexpected",), "Line 5: id 'd'"),
    Attack("another id", rows("a,1,x", "b,2,x", "C,3,x"), ("id_unexpected", "id_missing"), "Line 4"),
    Attack("blank around an id", rows("a,1,x", "b,2,x", "c ,3,x"), ("id_unexpected", "id_missing")),
    Attack("id that begins as another", rows("a,1,x", "b,2,x", "cc,3,x"), ("id_unexpected", "id_missing")),
    Attack("only strangers", rows("p,1,x", "q,2,x"), ("id_unexpected",) * 2 + ("id_missing",) * 3),
)

WHOLE_IDS: Final = (
    ("id as a decimal", b"id,y\n1.0,1\n2,2\n", "csv_not_integer"),
    ("id with leading zeros", b"id,y\n01,1\n2,2\n", "csv_not_integer"),
    ("id with a plus", b"id,y\n+1,1\n2,2\n", "csv_not_integer"),
    ("id minus zero", b"id,y\n-0,1\n2,2\n", "csv_not_integer"),
    ("id of nineteen nines", b"id,y\n9999999999999999999,1\n2,2\n", "csv_number_range"),
    ("id of forty digits", b"id,y\n" + b"9" * 40 + b",1\n2,2\n", "csv_not_integer"),
    ("id in full-width digits", "id,y\n１,1\n2,2\n".encode(), "csv_not_integer"),
)
