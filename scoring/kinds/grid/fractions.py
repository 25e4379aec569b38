"""Fractions skill score: how alike are the shares of events in windows around each cell?

Counts of events in windows come from running sums, so a window of any size costs the same, and they are whole numbers:
the sums of their squares are exact.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from scoring.kinds.grid.contingency import events
from scoring.kinds.grid.contract import GridContract
from scoring.kinds.grid.measures import GridMeasure, Need, ratio, rule_value
from scoring.kinds.grid.views import Array, Field, Mask
from scoring.measure import Sums

PIECE_CELLS: Final = 32_768
Running = npt.NDArray[np.int32]


def running_sums(found: Mask, before: int, after: int) -> Running:
    """Events above and to the left of each corner, with a margin without events.

    Shapes: (height, width) -> (height + before + after + 1, width + before + after + 1)
    """
    height, width = found.shape
    sums: Running = np.zeros((height + before + after + 1, width + before + after + 1), np.int32)
    inside = sums[before + 1 : before + 1 + height, before + 1 :]
    np.cumsum(found, axis=1, dtype=np.int32, out=inside[:, :width])
    np.cumsum(inside[:, :width], axis=0, out=inside[:, :width])
    inside[:, width:] = inside[:, width - 1 : width]
    sums[before + 1 + height :] = sums[before + height]
    return sums


class Fss(GridMeasure):
    """Fractions skill score with a square window of n x n cells.

    .. math:: 1 - \\frac{\\sum (F - O)^2}{\\sum F^2 + \\sum O^2}

    F and O are the shares of cells in the window that are events in prediction and truth. `edge: zero` takes one window
    around each cell, and what lies outside the grid is no event; `edge: valid` takes only windows that lie inside. With
    an even n the window reaches one cell further up and left. Cells that do not count are no events in either, and no
    window is centred on them.

    Shapes: sums (..., 2): (F - O)^2 and F^2 + O^2, both in n^4 -> (...)
    Range: [0, 1], 1 is best
    Missing: 0/0 without events in truth and prediction
    Source: Roberts and Lean (2008), Mon. Wea. Rev. 136, 78-97, doi:10.1175/2007MWR2123.1
    Example: window 1, one event in each, in different cells -> 0.0; window that holds both, always -> nearer to 1
    """

    size = 2

    def tile(self, one: Field, down: slice, across: slice) -> tuple[float, ...]:
        n, is_valid = int(self.params["window"]), self.params["edge"] == "valid"
        threshold, comparator = float(self.params["threshold"]), str(self.params["comparator"])
        before, after = n // 2, n - 1 - n // 2
        height, width = one.truth.shape
        if is_valid:
            down = slice(max(down.start, before), min(down.stop, height - after))
            across = slice(max(across.start, before), min(across.stop, width - after))
        if down.start >= down.stop or across.start >= across.stop:
            return 0.0, 0.0
        margin = self._margin(one)
        sums = [self._running(one, side, threshold, comparator, margin) for side in ("truth", "prediction")]
        return _squares(sums, one.mask, (down, across), n, margin - before)

    def _margin(self, one: Field) -> int:
        """Wide enough for this window. Shared by windows of the same order of size, so that sums are shared, too."""
        margin = 64
        while margin < int(self.params["window"]):
            margin *= 4
        return margin

    def _running(self, one: Field, side: str, threshold: float, comparator: str, margin: int) -> Running:
        key = ("running", side, threshold, comparator, margin)
        if key not in one.cache:
            cells: Array = one.truth if side == "truth" else one.prediction
            found = events(cells, threshold, comparator)
            one.cache[key] = running_sums(found if one.mask is None else found & one.mask, margin, margin)
        made: Running = one.cache[key]
        return made

    def value(self, sums: Sums) -> Sums:
        skill = 1.0 - ratio(sums[..., 0], sums[..., 1])
        return np.where(sums[..., 1] == 0, rule_value(self.params), skill)

    def needs(self, contract: GridContract, has_climatology: bool) -> list[Need]:
        found = super().needs(contract, has_climatology)
        side = min(contract.height, contract.width) // self.view.upscale
        if int(self.params["window"]) > side:
            found.append(("window", str(self.params["window"]), f"at most {side} cells"))
        return found


def _squares(
    sums: list[Running], mask: Mask | None, tile: tuple[slice, slice], n: int, shift: int
) -> tuple[float, float]:
    """Sums over the windows centred in a tile: squared difference, and sum of squares, of counts of events."""
    down, across = tile
    first, last = across.start + shift, across.stop + shift
    step = max(1, PIECE_CELLS // (across.stop - across.start))
    different, together = 0.0, 0.0
    for start in range(down.start, down.stop, step):
        stop = min(start + step, down.stop)
        pieces = []
        for one in sums:
            rows = one[start + shift + n : stop + shift + n] - one[start + shift : stop + shift]
            counts = np.subtract(rows[:, first + n : last + n], rows[:, first:last], dtype=np.float64)
            if mask is not None:
                counts *= mask[start:stop, across]
            pieces.append(counts.reshape(-1))
        o, f = pieces
        oo_ff, fo = float(o.dot(o) + f.dot(f)), float(f.dot(o))
        different += oo_ff - 2 * fo
        together += oo_ff
    return different, together
