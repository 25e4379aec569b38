"""Measures of masks that see more than one cell at a time: boundaries. Fed bands of rows, they never hold a mask.

Every cell of a band becomes four bits: inside of the positive class in the truth and in the prediction, and outside.
A cell that does not count (an ignored value of the truth) is neither, so it is no part of a boundary and makes none.

A `SceneWatch` takes the bands of one scene for all measures of a layer; cells that several measures look at in the same
way are looked at once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from scoring.aggregate import check_covered
from scoring.contract import Contract, Scene
from scoring.distances import DistanceMeasure, Points, distances_of
from scoring.errors import InvalidPrediction, Problem
from scoring.job import MetricSpec
from scoring.measure import Measure, Sums

Cells = npt.NDArray[np.uint8]
IN_TRUTH: Final = np.uint8(1)
IN_PREDICTION: Final = np.uint8(2)
INSIDE: Final = np.uint8(3)
OUT: Final = np.uint8(12)  # 4 outside in the truth, 8 outside in the prediction
MAX_BOUNDARY: Final = 4_000_000  # cells of a scene: more fit no memory, and come from noise
ROWS: Final = 512
STRIP: Final = 512
PIECE: Final = 32


def bits_of(values: Sequence[int], classes: Sequence[int], spec: MetricSpec) -> Cells:
    """Code of a pair -> bits, for the positive group of a metric. Codes from len(values) * len(classes) on are ignored.

    Shapes: -> (65_536,) at least, or as many as there are codes
    """
    check_covered(values, spec)
    group = spec.groups[spec.options.positive]
    truth = [0 if v in spec.ignore else IN_TRUTH if v in group.truth else IN_TRUTH * 4 for v in values]
    prediction = [IN_PREDICTION if c in group.prediction else IN_PREDICTION * 4 for c in classes]
    bits = [t | p if t else 0 for t in truth for p in prediction]
    return np.array([*bits, *[0] * len(classes)], np.uint8)


class Observer(Protocol):
    """Is fed the bits of the rows of a scene from the top; never the same row twice."""

    def add(self, bits: Cells) -> None: ...


class SceneWatch:
    """The observers that the measures of one scene need."""

    def __init__(
        self,
        scene: Scene,
        measures: Mapping[str, tuple[MetricSpec, Measure]],
        values: Sequence[int],
        classes: Sequence[int],
        *,
        block_side: int,
        scenes: int,
    ) -> None:
        self._scene, self._scenes = scene, scenes
        self._measures = measures
        self._tables: dict[bytes, Cells] = {}
        self._observers: dict[tuple[bytes, Any], Any] = {}
        self._of_key: dict[str, tuple[bytes, Any]] = {}
        for key, (spec, measure) in measures.items():
            table = bits_of(values, classes, spec)
            kind = measure.thickness(scene) if isinstance(measure, BoundaryIou) else bool(spec.params.get("edge"))
            self._tables[table.tobytes()] = table
            self._of_key[key] = (table.tobytes(), (type(measure) is BoundaryIou, kind))
            if self._of_key[key] not in self._observers:
                made = (
                    Band(scene, int(kind), block_side)
                    if isinstance(measure, BoundaryIou)
                    else Outline(scene, bool(kind))
                )
                self._observers[self._of_key[key]] = made

    def add(self, codes: npt.NDArray[Any]) -> None:
        """The next rows. Shapes: (rows, width), codes of pairs"""
        for name, table in self._tables.items():
            bits = _looked_up(table, codes)
            for (mine, _), observer in self._observers.items():
                if mine == name:
                    observer.add(bits)

    def finish(self) -> dict[str, Sums]:
        """Key -> sums per unit, once all rows were given."""
        found: dict[Any, Any] = {}
        sums: dict[str, Sums] = {}
        for key, (_, measure) in self._measures.items():
            observer = self._observers[self._of_key[key]]
            if isinstance(measure, DistanceMeasure):
                where = (self._of_key[key], measure.unit)
                if where not in found:
                    truth, prediction = observer.points()
                    found[where] = distances_of(truth, prediction, self._scene, measure.unit, scenes=self._scenes)
                sums[key] = measure.sums(found[where])
            else:
                sums[key] = observer.sums()
        return sums


def _looked_up(table: Cells, codes: npt.NDArray[Any]) -> Cells:
    """table[codes]; of codes of one byte, as bytes are translated, which needs no index of eight times their size."""
    if codes.dtype != np.uint8:
        return np.asarray(table[codes], np.uint8)
    every = np.zeros(256, np.uint8)
    every[: len(table)] = table[:256]
    return np.frombuffer(codes.tobytes().translate(every.tobytes()), np.uint8).reshape(codes.shape)


# -- outlines ---------------------------------------------------------------------------------------------------------


class Outline:
    """Cells of the mask with a neighbour (of four) outside of it, in the truth and in the prediction.

    The edge of the scene makes a boundary only when `edge` is set.
    """

    def __init__(self, scene: Scene, edge: bool) -> None:
        self._scene = scene
        self._edge = OUT if edge else np.uint8(0)
        self._row = -1  # of the first row that is held
        self._held: Cells = np.full((1, scene.width), self._edge)
        self._found: tuple[list[Any], list[Any]] = ([], [])
        self._counts = [0, 0]

    def add(self, bits: Cells) -> None:
        self._look(np.concatenate([self._held, bits]))

    def points(self) -> tuple[Points, Points]:
        """Centres of the boundary cells of truth and prediction, as (column, row). Shapes: (n, 2), (m, 2)"""
        self._look(np.concatenate([self._held, np.full((1, self._scene.width), self._edge)]))
        truth, prediction = (self._centres(parts) for parts in self._found)
        return truth, prediction

    def _look(self, rows: Cells) -> None:
        """All rows but the first and the last, which are there as neighbours."""
        for start in range(1, len(rows) - 1, PIECE):
            stop = min(start + PIECE, len(rows) - 1)
            self._look_at(rows[start - 1 : stop + 1], self._row + start)
        self._row += max(len(rows) - 2, 0)
        self._held = rows[-2:].copy()

    def _look_at(self, rows: Cells, first: int) -> None:
        middle = rows[1:-1]
        near = rows[:-2] | rows[2:]
        near[:, 1:] |= middle[:, :-1]
        near[:, :-1] |= middle[:, 1:]
        near[:, 0] |= self._edge
        near[:, -1] |= self._edge
        near >>= 2
        near &= middle
        places = np.flatnonzero(near != 0)
        kinds = near.ravel()[places]
        for index, bit in enumerate((IN_TRUTH, IN_PREDICTION)):
            mine = places[(kinds & bit) != 0] + first * self._scene.width
            self._counts[index] += len(mine)
            self._check(index)
            self._found[index].append(mine)

    def _check(self, index: int) -> None:
        if self._counts[index] <= MAX_BOUNDARY:
            return
        if not index:
            raise ValueError(f"the truth of scene {self._scene.name} has more than {MAX_BOUNDARY} cells of boundary")
        params: dict[str, Any] = {"scene": self._scene.name, "max_cells": MAX_BOUNDARY}
        raise InvalidPrediction([Problem("mask_boundary_long", self._scene.name, params)])

    def _centres(self, parts: list[Any]) -> Points:
        places = np.concatenate(parts) if parts else np.empty(0, np.int64)
        row, column = np.divmod(places, self._scene.width)
        return np.stack([column + 0.5, row + 0.5], axis=1)


# -- Boundary IoU -----------------------------------------------------------------------------------------------------


class BoundaryIou:
    """Intersection over union of the parts of both masks that lie within d cells of their boundaries.

    .. math:: \\frac{|(G_d \\cap G) \\cap (P_d \\cap P)|}{|(G_d \\cap G) \\cup (P_d \\cap P)|}

    G_d is what d erosions by 3 x 3 take away, where what lies beyond the scene is outside; d is `share` of the scene's
    diagonal, rounded, and at least 1. Ignored cells neither count nor erode.

    Units:  a share; range [0, 1], 1 is best; 0/0 by `zero_division`
    Source: Cheng et al. (2021), Boundary IoU, arXiv:2103.16562; github.com/bowenc0221/boundary-iou-api
    """

    def __init__(self, params: Mapping[str, Any], contract: Contract) -> None:
        self._share: float = params["share"]
        self._empty = {"0": 0.0, "1": 1.0}.get(params["zero_division"], math.nan)

    def thickness(self, scene: Scene) -> int:
        return max(1, round(self._share * math.hypot(scene.height, scene.width)))

    def value(self, sums: Sums) -> Sums:
        union = np.asarray(sums[..., 1], np.float64)
        return np.where(union > 0, sums[..., 0] / np.where(union > 0, union, 1.0), self._empty)


@dataclass
class _Held:
    """Rows with what is outside spread along them already; `first` is the number of the first one."""

    rows: Cells
    first: int


class Band:
    """Counts of Boundary IoU. A cell lies near the boundary when some cell within d rows and columns is outside.

    So each band is spread along its rows when it comes, and down its columns once the d rows below it are there.
    """

    def __init__(self, scene: Scene, thickness: int, block_side: int) -> None:
        self._scene, self._d, self._side = scene, thickness, block_side
        self._step = min(ROWS, block_side)
        self._given = 0  # rows
        self._done = 0
        # Beyond the scene all is outside.
        self._held = _Held(np.full((thickness, scene.width), OUT, np.uint8), -thickness)
        shape = (-(-scene.height // block_side), -(-scene.width // block_side), 2)
        self._counts: npt.NDArray[np.int64] = np.zeros(shape, np.int64)

    def add(self, bits: Cells) -> None:
        if not len(bits):
            return
        self._hold(np.concatenate([self._along(bits[at : at + PIECE]) for at in range(0, len(bits), PIECE)]))
        self._given += len(bits)
        while self._done + self._step + self._d <= self._given:
            self._count(self._done + self._step)

    def sums(self) -> Sums:
        """Shapes: -> (blocks, 2), cells in both and in either"""
        self._hold(np.full((self._d, self._scene.width), OUT, np.uint8))
        while self._done < self._scene.height:
            self._count(min(self._done + self._step, self._scene.height))
        return self._counts.reshape(-1, 2).astype(np.float64)

    def _hold(self, rows: Cells) -> None:
        self._held.rows = np.concatenate([self._held.rows, rows])

    def _along(self, bits: Cells) -> Cells:
        """Inside as it is; outside wherever it is within d columns."""
        padded = np.full((len(bits), self._scene.width + 2 * self._d), OUT, np.uint8)
        padded[:, self._d : -self._d] = bits & OUT
        return _spread(padded.T, 2 * self._d + 1).T | (bits & INSIDE)

    def _count(self, stop: int) -> None:
        start, held = self._done, self._held
        window = held.rows[start - self._d - held.first : stop + self._d - held.first]
        inside = window[self._d : -self._d]
        for left in range(0, self._scene.width, self._step):
            strip = slice(left, left + self._step)
            near = _spread(window[:, strip] & OUT, 2 * self._d + 1) >> 2 & inside[:, strip]
            both, either = np.count_nonzero(near == 3), np.count_nonzero(near)
            self._counts[start // self._side, left // self._side] += (both, either)
        self._done = stop
        drop = stop - self._d - held.first
        self._held = _Held(held.rows[drop:].copy(), stop - self._d)


def _spread(bits: Cells, size: int) -> Cells:
    """Each row joined with the size - 1 below it, by doubling. Shapes: (n, m) -> (n - size + 1, m)"""
    reach = 1
    while 2 * reach <= size:
        bits = bits[:-reach] | bits[reach:]
        reach *= 2
    rest = size - reach
    return bits[:-rest] | bits[rest:] if rest else bits
