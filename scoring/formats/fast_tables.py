"""The same CSV and TSV as tables.py, a column at a time: for large files of which nothing is wrong, as most are.

Arrow splits the lines and checks whole columns at once. It is only asked where there is nothing to disagree about: no
quotation mark, no NUL, no lone carriage return, no byte order mark in the file. As soon as anything looks wrong it
stops, and tables.py reads the file from the start: it goes on writing where this reader stopped, or says what is wrong.
So this file decides nothing, it only saves time: nine tenths of it for a million rows.

Regular expressions are slow, so numbers are told by the letters of a whole column, which hardly leave a choice, and by
what Arrow makes of them; a regular expression sees only those in exponential notation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from scoring.contract import Field, TableContract
from scoring.errors import Problems
from scoring.formats.cells import CHUNK_ROWS, MAX_TEXT_BYTES, Column, padded
from scoring.formats.sniffing import head_of
from scoring.formats.tables import MAX_LINE_BYTES, UTF8_MARK, Layout, Row, StopReading, columns_of, layout_of
from scoring.formats.truth_store import keys_of
from scoring.formats.values import MAX_DIGITS, MAX_INTEGER, MAX_NUMBER, NUMBER_PATTERN

MIN_BYTES: Final = 2 * 1024 * 1024  # below, starting Arrow costs more than it saves
BLOCK_BYTES: Final = 1024 * 1024
_CONTROL_PATTERN: Final = r"[\x00-\x1f\x7f-\x{9f}\x{2028}\x{2029}]"
Write = Callable[[list[Column]], None]


class NotPlain(Exception):
    """Something looks wrong, or needs a closer look."""


def read_plain_rows(path: Path, contract: TableContract, write: Write | None) -> tuple[int, bool]:
    """Read as far as all is plain: the rows that were written, and whether that was the whole valid file."""
    return read_plain_layout(path, layout_of(contract, head_of(path)), write)


def read_plain_layout(path: Path, layout: Layout, write: Write | None) -> tuple[int, bool]:
    """As read_plain_rows, of any columns."""
    written = 0
    if path.stat().st_size < MIN_BYTES:
        return 0, False
    try:
        _check_bytes(path)
        ids = Ids(layout)
        for columns in _batches(path, layout):
            plain = [_plain(column) for column in columns]
            ids.add(plain)
            if write is not None:
                write(plain)
            written += len(plain[0])
        ids.check()
    except NotPlain:
        return written, False
    return written, True


class Resume:
    """Hands over what comes after the first `rows` rows, which were handed over already."""

    def __init__(self, write: Write, rows: int) -> None:
        self._write = write
        self._rows = rows

    def __call__(self, columns: list[Column]) -> None:
        rows = len(columns[0])
        if rows > self._rows:
            self._write([column[self._rows :] for column in columns])
        self._rows = max(0, self._rows - rows)


def _check_bytes(path: Path) -> None:
    last = b""
    with path.open("rb") as file:
        while block := file.read(4 * BLOCK_BYTES):
            if b'"' in block or b"\0" in block:
                raise NotPlain
            if b"\r" in block and block.count(b"\r") != block.count(b"\r\n") + block.endswith(b"\r"):
                raise NotPlain
            if not last and block.startswith((UTF8_MARK, b"\xff\xfe", b"\xfe\xff")):
                raise NotPlain
            if block.endswith(b"\r"):
                block += file.read(1)
                if not block.endswith(b"\r\n"):
                    raise NotPlain
            last = block[-1:]


def _header(path: Path, layout: Layout) -> list[str]:
    with path.open("rb") as file:
        line = file.readline(MAX_LINE_BYTES)
    try:
        names = line.decode().rstrip("\r\n").split(layout.delimiter)
        columns_of(Row(1, names), layout.names, Problems(), exactly=layout.is_exact)
    except (UnicodeDecodeError, StopReading) as error:
        raise NotPlain from error
    return names


def _batches(path: Path, layout: Layout) -> Iterator[list[Any]]:
    """Checked Arrow and numpy columns in the order of the contract, at most CHUNK_ROWS rows at a time."""
    import pyarrow as pa  # heavy; small files do without
    from pyarrow import csv

    names = _header(path, layout)
    try:
        reader = csv.open_csv(
            path,
            read_options=csv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES),
            parse_options=csv.ParseOptions(delimiter=layout.delimiter, quote_char=False, ignore_empty_lines=False),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=layout.names,
                strings_can_be_null=False,
                check_utf8=True,
            ),
        )
        rows = 0
        for batch in reader:
            rows += len(batch)
            if rows > layout.max_rows:
                raise NotPlain
            for start in range(0, len(batch), CHUNK_ROWS):
                piece = batch.slice(start, CHUNK_ROWS)
                yield [_checked(piece.column(one.name), one, layout) for one in layout.fields]
    except pa.ArrowException as error:
        raise NotPlain from error
    if not rows:
        raise NotPlain


def _checked(column: Any, field: Field, layout: Layout) -> Any:
    """A whole column as numbers, or as an Arrow array of texts; NotPlain when one cell is not as it should be."""
    if field.type == "string":
        return _texts(column, field)
    values = _numbers(column) if field.type == "number" else _integers(column, field.name == layout.key)
    low, high = field.minimum, field.maximum
    _need(low is None or bool((values >= low).all()))
    _need(high is None or bool((values <= high).all()))
    _need(not field.enum or bool(np.isin(values, [float(word) for word in field.enum]).all()))
    return values


def _texts(column: Any, field: Field) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    sizes, letters = lengths_of(column), letters_of(column)
    _need(bool(((sizes > 0) & (sizes <= MAX_TEXT_BYTES)).all()))
    if not _ASCII[letters].all():  # control characters, or letters among which there may be some
        _need(not pc.any(pc.match_substring_regex(column, _CONTROL_PATTERN)).as_py())
    _need(not field.enum or bool(pc.all(pc.is_in(column, pa.array(field.enum))).as_py()))
    return column


def letters_of(column: Any) -> npt.NDArray[np.uint8]:
    """All texts of a column, one after another, as bytes."""
    _, ends, data = column.buffers()
    edges = np.frombuffer(ends, np.int32)[column.offset : column.offset + len(column) + 1]
    return np.frombuffer(data, np.uint8)[edges[0] : edges[-1]] if data is not None else np.empty(0, np.uint8)


def lengths_of(column: Any) -> npt.NDArray[np.int32]:
    edges = np.frombuffer(column.buffers()[1], np.int32)[column.offset : column.offset + len(column) + 1]
    return np.diff(edges)


def _table(letters: bytes) -> npt.NDArray[np.bool_]:
    table = np.zeros(256, bool)
    table[np.frombuffer(letters, np.uint8)] = True
    return table


_PLAIN: Final = _table(b"0123456789.-")
_EXPONENT: Final = _table(b"0123456789.-+eE")
_DIGITS: Final = _table(b"0123456789-")
_ASCII: Final = _table(bytes(range(32, 127)))


def _numbers(column: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    letters = letters_of(column)
    if not _PLAIN[letters].all():
        _need(bool(_EXPONENT[letters].all()))
        others = column.filter(pc.match_substring_regex(column, "[eE+]"))
        _need(pc.all(pc.match_substring_regex(others, rf"\A{NUMBER_PATTERN}\z")).as_py())
    _need(int(lengths_of(column).max()) <= MAX_DIGITS)
    values = pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False)
    _need(bool((np.abs(values) <= MAX_NUMBER).all()))
    zeros = column.filter(pa.array(values == 0))
    _need(not pc.any(pc.match_substring_regex(zeros, r"\A[^eE]*[1-9]")).as_py())
    return values


_POWERS: Final = 10 ** np.arange(1, 19, dtype=np.int64)


def _integers(column: Any, is_key: bool) -> Any:
    """Only one text means a whole number: it has as many letters as the number needs, so no zeros in front."""
    import pyarrow as pa
    import pyarrow.compute as pc

    _need(bool(_DIGITS[letters_of(column)].all()))
    values = pc.cast(column, pa.int64()).to_numpy(zero_copy_only=False)
    _need(bool((values > np.iinfo(np.int64).min).all()))
    needed = np.searchsorted(_POWERS, np.abs(values), side="right") + 1 + (values < 0)
    _need(bool((needed == lengths_of(column)).all()))
    _need(is_key or bool((np.abs(values) <= MAX_INTEGER).all()))
    return values


def _need(is_so: bool) -> None:
    if not is_so:
        raise NotPlain


def _plain(column: Any) -> Column:
    return column if isinstance(column, np.ndarray) else padded(letters_of(column).data, lengths_of(column))


class Ids:
    """All ids, to see at the end whether one came twice."""

    def __init__(self, layout: Layout) -> None:
        self._place = layout.names.index(layout.key)
        self._chunks: list[Column] = []

    def add(self, columns: list[Column]) -> None:
        self._chunks.append(columns[self._place])

    def check(self) -> None:
        """Of texts their hashes: two texts of one hash are looked at more closely by the careful reader."""
        keys = keys_of(np.concatenate(self._chunks), 0)
        if not bool((keys[1:] > keys[:-1]).all()):  # many tables are in order
            keys = np.sort(keys)
            _need(not bool((keys[1:] == keys[:-1]).any()))
