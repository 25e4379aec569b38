"""Which columns a perfect prediction has: of a table the metric decides, for a probability is not a label."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from scoring.contract import Field, TableContract
from scoring.formats.truth_store import TableTruth
from scoring.job import MetricSpec

Array = npt.NDArray[Any]
LABELLED: Final = ("roc_auc", "average_precision", "log_loss", "brier")


def best_columns(
    contract: TableContract, truth: TableTruth, specs: Sequence[MetricSpec]
) -> tuple[dict[str, Array], list[str]]:
    """Column -> the best answers, one a row of the truth; and what could not be known.

    The first metric that speaks of a column decides; a column that none speaks of is the truth's column of that name.
    """
    given = {name: _plain(values) for name, values in truth.columns.items()}
    best: dict[str, Array] = {}
    for spec in sorted(specs, key=lambda one: not one.is_primary):
        for name, values in _of_metric(spec, given).items():
            best.setdefault(name, values)
    columns: dict[str, Array] = {}
    unknown: list[str] = []
    for field in contract.values:
        known = best.get(field.name, given.get(field.name))
        if known is None:
            unknown.append(field.name)
        columns[field.name] = _of_type(_neutral(field, truth.rows) if known is None else known, field)
    return columns, unknown


def _plain(values: Array) -> Array:
    """Texts as texts; on disk they are bytes of one width."""
    return np.char.decode(np.asarray(values), "utf-8") if values.dtype.kind == "S" else np.asarray(values)


def _of_metric(spec: MetricSpec, given: Mapping[str, Array]) -> dict[str, Array]:
    params = spec.params
    name = params.get("truth") or params.get("column") or spec.column
    seen = given.get(name) if isinstance(name, str) else None
    if seen is None:
        return {}
    if spec.metric.name in LABELLED:
        return _probabilities(params, seen)
    make = _FORMS.get(spec.metric.name)
    if make is not None:
        return make(params, seen, given)
    column = params.get("column") or spec.column
    return {column: seen} if isinstance(column, str) and column else {}


def _probabilities(params: Mapping[str, Any], labels: Array) -> dict[str, Array]:
    words = np.array([_word(one) for one in labels.tolist()])
    prefix = params.get("prefix") or ""
    if params.get("columns"):
        return {name: (words == name.removeprefix(prefix)).astype(float) for name in params["columns"]}
    return {params["column"]: (words == _word(params.get("positive", 1))).astype(float)}


def _word(label: Any) -> str:
    """A label as it is written: 1 and 1.0 are one label."""
    return f"{label:g}" if isinstance(label, int | float) else str(label)


def _members(params: Mapping[str, Any], seen: Array, _: Mapping[str, Array]) -> dict[str, Array]:
    return dict.fromkeys(params["columns"], seen)


def _normal(params: Mapping[str, Any], seen: Array, _: Mapping[str, Array]) -> dict[str, Array]:
    return {params["mean"]: seen, params["sd"]: np.zeros(len(seen))}


def _interval(params: Mapping[str, Any], seen: Array, _: Mapping[str, Array]) -> dict[str, Array]:
    return {params["lower"]: seen, params["upper"]: seen}


def _ordered_items(params: Mapping[str, Any], seen: Array, given: Mapping[str, Array]) -> dict[str, Array]:
    """The right items, those of the greatest gain first."""
    gains = given.get(params.get("gains") or "")
    if gains is None:
        return {params["column"]: seen}
    rows = [_by_gain(str(items), str(gain)) for items, gain in zip(seen, gains, strict=True)]
    return {params["column"]: np.array(rows)}


def _by_gain(items: str, gains: str) -> str:
    pairs = zip(items.split(), map(float, gains.split()), strict=False)
    return " ".join(item for item, _ in sorted(pairs, key=lambda pair: -pair[1]))


Form = Callable[[Mapping[str, Any], Array, Mapping[str, Array]], dict[str, Array]]
_FORMS: Final[Mapping[str, Form]] = {
    "crps_ensemble": _members,
    "mean_pinball": _members,
    "crps_gaussian": _normal,
    "interval_score": _interval,
    "map_at_k": _ordered_items,
    "ndcg_at_k": _ordered_items,
}


def _neutral(field: Field, rows: int) -> Array:
    if field.type == "string":
        return np.full(rows, field.enum[0] if field.enum else "x")
    return np.full(rows, field.minimum if field.minimum is not None else 0.0)


def _of_type(values: Array, field: Field) -> Array:
    if field.type == "string":
        return values.astype(str)
    if field.type == "integer":
        return np.rint(values.astype(np.float64)).astype(np.int64)
    return values.astype(np.float64)
