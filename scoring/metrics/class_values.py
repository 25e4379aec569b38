"""Metrics of class values: classes that are numbers, such as tenths of ice, compared as numbers.

All come from the joint counts of the classes: a pair of classes counts as often as it has cells. With whole values all
sums are whole numbers of any size, so a score is one correctly rounded division (and a root) of exact numbers.
`values` are those of the groups, in their order; `squared_steps` sums the squares of the differences, or for the mean
absolute error their sizes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from scoring.metrics.categorical import Counts, ZeroDivision


def class_r2(counts: Counts, values: Sequence[int], zero_division: ZeroDivision) -> float | None:
    """Coefficient of determination of class values, with the mean of the truth's own cells.

    .. math:: 1 - \\frac{n \\sum_{ij} n_{ij} (v_i - v_j)^2}{n \\sum_i t_i v_i^2 - (\\sum_i t_i v_i)^2}

    Range: (-inf, 1], 1 is best
    Missing: None without cells; a truth of one value gives 0/0, the rule, when every cell is right, and else 0.0, as in
        scikit-learn
    Source: scikit-learn, r2_score; Stokholm et al. (2024), The Cryosphere 18, 3471, doi:10.5194/tc-18-3471-2024
    Example: truth 1 2 3, prediction 1 2 4 -> 1 - 1 / 2 = 0.5
    """
    if not counts.cells:
        return None
    first = sum(cells * value for cells, value in zip(counts.truth, values, strict=True))
    second = sum(cells * value * value for cells, value in zip(counts.truth, values, strict=True))
    spread = counts.cells * second - first * first
    if not spread:
        return 0.0 if counts.squared_steps else zero_division.value_of_nothing
    return (spread - counts.cells * counts.squared_steps) / spread


def class_rmse(counts: Counts) -> float | None:
    """Root mean square error of class values; None without cells.

    .. math:: \\sqrt{\\frac1n \\sum_{ij} n_{ij} (v_i - v_j)^2}

    Range: [0, inf), 0 is best
    Example: truth 1 2 3, prediction 1 2 5 -> sqrt(4 / 3)
    """
    return math.sqrt(counts.squared_steps / counts.cells) if counts.cells else None


def class_mae(counts: Counts) -> float | None:
    """Mean absolute error of class values; None without cells.

    .. math:: \\frac1n \\sum_{ij} n_{ij} |v_i - v_j|

    Range: [0, inf), 0 is best
    Example: truth 1 2 3, prediction 1 2 5 -> 2 / 3
    """
    return counts.squared_steps / counts.cells if counts.cells else None
