"""A prediction made of the truth itself, to try an organiser's program with where there is no sample submission."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from scoring.contract import Contract, RasterContract, TableContract
from scoring.errors import quoted
from scoring.formats.cells import CHUNK_ROWS, CellWriter, Column, bands
from scoring.formats.truth_store import RasterTruth, open_layer_truths, open_table_truth
from scoring.kinds import part_of
from scoring.program import ProgramFault
from scoring.program_data import spool
from scoring.reading import load_json


@contextmanager
def truth_as_prediction(contract: Contract, truth: Path) -> Iterator[BinaryIO]:
    """The stream of cells of a prediction that says what the truth says, as far as the contract lets it.

    Raises:
        ProgramFault: the truth lacks columns that a prediction must have.
    """
    manifest = load_json(truth / "manifest.json", "truth")
    with spool() as stream:
        writer = CellWriter(stream, contract)
        if isinstance(contract, TableContract):
            _write_table(writer, truth, manifest, contract)
        elif isinstance(contract, RasterContract):
            _write_rasters(writer, open_layer_truths(truth, manifest, contract))
        else:
            part_of(contract.kind, "program").write_truth(writer, truth, manifest, contract)
        writer.finish()
        stream.seek(0)
        yield stream


def _write_table(writer: CellWriter, folder: Path, manifest: dict[str, Any], contract: TableContract) -> None:
    truth = open_table_truth(folder, manifest, contract)
    columns = {contract.primary_key: truth.ids, **truth.columns}
    missing = [one.name for one in contract.fields if one.name not in columns]
    if missing:
        raise ProgramFault(
            f"the truth has no column {quoted(missing[0])}, so it is no prediction to try the program with; "
            "give the task a sample submission"
        )
    for start in range(0, truth.rows, CHUNK_ROWS):
        rows = slice(start, start + CHUNK_ROWS)
        writer.write_chunk([_column(columns[one.name][rows], one.type) for one in contract.fields])
    writer.end_table()


def _column(values: Any, type_: str) -> Column:
    if type_ == "string":
        return np.asarray(values)
    return np.asarray(values, np.int64) if type_ == "integer" else np.asarray(values, np.float64)


def _write_rasters(writer: CellWriter, truths: Mapping[str, RasterTruth]) -> None:
    """Scene by scene, inside a scene layer by layer."""
    for planes in zip(*(truth.scenes for truth in truths.values()), strict=True):
        for truth, one in zip(truths.values(), planes, strict=True):
            codes = np.load(truth.folder / one.file, mmap_mode="r", allow_pickle=False)
            indices = _class_indices(truth)
            for start, stop in bands(one.scene):
                writer.write_band(indices[codes[start:stop]])


def _class_indices(truth: RasterTruth) -> Any:
    """Code -> class index; values that are no class of a prediction, and cells that do not count, are the first one."""
    indices = np.zeros(truth.pairs, np.uint8)
    for index, value in enumerate(truth.values):
        if value in truth.classes:
            indices[index * len(truth.classes)] = truth.classes.index(value)
    return indices
