"""Lines of two runs: how far each point of the one lies from the other.

Points that come in the same number are compared one by one, or, where that is nearer (other lines first, other
vertices), each with the nearest point of the other; lines are cut into steps of one pixel for that, so that such a
distance is up to half a pixel too long.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from scoring.formats.cells import CellReader
from scoring.kinds.lines.contract import LinesContract
from scoring.kinds.lines.polylines import Points, Polylines
from scoring.kinds.lines.stream import read_lines
from scoring.reproducing import LARGEST, Difference, Tolerance

STEP = 1.0  # pixels


def differences(
    first: CellReader, second: CellReader, contract: LinesContract, tolerance: Tolerance
) -> list[Difference]:
    """Scene by scene; distances are in pixels."""
    scenes = zip(contract.scenes, read_lines(first, contract), read_lines(second, contract), strict=True)
    return [_scene(scene.name, one, other, contract, tolerance) for scene, one, other in scenes]


def _scene(name: str, one: Polylines, other: Polylines, contract: LinesContract, tolerance: Tolerance) -> Difference:
    distances = _distances(one, other, contract)
    return Difference(
        name=name,
        cells=len(distances),
        differing=int(np.count_nonzero(distances > (tolerance.absolute or 0.0))),
        is_equal=not distances.any(),
        largest_absolute=float(distances.max(initial=0.0)),
    )


def _distances(one: Polylines, other: Polylines, contract: LinesContract) -> Points:
    """One for each point compared; of a scene that only one of them has lines in, as far as can be."""
    if np.array_equal(one.sizes, other.sizes):
        apart = np.hypot(*(one.points - other.points).T) if len(one) else np.empty(0)
        if not apart.any():
            return apart
    else:
        apart = np.empty(0)
    if not len(one) or not len(other):
        return np.full(len(one) + len(other), LARGEST)
    first, second = (_points(lines, contract) for lines in (one, other))
    nearest = np.concatenate([cKDTree(second).query(first)[0], cKDTree(first).query(second)[0]])
    return apart if len(apart) and apart.max() <= nearest.max() else nearest


def _points(lines: Polylines, contract: LinesContract) -> Points:
    return lines.stepped(STEP) if contract.geometry == "lines" else lines.points
