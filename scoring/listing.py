"""`python -m scoring metrics`: the table of metrics for people who set up a contest, and as JSON for programs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from scoring.errors import InvalidJob, Problem, closest, quoted
from scoring.metric import Metric, Param
from scoring.registry import METRICS


def chosen(name: str | None) -> list[Metric]:
    """One metric as each kind of data has it, or all. Raises InvalidJob: there is none of that name."""
    if name is None:
        return [row for metric in METRICS.values() for row in _rows(metric)]
    if name not in METRICS:
        allowed = sorted(METRICS)
        hint = closest(name, allowed)
        code = "metric_unknown_hint" if hint else "metric_unknown"
        raise InvalidJob(
            [Problem(code, "metric", {"value": quoted(name), "hint": quoted(str(hint)), "allowed": allowed})]
        )
    return _rows(METRICS[name])


def _rows(metric: Metric) -> list[Metric]:
    return [metric, *metric.of_kind.values()]


def described(metric: Metric) -> dict[str, Any]:
    """A row in JSON; a range without an end has null there."""
    return {
        "name": metric.name,
        "title": metric.title,
        "description": metric.doc,
        "kinds": list(metric.kinds),
        "direction": metric.direction,
        "minimum": _finite(metric.minimum),
        "maximum": _finite(metric.maximum),
        "unit": metric.unit or None,
        "params": [_described_param(param) for param in metric.params],
    }


def _described_param(param: Param) -> dict[str, Any]:
    stated = {
        "name": param.name,
        "type": param.type,
        "description": param.doc,
        "default": param.default,
        "choices": list(param.choices) or None,
        "required": param.default is None and not param.is_optional and param.type in {"number", "whole", "weights"},
    }
    return {key: value for key, value in stated.items() if value is not None}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def lines(metrics: list[Metric]) -> Iterator[str]:
    """For people: a metric a paragraph."""
    for metric in metrics:
        yield f"{metric.name}  ({', '.join(metric.kinds)})"
        yield f"    {metric.title}: {metric.doc}"
        yield f"    {_direction(metric)}, {_range(metric)}{_unit(metric)}"
        for param in metric.params:
            default = f" [{param.default}]" if param.default is not None else ""
            only = f" ({', '.join(param.kinds)})" if param.kinds and param.kinds != metric.kinds else ""
            yield f"    - {param.name}{default}{only}: {param.doc}"
        yield ""


def _direction(metric: Metric) -> str:
    return {"higher": "higher is better", "lower": "lower is better"}.get(metric.direction, "nearer to 0 is better")


def _range(metric: Metric) -> str:
    low = "-inf" if math.isinf(metric.minimum) else f"{metric.minimum:g}"
    high = "inf" if math.isinf(metric.maximum) else f"{metric.maximum:g}"
    return f"{low} to {high}"


def _unit(metric: Metric) -> str:
    return f", in the unit of the {metric.unit}" if metric.unit else ""
