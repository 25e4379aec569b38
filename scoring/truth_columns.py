"""Which columns of a truth table the metrics need. A prediction may have others: members, quantiles, probabilities."""

from __future__ import annotations

from collections.abc import Sequence

from scoring.contract import Field, TableContract
from scoring.job import MetricSpec
from scoring.program import METRIC


def truth_fields(contract: TableContract, specs: Sequence[MetricSpec]) -> tuple[Field, ...]:
    """The columns that must be there, the id first, with the types of the contract; constraints bind predictions only.

    Without a metric, or with one that does not say what it needs, they are all the contract's columns.
    """
    known = {one.name: Field(one.name, one.type) for one in contract.fields}
    wanted: dict[str, Field] = {contract.primary_key: known[contract.primary_key]}
    for spec in specs:
        wanted |= {name: known.get(name, Field(name, type_)) for name, type_ in _needs(spec, contract).items()}
    return tuple(wanted.values()) if specs else tuple(known.values())


def _needs(spec: MetricSpec, contract: TableContract) -> dict[str, str]:
    """Column of the truth -> its type, for columns that a prediction does not have."""
    if spec.metric.name == METRIC:
        return {}  # the program is given whatever columns the truth has, and says itself what it misses
    if spec.column:
        return {spec.column: ""}
    found: dict[str, str] = {}
    observed = [param for param in spec.metric.params if param.type == "truth"]
    for param in observed:
        if name := spec.params.get(param.name):
            found[name] = "number" if param.holds == "numbers" else "string"
    if not any(param.name == "truth" for param in observed):
        compared = [param for param in spec.metric.params if param.type in {"column", "columns"}]
        found |= {name: "" for param in compared for name in _names(spec.params.get(param.name), spec)}
    return found or {one.name: "" for one in contract.values}


def _names(value: object, spec: MetricSpec) -> Sequence[str]:
    """With groups, weighted_mae compares one column and not all."""
    if isinstance(value, str):
        return [value] if value else []
    return list(value) if isinstance(value, tuple | list) and not spec.params.get("groups") else []
