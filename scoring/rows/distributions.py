"""Metrics of tables with several columns: distributions, quantiles, targets; and of lists of items."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from scoring.contract import TableContract
from scoring.errors import quoted
from scoring.metric import Check, Metric, Param
from scoring.reading import Node

OBSERVED: Final = Param("truth", "truth", "the column of the truth with what was observed", holds="numbers")
MAX_K: Final = 10_001.0


def _error(name: str, title: str, doc: str, measure: str, *params: Param, check: Check | None = None) -> Metric:
    return Metric(
        name,
        title,
        doc,
        ("table",),
        "lower",
        0.0,
        math.inf,
        "column",
        params,
        needs_numbers=True,
        measure=f"scoring.measures.{measure}",
        check=check,
    )


def _list_metric(name: str, title: str, doc: str, measure: str, *params: Param) -> Metric:
    lists = (
        Param("column", "column", "the column of items, the best first, with blanks between them", holds="texts"),
        Param("truth", "truth", "the column of the truth with the right items; of the same name when left out",
              holds="texts"),
        Param("k", "whole", "how many items count", below=MAX_K),
    )  # fmt: skip
    measure = f"scoring.measures.items:{measure}"
    return Metric(name, title, doc, ("table",), "higher", 0.0, 1.0, "", (*lists, *params), measure=measure)


def _check_members(params: Mapping[str, Any], contract: Any, node: Node) -> None:
    _several(params["columns"], 2 if params["fair"] else 1, node)


def _several(names: tuple[str, ...], least: int, node: Node) -> None:
    if len(names) < least or len(set(names)) < len(names):
        expected = f"at least {least}, all different"
        node.problems.add("job_range", f"{node.where}.columns", value=len(names), expected=expected)


def _check_quantiles(params: Mapping[str, Any], contract: Any, node: Node) -> None:
    _several(params["columns"], 1, node)
    if len(params["quantiles"]) != len(params["columns"]):
        expected = f"{len(params['columns'])} numbers, one for each column"
        node.problems.add("job_range", f"{node.where}.quantiles", value=len(params["quantiles"]), expected=expected)


def _check_deviation(params: Mapping[str, Any], contract: Any, node: Node) -> None:
    """The gate must refuse a negative standard deviation."""
    for field in contract.values if isinstance(contract, TableContract) else ():
        if field.name == params["sd"] and (field.minimum is None or field.minimum < 0):
            where = f"the minimum of column {quoted(field.name)}"
            shown = "none" if field.minimum is None else f"{field.minimum:g}"
            node.problems.add("job_range", where, value=shown, expected="at least 0, for a standard deviation")


def _check_weights(params: Mapping[str, Any], contract: Any, node: Node) -> None:
    """Weights of groups, or of the columns: of all of them, or of none."""
    where = f"{node.where}.weights"
    if params["groups"]:
        if not params["weights"]:
            node.problems.add("job_missing", node.where, key="weights")
        if not params["column"]:
            node.problems.add("job_missing", node.where, key="column")
        return
    _several(params["columns"], 1, node)
    if params["weights"] and set(params["weights"]) != set(params["columns"]):
        names = ", ".join(quoted(name) for name in params["columns"])
        node.problems.add("job_range", where, value=len(params["weights"]), expected=f"weights of {names}")


def _check_columns(params: Mapping[str, Any], contract: Any, node: Node) -> None:
    _several(params["columns"], 1, node)


ROWS: Final = (
    _error(
        "weighted_mae",
        "Weighted MAE",
        "mean absolute error of each column, or of each group of rows, summed with weights",
        "groups:WeightedMae",
        Param("columns", "columns", "the columns that are compared; all of numbers when left out"),
        Param("column", "column", "with groups: the column that is compared", is_optional=True),
        Param("groups", "truth", "a column of the truth that names the group of a row", is_optional=True),
        Param("weights", "weights", "of each column or group: {name: number}; equal when left out", is_optional=True),
        check=_check_weights,
    ),
    _error(
        "mcrmse",
        "MCRMSE",
        "mean over columns of the root mean square error",
        "groups:Mcrmse",
        Param("columns", "columns", "the columns that are compared; all of numbers when left out"),
        check=_check_columns,
    ),
    _error(
        "crps_ensemble",
        "CRPS (ensemble)",
        "continuous ranked probability score of an ensemble",
        "ensembles:CrpsEnsemble",
        Param("columns", "columns", "the members; all columns of numbers when left out"),
        OBSERVED,
        Param("fair", "flag", "as if of infinitely many members", "true"),
        check=_check_members,
    ),
    _error(
        "crps_gaussian",
        "CRPS (normal)",
        "continuous ranked probability score of a normal distribution",
        "ensembles:CrpsGaussian",
        Param("mean", "column", "the column of means"),
        Param("sd", "column", "the column of standard deviations; its minimum must be 0 or more"),
        OBSERVED,
        check=_check_deviation,
    ),
    _error(
        "interval_score",
        "Interval score",
        "width of an interval, and a penalty where it misses",
        "ensembles:IntervalScore",
        Param("lower", "column", "the column of lower bounds"),
        Param("upper", "column", "the column of upper bounds"),
        OBSERVED,
        Param("alpha", "number", "how often the interval may miss, such as 0.1 for one of 90 percent", below=1.0),
    ),
    _error(
        "mean_pinball",
        "Mean pinball loss",
        "mean quantile loss over several quantiles",
        "ensembles:MeanPinball",
        Param("columns", "columns", "the quantiles' columns; all of numbers when left out"),
        Param("quantiles", "numbers", "the quantile of each column, between 0 and 1", below=1.0, is_optional=True),
        OBSERVED,
        check=_check_quantiles,
    ),
    _list_metric("map_at_k", "MAP@k", "mean average precision of the first k items", "MapAtK"),
    _list_metric(
        "ndcg_at_k",
        "NDCG@k",
        "normalised discounted gain of the first k items",
        "NdcgAtK",
        Param("gains", "truth", "a column of the truth: a number for each item; all 1 when left out",
              is_optional=True, holds="texts"),
        Param("gain", "choice", "linear: the number itself; exponential: 2^number - 1", "linear",
              ("linear", "exponential")),
    ),
)  # fmt: skip
