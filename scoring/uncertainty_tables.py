"""Metrics of tables of many sums at once: the forms of metrics/continuous.py and regression.py that replicates need.

A score itself is always computed by the exact functions there; a test holds both equal. Sums of a unit are named: the
number of rows and the sums of the metric. Functions map sums (...) each to (...), NaN where there is no score.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from scoring.job import MetricSpec
from scoring.metric import TableOptions
from scoring.metrics.categorical import ZeroDivision

Values = npt.NDArray[np.float64]
Named = Mapping[str, Values]
Form = Callable[[Named, TableOptions], Values]
COLUMN_SUMS: Final = ("rows", "absolute", "squared", "matches")
SIGNED: Final = frozenset({"absolute_bias"})  # their forms keep the sign, see UnitSums.is_size


def _mean(name: str) -> Form:
    return lambda sums, options: sums[name] / sums["rows"]


def _root_mean(name: str) -> Form:
    return lambda sums, options: np.sqrt(sums[name] / sums["rows"])


def _mean_ratio(sums: Named, options: TableOptions) -> Values:
    return sums["ratio"] / sums["counted"]


def _nmae(sums: Named, options: TableOptions) -> Values:
    return sums["absolute"] / sums["rows"] / options.capacity


def _r2(sums: Named, options: TableOptions) -> Values:
    spread = _spread(sums, "t", "t")
    constant = np.where(sums["squared"] > 0, 0.0, _nothing(options.zero_division))
    return _where_defined(spread > 0, 1 - sums["squared"] / spread, constant, sums)


def _pearson(sums: Named, options: TableOptions) -> Values:
    truth, prediction = _spread(sums, "t", "t"), _spread(sums, "p", "p")
    correlation = np.clip(_spread(sums, "t", "p") / np.sqrt(truth * prediction), -1, 1)
    constant = np.full_like(truth, _nothing(options.zero_division))
    return _where_defined((truth > 0) & (prediction > 0), correlation, constant, sums)


def _concordance(sums: Named, options: TableOptions) -> Values:
    shift = sums["error"] / sums["rows"]
    whole = _spread(sums, "t", "t") + _spread(sums, "p", "p") + sums["rows"] * shift * shift
    constant = np.full_like(whole, _nothing(options.zero_division))
    return _where_defined(whole > 0, np.clip(2 * _spread(sums, "t", "p") / whole, -1, 1), constant, sums)


def _nothing(rule: ZeroDivision) -> float:
    value = rule.value_of_nothing
    return np.nan if value is None else value


def _where_defined(defined: npt.NDArray[np.bool_], values: Values, constant: Values, sums: Named) -> Values:
    chosen: Values = np.where(sums["rows"] == 0, np.nan, np.where(defined, values, constant))
    return chosen


def _spread(sums: Named, one: str, other: str) -> Values:
    return sums[one + other] - sums[one] * sums[other] / sums["rows"]


FORMS: Final[Mapping[str, Form]] = MappingProxyType(
    {
        "rmse": _root_mean("squared"),
        "mae": _mean("absolute"),
        "accuracy": _mean("matches"),
        "absolute_bias": _mean("error"),
        "bias": _mean("error"),
        "mape": _mean_ratio,
        "smape": _mean_ratio,
        "rmsle": _root_mean("squared_log"),
        "pinball": _mean("loss"),
        "nmae": _nmae,
        "r2": _r2,
        "pearson": _pearson,
        "concordance": _concordance,
    }
)


def value_of(spec: MetricSpec, names: Sequence[str]) -> Callable[[Values], Values]:
    """The metric with its options, of sums (..., k) that are named in their order."""
    form = FORMS[spec.metric.name]
    return lambda sums: form({name: sums[..., index] for index, name in enumerate(names)}, spec.table)
