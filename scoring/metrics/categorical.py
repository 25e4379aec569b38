"""Metrics of class masks: functions of summed confusion counts.

All of them need no more than, for each class, how many cells the truth has, how many the prediction has, and how many
both have. Counts are Python integers of any size, so a score is one correctly rounded division of exact numbers.

The 0/0 rule: a class that neither truth nor prediction has gives 0/0. `ZeroDivision.ONE` calls that perfect, `ZERO` a
failure, and `SKIP` leaves the class (or the scene) out of the mean it would have entered.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class ZeroDivision(StrEnum):
    ZERO = "0"
    ONE = "1"
    SKIP = "skip"

    @property
    def value_of_nothing(self) -> float | None:
        return None if self is ZeroDivision.SKIP else float(self.value)


@dataclass(frozen=True, slots=True)
class Counts:
    """Cells of each class: in both, in the truth, in the prediction; and cells that count at all.

    `squared_steps` sums, over all cells, the square of how many classes lie between truth and prediction; where classes
    have values, the square or the size of their difference.

    Shapes: three tuples of one length, the number of classes
    """

    both: tuple[int, ...]
    truth: tuple[int, ...]
    prediction: tuple[int, ...]
    cells: int
    squared_steps: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            tuple(a + b for a, b in zip(self.both, other.both, strict=True)),
            tuple(a + b for a, b in zip(self.truth, other.truth, strict=True)),
            tuple(a + b for a, b in zip(self.prediction, other.prediction, strict=True)),
            self.cells + other.cells,
            self.squared_steps + other.squared_steps,
        )


def mean_of(values: Sequence[float | None]) -> float | None:
    """Arithmetic mean of what is defined, exactly rounded in its sum; None when nothing is."""
    defined = [value for value in values if value is not None]
    return math.fsum(defined) / len(defined) if defined else None


def pixel_accuracy(counts: Counts) -> float | None:
    """Share of cells whose class is right; None without cells.

    .. math:: \\frac{\\sum_c |T_c \\cap P_c|}{n}

    Range: [0, 1], 1 is best
    Example: 3 of 4 cells right -> 0.75
    """
    return sum(counts.both) / counts.cells if counts.cells else None


def class_iou(counts: Counts, index: int, zero_division: ZeroDivision) -> float | None:
    """Intersection over union of one class, also called Jaccard index or critical success index.

    .. math:: \\frac{|T \\cap P|}{|T \\cup P|} = \\frac{b}{t + p - b}

    Range: [0, 1], 1 is best
    Source: Jaccard (1912), New Phytologist 11, 37-50, doi:10.1111/j.1469-8137.1912.tb05611.x
    Example: truth 4 cells, prediction 3, both 2 -> 2 / (4 + 3 - 2) = 0.4
    """
    union = counts.truth[index] + counts.prediction[index] - counts.both[index]
    return counts.both[index] / union if union else zero_division.value_of_nothing


def class_f1(counts: Counts, index: int, zero_division: ZeroDivision) -> float | None:
    """F1 of one class, also called Dice coefficient: the harmonic mean of precision and recall.

    .. math:: \\frac{2 b}{t + p}

    Range: [0, 1], 1 is best
    Source: Dice (1945), Ecology 26, 297-302, doi:10.2307/1932409
    Example: truth 4 cells, prediction 3, both 2 -> 4 / 7
    """
    total = counts.truth[index] + counts.prediction[index]
    return 2 * counts.both[index] / total if total else zero_division.value_of_nothing


ClassMetric = Callable[[Counts, int, ZeroDivision], float | None]


def over_classes(metric: ClassMetric, counts: Counts, zero_division: ZeroDivision) -> float | None:
    """Mean of a metric over all classes, each counting the same.

    Example: IoU 0.5 and 1.0 of two classes -> 0.75
    """
    return mean_of([metric(counts, index, zero_division) for index in range(len(counts.both))])
