"""Parameters of the metrics of confusion counts where the classes are labels in a column of a table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from scoring.contract import Field, TableContract
from scoring.errors import quoted
from scoring.metric import MaskOptions, Metric
from scoring.metrics.categorical import ZeroDivision
from scoring.params import read_params
from scoring.reading import Node

if TYPE_CHECKING:
    from scoring.job import MetricSpec

MEASURE: Final = "scoring.measures.labels:LabelCounts"


def with_label_params(base: MetricSpec, params: Node, contract: TableContract) -> MetricSpec:
    """`base` with a measure that counts labels. The classes are the field's enum, or what the truth holds."""
    metric, before = base.metric, params.problems.total
    values = read_params(metric, params, contract)
    field = next((one for one in contract.values if one.name == values["column"]), None)
    if field is None or params.problems.total > before:
        return base
    average = str(values.get("average", "binary"))
    has_positive = metric.param("positive") is not None and average == "binary"
    _check_order(metric, field, params)
    resolved = {
        "column": field.name,
        "metric": metric.name,
        "labels": field.enum,
        "positive": _positive(params, str(values["positive"] or ""), field) if has_positive else "",
        "options": MaskOptions(
            zero_division=ZeroDivision(values.get("zero_division", "1")),
            average=average,
            beta=float(values.get("beta") or 1.0),
        ),
    }
    return replace(base, column=field.name, params=resolved, measure=MEASURE)


def _positive(params: Node, name: str, field: Field) -> str:
    if not name and (set(field.enum) == {"0", "1"} or (field.type == "integer" and not field.enum)):
        return "1"
    if not name and not field.enum:
        params.need("positive")
    elif field.enum and name not in field.enum:
        params.problems.add("metric_positive", f"{params.where}.positive", allowed=list(field.enum))
    return name


def _check_order(metric: Metric, field: Field, params: Node) -> None:
    """How far apart two classes are follows from their order, which only the enum says."""
    if metric.needs_order and not field.enum:
        expected = "the classes in their order, for " + metric.name
        params.problems.add("job_range", f"the enum of column {quoted(field.name)}", value="none", expected=expected)
