"""Metrics of masks of many sums at once: the forms of metrics/categorical.py and confusion.py that replicates need.

A score itself is always computed by the exact functions there; a test holds both equal. Sums of a unit are laid out as

    both (K) | truth (K) | prediction (K) | cells | squared steps

for K groups of classes, as in Counts. Functions map (..., 3 K + 2) to (...), NaN where there is no score.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from scoring.aggregate import step
from scoring.job import MetricSpec
from scoring.metric import MaskOptions
from scoring.metrics.categorical import ZeroDivision

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sums:
    """A view of sums by what they are. Shapes: both, truth, prediction (..., K); cells, squared_steps (...)."""

    both: Values
    truth: Values
    prediction: Values
    cells: Values
    squared_steps: Values


def split(sums: Values) -> Sums:
    classes = (sums.shape[-1] - 2) // 3
    both, truth, prediction = (sums[..., index * classes : (index + 1) * classes] for index in range(3))
    return Sums(both, truth, prediction, sums[..., -2], sums[..., -1])


def unit_sums(
    blocks: npt.NDArray[np.int64], values: tuple[int, ...], classes: tuple[int, ...], spec: MetricSpec
) -> Values:
    """Joint counts of blocks -> sums of a metric, as aggregate.class_counts makes them of one table.

    Shapes: blocks (blocks, values [+ 1 for ignored cells], classes) -> (blocks, 3 K + 2)
    """
    rows = _membership([group.truth for group in spec.groups], values, blocks.shape[1])
    columns = _membership([group.prediction for group in spec.groups], classes, blocks.shape[2])
    counted = np.array([*(value not in spec.ignore for value in values), False][: blocks.shape[1]], np.float64)
    joint = blocks.astype(np.float64)
    pairs = rows @ joint @ columns.T
    places = np.arange(len(spec.groups))
    steps = np.array([[step(spec, i, j) for j in range(len(places))] for i in range(len(places))], np.float64)
    parts = [
        pairs[:, places, places],
        joint.sum(axis=2) @ rows.T,
        np.tensordot(joint, counted, axes=(1, 0)) @ columns.T,
        (joint.sum(axis=2) @ counted)[:, None],
        (steps * pairs).sum(axis=(1, 2))[:, None],
    ]
    return np.concatenate(parts, axis=1)


def _membership(groups: list[tuple[int, ...]], values: tuple[int, ...], width: int) -> Values:
    """Which values belong to which group, shape (groups, width)."""
    table = np.zeros((len(groups), width))
    for index, group in enumerate(groups):
        table[index, [values.index(value) for value in group if value in values]] = 1
    return table


# -- forms ------------------------------------------------------------------------------------------------------------


def ratio(part: Values, whole: Values, rule: ZeroDivision) -> Values:
    """part / whole, and where whole is 0 what the rule says."""
    nothing = rule.value_of_nothing
    quotient: Values = np.divide(part, whole)
    empty = whole == 0
    if empty.any():
        quotient = np.where(empty, np.nan if nothing is None else nothing, quotient)
    return quotient


def mean_of_defined(values: Values) -> Values:
    """Mean over the last axis of what is not NaN; NaN where nothing is."""
    missing = np.isnan(values)
    mean: Values
    if not missing.any():
        mean = values.mean(axis=-1)
        return mean
    mean = np.where(missing, 0.0, values).sum(axis=-1) / (~missing).sum(axis=-1)
    return mean


OfClasses = Callable[[Sums, ZeroDivision], Values]
Form = Callable[[Sums, MaskOptions], Values]


def _iou(sums: Sums, rule: ZeroDivision) -> Values:
    return ratio(sums.both, sums.truth + sums.prediction - sums.both, rule)


def _f1(sums: Sums, rule: ZeroDivision) -> Values:
    return ratio(2 * sums.both, sums.truth + sums.prediction, rule)


def _precision(sums: Sums, rule: ZeroDivision) -> Values:
    return ratio(sums.both, sums.prediction, rule)


def _recall(sums: Sums, rule: ZeroDivision) -> Values:
    return ratio(sums.both, sums.truth, rule)


def _averaged(of_classes: OfClasses, sums: Sums, average: str, options: MaskOptions) -> Values:
    """As confusion.averaged."""
    rule = options.zero_division
    if average == "binary":
        at = slice(options.positive, options.positive + 1)
        one = Sums(sums.both[..., at], sums.truth[..., at], sums.prediction[..., at], sums.cells, sums.squared_steps)
        return of_classes(one, rule)[..., 0]
    if average == "micro":
        parts = (sums.both, sums.truth, sums.prediction)
        both, truth, prediction = (part.sum(axis=-1, keepdims=True) for part in parts)
        return of_classes(Sums(both, truth, prediction, sums.cells, sums.squared_steps), rule)[..., 0]
    values = of_classes(sums, rule)
    if average == "macro":
        return mean_of_defined(values)
    weights = np.where(np.isnan(values), 0.0, sums.truth)
    return ratio((np.nan_to_num(values) * weights).sum(axis=-1), weights.sum(axis=-1), rule)


def _with_average(of_classes: OfClasses) -> Form:
    return lambda sums, options: _averaged(of_classes, sums, options.average, options)


def _fixed(of_classes: OfClasses, average: str) -> Form:
    return lambda sums, options: _averaged(of_classes, sums, average, options)


def _fbeta(sums: Sums, options: MaskOptions) -> Values:
    square = options.beta * options.beta

    def of_classes(some: Sums, rule: ZeroDivision) -> Values:
        return ratio((1 + square) * some.both, square * some.truth + some.prediction, rule)

    return _averaged(of_classes, sums, options.average, options)


def _pixel_accuracy(sums: Sums, options: MaskOptions) -> Values:
    return ratio(sums.both.sum(axis=-1), sums.cells, ZeroDivision.SKIP)


def _frequency_weighted_iou(sums: Sums, options: MaskOptions) -> Values:
    return _averaged(_iou, sums, "weighted", MaskOptions(zero_division=ZeroDivision.SKIP))


def _matthews_corrcoef(sums: Sums, options: MaskOptions) -> Values:
    square = sums.cells**2
    truth, prediction = square - (sums.truth**2).sum(axis=-1), square - (sums.prediction**2).sum(axis=-1)
    right, nothing = sums.both.sum(axis=-1), options.zero_division.value_of_nothing
    above = sums.cells * right - (sums.truth * sums.prediction).sum(axis=-1)
    constant = np.where(right == sums.cells, np.nan if nothing is None else nothing, 0.0)
    correlation: Values = np.where(
        (truth == 0) | (prediction == 0), constant, above / (np.sqrt(truth) * np.sqrt(prediction))
    )
    return correlation


def _cohen_kappa(sums: Sums, options: MaskOptions) -> Values:
    chance = (sums.truth * sums.prediction).sum(axis=-1)
    return ratio(sums.cells * sums.both.sum(axis=-1) - chance, sums.cells**2 - chance, options.zero_division)


def _quadratic_weighted_kappa(sums: Sums, options: MaskOptions) -> Values:
    """Sum of (i - j)^2 t_i p_j, with the square written out, so that no table of pairs is needed."""
    places = np.arange(sums.truth.shape[-1], dtype=np.float64)
    moments = [[(side * places**power).sum(axis=-1) for power in range(3)] for side in (sums.truth, sums.prediction)]
    t, p = moments
    chance = t[2] * p[0] - 2 * t[1] * p[1] + t[0] * p[2]
    return ratio(chance - sums.cells * sums.squared_steps, chance, options.zero_division)


def _class_r2(sums: Sums, options: MaskOptions) -> Values:
    values, nothing = np.array(options.values, np.float64), options.zero_division.value_of_nothing
    first, second = (sums.truth * values).sum(axis=-1), (sums.truth * values**2).sum(axis=-1)
    spread = sums.cells * second - first**2
    constant = np.where(sums.squared_steps > 0, 0.0, np.nan if nothing is None else nothing)
    determined = 1 - ratio(sums.cells * sums.squared_steps, spread, ZeroDivision.SKIP)
    score: Values = np.where(sums.cells == 0, np.nan, np.where(spread == 0, constant, determined))
    return score


def _class_mae(sums: Sums, options: MaskOptions) -> Values:
    return ratio(sums.squared_steps, sums.cells, ZeroDivision.SKIP)


def _class_rmse(sums: Sums, options: MaskOptions) -> Values:
    root: Values = np.sqrt(_class_mae(sums, options))
    return root


FORMS: Final[Mapping[str, Form]] = MappingProxyType(
    {
        "iou": _fixed(_iou, "binary"),
        "mean_iou": _fixed(_iou, "macro"),
        "pixel_accuracy": _pixel_accuracy,
        "f1": _with_average(_f1),
        "precision": _with_average(_precision),
        "recall": _with_average(_recall),
        "fbeta": _fbeta,
        "balanced_accuracy": _fixed(_recall, "macro"),
        "frequency_weighted_iou": _frequency_weighted_iou,
        "matthews_corrcoef": _matthews_corrcoef,
        "cohen_kappa": _cohen_kappa,
        "quadratic_weighted_kappa": _quadratic_weighted_kappa,
        "class_r2": _class_r2,
        "class_rmse": _class_rmse,
        "class_mae": _class_mae,
    }
)


def value_of(spec: MetricSpec) -> Callable[[Values], Values]:
    """The metric with its options, of sums (..., 3 K + 2)."""
    form = FORMS[spec.metric.name]
    return lambda sums: form(split(sums), spec.options)


# -- labels in a column -----------------------------------------------------------------------------------------------


def value_of_labels(spec: MetricSpec) -> Callable[[Values], Values]:
    """The same of the sums that measures/labels.py keeps, which also count predictions that are no class.

    Shapes: (..., 6 + 3 K): rows, squared steps, no class, three of the positive class, three times K -> (...)
    """
    form, options = FORMS[spec.metric.name], spec.params["options"]
    has_positive = bool(spec.params["positive"])
    counts_strangers = not has_positive and (options.average == "micro" or spec.metric.minimum < 0)

    def value(sums: Values) -> Values:
        both, truth, prediction = _positive_of(sums) if has_positive else _classes_of(sums)
        if counts_strangers:
            nothing, strangers = np.zeros_like(sums[..., :1]), sums[..., 2:3]
            both, truth = (np.concatenate([part, nothing], axis=-1) for part in (both, truth))
            prediction = np.concatenate([prediction, strangers], axis=-1)
        found = form(Sums(both, truth, prediction, sums[..., 0], sums[..., 1]), options)
        return np.where(sums[..., 0] > 0, found, np.nan)

    return value


def _positive_of(sums: Values) -> tuple[Values, Values, Values]:
    return sums[..., 3:4], sums[..., 4:5], sums[..., 5:6]


def _classes_of(sums: Values) -> tuple[Values, Values, Values]:
    both, truth, prediction = np.split(sums[..., 6:], 3, axis=-1)
    return both, truth, prediction
