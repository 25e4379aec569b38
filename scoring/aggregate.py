"""Sufficient statistics -> scores. Statistics are kept per block and scene, summed per split, and then become scores.

Everything that a result says comes from the same statistics: public and private scores, scores of single scenes, macro
and pooled averages, and the resampling of blocks for intervals later.

Exactness. Counts of cells are integers. Sums over rows are taken in the order of the truth's rows, inside blocks that
depend on the number of rows only, pairwise within a block (numpy) and exactly rounded over the blocks (math.fsum). So
neither the order of a prediction's rows nor the size of the pieces in which it arrives changes a single bit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from scoring.errors import InvalidJob, Problem
from scoring.job import MetricSpec
from scoring.metric import MaskFunction
from scoring.metrics.categorical import Counts, mean_of
from scoring.metrics.continuous import Sums
from scoring.splits import SCORED, Side
from scoring.terms import BlockTerms

BLOCK_SIDE: Final = 512
MAX_BLOCKS: Final = 64
MAX_NUMBERS: Final = 400_000
Table = npt.NDArray[np.int64]
Scores = dict[str, float | None]


# -- masks ------------------------------------------------------------------------------------------------------------


def block_side(height: int, width: int, *, scenes: int, pairs: int) -> int:
    """Side of a scene's square blocks: a multiple of 512 that gives at most 64, and fewer when scenes are many."""
    most = max(1, min(MAX_BLOCKS, MAX_NUMBERS // max(1, scenes * pairs)))
    side = BLOCK_SIDE
    while -(-height // side) * -(-width // side) > most:
        side += BLOCK_SIDE
    return side


@dataclass(frozen=True, slots=True)
class SceneCounts:
    """Joint counts of one scene, shape (blocks, values of the truth and one for ignored cells, classes)."""

    name: str
    side: Side
    blocks: Table
    block_side: int

    @property
    def total(self) -> Table:
        table: Table = self.blocks.sum(axis=0)
        return table


def class_counts(table: Table, values: Sequence[int], classes: Sequence[int], spec: MetricSpec) -> Counts:
    """A joint table as a metric sees it: classes grouped, ignored values left out.

    Shapes: table (values [+ 1 for ignored cells], classes)
    Raises:
        InvalidJob: the truth holds a value that is neither in a group nor ignored.
    """
    check_covered(values, spec)
    rows = [[values.index(value) for value in group.truth if value in values] for group in spec.groups]
    columns = [[classes.index(value) for value in group.prediction if value in classes] for group in spec.groups]
    counted = table[[index for index, value in enumerate(values) if value not in spec.ignore]]
    steps = _steps(table, rows, columns, spec) if spec.metric.needs_order or spec.metric.of_values else 0
    return Counts(
        both=tuple(int(table[np.ix_(row, column)].sum()) for row, column in zip(rows, columns, strict=True)),
        truth=tuple(int(table[row].sum()) for row in rows),
        prediction=tuple(int(counted[:, column].sum()) for column in columns),
        cells=int(counted.sum()),
        squared_steps=steps,
    )


def step(spec: MetricSpec, i: int, j: int) -> int:
    """What a cell adds whose truth is in group i and whose prediction is in group j: see Counts.squared_steps."""
    if not spec.metric.of_values:
        return (i - j) ** 2
    difference = spec.options.values[i] - spec.options.values[j]
    return difference**2 if spec.metric.of_values == "squared" else abs(difference)


def _steps(table: Table, rows: Sequence[list[int]], columns: Sequence[list[int]], spec: MetricSpec) -> int:
    return sum(
        step(spec, i, j) * int(table[np.ix_(row, column)].sum())
        for i, row in enumerate(rows)
        for j, column in enumerate(columns)
    )


def check_covered(values: Sequence[int], spec: MetricSpec) -> None:
    """Every value of the truth is in a group or ignored; an organiser who forgot one hears of it when publishing."""
    covered = {*spec.ignore, *(value for group in spec.groups for value in group.truth)}
    missing = [str(value) for value in values if value not in covered]
    if missing:
        raise InvalidJob([Problem("truth_uncovered", f"metrics.{spec.key}", {"value": missing})])


def mask_scores(
    scenes: Sequence[SceneCounts], values: Sequence[int], classes: Sequence[int], specs: Sequence[MetricSpec]
) -> tuple[dict[str, Scores], list[dict[str, Any]]]:
    """Metric -> side -> score, and the scenes with their own scores."""
    rows: list[dict[str, Any]] = [
        {"name": scene.name, "split": scene.side.name.lower(), "cells": int(scene.total[: len(values)].sum())}
        for scene in scenes
    ]
    metrics: dict[str, Scores] = {}
    for spec in specs:
        function = spec.metric.of_mask
        assert function is not None  # noqa: S101  (the job was parsed against the kind of the contract)
        counts = [class_counts(scene.total, values, classes, spec) for scene in scenes]
        for row, one in zip(rows, counts, strict=True):
            row.setdefault("metrics", {})[spec.key] = function(one, spec.options)
        metrics[spec.key] = {side.name.lower(): _of_side(side, scenes, counts, spec, function) for side in SCORED}
    return metrics, rows


def _of_side(
    side: Side, scenes: Sequence[SceneCounts], counts: Sequence[Counts], spec: MetricSpec, function: MaskFunction
) -> float | None:
    """Pooled: sum the counts, then one score. Macro: a score for each scene, then their mean. None without scenes."""
    mine = [one for scene, one in zip(scenes, counts, strict=True) if scene.side == side]
    if not mine:
        return None
    if spec.aggregate == "macro":
        return mean_of([function(one, spec.options) for one in mine])
    total = mine[0]
    for one in mine[1:]:
        total += one
    return function(total, spec.options)


def mask_statistics(scenes: Sequence[SceneCounts], values: Sequence[int], classes: Sequence[int]) -> dict[str, Any]:
    """Joint counts of each block as [code, count, code, count, ...] of the pairs that occur.

    code = index in `values` * number of classes + index in `classes`; the index after the last value is "ignored".
    """
    return {
        "kind": "raster",
        "values": list(values),
        "classes": list(classes),
        "scenes": [
            {
                "name": scene.name,
                "split": scene.side.name.lower(),
                "block_side": scene.block_side,
                "blocks": [_sparse(block.ravel()) for block in scene.blocks],
            }
            for scene in scenes
        ],
    }


def _sparse(counts: Table) -> list[int]:
    codes = np.flatnonzero(counts)
    return [int(number) for number in np.stack([codes, counts[codes]], axis=1).ravel()]


# -- tables -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BlockSums:
    """Sums of one column over the blocks of rows of one side; four tuples of one length."""

    rows: tuple[int, ...]
    absolute: tuple[float, ...]
    squared: tuple[float, ...]
    matches: tuple[int, ...]

    @property
    def total(self) -> Sums:
        return Sums(sum(self.rows), math.fsum(self.absolute), math.fsum(self.squared), sum(self.matches))


def block_sums(errors: npt.NDArray[np.float64], blocks_of_rows: Sequence[slice] = ()) -> BlockSums:
    """Sums over blocks of rows; over at most 64 blocks of neighbours, unless others are given.

    Shapes: errors (rows,), prediction minus truth in the order of the truth; of texts, 0 where they are alike, else 1
    """
    blocks = [errors[block] for block in blocks_of_rows]
    if not blocks:
        blocks = np.array_split(errors, min(MAX_BLOCKS, max(1, len(errors))))
    return BlockSums(
        rows=tuple(len(block) for block in blocks),
        absolute=tuple(float(np.abs(block).sum()) for block in blocks),
        squared=tuple(float((block * block).sum()) for block in blocks),
        matches=tuple(int(np.count_nonzero(block == 0)) for block in blocks),
    )


def table_scores(
    sums: Mapping[str, Mapping[Side, BlockSums]],
    terms: Mapping[str, Mapping[Side, BlockTerms]],
    specs: Sequence[MetricSpec],
) -> dict[str, Scores]:
    """Metric -> side -> score. `sums`: column -> side -> sums; `terms`: metric -> side -> sums of its own terms."""
    return {
        spec.key: {
            side.name.lower(): _table_score(spec, one.total, terms.get(spec.key, {}).get(side))
            for side, one in sums[spec.column].items()
        }
        for spec in specs
    }


def _table_score(spec: MetricSpec, sums: Sums, terms: BlockTerms | None) -> float | None:
    """None for a side without rows."""
    if spec.metric.of_terms is not None and terms is not None:
        return spec.metric.of_terms(sums.rows, terms.total, spec.table)
    function = spec.metric.of_table
    assert function is not None  # noqa: S101  (the job was parsed against the kind of the contract)
    return function(sums)


def table_statistics(
    sums: Mapping[str, Mapping[Side, BlockSums]], terms: Mapping[str, Mapping[Side, BlockTerms]]
) -> dict[str, Any]:
    """Sums of each block of rows, by column and side; and by metric and side where a metric has terms of its own."""
    columns = {
        name: {
            side.name.lower(): {
                "rows": list(one.rows),
                "absolute": list(one.absolute),
                "squared": list(one.squared),
                "matches": list(one.matches),
            }
            for side, one in sides.items()
        }
        for name, sides in sums.items()
    }
    if not terms:
        return {"kind": "table", "columns": columns}
    own = {
        key: {
            side.name.lower(): {name: list(values) for name, values in one.blocks.items()}
            for side, one in sides.items()
        }
        for key, sides in terms.items()
    }
    return {"kind": "table", "columns": columns, "terms": own}
