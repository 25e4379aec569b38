"""Distances between two sets of points, both ways, and the measures made of them: of lines and of boundaries of masks.

A point that is given twice counts once. Where one of the two sets is empty, every distance is the diagonal of the
scene, so that leaving a scene empty is never better than a guess inside of it; where both are, there is no error.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from scoring.contract import Contract, Scene
from scoring.measure import Sums

Points = npt.NDArray[np.float64]
Blocks = npt.NDArray[np.int64]
TILE: Final = 16.0
FEW_JUMPS: Final = 0.1  # of neighbours in the list: then it runs along lines, and is in good order already
BLOCKS_ACROSS: Final = 4
MANY_SCENES: Final = 64  # so many scenes are units enough: no need to cut them
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Distances:
    """Distance of each point to the nearest of the other set, and the block of the scene in which the point lies.

    Shapes: truth, truth_blocks (n,); prediction, prediction_blocks (m,)
    """

    truth: Points
    prediction: Points
    truth_blocks: Blocks
    prediction_blocks: Blocks
    blocks: int = 1


def distances_of(truth: Points, prediction: Points, scene: Scene, unit: str, *, scenes: int = 1) -> Distances:
    """Distances between two sets of points of a scene.

    Shapes: truth (n, 2), prediction (m, 2), in pixels (column, row)
    Units:  of the result: pixels, or metres by the scene's transform (whose CRS must be in metres)
    """
    across = 1 if scenes >= MANY_SCENES else BLOCKS_ACROSS
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(distinct, prediction)
        truth, prediction = distinct(truth), other.result()
    here, there = _blocks(truth, scene, across), _blocks(prediction, scene, across)
    if not len(truth) or not len(prediction):
        return _nothing_to_meet(here, there, scene, unit, across * across)
    of_truth, of_prediction = both_ways(scaled(truth, scene, unit), scaled(prediction, scene, unit))
    return Distances(of_truth, of_prediction, here, there, across * across)


def _nothing_to_meet(here: Blocks, there: Blocks, scene: Scene, unit: str, blocks: int) -> Distances:
    """One set is empty: each point of the other, and one in its place, is a diagonal away. Both: no point at all."""
    far = math.hypot(*scaled(np.array([[scene.width, scene.height]], np.float64), scene, unit)[0])
    if len(here) + len(there):
        here, there = (one if len(one) else np.zeros(1, np.int64) for one in (here, there))
    return Distances(np.full(len(here), far), np.full(len(there), far), here, there, blocks)


def scaled(points: Points, scene: Scene, unit: str) -> Points:
    """Pixels as they are, or in metres from the scene's corner."""
    if unit == "pixel":
        return points
    if scene.transform is None:
        raise ValueError(f"scene {scene.name} has no transform")
    a, b, _, d, e, _ = scene.transform
    return np.stack([a * points[:, 0] + b * points[:, 1], d * points[:, 0] + e * points[:, 1]], axis=1)


def _blocks(points: Points, scene: Scene, across: int) -> Blocks:
    """Which of across x across parts of the scene each point lies in; those outside belong to the nearest."""
    if across == 1:
        return np.zeros(len(points), np.int64)
    place = np.clip((points / (scene.width, scene.height) * across).astype(np.int64), 0, across - 1)
    found: Blocks = place[:, 1] * across + place[:, 0]
    return found


def distinct(points: Points) -> Points:
    """Each point once, neighbours near each other in memory: searching goes several times as fast then.

    Shapes: (n, 2) -> (m, 2), m <= n
    """
    points = np.ascontiguousarray(points + 0.0)  # -0.0 and 0.0 are one number
    words = points.view(np.uint64).reshape(-1, 2)
    keys = np.sort(words[:, 0] * _MIX ^ (words[:, 1] + (words[:, 0] >> np.uint64(7))))
    if (keys[1:] == keys[:-1]).any():  # perhaps twice the same; sorting the points themselves says
        points = np.unique(points.view(np.complex128).ravel()).view(np.float64).reshape(-1, 2)
    if len(points) < 2 or (np.abs(np.diff(points, axis=0)) > TILE).any(axis=1).mean() < FEW_JUMPS:
        return points
    tiles = np.floor(points / TILE)
    tiles -= tiles.min(axis=0)
    order = np.argsort(tiles[:, 0] * (tiles[:, 1].max() + 1) + tiles[:, 1], kind="stable")
    return points[order]


