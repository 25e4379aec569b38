"""Metrics of table columns: functions of sums over rows.

Sums come in the order of the truth, whatever the order of the prediction's rows: see aggregate.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sums:
    """Over the rows that count: how many, sum of |error|, sum of error squared, and how many are exactly right.

    Units: rows; unit of the column; its square; rows
    """

    rows: int
    absolute: float
    squared: float
    matches: int


def rmse(sums: Sums) -> float | None:
    """Root mean square error; None without rows.

    .. math:: \\sqrt{\\frac1n \\sum_i (p_i - t_i)^2}

    Units: those of the column; range [0, inf), 0 is best
    Example: errors 3 and 4 -> sqrt((9 + 16) / 2) = 3.5355...
    """
    return math.sqrt(sums.squared / sums.rows) if sums.rows else None


def mae(sums: Sums) -> float | None:
    """Mean absolute error; None without rows.

    .. math:: \\frac1n \\sum_i |p_i - t_i|

    Units: those of the column; range [0, inf), 0 is best
    Example: errors 3 and -4 -> 3.5
    """
    return sums.absolute / sums.rows if sums.rows else None


def accuracy(sums: Sums) -> float | None:
    """Share of rows whose value is exactly that of the truth; None without rows.

    Range: [0, 1], 1 is best
    Example: 2 of 4 rows right -> 0.5
    """
    return sums.matches / sums.rows if sums.rows else None
