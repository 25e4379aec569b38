"""CSV and TSV of strangers -> aligned columns, line by line, with the line and column of everything that is wrong.

UTF-8 (a byte order mark at the start is tolerated, spreadsheets write one), comma or tab, lines that end in LF or CRLF,
double quotes where needed but no line end inside them. The columns may stand in any order, the rows too: rows are found
by their id. Everything else must be exactly as the contract says.

This reader is the law, and it explains. For large files fast_tables.py says sooner whether all is well.
"""

from __future__ import annotations

import csv
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from scoring.contract import Field, TableContract
from scoring.errors import Problems, quoted
from scoring.formats.cells import CHUNK_ROWS, Column
from scoring.formats.sniffing import HEAD_BYTES, description_of, format_of, names_of
from scoring.formats.values import BadValue, CellParser, Value, parser_of

MAX_LINE_BYTES: Final = 256 * 1024
MAX_FIELD_BYTES: Final = 4096
MAX_PROBLEMS: Final = 10_000  # after so many nobody reads on
UTF8_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Layout:
    """What is read of a table: the columns of a contract, or those of a truth, which may have more."""

    fields: tuple[Field, ...]
    key: str
    max_rows: int
    rows: int = 0  # as the contract says
    is_exact: bool = True
    delimiter: str = ","

    @property
    def names(self) -> list[str]:
        return [field.name for field in self.fields]


def layout_of(contract: TableContract, head: bytes = b"") -> Layout:
    """More rows than `max_rows` are not even aligned: the ids that are too many are named while there are few."""
    return Layout(
        contract.fields,
        contract.primary_key,
        (contract.rows or 0) * 2 + 1000,
        contract.rows or 0,
        delimiter=delimiter_of(head, contract.formats),
    )


def delimiter_of(head: bytes, formats: Sequence[str]) -> str:
    """A tab where the file's first line has one, or where nothing else is accepted: no name of a column has a tab."""
    if "tsv" not in formats:
        return ","
    return "\t" if "csv" not in formats or b"\t" in head.split(b"\n", 1)[0] else ","


def expected_text(formats: tuple[str, ...]) -> str:
    return "CSV text in UTF-8" if formats == ("csv",) else names_of(formats)


class StopReading(Exception):
    """The rest of the file cannot be understood; the reason has been noted."""


@dataclass
class Lines:
    """The lines of a file as text, each checked and counted. Iterating gives what csv.reader wants."""

    file: BinaryIO
    problems: Problems
    number: int = 0
    max_bytes: int = MAX_LINE_BYTES

    def __iter__(self) -> Iterator[str]:
        while raw := self.file.readline(self.max_bytes + 1):
            self.number += 1
            yield self._text(raw.removeprefix(UTF8_MARK) if self.number == 1 else raw)

    def _text(self, raw: bytes) -> str:
        if len(raw) > self.max_bytes:
            self.stop("csv_line_too_long", max_bytes=self.max_bytes)
        if b"\0" in raw:
            self.stop("csv_nul")
        try:
            return raw.decode()
        except UnicodeDecodeError:
            self.stop("csv_encoding")
        return ""

    def stop(self, code: str, **params: int) -> None:
        self.problems.add(code, f"line {self.number}", line=self.number, **params)
        raise StopReading


@dataclass
class Row:
    line: int
    cells: list[str]


def rows_of(lines: Lines, delimiter: str = ",", *, max_field: int = MAX_FIELD_BYTES) -> Iterator[Row]:
    """The rows of a CSV or TSV with the line that each begins at. Blank lines are refused, except at the very end."""
    csv.field_size_limit(max_field)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    blank = 0
    while True:
        begins_at = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "limit" in str(error):
                lines.stop("csv_field_too_long", max_bytes=max_field)
            lines.stop("csv_syntax")
        if blank and cells:
            lines.problems.add("csv_blank", f"line {blank}", line=blank)
            blank = 0
        if cells:
            yield Row(begins_at, cells)
        else:
            blank = blank or begins_at


# -- header -----------------------------------------------------------------------------------------------------------


def columns_of(
    header: Row | None, wanted: Sequence[str], problems: Problems, *, exactly: bool, delimiter: str = ","
) -> list[int]:
    """Where each wanted column stands. StopReading when the first line does not name them."""
    before = problems.total
    names = header.cells if header else []
    expected = ("<TAB>" if delimiter == "\t" else ",").join(wanted)
    if not set(names) & set(wanted):
        problems.add("csv_no_header", "line 1", expected=quoted(expected, 200))
        raise StopReading
    for name in wanted:
        if name not in names:
            problems.add("csv_column_missing", "line 1", column=quoted(name), expected=quoted(expected, 200))
        elif names.count(name) > 1:
            problems.add("csv_column_twice", "line 1", column=quoted(name))
    known = set(wanted)
    for name in names if exactly else ():
        if name not in known:
            problems.add("csv_column_extra", "line 1", column=quoted(name), expected=quoted(expected, 200))
    if problems.total > before:
        raise StopReading
    return [names.index(name) for name in wanted]