def both_ways(truth: Points, prediction: Points) -> tuple[Points, Points]:
    """Distance of each point to the nearest of the other set. Shapes: (n, 2), (m, 2) -> (n,), (m,)

    One direction in a thread of its own: building and searching both run without the interpreter's lock. Trees that are
    split in the middle of space, not at the median, are built sooner and give the same answers.
    """
    from scipy.spatial import cKDTree

    def search(points: Points, others: Points) -> Points:
        found: Points = cKDTree(others, balanced_tree=False).query(points)[0]
        return found

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(search, prediction, truth)
        return search(truth, prediction), other.result()


# -- measures ---------------------------------------------------------------------------------------------------------


class DistanceMeasure:
    """What every measure of distances has: its unit, and the step by which lines become points."""

    width: ClassVar[int] = 4

    def __init__(self, params: Mapping[str, Any], contract: Contract) -> None:
        self.unit: str = params["unit"]
        self.step: float = params.get("step") or 1.0
        self.delta: float = params.get("delta") or 0.0

    def sums(self, found: Distances) -> Sums:
        """Shapes: -> (units, width)"""
        raise NotImplementedError

    def value(self, sums: Sums) -> Sums:
        raise NotImplementedError


def _ratio(sums: Sums, empty: float) -> Sums:
    """First over second, and `empty` where there is nothing."""
    total = np.asarray(sums[..., 1], np.float64)
    return np.asarray(np.where(total > 0, sums[..., 0] / np.where(total > 0, total, 1.0), empty), np.float64)


class Chamfer(DistanceMeasure):
    """Mean distance: half the sum of the mean over the prediction and the mean over the truth.

    .. math:: \\frac12 (\\frac1m \\sum_p d(p, G) + \\frac1n \\sum_g d(g, P))

    Units: pixels or metres; range [0, inf), 0 is best
    Example: truth (0, 0), prediction (3, 0) and (5, 0) -> (4 + 3) / 2 = 3.5
    """

    def sums(self, found: Distances) -> Sums:
        return _by_block(found, found.prediction, found.truth)

    def value(self, sums: Sums) -> Sums:
        return np.asarray((_ratio(sums[..., :2], 0.0) + _ratio(sums[..., 2:], 0.0)) / 2, np.float64)


class BufferF(DistanceMeasure):
    """Harmonic mean of the shares of prediction and of truth that lie within `delta` of the other.

    .. math:: F = 2 P R / (P + R)

    Units: a share; range [0, 1], 1 is best; 1 where both are empty
    Example: truth (0, 0), prediction (1, 0) and (9, 0), delta 2 -> P 1/2, R 1, F 2/3
    """

    def sums(self, found: Distances) -> Sums:
        return _by_block(found, found.prediction <= self.delta, found.truth <= self.delta)

    def value(self, sums: Sums) -> Sums:
        precision, recall = _ratio(sums[..., :2], 1.0), _ratio(sums[..., 2:], 1.0)
        both = precision + recall
        return np.asarray(2 * precision * recall / np.where(both > 0, both, 1.0), np.float64)


def _by_block(found: Distances, prediction: npt.NDArray[Any], truth: npt.NDArray[Any]) -> Sums:
    """Sum and number over prediction and truth in each block; blocks without a point are left out."""
    columns = []
    for values, blocks in ((prediction, found.prediction_blocks), (truth, found.truth_blocks)):
        # Sorted, so that the order in which the points were given changes no bit.
        columns.append([float(np.sort(values[blocks == block]).sum()) for block in range(found.blocks)])
        columns.append(np.bincount(blocks, minlength=found.blocks).tolist())
    sums: Sums = np.stack(columns, axis=1).astype(np.float64)
    kept: Sums = sums[(sums[:, 1] > 0) | (sums[:, 3] > 0)]
    return kept if len(kept) else np.zeros((1, 4))


class Hausdorff(DistanceMeasure):
    """The farthest that a point of one lies from the other; of several scenes, the mean.

    .. math:: \\max(\\max_p d(p, G), \\max_g d(g, P))

    Units: pixels or metres; range [0, inf), 0 is best
    Example: truth (0, 0), prediction (3, 0) and (5, 0) -> 5
    """

    width = 2
    percentile: ClassVar[float] = 100.0

    def sums(self, found: Distances) -> Sums:
        sides = [one for one in (found.prediction, found.truth) if len(one)]
        worst = max((float(np.percentile(one, self.percentile)) for one in sides), default=0.0)
        return np.array([[worst, 1.0]])

    def value(self, sums: Sums) -> Sums:
        return _ratio(sums, math.nan)


class Hd95(Hausdorff):
    """As Hausdorff, with the 95th percentile (linear between neighbours) of each direction; of scenes, the mean."""

    percentile = 95.0
