"""Metrics of numeric columns, functions of sums over rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from scoring.metric import Direction, Metric, Param, TableFunction, TermFunction
from scoring.metrics import continuous, regression
from scoring.metrics.categorical import ZeroDivision

COLUMN = Param("column", "column", "the column that is compared; may be left out when there is only one")
_RULES = tuple(rule.value for rule in ZeroDivision)


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


ROWS: Final = (
    _error_metric("rmse", "RMSE", "root mean square error", continuous.rmse),
    _error_metric("mae", "MAE", "mean absolute error", continuous.mae),
    _term_metric(
        "absolute_bias",
        "Absolute bias",
        "size of the mean error",
        "error",
        _plain(regression.absolute_bias),
        _ERROR,
    ),
    _term_metric(
        "bias",
        "Bias",
        "mean error, with its sign",
        "error",
        _plain(regression.bias),
        _Scale("zero", -math.inf, unit="column"),
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
