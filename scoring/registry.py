"""All metrics, in one table. A metric is a function of a sufficient statistic; tests run over the whole table.

Importing this costs no numerical library, so a web site can read it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from scoring.metrics import categorical, continuous
from scoring.metrics.categorical import Counts, ZeroDivision
from scoring.metrics.continuous import Sums

Kind = Literal["raster", "table"]
Direction = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter that an organiser may set. `default` None: it must be given, or follows from the contract."""

    name: str
    type: Literal["class", "groups", "values", "choice", "column"]
    doc: str
    default: str | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MaskOptions:
    """What the functions of masks need beside the counts: the index of the positive class, and the rules."""

    positive: int = 0
    zero_division: ZeroDivision = ZeroDivision.ONE
    average: str = "binary"


MaskFunction = Callable[[Counts, MaskOptions], float | None]
TableFunction = Callable[[Sums], float | None]


@dataclass(frozen=True, slots=True)
class Metric:
    """One row of the table. Exactly one of `of_mask` and `of_table` is set, as `kinds` says."""

    name: str
    title: str
    doc: str
    kinds: tuple[Kind, ...]
    direction: Direction
    minimum: float
    maximum: float
    unit: str
    params: tuple[Param, ...]
    of_mask: MaskFunction | None = None
    of_table: TableFunction | None = None
    needs_numbers: bool = False

    @property
    def higher_is_better(self) -> bool:
        return self.direction == "higher"

    @property
    def best(self) -> float:
        return self.maximum if self.higher_is_better else self.minimum

    def param(self, name: str) -> Param | None:
        return next((param for param in self.params if param.name == name), None)


GROUPS = Param(
    "classes",
    "groups",
    "class groups: [{name, truth: [values], prediction: [values]}]; each class of the contract is a group when absent",
)
IGNORE = Param("ignore", "values", "truth values whose cells do not count")
POSITIVE = Param("positive", "class", "the class that is scored: its name or value; 1 when the classes are 0 and 1")
COLUMN = Param("column", "column", "the column that is compared; may be left out when there is only one")
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


def _f1(counts: Counts, options: MaskOptions) -> float | None:
    if options.average == "macro":
        return categorical.over_classes(categorical.class_f1, counts, options.zero_division)
    return categorical.class_f1(counts, options.positive, options.zero_division)


def _mask_metric(name: str, title: str, doc: str, function: MaskFunction, *params: Param) -> Metric:
    return Metric(name, title, doc, ("raster",), "higher", 0.0, 1.0, "", (GROUPS, IGNORE, *params), of_mask=function)


def _error_metric(name: str, title: str, doc: str, function: TableFunction) -> Metric:
    return Metric(
        name, title, doc, ("table",), "lower", 0.0, math.inf, "column", (COLUMN,), of_table=function, needs_numbers=True
    )


_ROWS = (
    _mask_metric(
        "iou", "IoU", "intersection over union of one class", _iou, POSITIVE, _zero_division(ZeroDivision.ONE)
    ),
    _mask_metric(
        "mean_iou", "Mean IoU", "mean of the IoU of all classes", _mean_iou, _zero_division(ZeroDivision.SKIP)
    ),
    _mask_metric("pixel_accuracy", "Pixel accuracy", "share of cells whose class is right", _pixel_accuracy),
    _mask_metric(
        "f1",
        "F1",
        "F1 (Dice) of one class, or the mean over classes with average: macro",
        _f1,
        POSITIVE,
        Param(
            "average", "choice", "binary: the positive class; macro: mean over classes", "binary", ("binary", "macro")
        ),
        _zero_division(ZeroDivision.ONE),
    ),
    _error_metric("rmse", "RMSE", "root mean square error", continuous.rmse),
    _error_metric("mae", "MAE", "mean absolute error", continuous.mae),
    Metric(
        "accuracy",
        "Accuracy",
        "share of rows that are exactly right",
        ("table",),
        "higher",
        0.0,
        1.0,
        "",
        (COLUMN,),
        of_table=continuous.accuracy,
    ),
)
METRICS: Final[Mapping[str, Metric]] = MappingProxyType({metric.name: metric for metric in _ROWS})
