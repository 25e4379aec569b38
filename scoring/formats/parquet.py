"""Parquet of strangers -> the same columns as a CSV, held to the same grammar, with the same problems.

Theory of operation. A Parquet file says at its end where everything is and how large it gets: sizes are read there and
held against limits before anything is unpacked. What is accepted is small on purpose: flat columns of texts, whole
numbers and floating-point numbers, in encodings that cannot blow up. Nested, dictionary-typed (pandas' categories),
decimal, date and encrypted columns are refused; so are nulls, like empty cells. Texts are unpacked as dictionaries, so
that a long text that stands in a million rows is seen once, and refused, before it is copied into each of them.

The types are as strict as the grammar of a CSV: a column of whole numbers must be stored as whole numbers (3.0 is none,
there as here), a column of numbers may be. Lines are counted as if the table were written as CSV: the first row is in
line 2. What the end of the file says may be a lie; then the limits of the box hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from scoring.contract import Field, TableContract
from scoring.errors import Problems, quoted
from scoring.formats.cells import CHUNK_ROWS, MAX_TEXT_BYTES, Column, padded
from scoring.formats.fast_tables import Write, lengths_of, letters_of
from scoring.formats.sniffing import PARQUET_HEAD
from scoring.formats.tables import Layout, Row, StopReading, columns_of, layout_of
from scoring.formats.values import MAX_INTEGER, MAX_NUMBER, BadValue, parser_of

ENCRYPTED: Final = b"PARE"
MAX_FOOTER_BYTES: Final = 16 * 1024 * 1024
MAX_GROUPS: Final = 10_000
SPARE_BYTES: Final = 1024 * 1024
ENCODINGS: Final = frozenset(
    {"PLAIN", "PLAIN_DICTIONARY", "RLE_DICTIONARY", "RLE", "BIT_PACKED", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"}
)
TYPES: Final = {
    "string": ("string", "large_string"),
    "integer": ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"),
    "number": ("float", "double", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"),
}
EXPECTED: Final = {"string": "text", "integer": "a whole number of at most 64 bits", "number": "a number"}
WIDEST: Final = {"string": MAX_TEXT_BYTES + 4, "integer": 8, "number": 8}
_CONTROL_PATTERN: Final = r"[\x00-\x1f\x7f-\x{9f}\x{2028}\x{2029}]"


def read_parquet(path: Path, contract: TableContract, problems: Problems, write: Write | None) -> int:
    """Check a table and hand it over in chunks; the number of rows. Nothing is written once something is wrong."""
    import pyarrow as pa  # heavy; only contests with Parquet pay

    layout = layout_of(contract)
    try:
        _check_frame(path, problems)
        return _read(path, layout, problems, write)
    except StopReading:
        return 0
    except (pa.ArrowException, OSError, MemoryError, UnicodeDecodeError):
        problems.add("parquet_unreadable")
        return 0


def _stop(problems: Problems, code: str, where: str = "", **params: Any) -> None:
    problems.add(code, where, **params)
    raise StopReading


def _check_frame(path: Path, problems: Problems) -> None:
    """Both magic words, and an end that is not larger than it may be."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - 8))
        tail = file.read(8)
    if tail[4:] == ENCRYPTED:
        _stop(problems, "unknown_format", found="Parquet that is encrypted", expected="Parquet")
    footer = int.from_bytes(tail[:4], "little")
    if tail[4:] != PARQUET_HEAD or footer > min(MAX_FOOTER_BYTES, size - 12):
        _stop(problems, "parquet_unreadable")


def _read(path: Path, layout: Layout, problems: Problems, write: Write | None) -> int:
    import pyarrow.parquet as pq

    texts = [field.name for field in layout.fields if field.type == "string"]
    limits = {"thrift_string_size_limit": MAX_FOOTER_BYTES, "thrift_container_size_limit": 1_000_000}
    with pq.ParquetFile(path, memory_map=False, pre_buffer=False, **limits) as file:
        _check_names(file, layout, problems)
        _check_types(file, layout, problems)
        _check_sizes(file.metadata, layout, problems)
    with pq.ParquetFile(path, memory_map=False, pre_buffer=False, read_dictionary=texts, **limits) as file:
        return _read_rows(file, layout, problems, write)


def _check_names(file: Any, layout: Layout, problems: Problems) -> None:
    """As the first line of a CSV."""
    columns_of(Row(1, list(file.schema_arrow.names)), layout.names, problems, exactly=True)


def _check_types(file: Any, layout: Layout, problems: Problems) -> None:
    before = problems.total
    for field in layout.fields:
        type_ = file.schema_arrow.field(field.name).type
        if str(type_) not in TYPES[field.type]:
            found = quoted(str(type_), 40)
            problems.add("parquet_type", "", column=quoted(field.name), found=found, expected=EXPECTED[field.type])
    if problems.total > before:
        raise StopReading


def _check_sizes(metadata: Any, layout: Layout, problems: Problems) -> None:
    if metadata.num_rows > layout.max_rows:
        _stop(problems, "csv_too_many_rows", max_rows=layout.max_rows, rows=layout.rows)
    if not metadata.num_rows:
        _stop(problems, "csv_no_rows")
    groups = metadata.num_row_groups
    if groups > MAX_GROUPS or sum(metadata.row_group(one).num_rows for one in range(groups)) != metadata.num_rows:
        _stop(problems, "parquet_unreadable")
    types = {field.name: field.type for field in layout.fields}
    for number in range(groups):
        group = metadata.row_group(number)
        for place in range(group.num_columns):
            _check_column(group.column(place), group.num_rows, types, problems)


