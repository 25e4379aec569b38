"""One file of a stranger -> plain cells, or all that is wrong with it. Runs where there is no truth."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import BinaryIO

from scoring.contract import Contract, KindContract, TableContract
from scoring.errors import InvalidPrediction, Problems
from scoring.formats.cells import CellWriter
from scoring.kinds import part_of


def normalise(path: Path, contract: Contract, stream: BinaryIO | None) -> Problems:
    """Check a prediction and write its cells; what was written only counts when no problem is returned.

    `stream` None: check only.
    """
    problems = Problems()
    try:
        _check_file(path, contract, problems)
        if not problems:
            writer = CellWriter(stream, contract) if stream is not None else None
            _read(path, contract, writer, problems)
            if writer is not None and not problems:
                writer.finish()
    except InvalidPrediction as error:
        problems.include(error)
    return problems


def _check_file(path: Path, contract: Contract, problems: Problems) -> None:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise FileNotFoundError(f"{path.name} is not a plain file")
    if not status.st_size:
        problems.add("empty_file")
    if status.st_size > contract.max_file_bytes:
        problems.add("file_too_large", bytes=status.st_size, max_bytes=contract.max_file_bytes)


def _read(path: Path, contract: Contract, writer: CellWriter | None, problems: Problems) -> None:
    if isinstance(contract, KindContract):
        part_of(contract.kind, "reading").read(path, contract, writer, problems)
    elif isinstance(contract, TableContract):
        _read_table(path, contract, writer, problems)
    else:
        from scoring.formats.mask_files import read_masks  # nor does a box of tables need GDAL's side

        read_masks(path, contract, writer, problems)


def _read_table(path: Path, contract: TableContract, writer: CellWriter | None, problems: Problems) -> None:
    # A box of masks does not need it, and starting is most of the cost of an ordinary submission.
    from scoring.formats.table_files import read_table_file

    read_table_file(path, contract, writer, problems)
