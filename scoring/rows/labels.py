"""Metrics of probabilities and of order, in tables with a label in the truth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from scoring.contract import TableContract
from scoring.errors import quoted
from scoring.metric import Metric, Param
from scoring.metrics.categorical import ZeroDivision
from scoring.reading import Node

SCORE: Final = Param(
    "column", "column", "the column of scores; may be left out when there is only one", holds="numbers"
)
LABEL: Final = Param("truth", "truth", "the column of the truth with the labels; of the same name when left out")
POSITIVE: Final = Param("positive", "label", "the label of a positive row; all others are negative", "1")


def _check_probabilities(params: Mapping[str, Any], contract: Any, node: Node) -> None:
    """One column or several, never both; and the gate must refuse what is no probability."""
    if bool(params["column"]) == bool(params["columns"]):
        expected = "one column, or several columns"
        node.problems.add("job_range", node.where, value="column and columns", expected=expected)
        return
    wanted = (params["column"], *params["columns"])
    for field in contract.values if isinstance(contract, TableContract) else ():
        if field.name in wanted and (field.minimum, field.maximum) != (0, 1):
            where = f"the constraints of column {quoted(field.name)}"
            node.problems.add("job_range", where, value="these", expected="minimum 0 and maximum 1, for probabilities")


_PROBABILITIES: Final = (
    Param("column", "column", "probability of the positive label; or give columns", is_optional=True, holds="numbers"),
    Param("columns", "columns", "probabilities, a column named after each label", is_optional=True, holds="numbers"),
    LABEL,
    POSITIVE,
    Param("prefix", "text", "what the names of columns have before the label, such as p_", is_optional=True),
    Param(
        "sums",
        "choice",
        "rows of several columns that do not sum to 1: renormalise divides them, refuse is an error",
        "renormalise",
        ("renormalise", "refuse"),
    ),
    Param("tolerance", "number", "how far sums may be from 1 with sums: refuse", "0.000001", below=1.0),
)


def _order_metric(name: str, title: str, doc: str, of: str) -> Metric:
    params = (SCORE, LABEL, POSITIVE)
    measure = f"scoring.measures.ranking:{of}"
    return Metric(name, title, doc, ("table",), "higher", 0.0, 1.0, "", params, measure=measure)


ROWS: Final = (
    _order_metric(
        "roc_auc", "ROC AUC", "how often a positive row has the higher score; equal ones count half", "RocAuc"
    ),
    _order_metric(
        "average_precision", "Average precision", "precision averaged along the rise of recall", "AveragePrecision"
    ),
    Metric(
        "spearman",
        "Spearman correlation",
        "correlation of the ranks of truth and prediction",
        ("table",),
        "higher",
        -1.0,
        1.0,
        "",
        (
            Param("column", "column", "the column that is compared; may be left out when there is only one"),
            Param(
                "zero_division",
                "choice",
                "what 0/0 is, where values are constant: 0, 1, or skip for no score",
                ZeroDivision.ZERO.value,
                tuple(rule.value for rule in ZeroDivision),
            ),
        ),
        needs_numbers=True,
        measure="scoring.measures.ranking:Spearman",
    ),
    Metric(
        "log_loss",
        "Log loss",
        "mean of minus the logarithm of the probability of the true label",
        ("table",),
        "lower",
        0.0,
        math.inf,
        "",
        (*_PROBABILITIES, Param("eps", "number", "probabilities are put into eps to 1 - eps", "1e-15", below=0.5)),
        measure="scoring.measures.probability:LogLoss",
        check=_check_probabilities,
    ),
    Metric(
        "brier",
        "Brier score",
        "mean squared error of probabilities; of several columns, summed over them",
        ("table",),
        "lower",
        0.0,
        2.0,
        "",
        _PROBABILITIES,
        measure="scoring.measures.probability:Brier",
        check=_check_probabilities,
    ),
)
