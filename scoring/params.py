"""Parameters of the metrics that are measured (scoring/measure.py), read as their rows in the table say."""

from __future__ import annotations

import math
from typing import Any, Final

from scoring.contract import Contract, RasterContract, TableContract
from scoring.errors import closest, quoted
from scoring.metric import Metric, Param
from scoring.reading import Node
from scoring.truth_spec import is_whole

OF_MASKS: Final = ("groups", "class", "values")
HOLDERS: Final[dict[str, tuple[str, ...]]] = {
    "": ("string", "integer", "number"),
    "numbers": ("integer", "number"),
    "labels": ("string", "integer"),
    "texts": ("string",),
}
FLAGS = {True: True, False: False, "true": True, "false": False, "yes": True, "no": False}


def read_params(metric: Metric, node: Node, contract: Contract) -> dict[str, Any]:
    """Name -> value for each parameter of the metric; mistakes go to the collector of the node."""
    before = node.problems.total
    values: dict[str, Any] = {}
    for param in metric.params_for(contract.kind):
        if isinstance(contract, RasterContract) and param.type in OF_MASKS:
            continue  # read with the classes of the contract, see job.py
        if param.type == "truth" and isinstance(contract, TableContract):
            values[param.name] = _truth_column(param, node, values, contract)
        else:
            values[param.name] = _read(param, node, metric, contract)
    if metric.check is not None and node.problems.total == before:
        metric.check(values, contract, node)
    return values


def _read(param: Param, params: Node, metric: Metric, contract: Contract) -> Any:
    node = params.at(param.name)
    if param.type in {"column", "columns"}:
        return _columns(param, node, metric, contract)
    if node.is_null and param.default is None and not param.is_optional:
        params.need(param.name)
        return None
    if node.is_null and param.default is None:
        return () if param.type in {"numbers", "values"} else {} if param.type == "weights" else None
    if node.is_null:
        node = Node(_default(param), node.where, node.problems)
    return _value(param, node)


def _default(param: Param) -> Any:
    text = param.default or ""
    if param.type == "number":
        return float(text)
    if param.type == "whole":
        return int(text)
    if param.type in {"numbers", "values"}:
        return [float(word) for word in text.split()]
    return text


def _value(param: Param, node: Node) -> Any:
    match param.type:
        case "number":
            return number_in_range(param, node)
        case "whole":
            return node.whole(
                math.floor(param.above) + 1, 2**53 if math.isinf(param.below) else math.ceil(param.below) - 1
            )
        case "numbers":
            return tuple(number for item in node.items() if (number := number_in_range(param, item)) is not None)
        case "values":
            return tuple(value for item in node.items() if (value := item.whole(-32_768, 65_535)) is not None)
        case "choice":
            return chosen(param, node)
        case "flag":
            return _flag(node)
        case "class" | "label":
            return f"{node.value}" if is_whole(node.value) else node.text()
        case "weights":
            return _weights(param, node)
        case _:
            return node.text()


def number_in_range(param: Param, node: Node) -> float | None:
    """A number strictly inside the range of its parameter."""
    value = node.number()
    if value is None or param.above < value < param.below:
        return value
    above = f"more than {param.above:g}" if math.isfinite(param.above) else ""
    below = f"less than {param.below:g}" if math.isfinite(param.below) else ""
    expected = " and ".join(word for word in (above, below) if word)
    node.problems.add("job_range", node.where, value=f"{value:g}", expected=expected)
    return None


def chosen(param: Param, node: Node) -> str:
    """One of the words of a parameter; what looks like a number, such as 0, may be given as one."""
    value = node.value
    if isinstance(value, int | float) and not isinstance(value, bool) and f"{value:g}" in param.choices:
        node = Node(f"{value:g}", node.where, node.problems)
    return node.choice(param.choices, param.default or param.choices[0])


def _flag(node: Node) -> bool:
    if isinstance(node.value, bool | str) and node.value in FLAGS:
        return FLAGS[node.value]
    node.wrong("true or false")
    return False


def _weights(param: Param, node: Node) -> dict[str, float]:
    """{name: number}."""
    if not isinstance(node.value, dict):
        node.wrong("an object of names and numbers")
        return {}
    found = {str(name): number_in_range(param, node.at(str(name))) for name in node.value}
    return {name: number for name, number in found.items() if number is not None}


def _columns(param: Param, node: Node, metric: Metric, contract: Contract) -> Any:
    """Columns of a table that the metric may use: a name, or a list of names."""
    if not isinstance(contract, TableContract):
        return () if param.type == "columns" else ""
    holds = param.holds or ("numbers" if metric.needs_numbers else "")
    allowed = [one.name for one in contract.values if one.type in HOLDERS[holds]]
    if param.type == "columns":
        if node.is_null:
            return () if param.is_optional else tuple(allowed)
        return tuple(_column(item, allowed) for item in node.items())
    if node.is_null and param.is_optional:
        return ""
    if not allowed:
        shown = "null" if node.is_null else quoted(str(node.value))
        expected = f"a column of {holds or 'values'}, and the contract has none"
        node.problems.add("job_range", node.where, value=shown, expected=expected)
        return ""
    return _column(Node(allowed[0], node.where, node.problems) if node.is_null and len(allowed) == 1 else node, allowed)


def _column(node: Node, allowed: list[str]) -> str:
    name = node.text()
    if name not in allowed:
        hint = closest(name, allowed)
        code = "job_choice_hint" if hint else "job_choice"
        node.problems.add(code, node.where, value=quoted(name), hint=str(hint), allowed=allowed)
    return name


def _truth_column(param: Param, params: Node, values: dict[str, Any], contract: TableContract) -> str:
    """A column of the truth; without a name the one that is compared. Columns of the contract have its types."""
    node = params.at(param.name)
    if node.is_null and param.is_optional:
        return ""
    if node.is_null and values.get("column"):
        node = Node(values["column"], node.where, node.problems)
    if node.is_null:
        params.need(param.name)
        return ""
    name = node.text()
    known = {one.name: one.type for one in contract.fields}
    if name in known and known[name] not in HOLDERS[param.holds]:
        node.problems.add("job_choice", node.where, value=quoted(name), allowed=[f"a column of {param.holds}"])
    return name
