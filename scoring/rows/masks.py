"""Metrics of class masks, functions of confusion counts."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from scoring.metric import Direction, Kind, MaskFunction, MaskOptions, Metric, Param
from scoring.metrics import categorical, class_values, confusion
from scoring.metrics.categorical import ClassMetric, Counts, ZeroDivision

GROUPS = Param(
    "classes",
    "groups",
    "class groups: [{name, truth: [values], prediction: [values]}]; each class of the contract is a group when absent",
    kinds=("raster",),
)
COLUMN = Param(
    "column",
    "column",
    "the column of labels that is compared; may be left out when there is only one",
    kinds=("table",),
    holds="labels",
)
IGNORE = Param("ignore", "values", "truth values whose cells do not count", kinds=("raster",))
POSITIVE = Param(
    "positive",
    "class",
    "the class that is scored: its name or value; 1 when the classes are 0 and 1",
    is_optional=True,
)
BETA = Param("beta", "number", "how many times as much recall counts as precision; more than 0", "1")
AVERAGE = Param(
    "average",
    "choice",
    "binary: the positive class; macro: mean over classes; micro: classes summed first; weighted: mean by the truth",
    "binary",
    confusion.AVERAGES,
)
_RULES = tuple(rule.value for rule in ZeroDivision)


def _zero_division(default: ZeroDivision) -> Param:
    doc = "what 0/0 is, where neither truth nor prediction has the class: 0, 1, or skip to leave it out of the mean"
    return Param("zero_division", "choice", doc, default.value, _RULES)


def _iou(counts: Counts, options: MaskOptions) -> float | None:
    return categorical.class_iou(counts, options.positive, options.zero_division)


def _mean_iou(counts: Counts, options: MaskOptions) -> float | None:
    return categorical.over_classes(categorical.class_iou, counts, options.zero_division)


def _pixel_accuracy(counts: Counts, options: MaskOptions) -> float | None:
    return categorical.pixel_accuracy(counts)


def _averaged(of_class: ClassMetric) -> MaskFunction:
    def metric(counts: Counts, options: MaskOptions) -> float | None:
        return confusion.averaged(of_class, counts, options.average, options.positive, options.zero_division)

    return metric


def _fbeta(counts: Counts, options: MaskOptions) -> float | None:
    return _averaged(confusion.class_fbeta(options.beta))(counts, options)


def _frequency_weighted_iou(counts: Counts, options: MaskOptions) -> float | None:
    return confusion.frequency_weighted_iou(counts)


def _with_rule(function: Callable[[Counts, ZeroDivision], float | None]) -> MaskFunction:
    return lambda counts, options: function(counts, options.zero_division)


def _mask_metric(
    name: str,
    title: str,
    doc: str,
    function: MaskFunction,
    *params: Param,
    kinds: tuple[Kind, ...] = ("raster", "table"),
) -> Metric:
    return Metric(name, title, doc, kinds, "higher", 0.0, 1.0, "", (GROUPS, IGNORE, COLUMN, *params), of_mask=function)


def _agreement_metric(
    name: str,
    title: str,
    doc: str,
    function: Callable[[Counts, ZeroDivision], float | None],
    *,
    needs_order: bool = False,
) -> Metric:
    params = (GROUPS, IGNORE, COLUMN, _zero_division(ZeroDivision.ONE))
    return Metric(
        name,
        title,
        doc,
        ("raster", "table"),
        "higher",
        -1.0,
        1.0,
        "",
        params,
        of_mask=_with_rule(function),
        needs_order=needs_order,
    )


VALUED_GROUPS = Param(
    "classes",
    "groups",
    "class groups with the number each stands for: [{name, truth: [values], prediction: [values], value: number}]; "
    "each class of the contract stands for its own value when absent",
    kinds=("raster",),
)


def _value_metric(
    name: str, title: str, doc: str, function: MaskFunction, of_values: str, *params: Param, best: float = 0.0
) -> Metric:
    low, high = (0.0, math.inf) if best == 0 else (-math.inf, best)
    direction: Direction = "lower" if best == 0 else "higher"
    params = (VALUED_GROUPS, IGNORE, *params)
    return Metric(
        name, title, doc, ("raster",), direction, low, high, "", params, of_mask=function, of_values=of_values
    )


def _class_r2(counts: Counts, options: MaskOptions) -> float | None:
    return class_values.class_r2(counts, options.values, options.zero_division)


def _without_options(function: Callable[[Counts], float | None]) -> MaskFunction:
    return lambda counts, options: function(counts)


_AVERAGED = (POSITIVE, AVERAGE, _zero_division(ZeroDivision.ONE))
ROWS: Final = (
    _mask_metric(
        "iou", "IoU", "intersection over union of one class", _iou, POSITIVE, _zero_division(ZeroDivision.ONE)
    ),
    _mask_metric(
        "mean_iou", "Mean IoU", "mean of the IoU of all classes", _mean_iou, _zero_division(ZeroDivision.SKIP)
    ),
    _mask_metric(
        "pixel_accuracy", "Pixel accuracy", "share of cells whose class is right", _pixel_accuracy, kinds=("raster",)
    ),
    _mask_metric(
        "f1",
        "F1",
        "F1 (Dice) of one class, or the mean over classes with average: macro",
        _averaged(categorical.class_f1),
        *_AVERAGED,
    ),
    _mask_metric(
        "precision",
        "Precision",
        "share of the cells predicted as a class that are of it",
        _averaged(confusion.class_precision),
        *_AVERAGED,
    ),
    _mask_metric(
        "recall",
        "Recall",
        "share of the cells of a class that are predicted as it",
        _averaged(confusion.class_recall),
        *_AVERAGED,
    ),
    _mask_metric(
        "fbeta", "F-beta", "F1 in which recall counts beta times as much as precision", _fbeta, BETA, *_AVERAGED
    ),
    _mask_metric(
        "balanced_accuracy",
        "Balanced accuracy",
        "mean recall of the classes",
        _with_rule(confusion.balanced_accuracy),
        _zero_division(ZeroDivision.SKIP),
    ),
    _mask_metric(
        "frequency_weighted_iou",
        "Frequency-weighted IoU",
        "IoU of the classes, weighted by their cells in the truth",
        _frequency_weighted_iou,
        kinds=("raster",),
    ),
    _agreement_metric(
        "matthews_corrcoef", "MCC", "Matthews correlation of truth and prediction", confusion.matthews_corrcoef
    ),
    _agreement_metric("cohen_kappa", "Cohen's kappa", "agreement of classes beyond chance", confusion.cohen_kappa),
    _agreement_metric(
        "quadratic_weighted_kappa",
        "Quadratic weighted kappa",
        "agreement of ordered classes beyond chance, in the order of the groups",
        confusion.quadratic_weighted_kappa,
        needs_order=True,
    ),
    _value_metric(
        "class_r2",
        "R2 of class values",
        "coefficient of determination of the values of the classes",
        _class_r2,
        "squared",
        _zero_division(ZeroDivision.ONE),
        best=1.0,
    ),
    _value_metric(
        "class_rmse",
        "RMSE of class values",
        "root mean square difference of the values of the classes",
        _without_options(class_values.class_rmse),
        "squared",
    ),
    _value_metric(
        "class_mae",
        "MAE of class values",
        "mean absolute difference of the values of the classes",
        _without_options(class_values.class_mae),
        "absolute",
    ),
)
