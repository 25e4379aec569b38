"""Rows of a prediction + a normalised table -> scores and statistics. Part of scoring/score.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.aggregate import MAX_BLOCKS, BlockSums, block_sums, table_scores, table_statistics
from scoring.alignment import Alignment
from scoring.contract import TableContract
from scoring.formats.cells import CellReader
from scoring.formats.truth_store import Array, TableTruth
from scoring.job import MetricSpec
from scoring.measure import Measure, Measured, measure_of, row_results
from scoring.splits import SCORED, Side
from scoring.terms import BlockTerms, block_terms


@dataclass(frozen=True, slots=True)
class SideRows:
    """The rows of a side in the order in which they are summed, and the blocks in which: slices of that order."""

    rows: slice | npt.NDArray[np.int64]
    blocks: list[slice]


Places = Mapping[Side, SideRows]


def score_table(
    reader: CellReader, truth: TableTruth, contract: TableContract, specs: Sequence[MetricSpec]
) -> dict[str, Any]:
    summed = [spec for spec in specs if not spec.measure]
    measures = {spec.key: measure_of(spec, contract) for spec in specs if spec.measure}
    columns = list(dict.fromkeys(spec.column for spec in summed))
    alignment = _aligned(reader, truth, contract, columns, _kept_columns(summed, measures))
    errors, places = alignment.finish(), _places(truth)
    sums = {
        name: {side: block_sums(errors[name][mine.rows], mine.blocks) for side, mine in places.items()}
        for name in columns
    }
    terms = {spec.key: _terms(spec, alignment, truth, places) for spec in summed if spec.metric.terms}
    measured = {key: _measured(one, truth, alignment.predictions, places) for key, one in measures.items()}
    body = _body(summed, sums, terms, measured, measures)
    if truth.groups is not None:
        body["statistics"]["unit"] = "groups"
    return body


def _body(
    summed: Sequence[MetricSpec],
    sums: Mapping[str, Mapping[Side, BlockSums]],
    terms: Mapping[str, Mapping[Side, BlockTerms]],
    measured: Mapping[str, Mapping[Side, Measured]],
    measures: Mapping[str, Measure],
) -> dict[str, Any]:
    metrics, statistics = table_scores(sums, terms, summed), table_statistics(sums, terms)
    if measured:
        scores, kept = row_results(measured, measures)
        metrics, statistics = {**metrics, **scores}, {**statistics, "measured": kept}
    return {"metrics": metrics, "scenes": [], "statistics": statistics}


def _kept_columns(summed: Sequence[MetricSpec], measures: Mapping[str, Measure]) -> dict[str, bool]:
    """Columns of which the values are needed -> whether all of their texts are."""
    kept = {spec.column: True for spec in summed if spec.metric.terms}
    for measure in measures.values():
        is_whole = not getattr(measure, "compares_only", False)
        for name in getattr(measure, "columns"):  # noqa: B009  (only measures of tables have it)
            kept[name] = kept.get(name, False) or is_whole
    return kept


def _aligned(
    reader: CellReader, truth: TableTruth, contract: TableContract, columns: Sequence[str], kept: Mapping[str, bool]
) -> Alignment:
    alignment = Alignment(truth, columns, kept, [name for name, is_whole in kept.items() if not is_whole])
    wanted = set(columns) | set(kept)
    names = [one.name for one in contract.fields]
    while (chunk := reader.read_chunk(contract.fields)) is not None:
        given = dict(zip(names, chunk, strict=True))
        alignment.add(given[contract.primary_key], {name: given[name] for name in wanted})
    reader.finish()
    return alignment


def _places(truth: TableTruth) -> dict[Side, SideRows]:
    """The rows of each side; a slice where one side has them all, which copies nothing."""
    sides = np.asarray(truth.sides)
    found = {side: np.flatnonzero(sides == side) for side in SCORED}
    if truth.groups is not None:
        return {side: _by_group(rows, np.asarray(truth.groups)[rows]) for side, rows in found.items()}
    return {
        side: SideRows(slice(0, truth.rows) if len(rows) == truth.rows else rows, blocks_of(len(rows)))
        for side, rows in found.items()
    }


def _by_group(rows: npt.NDArray[np.int64], groups: npt.NDArray[np.int64]) -> SideRows:
    """Rows of a group side by side; a block is a group, or some neighbouring groups where there are more than 64."""
    order = np.argsort(groups, kind="stable")
    edges = np.append(np.flatnonzero(np.diff(groups[order], prepend=-1)), len(rows))
    blocks = [slice(int(edges[one.start]), int(edges[one.stop])) for one in blocks_of(len(edges) - 1)]
    return SideRows(rows[order], blocks)


def _terms(spec: MetricSpec, alignment: Alignment, truth: TableTruth, places: Places) -> dict[Side, BlockTerms]:
    values, prediction = truth.columns[spec.column], alignment.predictions[spec.column]
    return {
        side: block_terms(
            spec.metric.terms,
            values[mine.rows].astype(np.float64),
            prediction[mine.rows],
            spec.table,
            mine.blocks,
        )
        for side, mine in places.items()
    }


# -- measures ---------------------------------------------------------------------------------------------------------


def fitted(measure: Measure, truth: TableTruth) -> Measure:
    """The measure, once it has seen the whole truth. Raises InvalidJob when the two do not go together."""
    names = truth_names(measure)
    if missing := [name for name in names if name not in truth.columns]:
        raise ValueError(f"the truth was normalised for other metrics: it has no columns {missing}")
    if hasattr(measure, "fit"):
        measure.fit({name: truth.columns[name] for name in names})
    return measure


def truth_names(measure: Measure) -> tuple[str, ...]:
    """The columns of the truth that it compares with: of the same names, unless it says others."""
    return tuple(getattr(measure, "truth_columns", ()) or getattr(measure, "columns", ()))


def _measured(
    measure: Measure, truth: TableTruth, prediction: Mapping[str, Array], places: Places
) -> dict[Side, Measured]:
    fitted(measure, truth)
    return {side: _of_side(measure, truth, prediction, mine) for side, mine in places.items()}


def _of_side(measure: Any, truth: TableTruth, prediction: Mapping[str, Array], mine: SideRows) -> Measured:
    answers = {name: np.asarray(truth.columns[name])[mine.rows] for name in truth_names(measure)}
    given = {name: prediction[name][mine.rows] for name in measure.columns}
    measured: Measured = measure.rows(answers, given, mine.blocks)
    return measured


def blocks_of(rows: int) -> list[slice]:
    """At most 64 blocks of neighbouring rows; none of no rows."""
    edges = np.linspace(0, rows, min(MAX_BLOCKS, rows) + 1).astype(int).tolist() if rows else [0]
    return [slice(start, stop) for start, stop in pairwise(edges)]
