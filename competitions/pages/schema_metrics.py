"""The metrics that an organiser chooses from, out of the table of all metrics, and their parameters as fields."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from competitions.bundles.contracts import PROGRAM
from competitions.bundles.schema_texts import schema_text
from competitions.programs import RUN_METRICS
from scoring.metric import Metric, Param
from scoring.registry import METRICS

SIMPLE: Final = {"number": "number", "whole": "integer", "flag": "boolean"}
TEXTS: Final = frozenset({"text", "column", "truth"})
LISTS: Final = {"columns": "string", "numbers": "number", "values": "integer"}


@dataclass(frozen=True, slots=True)
class MetricRow:
    """A metric as the catalogue shows it."""

    name: str
    title: str
    direction: str
    doc: str
    params: tuple[Param, ...]


def metric_choices(kind: str) -> Iterator[tuple[str, str]]:
    """Name and label of each metric for a kind of data; of all where the kind is not chosen yet."""
    for row in metric_rows(kind):
        yield row.name, f"{row.title} ({row.name}): {row.direction}"
    yield PROGRAM, _("a column of your own program")
    for name in RUN_METRICS:
        yield name, f"{name}: {direction_text('lower')}"


def metric_rows(kind: str) -> Iterator[MetricRow]:
    for metric in METRICS.values():
        if not kind or kind in metric.kinds:
            shown = metric.of_kind.get(kind, metric)
            direction = direction_text(shown.direction)
            yield MetricRow(shown.name, shown.title, direction, schema_text(shown.doc), _params(shown, kind))


def direction_text(direction: str) -> str:
    texts = {"higher": _("higher is better"), "lower": _("lower is better")}
    return texts.get(direction, _("nearest to 0 is best; does not rank"))


def _params(metric: Metric, kind: str) -> tuple[Param, ...]:
    return metric.params_for(kind) if kind else metric.params


def with_params(schema: Mapping[str, Any], value: Any, kind: str) -> Mapping[str, Any]:
    """The schema of a metric's record, with the parameters of the metric that is chosen."""
    name = value.get("metric") if isinstance(value, dict) else None
    metric = METRICS.get(name) if isinstance(name, str) else None
    if metric is None:
        return schema
    shown = metric.of_kind.get(kind, metric)
    params = {
        "type": "object",
        "description": shown.doc,
        "properties": {param.name: _param_schema(param) for param in _params(shown, kind)},
        "required": [],
    }
    properties = {key: part for key, part in schema["properties"].items() if key != "params"}
    return {**schema, "properties": {**properties, **({"params": params} if params["properties"] else {})}}


def _param_schema(param: Param) -> dict[str, Any]:
    """A parameter that is neither number, choice nor text is written as YAML."""
    about = {"description": param.doc}
    if param.choices:
        return {**about, "enum": list(param.choices)}
    if param.type in SIMPLE:
        return {**about, "type": SIMPLE[param.type]}
    if param.type in TEXTS:
        return {**about, "type": "string"}
    if param.type in LISTS:
        return {**about, "type": "array", "items": {"type": LISTS[param.type]}}
    return about
