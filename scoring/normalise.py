"""One file of a stranger -> plain cells, or all that is wrong with it. Runs where there is no truth."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import BinaryIO

from scoring.contract import Contract, KindContract, RasterContract, Scene, TableContract
from scoring.errors import InvalidPrediction, Problems
from scoring.formats.archives import Archive, Entry, open_archive
from scoring.formats.cells import CellWriter
from scoring.formats.fast_tables import Resume, read_plain_rows
from scoring.formats.rasters import read_scene
from scoring.formats.sniffing import description_of, format_of, head_of, names_of
from scoring.formats.tables import read_table
from scoring.kinds import part_of
from scoring.pairing import match_scenes

SPARE_BYTES = 4 * 1024 * 1024


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
    elif format_of(head_of(path)) == "zip":
        with open_archive(path) as archive:
            _read_archive(archive, contract, writer, problems)
    else:
        _read_single(path, contract, writer, problems)


def _read_table(path: Path, contract: TableContract, writer: CellWriter | None, problems: Problems) -> None:
    write = writer.write_chunk if writer else None
    rows, is_all = read_plain_rows(path, contract, write)
    if not is_all:
        read_table(path, contract, problems, Resume(write, rows) if write else None)
    if writer is not None and not problems:
        writer.end_table()


def _read_single(path: Path, contract: RasterContract, writer: CellWriter | None, problems: Problems) -> None:
    head = head_of(path)
    if format_of(head) not in contract.formats:
        expected = f"{names_of(contract.formats)}, or a ZIP of them"
        problems.add("unknown_format", "", found=description_of(head), expected=expected)
    elif len(contract.scenes) > 1:
        problems.add("needs_zip", "", scenes=len(contract.scenes))
    else:
        read_scene(path, contract.scenes[0], contract, problems, writer.write_band if writer else None)


def _read_archive(archive: Archive, contract: RasterContract, writer: CellWriter | None, problems: Problems) -> None:
    """Scene by scene in the order of the contract; one is unpacked at a time and deleted before the next."""
    entries = {entry.name: entry for entry in archive.entries}
    names = match_scenes(entries, contract, problems)
    for scene in contract.scenes:
        if scene.name not in names:
            continue
        try:
            _read_entry(archive, entries[names[scene.name]], scene, contract, writer, problems)
        except InvalidPrediction as error:
            problems.include(error)


def _read_entry(
    archive: Archive,
    entry: Entry,
    scene: Scene,
    contract: RasterContract,
    writer: CellWriter | None,
    problems: Problems,
) -> None:
    with archive.unpacked(entry, max_entry_bytes(scene)) as path:
        read_scene(path, scene, contract, problems, writer.write_band if writer else None)


def max_entry_bytes(scene: Scene) -> int:
    """No raster of this shape needs more: 16-bit cells, overviews of a third, and as much again for clumsy writers."""
    return scene.cells * 2 * 2 + SPARE_BYTES
