"""Metrics and whole jobs, read from JSON into frozen values. Every mistake is collected.

Importing this costs no numerical library, so a web site can check what an organiser wrote before anything runs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from scoring import composite, program
from scoring.contract import Contract, Field, KindContract, RasterContract, TableContract, parse_contract, read_contract
from scoring.errors import InvalidJob, Problem, Problems, closest, quoted
from scoring.label_params import with_label_params
from scoring.layer_params import layer_of
from scoring.metric import MaskOptions, Metric, TableOptions
from scoring.metrics.categorical import ZeroDivision
from scoring.params import chosen, number_in_range, read_params
from scoring.program import Program
from scoring.reading import Node, load_json
from scoring.registry import METRICS
from scoring.truth_spec import TruthSpec, is_whole, parse_truth_spec, read_truth_spec

__all__ = ["Group", "Job", "MetricSpec", "parse_contract", "parse_job", "parse_metrics", "parse_truth_spec"]
AGGREGATES: Final = ("pooled", "macro")
DEFAULT_PRECISION: Final = 4


@dataclass(frozen=True, slots=True)
class Group:
    """A class as a metric sees it: which values of truth and of prediction belong to it."""

    name: str
    truth: tuple[int, ...]
    prediction: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """A metric of a contest, with its parameters resolved against the contract."""

    key: str
    metric: Metric
    aggregate: str = "pooled"
    precision: int = DEFAULT_PRECISION
    is_primary: bool = False
    groups: tuple[Group, ...] = ()
    ignore: tuple[int, ...] = ()
    options: MaskOptions = field(default_factory=MaskOptions)
    column: str = ""
    table: TableOptions = field(default_factory=TableOptions)
    params: Mapping[str, Any] = field(default_factory=dict)  # of a metric that is measured
    measure: str = ""  # "module:Class", see scoring/measure.py
    layer: str = ""  # of a contract with layers


@dataclass(frozen=True, slots=True)
class Job:
    """What a contestant scores at home. Exactly one of `truth_dir` and `truth_files` is set."""

    contract: Contract
    metrics: Mapping[str, Any] | list[Any]
    prediction: Path
    output: Path
    truth_dir: Path | None = None
    truth_files: Path | None = None
    truth_spec: TruthSpec | None = None
    program: Program | None = None


# -- metrics ----------------------------------------------------------------------------------------------------------


def parse_metrics(document: object, contract: Contract, *, where: str = "metrics") -> tuple[MetricSpec, ...]:
    """The metrics of a task, the primary one marked.

    Raises:
        InvalidJob: with every mistake that was found.
    """
    problems = Problems()
    node = Node(document, where, problems)
    if not isinstance(document, list) or not document:
        node.wrong("a list of at least one metric")
    specs = [spec for item in node.items() if (spec := _metric(item, contract)) is not None] if not problems else []
    _check_keys(node, specs)
    if not problems:
        composite.check_parts(specs, where, problems)
    problems.raise_if_any(InvalidJob)
    return tuple(specs) if any(spec.is_primary for spec in specs) else _first_is_primary(specs)


def _first_is_primary(specs: list[MetricSpec]) -> tuple[MetricSpec, ...]:
    return (replace(specs[0], is_primary=True), *specs[1:])


def _check_keys(node: Node, specs: list[MetricSpec]) -> None:
    keys = [spec.key for spec in specs]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        node.problems.add("job_twice", node.where, value=f"the key {quoted(key)}")
    if sum(spec.is_primary for spec in specs) > 1:
        node.problems.add("job_twice", node.where, value="'primary'")


def _metric(node: Node, contract: Contract) -> MetricSpec | None:
    name = node.need("metric")
    metric = program.program_metric(node) if name.value == program.METRIC else _known_metric(name, contract)
    if metric is None:
        return None
    params = node.at("params")
    if not params.is_null and not isinstance(params.value, dict):
        params.wrong("an object")
        return None
    layer = ""
    if not metric.is_composite and metric.name != program.METRIC:
        layer, contract, params = layer_of(node, params, contract)
    _check_params(params, metric, contract)
    aggregate = node.at("aggregate").choice(AGGREGATES, "pooled")
    if aggregate == "macro" and contract.kind == "table":
        node.problems.add("metric_macro_table", f"{node.where}.aggregate")
    precision = node.at("precision").whole(0, 12, DEFAULT_PRECISION)
    base = MetricSpec(
        key=node.at("key").text(metric.name) or metric.name,
        metric=metric,
        aggregate=aggregate,
        precision=DEFAULT_PRECISION if precision is None else precision,
        is_primary=node.at("primary").value is True,
        layer=layer,
    )
    if metric.name == program.METRIC:
        return base  # its parameters are the program's, not the column's
    if metric.measure or metric.is_composite or isinstance(contract, KindContract):
        if metric.measure and isinstance(contract, RasterContract):
            base = _with_mask_params(base, params, contract)
        return replace(base, params=read_params(metric, params, contract), measure=metric.measure)
    if metric.of_mask is not None and isinstance(contract, TableContract):
        return with_label_params(base, params, contract)
    if isinstance(contract, RasterContract):
        return _with_mask_params(base, params, contract)
    return _with_table_params(base, params, contract)


def _known_metric(node: Node, contract: Contract) -> Metric | None:
    name = node.text()
    metric = METRICS.get(name)
    if metric is None and not isinstance(node.value, str):
        return None  # missing, or no text: that was told already
    if metric is None:
        fitting = [name for name, one in METRICS.items() if contract.kind in one.kinds]
        hint = closest(name, fitting)
        code = "metric_unknown_hint" if hint else "metric_unknown"
        node.problems.add(code, node.where, value=quoted(name), hint=quoted(str(hint)), allowed=fitting)
        return None
    if contract.kind not in metric.kinds:
        kinds = " and ".join(f"{kind.removesuffix('s')}s" for kind in metric.kinds)
        node.problems.add("metric_kind", node.where, value=quoted(name), found=kinds, expected=contract.kind)
        return None
    return metric.of_kind.get(contract.kind, metric)


def _check_params(node: Node, metric: Metric, contract: Contract) -> None:
    allowed = [param.name for param in metric.params_for(contract.kind)]
    for name in node.value or {}:
        if name not in allowed:
            Node(name, f"{node.where}.{name}", node.problems).choice(allowed, allowed[0] if allowed else "")


# -- metrics of masks -------------------------------------------------------------------------------------------------


def _with_mask_params(base: MetricSpec, params: Node, contract: RasterContract) -> MetricSpec:
    ignore = tuple(value for item in params.at("ignore").items() if (value := item.whole(-32_768, 65_535)) is not None)
    groups = _groups(params.at("classes"), contract, ignore)
    return replace(base, groups=groups, ignore=ignore, options=_options(base.metric, params, groups))


def _groups(node: Node, contract: RasterContract, ignore: tuple[int, ...]) -> tuple[Group, ...]:
    if node.is_null:
        return tuple(Group(str(value), () if value in ignore else (value,), (value,)) for value in contract.classes)
    groups = tuple(_group(item) for item in node.items())
    _check_groups(node, groups, contract, ignore)
    return groups


def _group(node: Node) -> Group:
    truth = [value for item in node.need("truth").items() if (value := item.whole(-32_768, 65_535)) is not None]
    prediction = [
        value for item in node.need("prediction").items() if (value := item.whole(-32_768, 65_535)) is not None
    ]
    return Group(node.need("name").text(), tuple(truth), tuple(prediction))


def _check_groups(node: Node, groups: tuple[Group, ...], contract: RasterContract, ignore: tuple[int, ...]) -> None:
    sides: tuple[tuple[str, list[str]], ...] = (
        ("a group name", [group.name for group in groups]),
        ("truth value", [str(value) for group in groups for value in group.truth] + [str(value) for value in ignore]),
        ("prediction value", [str(value) for group in groups for value in group.prediction]),
    )
    for what, values in sides:
        for word in sorted({word for word in values if values.count(word) > 1}):
            node.problems.add("job_twice", node.where, value=f"{what} {word}")
    grouped = {value for group in groups for value in group.prediction}
    for value in contract.classes:
        if value not in grouped:
            node.problems.add("metric_class_uncovered", node.where, value=value)


def _options(metric: Metric, params: Node, groups: tuple[Group, ...]) -> MaskOptions:
    average = _choice(metric, params, "average", "binary")
    return MaskOptions(
        values=_group_values(params.at("classes"), groups) if metric.of_values else (),
        positive=_positive(params, groups) if metric.param("positive") and average == "binary" else 0,
        zero_division=ZeroDivision(_choice(metric, params, "zero_division", "1")),
        average=average,
        beta=_number(metric, params, "beta", 1.0),
    )


def _group_values(node: Node, groups: tuple[Group, ...]) -> tuple[int, ...]:
    """The number that a group stands for: its `value`, or the one class that it has in the predictions."""
    given = [item.at("value").whole(-32_768, 65_535) for item in node.items()] or [None] * len(groups)
    values: list[int] = []
    for group, value in zip(groups, given, strict=True):
        if value is None and len(group.prediction) != 1:
            node.problems.add("metric_group_value", node.where, value=quoted(group.name))
        values.append(group.prediction[0] if value is None and group.prediction else value or 0)
    return tuple(values)


def _number(metric: Metric, params: Node, name: str, fallback: float) -> float:
    """A number parameter of metrics whose parameters are not read by their rows alone."""
    param, node = metric.param(name), params.at(name)
    if param is None:
        return fallback
    if node.is_null and param.default is not None:
        return float(param.default)
    if node.is_null:
        params.need(name)
        return fallback
    value = number_in_range(param, node)
    return fallback if value is None else value


def _choice(metric: Metric, params: Node, name: str, fallback: str) -> str:
    param = metric.param(name)
    if param is None or param.default is None:
        return fallback
    return chosen(param, params.at(name))


def _positive(params: Node, groups: tuple[Group, ...]) -> int:
    """The index of the positive group, by its name or by a value of its predictions."""
    node = params.at("positive")
    names = [group.name for group in groups]
    if node.is_null and [group.prediction for group in groups] == [(0,), (1,)] and params.at("classes").is_null:
        return 1
    for index, group in enumerate(groups):
        if node.value == group.name or (is_whole(node.value) and group.prediction == (node.value,)):
            return index
    node.problems.add("metric_positive", node.where, allowed=names)
    return 0


# -- metrics of tables ------------------------------------------------------------------------------------------------


def _with_table_params(base: MetricSpec, params: Node, contract: TableContract) -> MetricSpec:
    fields = {field.name: field for field in contract.values}
    node = params.at("column")
    name = node.text(next(iter(fields)) if len(fields) == 1 else "")
    numeric = [field.name for field in contract.values if field.type != "string"]
    allowed = numeric if base.metric.needs_numbers else list(fields)
    if name not in allowed:
        hint = closest(name, allowed)
        code = "job_choice_hint" if hint else "job_choice"
        node.problems.add(code, node.where, value=quoted(name), hint=str(hint), allowed=allowed)
    elif base.metric.of_terms is not None:
        _check_above(base.metric, fields[name], params.problems)
    return replace(base, column=name, table=_table_options(base.metric, params))


def _check_above(metric: Metric, column: Field, problems: Problems) -> None:
    """The gate refuses values that a metric cannot take, as long as the contract states a minimum."""
    if metric.above == -math.inf:
        return
    if column.minimum is None or column.minimum <= metric.above:
        shown = "none" if column.minimum is None else f"{column.minimum:g}"
        expected = f"more than {metric.above:g}, for {metric.name}"
        problems.add("job_range", f"the minimum of column {quoted(column.name)}", value=shown, expected=expected)


def _table_options(metric: Metric, params: Node) -> TableOptions:
    return TableOptions(
        quantile=_number(metric, params, "quantile", 0.5),
        capacity=_number(metric, params, "capacity", 1.0),
        zero=_choice(metric, params, "zero", "skip"),
        zero_division=ZeroDivision(_choice(metric, params, "zero_division", "1")),
    )


# -- whole jobs -------------------------------------------------------------------------------------------------------


def parse_job(document: object, folder: Path) -> Job:
    """A job of a contestant's own machine; relative paths start at the job's folder. Raises InvalidJob."""
    problems = Problems()
    node = Node(document, "", problems)
    if not isinstance(document, dict):
        node.wrong("an object")
        problems.raise_if_any(InvalidJob)
    truth, raw = node.need("truth"), None
    directory = folder / truth.text() if isinstance(truth.value, str) else None
    if directory is None:
        raw = folder / truth.need("files").text()
    contract = _job_contract(node.need("contract"), folder, complete=raw is None)
    spec = read_truth_spec(truth, contract.kind) if raw is not None and contract is not None else None
    prediction, output = folder / node.need("prediction").text(), folder / node.need("output").text()
    for where, path in (("truth", directory or raw), ("prediction", prediction)):
        if path is not None and not path.exists():
            problems.add("job_file_missing", where, name=quoted(str(path), 200))
    metrics = node.need("metrics").value
    own = _job_program(node.at("program"), folder, contract)
    problems.raise_if_any(InvalidJob)
    if contract is None:
        raise InvalidJob([Problem("job_missing", "job", {"key": "contract"})])
    return Job(contract, metrics, prediction, output, directory, raw, spec, own)


def _job_program(node: Node, folder: Path, contract: Contract | None) -> Program | None:
    if node.is_null or contract is None:
        return None
    file = folder / node.need("file").text()
    if not file.is_file():
        node.problems.add("job_file_missing", f"{node.where}.file", name=quoted(str(file), 200))
    return Program(file, program.read_program(node, contract.kind))


def _job_contract(node: Node, folder: Path, *, complete: bool) -> Contract | None:
    if isinstance(node.value, str):
        node = Node(load_json(folder / node.value, node.where), node.where, node.problems)
    return read_contract(node, complete=complete) if isinstance(node.value, dict) else None
