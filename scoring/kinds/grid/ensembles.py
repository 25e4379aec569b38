"""Continuous ranked probability score of an ensemble, for all cells at once.

The mean difference between members needs them in order. A sorting network (Batcher's odd-even mergesort) sorts the
members of thousands of cells side by side with nothing but minima and maxima of whole rows, several times as fast as
sorting cell by cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from scoring.kinds.grid.contract import GridContract
from scoring.kinds.grid.measures import GridMeasure, Need, ratio
from scoring.kinds.grid.views import Array, Field
from scoring.measure import Sums

PIECE_VALUES: Final = 65_536


@lru_cache(maxsize=8)
def network(size: int) -> tuple[tuple[int, int], ...]:
    """Pairs (i, j), i < j, to compare and exchange one after another, that sort `size` values.

    Source: Knuth, The Art of Computer Programming 3, section 5.2.2, algorithm M
    Example: 3 -> (0, 2), (0, 1), (1, 2)
    """
    pairs: list[tuple[int, int]] = []
    top = 1 << max(0, (size - 1).bit_length() - 1)
    p = top
    while p > 0:
        q, r, d = top, 0, p
        while True:
            pairs += [(i, i + d) for i in range(size - d) if i & p == r]
            if q == p:
                break
            d, q, r = q - p, q // 2, p
        p //= 2
    return tuple(pairs)


def sort_members(members: Array) -> None:
    """Sort along the first axis, in place. Shapes: (m, cells)"""
    low = np.empty(members.shape[1], members.dtype)
    for i, j in network(len(members)):
        np.minimum(members[i], members[j], out=low)
        np.maximum(members[i], members[j], out=members[j])
        members[i] = low


def crps_ensemble(truth: Array, members: Array, *, fair: bool = True) -> npt.NDArray[np.float64]:
    """Continuous ranked probability score of an ensemble forecast, one value per cell.

    .. math:: \\frac1m \\sum_i |x_i - y| - \\frac{1}{2 m (m - 1)} \\sum_{i, j} |x_i - x_j|

    With fair=False the second divisor is 2 m^2. Over sorted members the double sum is
    2 sum_k (m - 1 - 2 k) (x_(m - 1 - k) - x_(k)) for k < m / 2.

    Shapes:  truth (cells,), members (m, cells) -> (cells,)
    Units:   those of truth; range [0, inf), 0 is best, lower is better
    Missing: none; the gate has already refused members that are not finite

    Raises:
        ValueError: fewer than two members while fair.

    Source: Ferro (2014), Q. J. R. Meteorol. Soc. 140, 1917-1923, doi:10.1002/qj.2270
    Example: truth 1, members 0 and 2 -> 0.0 fair, 0.5 with fair=False
    """
    count = len(members)
    if fair and count < 2:
        raise ValueError("a fair CRPS needs at least two members")
    scores = np.empty(truth.shape, np.float64)
    step = max(1024, PIECE_VALUES // count)
    for start in range(0, len(truth), step):
        piece = slice(start, min(start + step, len(truth)))
        _crps_piece(truth[piece], members[:, piece], fair, scores[piece])
    return scores


def _crps_piece(truth: Array, members: Array, fair: bool, out: npt.NDArray[np.float64]) -> None:
    count = len(members)
    in_order = members.copy()
    sort_members(in_order)
    y = truth.astype(np.float64)
    away, spread, gap, low = (np.zeros(len(y)), np.zeros(len(y)), np.empty(len(y)), np.empty(len(y)))
    for k in range(count // 2):
        np.copyto(gap, in_order[count - 1 - k])
        np.copyto(low, in_order[k])
        _add_distances(away, gap, low, y)
        np.subtract(gap, low, out=gap)
        gap *= count - 1 - 2 * k
        spread += gap
    if count % 2:
        np.subtract(in_order[count // 2], y, out=gap)
        away += np.abs(gap, out=gap)
    np.multiply(spread, 1.0 / (count * (count - 1 if fair else count)), out=spread)
    np.divide(away, count, out=out)
    out -= spread
    np.maximum(out, 0.0, out=out)  # neither is ever below 0, but for rounding


def _add_distances(
    away: npt.NDArray[np.float64],
    high: npt.NDArray[np.float64],
    low: npt.NDArray[np.float64],
    y: npt.NDArray[np.float64],
) -> None:
    """|high - y| + |low - y|."""
    one = np.subtract(high, y)
    away += np.abs(one, out=one)
    np.subtract(low, y, out=one)
    away += np.abs(one, out=one)


class CrpsEnsemble(GridMeasure):
    """Mean over cells of `crps_ensemble`, weighted by area where the contract has weights.

    Shapes: sums (..., 2): weight, weighted score -> (...)
    """

    size = 2

    def __init__(self, params: Mapping[str, Any], contract: GridContract) -> None:
        super().__init__(params, contract)
        self._fair = bool(params.get("fair", True))

    def tile(self, one: Field, down: slice, across: slice) -> tuple[float, ...]:
        truth = np.ascontiguousarray(one.truth[down, across]).reshape(-1)
        members = one.members[:, down, across].reshape(len(one.members), -1)
        scores = crps_ensemble(truth, members, fair=self._fair)
        weights = self._weights(one)
        if weights is None:
            return float(scores.size), float(scores.sum())
        tile = np.ascontiguousarray(weights[down, across]).reshape(-1)
        return float(tile.sum()), float(tile.dot(scores))

    def value(self, sums: Sums) -> Sums:
        return ratio(sums[..., 1], sums[..., 0])

    def needs(self, contract: GridContract, has_climatology: bool) -> list[Need]:
        found = super().needs(contract, has_climatology)
        fewest = 2 if self._fair else 1
        if contract.members < fewest:
            found.append(("fair", str(contract.members), f"an ensemble of at least {fewest} members in the contract"))
        return found