def _check_column(column: Any, rows: int, types: dict[str, str], problems: Problems) -> None:
    name = column.path_in_schema
    most = 2 * rows * WIDEST[types.get(name, "number")] + SPARE_BYTES
    if name not in types or column.num_values != rows or not set(column.encodings) <= ENCODINGS:
        _stop(problems, "parquet_unreadable")
    if not 0 <= column.total_uncompressed_size <= most:
        size = int(column.total_uncompressed_size)
        _stop(problems, "parquet_too_large", column=quoted(name), bytes=size, max_bytes=most)


# -- rows -------------------------------------------------------------------------------------------------------------


def _read_rows(file: Any, layout: Layout, problems: Problems, write: Write | None) -> int:
    rows, ids, said = 0, list[Any](), file.metadata.num_rows
    key = layout.names.index(layout.key)
    for columns in _batches(file, layout):
        checked = [
            _checked(column, field, layout, rows, problems)
            for column, field in zip(columns, layout.fields, strict=True)
        ]
        rows += len(columns[0])
        values = [column for column in checked if column is not None]
        if write is not None and not problems and len(values) == len(checked):
            write(values)
        ids += [checked[key]] if checked[key] is not None else []
        if problems.total > 1000:
            return rows
    if rows != said:
        _stop(problems, "parquet_unreadable")
    if not problems:
        _check_ids(ids, problems)
    return rows


def _batches(file: Any, layout: Layout) -> Iterator[list[Any]]:
    for batch in file.iter_batches(batch_size=CHUNK_ROWS, columns=layout.names, use_threads=False):
        yield [batch.column(batch.schema.get_field_index(name)) for name in layout.names]


def _checked(column: Any, field: Field, layout: Layout, before: int, problems: Problems) -> Column | None:
    """A column of plain values; None when one of them is not as it should be, which was told then."""
    for index in np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False)):
        line = before + int(index) + 2
        problems.add("csv_empty", f"line {line}", line=line, column=quoted(field.name))
    if column.null_count:
        return None
    is_key = field.name == layout.key
    if field.type == "string":
        return _texts(column, field, is_key, before, problems)
    values = column.to_numpy(zero_copy_only=False)
    values = values.astype(np.int64 if field.type == "integer" else np.float64)
    wrong = np.flatnonzero(~_fits(values, field, is_key))
    _tell(wrong, [_shown(values[index]) for index in wrong[:1000]], field, is_key, before, problems)
    return None if len(wrong) else values


def _fits(values: npt.NDArray[Any], field: Field, is_key: bool) -> npt.NDArray[np.bool_]:
    most = MAX_NUMBER if field.type == "number" else np.iinfo(np.int64).max if is_key else MAX_INTEGER
    fits: npt.NDArray[np.bool_] = (values >= -most) & (values <= most) & np.isfinite(values)
    if field.minimum is not None:
        fits &= values >= field.minimum
    if field.maximum is not None:
        fits &= values <= field.maximum
    if field.enum:
        fits &= np.isin(values, [float(word) for word in field.enum])
    return fits


def _shown(value: Any) -> str:
    """As it would stand in a CSV."""
    return repr(value.item())


def _texts(column: Any, field: Field, is_key: bool, before: int, problems: Problems) -> Column | None:
    """The different texts are looked at once each; only then are they copied into their rows."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column.validate(full=True)  # a damaged file can point behind the last word
    words = column.dictionary.cast(pa.string())
    places = column.indices.to_numpy(zero_copy_only=False)
    sizes = pc.binary_length(words).to_numpy(zero_copy_only=False)
    is_wrong = (sizes == 0) | (sizes > MAX_TEXT_BYTES)
    is_wrong |= pc.match_substring_regex(words, _CONTROL_PATTERN).to_numpy(zero_copy_only=False)
    if field.enum:
        is_wrong |= ~pc.is_in(words, pa.array(field.enum)).to_numpy(zero_copy_only=False)
    wrong = np.flatnonzero(is_wrong[places])
    if len(wrong):
        texts = [words[int(places[index])].as_py()[: MAX_TEXT_BYTES + 1] for index in wrong[:1000]]
        _tell(wrong, texts, field, is_key, before, problems)
        return None
    column_of_texts: Column = padded(letters_of(words).data, lengths_of(words))[places]
    return column_of_texts


def _tell(
    wrong: npt.NDArray[np.int64], texts: list[str], field: Field, is_key: bool, before: int, problems: Problems
) -> None:
    """The very sentences that a CSV with these cells would get."""
    parse = parser_of(field, is_key=is_key)
    for index, text in zip(wrong.tolist(), texts, strict=False):
        line = before + index + 2
        try:
            parse(text)
        except BadValue as bad:
            problems.add(bad.code, f"line {line}", line=line, column=quoted(field.name), **bad.params)
        else:
            shown = quoted(text, 40)
            problems.add("csv_number_range", f"line {line}", line=line, column=quoted(field.name), value=shown)


def _check_ids(chunks: list[Any], problems: Problems) -> None:
    """Each id once; the line of the second and of the first one are told."""
    ids = np.concatenate(chunks)
    if bool((ids[1:] > ids[:-1]).all()):
        return
    order = np.argsort(ids, kind="stable")
    in_order = ids[order]
    again = np.flatnonzero(in_order[1:] == in_order[:-1]) + 1
    for place in again[np.argsort(order[again])]:
        line, first = int(order[place]) + 2, int(order[np.searchsorted(in_order, in_order[place])]) + 2
        value = in_order[place]
        text = value.decode() if isinstance(value, bytes) else str(value)
        problems.add("csv_id_twice", f"line {line}", line=line, id=quoted(text, 40), first_line=first)
