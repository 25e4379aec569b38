"""A field as a metric sees it: accumulated over time, averaged to a coarser verification grid, cut into tiles.

Accumulation: `accumulate` consecutive fields of one side are added (or averaged), one group after another; a group that
is not complete when the side changes or the fields end is dropped. A cell of a group counts when it does in all of it.

Upscaling: boxes of n x n cells from the first row and column; rows and columns that fill no whole box are dropped. A
box is the mean, or the largest, of its cells that count, in truth and prediction alike, and itself counts when at least
the given share of its cells does. The organiser's mask alone decides, so nothing a prediction holds can hide a box.

Tiles: few fields make few units to resample, so each field is cut into tiles whose sums are kept apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
FEW_FIELDS: Final = 20
MOST_TILES: Final = 8


@dataclass(frozen=True, slots=True)
class ViewSpec:
    """What is done to a field before it is measured."""

    accumulate: int = 1
    accumulate_by: str = "sum"
    upscale: int = 1
    upscale_by: str = "mean"
    upscale_valid: float = 0.5

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> ViewSpec:
        names = ("accumulate", "accumulate_by", "upscale", "upscale_by", "upscale_valid")
        return cls(**{name: params[name] for name in names if name in params})


@dataclass(slots=True)
class Field:
    """One field of both sides, or what was made of it. `cache` keeps what several metrics share.

    Shapes: truth (height, width), members (m, height, width), mask, weights and climatology (height, width) or None
    """

    truth: Array
    members: Array
    mask: Mask | None = None
    weights: npt.NDArray[np.float64] | None = None
    climatology: Array | None = None
    tiles: int = 1
    cache: dict[Any, Any] = field(default_factory=dict)

    @property
    def prediction(self) -> Array:
        """The only member, or the mean of all."""
        if len(self.members) == 1:
            only: Array = self.members[0]
            return only
        if "mean" not in self.cache:
            self.cache["mean"] = self.members.mean(axis=0, dtype=np.float64)
        mean: Array = self.cache["mean"]
        return mean

    def regions(self) -> list[tuple[slice, slice]]:
        """Tiles row by row; together they cover every cell once."""
        height, width = self.truth.shape
        rows, columns = (_cuts(side, self.tiles) for side in (height, width))
        return [(down, across) for down in rows for across in columns]

    def upscaled(self, spec: ViewSpec) -> Field:
        if spec.upscale == 1:
            return self
        key = ("upscaled", spec.upscale, spec.upscale_by, spec.upscale_valid)
        if key not in self.cache:
            self.cache[key] = _upscaled(self, spec)
        made: Field = self.cache[key]
        return made


def _cuts(side: int, parts: int) -> list[slice]:
    parts = min(parts, side)
    edges = [side * index // parts for index in range(parts + 1)]
    return [slice(first, last) for first, last in pairwise(edges)]


def tiles_of(fields: int) -> int:
    """Tiles a side: 1 where there are enough fields to resample, so that there are some 64 units where there are few.

    Example: 1 field -> 8, 4 fields -> 4, 20 fields -> 1
    """
    if fields >= FEW_FIELDS:
        return 1
    tiles = 1
    while tiles < MOST_TILES and fields * tiles * tiles < 64:
        tiles += 1
    return tiles


# -- upscaling --------------------------------------------------------------------------------------------------------


def _upscaled(one: Field, spec: ViewSpec) -> Field:
    n = spec.upscale
    if one.mask is None:
        counts, mask = None, None
    else:
        counts = _box_sum(one.mask.astype(np.float64), n)
        mask = counts >= spec.upscale_valid * n * n
        mask &= counts > 0
    members = np.stack([_boxes(member, one.mask, counts, spec) for member in one.members])
    weights = one.weights
    if weights is not None:
        counted = weights if one.mask is None else weights * one.mask
        weights = _box_sum(counted, n) / (n * n if counts is None else np.maximum(counts, 1))
    climatology = one.climatology
    if climatology is not None:
        climatology = _boxes(climatology, one.mask, counts, spec)
    return Field(_boxes(one.truth, one.mask, counts, spec), members, mask, weights, climatology, one.tiles)


def _boxes(cells: Array, mask: Mask | None, counts: npt.NDArray[np.float64] | None, spec: ViewSpec) -> Array:
    """Mean in float64, or maximum, of the cells of each box that count; 0 where none does."""
    if spec.upscale_by == "max":
        if mask is None or counts is None:
            return _box_max(cells, spec.upscale)
        highest = _box_max(np.where(mask, cells, cells.dtype.type(-np.inf)), spec.upscale)
        return np.where(counts > 0, highest, cells.dtype.type(0))
    if mask is None or counts is None:
        return _box_sum(cells, spec.upscale) / spec.upscale**2
    return _box_sum(np.where(mask, cells, 0), spec.upscale) / np.maximum(counts, 1)


def _box_sum(cells: Array, n: int) -> npt.NDArray[np.float64]:
    """Sums over boxes of n x n. Shapes: (height, width) -> (height // n, width // n)"""
    rows, columns = cells.shape[0] // n, cells.shape[1] // n
    trimmed = cells[: rows * n, : columns * n]
    of_rows = np.zeros((rows, columns * n))
    for offset in range(n):
        of_rows += trimmed[offset::n]
    sums = np.zeros((rows, columns))
    for offset in range(n):
        sums += of_rows[:, offset::n]
    return sums


def _box_max(cells: Array, n: int) -> Array:
    rows, columns = cells.shape[0] // n, cells.shape[1] // n
    trimmed = cells[: rows * n, : columns * n]
    highest = trimmed[0::n].copy()
    for offset in range(1, n):
        np.maximum(highest, trimmed[offset::n], out=highest)
    found: Array = highest[:, 0::n].copy()
    for offset in range(1, n):
        np.maximum(found, highest[:, offset::n], out=found)
    return found


# -- accumulation -----------------------------------------------------------------------------------------------------


class Accumulator:
    """Adds consecutive fields, in float64; a full group is handed out with its last field."""

    def __init__(self, steps: int, by: str) -> None:
        self._steps = steps
        self._divisor = steps if by == "mean" else 1
        self.reset()

    def reset(self) -> None:
        self._sum: Field | None = None
        self._count = 0

    def add(self, one: Field) -> Field | None:
        """The group that this field completes, or None."""
        if self._steps == 1:
            return one
        self._sum = _copied(one) if self._sum is None else _added(self._sum, one)
        self._count += 1
        if self._count < self._steps:
            return None
        whole = self._sum
        self.reset()
        for array in (whole.truth, whole.members, whole.climatology):
            if array is not None:
                np.divide(array, self._divisor, out=array)
        return whole


def _copied(one: Field) -> Field:
    def float64(array: Array) -> Array:
        return array.astype(np.float64)

    mask = None if one.mask is None else one.mask.copy()
    climatology = None if one.climatology is None else float64(one.climatology)
    return Field(float64(one.truth), float64(one.members), mask, one.weights, climatology, one.tiles)


def _added(whole: Field, one: Field) -> Field:
    whole.truth += one.truth
    whole.members += one.members
    if whole.climatology is not None and one.climatology is not None:
        whole.climatology += one.climatology
    if one.mask is not None:
        whole.mask = one.mask.copy() if whole.mask is None else whole.mask & one.mask
    return whole
