"""A table of a stranger in any format that its contract accepts -> plain columns."""

from __future__ import annotations

from pathlib import Path

from scoring.contract import TableContract
from scoring.errors import Problems
from scoring.formats.cells import CellWriter
from scoring.formats.fast_tables import Resume, Write, read_plain_rows
from scoring.formats.sniffing import PARQUET_HEAD, head_of
from scoring.formats.tables import read_table


def read_table_file(path: Path, contract: TableContract, writer: CellWriter | None, problems: Problems) -> None:
    """What the file is, its first bytes say, and not its name."""
    write = writer.write_chunk if writer else None
    if "parquet" in contract.formats and head_of(path).startswith(PARQUET_HEAD):
        from scoring.formats.parquet import read_parquet  # loads Arrow

        read_parquet(path, contract, problems, write)
    else:
        _read_text(path, contract, write, problems)
    if writer is not None and not problems:
        writer.end_table()


def _read_text(path: Path, contract: TableContract, write: Write | None, problems: Problems) -> None:
    rows, is_all = read_plain_rows(path, contract, write)
    if not is_all:
        read_table(path, contract, problems, Resume(write, rows) if write else None)
