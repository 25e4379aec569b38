"""Joint confusion counts of class masks, fast with numpy alone, exact.

Truth is kept as `index of its value * number of classes`, so truth + prediction is the code of a pair, and counting
codes is all there is. Two ways, chosen by the size of the table only, so that results never depend on data or pieces:

- few pairs: compare with each code and count, one vectorised pass of about 0.1 ns a cell each;
- up to 256 pairs: look at two neighbouring cells as one 16-bit number and count those, which halves the work. In
  pieces that stay in the processor's cache `add.at` costs 0.6 ns a cell, `bincount` 0.8, for any data.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

FEW_PAIRS: Final = 8
PIECE: Final = 65_536  # of 16-bit numbers; as 64-bit indices they are half a megabyte
ONE: Final = np.int64(1)
Codes = npt.NDArray[Any]
Counts = npt.NDArray[np.int64]


class PairCounter:
    """Counts codes below `pairs`, piece by piece. Counts do not depend on how the cells are cut into pieces."""

    def __init__(self, pairs: int) -> None:
        self._pairs = pairs
        self._counts: Counts = np.zeros(pairs, np.int64)
        self._double: Counts | None = np.zeros(65_536, np.int64) if FEW_PAIRS < pairs <= 256 else None
        self._equal = np.empty(0, bool)

    def add(self, codes: Codes) -> None:
        """Count one piece: 1-D, contiguous, uint8 when there are at most 256 pairs, else uint16 or wider."""
        if self._pairs <= FEW_PAIRS:
            self._add_few(codes)
        elif self._double is not None:
            self._add_double(codes)
        else:
            self._counts += np.bincount(codes, minlength=self._pairs)

    def _add_few(self, codes: Codes) -> None:
        if len(self._equal) < len(codes):
            self._equal = np.empty(len(codes), bool)
        equal = self._equal[: len(codes)]
        left = len(codes)
        for code in range(self._pairs - 1):
            count = int(np.count_nonzero(np.equal(codes, code, out=equal)))
            self._counts[code] += count
            left -= count
        self._counts[self._pairs - 1] += left

    def _add_double(self, codes: Codes) -> None:
        assert self._double is not None  # noqa: S101  (chosen in add)
        even = len(codes) // 2 * 2
        twos = codes[:even].view(np.uint16)
        for start in range(0, len(twos), PIECE):
            np.add.at(self._double, twos[start : start + PIECE].astype(np.intp), ONE)
        if even < len(codes):
            self._counts[codes[-1]] += 1

    def take(self) -> Counts:
        """The counts so far, shape (pairs,); starts again from zero."""
        if self._double is not None:
            square = self._double.reshape(256, 256)
            self._counts += (square.sum(axis=0) + square.sum(axis=1))[: self._pairs]
            self._double[:] = 0
        counts, self._counts = self._counts, np.zeros(self._pairs, np.int64)
        return counts
