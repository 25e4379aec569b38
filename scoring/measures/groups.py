"""Errors over several columns, or over groups of rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from scoring.contract import TableContract
from scoring.errors import InvalidJob, Problem, quoted
from scoring.measure import Measured, Sums
from scoring.measures.blocks import Array, Blocks, divided, equals, row_sums


class Mcrmse:
    """Mean over columns of the root mean square error.

    .. math:: \\frac1C \\sum_c \\sqrt{\\frac1n \\sum_i (p_{ic} - t_{ic})^2}

    Shapes: columns (rows,) each
    Units: those of the columns; range [0, inf), 0 is best
    Example: errors of two rows 3 and 3 in one column, 0 and 4 in another -> (3 + sqrt(8)) / 2 = 2.9142...
    """

    def __init__(self, params: Mapping[str, Any], contract: TableContract) -> None:
        self.columns = tuple(params["columns"])

    def rows(self, truth: Mapping[str, Array], prediction: Mapping[str, Array], blocks: Blocks) -> Measured:
        errors = [prediction[name].astype(np.float64) - truth[name] for name in self.columns]
        return Measured(row_sums([error * error for error in errors], blocks))

    def value(self, sums: Sums) -> Sums:
        roots: Sums = np.sqrt(divided(sums[..., 1:], sums[..., :1]))
        return np.asarray(roots.mean(axis=-1))


class WeightedMae:
    """Mean absolute errors of several columns, each with a weight; or of groups of rows that the truth names.

    .. math:: \\sum_g w_g \\frac{1}{n_g} \\sum_{i \\in g} |p_i - t_i|

    Weights are taken as they are given, without being divided by their sum; without any, all are one over their number.
    A group without rows on a side adds nothing there.

    Shapes: columns (rows,) each; or column (rows,) and groups (rows,) labels of the truth
    Units: those of the columns; range [0, inf), 0 is best
    Raises:
        InvalidJob: from `fit`, when the truth names a group that has no weight.
    Example: mean errors 1, 2 and 3 of three plants with weights 0.4, 0.3 and 0.3 -> 0.4 + 0.6 + 0.9 = 1.9
    """

    compares_only = True

    def __init__(self, params: Mapping[str, Any], contract: TableContract) -> None:
        self._groups = str(params["groups"] or "")
        self.columns = (str(params["column"]),) if self._groups else tuple(params["columns"])
        self.truth_columns = (*self.columns, *([self._groups] if self._groups else []))
        weights: Mapping[str, float] = params["weights"]
        names = tuple(weights) if self._groups else self.columns
        self._names = names
        self._weights = np.array([weights.get(name, 1 / len(names)) for name in names], np.float64)

    def fit(self, truth: Mapping[str, Array]) -> None:
        if not self._groups:
            return
        column = truth[self._groups]
        is_known = np.any([equals(column, name) for name in self._names], axis=0)
        if not is_known.all():
            found = [quoted(_shown(value), 40) for value in np.unique(column[~is_known])[:12]]
            raise InvalidJob([Problem("truth_uncovered", f"truth, column {quoted(self._groups)}", {"value": found})])

    def rows(self, truth: Mapping[str, Array], prediction: Mapping[str, Array], blocks: Blocks) -> Measured:
        errors = [np.abs(prediction[name].astype(np.float64) - truth[name]) for name in self.columns]
        if not self._groups:
            ones = np.ones(len(errors[0]))
            return Measured(row_sums([*errors, *([ones] * len(errors))], blocks))
        mine = [equals(truth[self._groups], name) for name in self._names]
        return Measured(row_sums([*(np.where(one, errors[0], 0.0) for one in mine), *mine], blocks))

    def value(self, sums: Sums) -> Sums:
        """Shapes: (..., 1 + 2 groups) -> (...): rows, sums of errors, rows of each group"""
        totals, counts = np.split(sums[..., 1:], 2, axis=-1)
        means = np.where(counts > 0, totals / np.where(counts > 0, counts, 1.0), 0.0)
        return np.where(sums[..., 0] > 0, (means * self._weights).sum(axis=-1), np.nan)


def _shown(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else f"{float(value):g}"
