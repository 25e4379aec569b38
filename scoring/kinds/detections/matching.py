"""Which detection is which object. One detection matches at most one object, and the other way round.

By distance, the pairs are those of the assignment with the most pairs nearer than the tolerance and, of these, the
least sum of distances (Hungarian method). It is solved apart for each group of detections and objects that can meet.
By overlap, detections choose in the order of their confidence: each the object left with the greatest IoU.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Pairs = npt.NDArray[np.int64]
NONE: Pairs = np.empty((0, 2), np.int64)


def by_distance(found: Values, truth: Values, tolerance: float) -> Pairs:
    """Shapes: found (n, 2), truth (m, 2) -> (pairs, 2), indices of detection and object; units: those of the places

    Example: detections at 0 and 1, objects at 1 and 2.5, tolerance 2 -> 0 with 1 and 1 with 2.5, not 1 with 1 alone
    """
    from scipy.spatial import cKDTree

    if not len(found) or not len(truth):
        return NONE
    near = cKDTree(found).sparse_distance_matrix(cKDTree(truth), tolerance, output_type="ndarray")
    near = near[near["v"] < tolerance]
    return _assigned(near["i"], near["j"], near["v"], len(found), len(truth), tolerance)


def _assigned(i: Any, j: Any, cost: Any, rows: int, columns: int, tolerance: float) -> Pairs:
    """The best assignment of a sparse table of costs, group by group."""
    from scipy.optimize import linear_sum_assignment
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(i):
        return NONE
    graph = coo_array((np.ones(len(i)), (i, j + rows)), shape=(rows + columns, rows + columns))
    groups = connected_components(graph, directed=False)[1][i]
    order = np.argsort(groups, kind="stable")
    pairs = []
    for members in np.split(order, np.flatnonzero(np.diff(groups[order])) + 1):
        mine, other = np.unique(i[members], return_inverse=True), np.unique(j[members], return_inverse=True)
        # One pair more is always worth more than all distances together.
        table = np.full((len(mine[0]), len(other[0])), tolerance * (min(len(mine[0]), len(other[0])) + 1) * 2)
        table[mine[1], other[1]] = cost[members]
        for row, column in zip(*linear_sum_assignment(table), strict=True):
            if table[row, column] < tolerance:
                pairs.append((mine[0][row], other[0][column]))
    return np.array(pairs, np.int64).reshape(-1, 2)


def overlaps(found: Values, truth: Values) -> Values:
    """IoU of boxes x_min, y_min, x_max, y_max. Shapes: (n, 4), (m, 4) -> (n, m)"""
    low = np.maximum(found[:, None, :2], truth[None, :, :2])
    high = np.minimum(found[:, None, 2:], truth[None, :, 2:])
    both = np.prod(np.maximum(high - low, 0.0), axis=2)
    areas = [np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (found, truth)]
    union: Values = areas[0][:, None] + areas[1][None] - both
    return np.asarray(both / union, np.float64)


def greedily(gain: Values, confidence: Values, least: float) -> Pairs:
    """Detections in the order of their confidence, each with the best object that is left and gains at least `least`.

    Shapes: gain (n, m), confidence (n,) -> (pairs, 2)
    """
    is_free = np.ones(gain.shape[1], bool)
    pairs = []
    for index in np.argsort(-confidence, kind="stable"):
        left = np.where(is_free, gain[index], -np.inf)
        best = int(left.argmax()) if len(left) else -1
        if best >= 0 and left[best] >= least:
            is_free[best] = False
            pairs.append((int(index), best))
    return np.array(pairs, np.int64).reshape(-1, 2)


def best_overlaps(gain: Values, least: float) -> Pairs:
    """The most pairs whose overlap is at least `least` and, of these, the greatest sum (Hungarian method)."""
    i, j = np.nonzero(gain >= least)
    return _assigned(i, j, 1.0 - gain[i, j], len(gain), gain.shape[1], 1.0 + 1e-9)
