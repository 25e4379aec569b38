"""All lines of a scene in two arrays, so that a million short ones cost no more than one long one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Polylines:
    """Shapes: points (n, 2), in pixels; sizes (lines,), how many points each line has, one line after the other."""

    points: Points
    sizes: Counts

    @classmethod
    def of(cls, lines: Sequence[Points]) -> Polylines:
        points = np.concatenate(lines) if len(lines) else np.empty((0, 2))
        return cls(points, np.array([len(line) for line in lines], np.int64))

    def __len__(self) -> int:
        return len(self.points)

    @property
    def starts(self) -> Counts:
        """Places of the points from which a segment leads to the next point."""
        is_last = np.zeros(len(self.points), bool)
        is_last[np.cumsum(self.sizes) - 1] = True
        return np.flatnonzero(~is_last)

    @property
    def length(self) -> float:
        """Pixels along all lines."""
        starts = self.starts
        return float(np.hypot(*(self.points[starts + 1] - self.points[starts]).T).sum())

    def stepped(self, step: float) -> Points:
        """Points along all lines, not more than a step apart: the given ones, and between them equal parts.

        Shapes: -> (m, 2)
        Units:  step in pixels
        Example: (0, 0) to (3, 0) with a step of 1 -> (0, 0), (1, 0), (2, 0), (3, 0)
        """
        starts = self.starts
        vectors = self.points[starts + 1] - self.points[starts]
        parts = np.maximum(np.ceil(np.hypot(vectors[:, 0], vectors[:, 1]) / step).astype(np.int64), 1)
        between = parts - 1  # points inside of each segment
        owner = np.repeat(np.arange(len(starts)), between)
        order = np.arange(len(owner)) - np.repeat(np.cumsum(between) - between, between) + 1
        inside = self.points[starts[owner]] + vectors[owner] * (order / parts[owner])[:, None]
        return np.concatenate([self.points, inside])
