"""More metrics of class masks, from the counts of categorical.py: averages over classes, agreement beyond chance.

Every ratio is one division of whole numbers of any size. What 0/0 is follows the rule that the caller gives.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from scoring.metrics.categorical import ClassMetric, Counts, ZeroDivision, class_iou, mean_of

AVERAGES: Final = ("binary", "macro", "micro", "weighted")


def _ratio(part: float, whole: float, zero_division: ZeroDivision) -> float | None:
    return part / whole if whole else zero_division.value_of_nothing


def class_precision(counts: Counts, index: int, zero_division: ZeroDivision) -> float | None:
    """Share of the cells predicted as a class that are of it; 0/0 when none is predicted.

    .. math:: \\frac{b}{p}

    Range: [0, 1], 1 is best
    Source: van Rijsbergen (1979), Information Retrieval, 2nd ed., chapter 7
    Example: truth 4 cells, prediction 3, both 2 -> 2 / 3
    """
    return _ratio(counts.both[index], counts.prediction[index], zero_division)


def class_recall(counts: Counts, index: int, zero_division: ZeroDivision) -> float | None:
    """Share of the cells of a class that are predicted as it; 0/0 when the truth has none.

    .. math:: \\frac{b}{t}

    Range: [0, 1], 1 is best
    Source: van Rijsbergen (1979), Information Retrieval, 2nd ed., chapter 7
    Example: truth 4 cells, prediction 3, both 2 -> 2 / 4
    """
    return _ratio(counts.both[index], counts.truth[index], zero_division)


def class_fbeta(beta: float) -> ClassMetric:
    """F-beta of one class: recall counts beta times as much as precision; beta 1 is F1.

    .. math:: \\frac{(1 + \\beta^2) b}{\\beta^2 t + p}

    Range: [0, 1], 1 is best; 0/0 when neither truth nor prediction has the class
    Source: van Rijsbergen (1979), Information Retrieval, 2nd ed., chapter 7
    Example: truth 4 cells, prediction 3, both 2, beta 2 -> 10 / 19
    """
    square = beta * beta

    def fbeta(counts: Counts, index: int, zero_division: ZeroDivision) -> float | None:
        whole = square * counts.truth[index] + counts.prediction[index]
        return _ratio((1 + square) * counts.both[index], whole, zero_division)

    return fbeta


def averaged(
    metric: ClassMetric, counts: Counts, average: str, positive: int, zero_division: ZeroDivision
) -> float | None:
    """A metric of one class, or of all: binary, macro, micro or weighted.

    binary: the positive class. macro: mean over classes, each counting the same. micro: the counts of all classes are
    summed first. weighted: mean over classes by their cells in the truth; without any, what 0/0 is.

    Raises:
        ValueError: `average` is none of AVERAGES.
    Source: Sokolova & Lapalme (2009), Inf. Process. Manag. 45, 427-437, doi:10.1016/j.ipm.2009.03.002
    Example: recall 1/2 of 4 cells and 1 of 2 cells -> macro 3/4, micro and weighted 4/6
    """
    if average not in AVERAGES:
        raise ValueError(f"average {average!r} is none of {AVERAGES}")
    if average == "binary":
        return metric(counts, positive, zero_division)
    if average == "micro":
        summed = Counts((sum(counts.both),), (sum(counts.truth),), (sum(counts.prediction),), counts.cells)
        return metric(summed, 0, zero_division)
    values = [metric(counts, index, zero_division) for index in range(len(counts.both))]
    return mean_of(values) if average == "macro" else _weighted(values, counts.truth, zero_division)


def _weighted(values: Sequence[float | None], weights: Sequence[int], zero_division: ZeroDivision) -> float | None:
    pairs = [(value, weight) for value, weight in zip(values, weights, strict=True) if value is not None]
    return _ratio(
        math.fsum(value * weight for value, weight in pairs), sum(weight for _, weight in pairs), zero_division
    )


def balanced_accuracy(counts: Counts, zero_division: ZeroDivision) -> float | None:
    """Mean recall of the classes; with the rule `skip`, of those that the truth has, as scikit-learn does.

    .. math:: \\frac1k \\sum_c \\frac{b_c}{t_c}

    Range: [0, 1], 1 is best
    Source: Brodersen et al. (2010), ICPR, 3121-3124, doi:10.1109/ICPR.2010.764
    Example: recall 1/2 of one class and 1 of the other -> 0.75
    """
    return averaged(class_recall, counts, "macro", 0, zero_division)


def frequency_weighted_iou(counts: Counts) -> float | None:
    """IoU of the classes, weighted by their cells in the truth; None without cells.

    .. math:: \\frac1n \\sum_c t_c \\frac{b_c}{t_c + p_c - b_c}

    Range: [0, 1], 1 is best
    Missing: a class that the truth does not have weighs nothing
    Source: Long, Shelhamer & Darrell (2015), CVPR, 3431-3440, doi:10.1109/CVPR.2015.7298965
    Example: truth 3 and 1 cells with IoU 2/3 and 1/2 -> (3 * 2/3 + 1/2) / 4 = 0.625
    """
    return averaged(class_iou, counts, "weighted", 0, ZeroDivision.SKIP)


def matthews_corrcoef(counts: Counts, zero_division: ZeroDivision) -> float | None:
    """Matthews correlation of truth and prediction, for any number of classes (the R_K statistic).

    .. math:: \\frac{n \\sum_c b_c - \\sum_c t_c p_c}{\\sqrt{(n^2 - \\sum_c t_c^2)(n^2 - \\sum_c p_c^2)}}

    Range: [-1, 1], 1 is best; with more than two classes the least that can be reached lies between -1 and 0
    Missing: 0/0 when truth and prediction are the same single class. When only one of both is a single class there is
        no correlation: 0, whatever the rule.
    Source: Gorodkin (2004), Comput. Biol. Chem. 28, 367-374, doi:10.1016/j.compbiolchem.2004.09.006
    Example: true positives 2, true negatives 1, one false of each kind -> (2 * 1 - 1 * 1) / 6 = 1/6
    """
    square = counts.cells**2
    truth = square - sum(cells**2 for cells in counts.truth)
    prediction = square - sum(cells**2 for cells in counts.prediction)
    if not truth or not prediction:
        return zero_division.value_of_nothing if sum(counts.both) == counts.cells else 0.0
    above = counts.cells * sum(counts.both) - _by_chance(counts)
    if truth == prediction:
        return above / truth  # exact, so that a perfect mask of any size is 1
    return above / (math.sqrt(truth) * math.sqrt(prediction))


def cohen_kappa(counts: Counts, zero_division: ZeroDivision) -> float | None:
    """Agreement beyond what the sizes of the classes alone would give.

    .. math:: \\frac{n \\sum_c b_c - \\sum_c t_c p_c}{n^2 - \\sum_c t_c p_c}

    Range: [-1, 1], 1 is best
    Missing: 0/0 when truth and prediction are the same single class
    Source: Cohen (1960), Educ. Psychol. Meas. 20, 37-46, doi:10.1177/001316446002000104
    Example: true positives 2, true negatives 1, one false of each kind -> (5 * 3 - 13) / (25 - 13) = 1/6
    """
    chance = _by_chance(counts)
    return _ratio(counts.cells * sum(counts.both) - chance, counts.cells**2 - chance, zero_division)


def _by_chance(counts: Counts) -> int:
    return sum(truth * prediction for truth, prediction in zip(counts.truth, counts.prediction, strict=True))


def quadratic_weighted_kappa(counts: Counts, zero_division: ZeroDivision) -> float | None:
    """Cohen's kappa for ordered classes: being k classes off costs k squared.

    .. math:: 1 - \\frac{n \\sum_{ij} (i - j)^2 n_{ij}}{\\sum_{ij} (i - j)^2 t_i p_j}

    The order of the classes is the order of the groups (of the contract's classes when there are no groups).

    Range: [-1, 1], 1 is best
    Missing: 0/0 when truth and prediction are the same single class
    Source: Cohen (1968), Psychol. Bull. 70, 213-220, doi:10.1037/h0026256
    Example: truth 0 1 2, prediction 0 2 2 -> 1 - (3 * 1) / (8 + 3 + 4) = 0.8
    """
    sides = [list(enumerate(side)) for side in (counts.truth, counts.prediction)]
    chance = sum((i - j) ** 2 * truth * prediction for i, truth in sides[0] for j, prediction in sides[1])
    return _ratio(chance - counts.cells * counts.squared_steps, chance, zero_division)
