"""Where points cross a transect, and how far that is from where the truth does.

    s   signed distance of a point to the transect's line, in pixels
    t   where along the transect the point's foot lies: 0 its first end, 1 its second

Points with 0 <= t <= 1 are looked at, in no order. With points on both sides (s >= 0 and s < 0), each point within the
tolerance is a crossing at its t; when there is none, the nearest point of each side gives one by linear interpolation.
Points on one side alone are no crossing.

Source: the scorer of the fourth Tellus Satellite Challenge (coastline extraction, 2020), tolerance 1 and miss cost 100
"""

from __future__ import annotations

from typing import Final

import numpy as np

from scoring.kinds.lines.polylines import Points

PIECE: Final = 65_536


def crossings(points: Points, transect: Points, tolerance: float) -> Points:
    """Where along a transect the points cross it, as t; empty when they do not.

    Shapes: points (n, 2), transect (2, 2) -> (crossings,)
    Example: (5, 3) and (5, -1) on the transect (0, 0)-(10, 0): 0.5
    """
    t, s = _along(points, transect)
    is_right = s >= 0
    if not is_right.any() or is_right.all():
        return np.empty(0)
    near = np.abs(s) <= tolerance
    if near.any():
        return t[near]
    right, left = _nearest(t[is_right], s[is_right]), _nearest(t[~is_right], s[~is_right])
    share = abs(left[1]) / (abs(left[1]) + abs(right[1]))
    return np.array([share * right[0] + (1 - share) * left[0]])


def _along(points: Points, transect: Points) -> tuple[Points, Points]:
    """t and s of the points beside the transect, in pieces that stay in the cache."""
    (x, y), (dx, dy) = transect[0], transect[1] - transect[0]
    squared = dx * dx + dy * dy
    norm = np.sqrt(squared)
    parts: list[tuple[Points, Points]] = []
    for start in range(0, len(points), PIECE):
        px, py = points[start : start + PIECE, 0] - x, points[start : start + PIECE, 1] - y
        t = (px * dx + py * dy) / squared
        beside = (t >= 0) & (t <= 1)
        parts.append((t[beside], ((py * dx - px * dy) / norm)[beside]))
    if not parts:
        return np.empty(0), np.empty(0)
    return np.concatenate([one[0] for one in parts]), np.concatenate([one[1] for one in parts])


def _nearest(t: Points, s: Points) -> tuple[float, float]:
    """The point nearest to the line; of several, the first along it, so that their order does not matter."""
    distance = np.abs(s)
    candidates = np.flatnonzero(distance == distance.min())
    chosen = candidates[np.argmin(t[candidates])]
    return float(t[chosen]), float(s[chosen])


def crossed(points: Points, transect: Points, tolerance: float) -> bool:
    """Whether the points cross a transect."""
    return len(crossings(points, transect, tolerance)) > 0


def transect_errors(truth: Points, prediction: Points, transects: Points, tolerance: float) -> Points:
    """The worst signed error on each transect that the truth crosses, in pixels along it; NaN for a miss.

    The truth crosses at the mean of its crossings. Of the prediction's crossings the farthest counts, so that more
    points never help; positive errors lie towards the second end of the transect.

    Shapes: truth (n, 2), prediction (m, 2), transects (k, 2, 2) -> (crossed transects,)
    """
    found = []
    for transect in transects:
        expected = crossings(truth, transect, tolerance)
        if not len(expected):
            continue
        given = crossings(prediction, transect, tolerance)
        errors = given - expected.mean()
        length = float(np.hypot(*(transect[1] - transect[0])))
        is_worst = np.abs(errors) == np.abs(errors).max(initial=0.0)
        found.append(float(errors[is_worst].max()) * length if len(errors) else np.nan)
    return np.array(found, np.float64)
