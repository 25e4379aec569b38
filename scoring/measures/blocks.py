"""Sums over blocks of rows, for measures of tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Values = npt.NDArray[np.float64]
Blocks = Sequence[slice]


def block_totals(terms: Sequence[Array], blocks: Blocks) -> Values:
    """Sum of each term over each block. Shapes: terms k times (rows,) -> (blocks, k)"""
    totals = [[float(term[block].sum()) for term in terms] for block in blocks]
    return np.array(totals, np.float64).reshape(len(blocks), len(terms))


def row_sums(terms: Sequence[Array], blocks: Blocks) -> Values:
    """As block_totals, with the number of rows before all others. Shapes: (blocks, 1 + k)"""
    rows = np.array([block.stop - block.start for block in blocks], np.float64)
    return np.concatenate([rows[:, None], block_totals(terms, blocks)], axis=1)


def mean_of(sums: Values) -> Values:
    """Second sum over the first, NaN for nothing. Shapes: (..., 2) -> (...)"""
    return divided(sums[..., 1], sums[..., 0])


def divided(part: Values, whole: Values) -> Values:
    """A quotient that is NaN where it is 0/0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient: Values = np.asarray(part / whole, np.float64)
    return quotient


def block_numbers(blocks: Blocks, rows: int) -> npt.NDArray[np.uint8]:
    """The number of the block of each row; there are at most 256. Shapes: -> (rows,)"""
    numbers = np.empty(rows, np.uint8)
    for index, block in enumerate(blocks):
        numbers[block] = index
    return numbers


def stacked(columns: Sequence[Array]) -> Values:
    """Shapes: k times (rows,) -> (rows, k)"""
    return np.stack([np.asarray(column, np.float64) for column in columns], axis=1)


def equals(column: Array, word: str) -> npt.NDArray[np.bool_]:
    """Which values are the label that an organiser wrote as a text. Shapes: (rows,) -> (rows,)"""
    if column.dtype.kind == "S":
        same: npt.NDArray[np.bool_] = column == word.encode()
        return same
    try:
        same = column == float(word)
    except ValueError:
        return np.zeros(len(column), bool)
    return same