def check_kind(head: bytes, problems: Problems, expected: str = "CSV text in UTF-8") -> None:
    """A file that is no text is told so in one sentence. StopReading then."""
    if not head:
        problems.add("empty_file")
        raise StopReading
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        problems.add("csv_utf16")
        raise StopReading
    looks_binary = (
        format_of(head)
        or b"\0" in head[:4]
        or head[0] in b"\x1f\x80\x89\xff"
        or head[:4] in (b"%PDF", b"GRIB", b"PAR1", b"PARE")
    )
    if looks_binary:
        problems.add("unknown_format", "", found=description_of(head), expected=expected)
        raise StopReading


# -- rows -------------------------------------------------------------------------------------------------------------


@dataclass
class Chunk:
    """Columns under construction, in the order of the contract's fields."""

    layout: Layout
    columns: list[list[Value]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.columns = [[] for _ in self.layout.fields]

    def __len__(self) -> int:
        return len(self.columns[0])

    def as_columns(self) -> list[Column]:
        return [_column(values, one.type) for values, one in zip(self.columns, self.layout.fields, strict=True)]


def _column(values: list[Value], type_: str) -> Column:
    if type_ == "string":
        return np.array([value for value in values if isinstance(value, bytes)], np.bytes_)
    return np.array(values, np.int64) if type_ == "integer" else np.array(values, np.float64)


def read_table(
    path: Path, contract: TableContract, problems: Problems, write: Callable[[list[Column]], None] | None
) -> int:
    """Check a table and hand it over in chunks; the number of rows. Nothing is written once something is wrong."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
            check_kind(head, problems, expected_text(contract.formats))
            file.seek(0)
            return read_rows(Lines(file, problems), layout_of(contract, head), problems, write)
    except StopReading:
        return 0


def read_rows(lines: Lines, layout: Layout, problems: Problems, write: Callable[[list[Column]], None] | None) -> int:
    """As read_table, of a file that was opened. Raises StopReading."""
    rows = rows_of(lines, layout.delimiter)
    header = next(rows, None)
    places = columns_of(header, layout.names, problems, exactly=layout.is_exact, delimiter=layout.delimiter)
    parsers = [parser_of(one, is_key=one.name == layout.key) for one in layout.fields]
    width = len(header.cells) if header else 0
    reader = RowReader(list(zip(places, parsers, strict=True)), width, layout, problems)
    chunk = Chunk(layout)
    for row in rows:
        values = reader.read(row)
        if values is None:
            continue
        for column, value in zip(chunk.columns, values, strict=True):
            column.append(value)
        if len(chunk) == CHUNK_ROWS:
            _hand_over(chunk, problems, write)
    if not reader.count:
        problems.add("csv_no_rows")
    _hand_over(chunk, problems, write)
    return reader.count


def _hand_over(chunk: Chunk, problems: Problems, write: Callable[[list[Column]], None] | None) -> None:
    if write is not None and not problems and len(chunk):
        write(chunk.as_columns())
    chunk.clear()


class RowReader:
    """Reads rows one by one; remembers the ids, to tell a second row of the same one."""

    def __init__(self, columns: list[tuple[int, CellParser]], width: int, layout: Layout, problems: Problems) -> None:
        self._columns = columns
        self._width = width
        self._key = [parser.field.name for _, parser in columns].index(layout.key)
        self._limit = layout.max_rows
        self._rows = layout.rows
        self._problems = problems
        self._seen: dict[Value, int] = {}
        self._lines = array("q")
        self.count = 0

    def read(self, row: Row) -> list[Value] | None:
        """The values of a row in the order of the contract, or None when it has a problem."""
        self.count += 1
        self._stop_when_hopeless()
        where = f"line {row.line}"
        if len(row.cells) != self._width:
            self._problems.add("csv_ragged", where, line=row.line, found=len(row.cells), expected=self._width)
            return None
        values: list[Value] = []
        for place, parse in self._columns:
            try:
                values.append(parse(row.cells[place]))
            except BadValue as bad:
                name = quoted(parse.field.name)
                self._problems.add(bad.code, where, line=row.line, column=name, **bad.params)
        if len(values) != len(self._columns):
            return None
        return values if self._is_new(values[self._key], row) else None

    def _is_new(self, key: Value, row: Row) -> bool:
        first = self._seen.setdefault(key, len(self._lines))
        if first < len(self._lines):
            text = quoted(row.cells[self._columns[self._key][0]], 40)
            self._problems.add(
                "csv_id_twice", f"line {row.line}", line=row.line, id=text, first_line=self._lines[first]
            )
            return False
        self._lines.append(row.line)
        return True

    def _stop_when_hopeless(self) -> None:
        if self.count > self._limit:
            self._problems.add("csv_too_many_rows", "", max_rows=self._limit, rows=self._rows)
            raise StopReading
        if self._problems.total > MAX_PROBLEMS:
            raise StopReading
