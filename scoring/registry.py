"""All metrics, in one table. A metric is a function of a sufficient statistic; tests run over the whole table.

Importing this costs no numerical library, so a web site can read it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from scoring.metrics import categorical, confusion, continuous, regression
from scoring.metrics.categorical import ClassMetric, Counts, ZeroDivision
from scoring.metrics.continuous import Sums

Kind = Literal["raster", "table"]
Direction = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter that an organiser may set. `default` None: it must be given, or follows from the contract."""

    name: str
    type: Literal["class", "groups", "values", "choice", "column", "number"]
    doc: str
    default: str | None = None
    choices: tuple[str, ...] = ()
    above: float = 0.0  # a number lies strictly between these two
    below: float = math.inf


@dataclass(frozen=True, slots=True)
class MaskOptions:
    """What the functions of masks need beside the counts: the index of the positive class, and the rules."""

    positive: int = 0
    zero_division: ZeroDivision = ZeroDivision.ONE
    average: str = "binary"
    beta: float = 1.0


MaskFunction = Callable[[Counts, MaskOptions], float | None]
TableFunction = Callable[[Sums], float | None]


@dataclass(frozen=True, slots=True)
class TableOptions:
    """Parameters of the metrics of sums of terms."""

    quantile: float = 0.5
    capacity: float = 1.0
    zero: str = "skip"
    zero_division: ZeroDivision = ZeroDivision.ONE


TermFunction = Callable[[int, Mapping[str, float], TableOptions], float | None]


@dataclass(frozen=True, slots=True)
class Metric:
    """One row of the table. Exactly one of `of_mask`, `of_table` and `of_terms` is set, as `kinds` says.

    `terms` names what `of_terms` sums over rows, see scoring/terms.py.
    """

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
    of_terms: TermFunction | None = None
    terms: str = ""
    above: float = -math.inf  # values must be more; the contract has to say so
    needs_order: bool = False  # of the groups: Counts.squared_steps is counted

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


def _f1(counts: Counts, options: MaskOptions) -> float | None:
    if options.average == "macro":
        return categorical.over_classes(categorical.class_f1, counts, options.zero_division)
    return categorical.class_f1(counts, options.positive, options.zero_division)


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


def _mask_metric(name: str, title: str, doc: str, function: MaskFunction, *params: Param) -> Metric:
    return Metric(name, title, doc, ("raster",), "higher", 0.0, 1.0, "", (GROUPS, IGNORE, *params), of_mask=function)


def _agreement_metric(
    name: str,
    title: str,
    doc: str,
    function: Callable[[Counts, ZeroDivision], float | None],
    *,
    needs_order: bool = False,
) -> Metric:
    params = (GROUPS, IGNORE, _zero_division(ZeroDivision.ONE))
    return Metric(
        name,
        title,
        doc,
        ("raster",),
        "higher",
        -1.0,
        1.0,
        "",
        params,
        of_mask=_with_rule(function),
        needs_order=needs_order,
    )


def _error_metric(name: str, title: str, doc: str, function: TableFunction) -> Metric:
    return Metric(
        name, title, doc, ("table",), "lower", 0.0, math.inf, "column", (COLUMN,), of_table=function, needs_numbers=True
    )


def _zero_rule(default: ZeroDivision) -> Param:
    return Param(
        "zero_division",
        "choice",
        "what 0/0 is, where values are constant: 0, 1, or skip for no score",
        default.value,
        _RULES,
    )


def _plain(function: Callable[[int, Mapping[str, float]], float | None]) -> TermFunction:
    return lambda rows, terms, options: function(rows, terms)


def _ruled(function: Callable[[int, Mapping[str, float], ZeroDivision], float | None]) -> TermFunction:
    return lambda rows, terms, options: function(rows, terms, options.zero_division)


@dataclass(frozen=True, slots=True)
class _Scale:
    """Direction, range and unit of a metric of terms, and the values that it takes."""

    direction: Direction = "lower"
    minimum: float = 0.0
    maximum: float = math.inf
    unit: str = ""
    above: float = -math.inf


_ERROR, _SHARE, _CORRELATION = _Scale(unit="column"), _Scale(), _Scale("higher", -1.0, 1.0)


def _term_metric(
    name: str, title: str, doc: str, terms: str, function: TermFunction, scale: _Scale, *params: Param
) -> Metric:
    return Metric(
        name,
        title,
        doc,
        ("table",),
        scale.direction,
        scale.minimum,
        scale.maximum,
        scale.unit,
        (COLUMN, *params),
        needs_numbers=True,
        of_terms=function,
        terms=terms,
        above=scale.above,
    )


_AVERAGED = (POSITIVE, AVERAGE, _zero_division(ZeroDivision.ONE))
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
    _error_metric("rmse", "RMSE", "root mean square error", continuous.rmse),
    _error_metric("mae", "MAE", "mean absolute error", continuous.mae),
    _term_metric(
        "absolute_bias",
        "Bias",
        "size of the mean error",
        "error",
        _plain(regression.absolute_bias),
        _ERROR,
    ),
    _term_metric(
        "mape",
        "MAPE",
        "mean of error / truth, as a share",
        "relative",
        _plain(regression.mean_ratio),
        _SHARE,
        Param("zero", "choice", "rows whose truth is 0: skip, or 1 when wrong and 0 when right", "skip", ("skip", "1")),
    ),
    _term_metric(
        "smape",
        "SMAPE",
        "mean of error / mean size of truth and prediction, from 0 to 2",
        "symmetric",
        _plain(regression.mean_ratio),
        _Scale(maximum=2.0),
        Param("zero", "choice", "rows where truth and prediction are 0: count as 0, or skip", "0", ("0", "skip")),
    ),
    _term_metric(
        "rmsle",
        "RMSLE",
        "root mean square error of log(1 + value)",
        "logarithm",
        _plain(regression.rmsle),
        _Scale(above=-1.0),
    ),
    _term_metric(
        "pinball",
        "Pinball loss",
        "mean quantile loss",
        "pinball",
        _plain(regression.pinball),
        _ERROR,
        Param("quantile", "number", "the quantile that is predicted, between 0 and 1", "0.5", below=1.0),
    ),
    _term_metric(
        "nmae",
        "NMAE",
        "mean absolute error as a share of a capacity",
        "absolute",
        lambda rows, terms, options: regression.nmae(rows, terms, options.capacity),
        _SHARE,
        Param("capacity", "number", "what the error is divided by, in the unit of the column; more than 0"),
    ),
    _term_metric(
        "r2",
        "R2",
        "share of the truth's variance that is explained",
        "moments",
        _ruled(regression.r2),
        _Scale("higher", -math.inf, 1.0),
        _zero_rule(ZeroDivision.ONE),
    ),
    _term_metric(
        "pearson",
        "Pearson correlation",
        "linear correlation of truth and prediction",
        "moments",
        _ruled(regression.pearson),
        _CORRELATION,
        _zero_rule(ZeroDivision.ZERO),
    ),
    _term_metric(
        "concordance",
        "Concordance",
        "Lin's concordance of truth and prediction",
        "moments",
        _ruled(regression.concordance),
        _CORRELATION,
        _zero_rule(ZeroDivision.ONE),
    ),
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
