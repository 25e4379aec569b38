"""Metrics of predicted probabilities of classes: means over rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.contract import TableContract
from scoring.errors import InvalidJob, InvalidPrediction, Problem, Problems, quoted
from scoring.measure import Measured, Sums
from scoring.measures.blocks import Array, Blocks, Values, equals, mean_of, row_sums, stacked


class _Probabilities:
    """One column: the probability of the positive label. Several: of the label that each is named after."""

    compares_only = True

    def __init__(self, params: Mapping[str, Any], contract: TableContract) -> None:
        self.columns = (params["column"],) if params["column"] else tuple(params["columns"])
        self.truth_columns = (str(params["truth"]),)
        self._is_binary = bool(params["column"])
        self._positive = str(params["positive"] or "1")
        self._labels = tuple(name.removeprefix(str(params["prefix"] or "")) for name in self.columns)
        self._sums, self._tolerance = str(params["sums"]), float(params["tolerance"])

    def fit(self, truth: Mapping[str, Array]) -> None:
        """Raises InvalidJob: a label of the truth has no column, or no row is positive."""
        name = self.truth_columns[0]
        column = truth[name]
        known = [self._positive] if self._is_binary else list(self._labels)
        is_known = np.any([equals(column, label) for label in known], axis=0)
        if is_known.all() or (self._is_binary and is_known.any()):
            return
        found = [_shown(value) for value in np.unique(column[~is_known])[:12]]
        code, params = ("metric_positive", "allowed") if self._is_binary else ("truth_uncovered", "value")
        raise InvalidJob([Problem(code, f"truth, column {quoted(name)}", {params: found})])

    def _given(self, prediction: Mapping[str, Array]) -> Values:
        """Probabilities of the positive label alone, or of all labels. Shapes: (rows, 1) or (rows, labels)"""
        given = stacked([prediction[name] for name in self.columns])
        if self._is_binary:
            return given
        total = given.sum(axis=1)
        wrong = np.flatnonzero(np.abs(total - 1) > self._tolerance) if self._sums == "refuse" else ()
        problems = Problems()
        for row in wrong[:20] if len(wrong) else ():
            names = [quoted(name) for name in self.columns]
            problems.add("row_sum", "", columns=names, found=f"{total[row]:.9g}", rows=len(wrong))
            break
        problems.raise_if_any(InvalidPrediction)
        return given / np.where(total > 0, total, 1.0)[:, None] if self._sums == "renormalise" else given

    def _is_label(self, truth: Mapping[str, Array]) -> npt.NDArray[np.bool_]:
        """Shapes: as `_given`"""
        column = truth[self.truth_columns[0]]
        labels = (self._positive,) if self._is_binary else self._labels
        return np.stack([equals(column, label) for label in labels], axis=1)

    def value(self, sums: Sums) -> Sums:
        return mean_of(sums)


class LogLoss(_Probabilities):
    """Log loss: mean of minus the logarithm of the probability that the true label was given.

    .. math:: -\\frac1n \\sum_i \\ln \\min(1 - \\epsilon, \\max(\\epsilon, p_{i, t_i}))

    Probabilities are put into [eps, 1 - eps], which keeps a sure mistake finite: it costs -ln(eps). Rows of several
    columns that do not sum to 1 are divided by their sum before that, or refused (`sums`); one of zeros stays zeros.

    Shapes: columns (rows,) each, truth (rows,) labels
    Range: [0, -ln(eps)], 0 is best (-ln(1 - eps), that is)
    Source: Good (1952), J. R. Stat. Soc. B 14, 107-114; clipping as scikit-learn, log_loss
    Example: 0.5 and 0.25 for the true labels of two rows -> (ln 2 + ln 4) / 2 = 1.0397...
    """

    def __init__(self, params: Mapping[str, Any], contract: TableContract) -> None:
        super().__init__(params, contract)
        self._eps = float(params["eps"])

    def rows(self, truth: Mapping[str, Array], prediction: Mapping[str, Array], blocks: Blocks) -> Measured:
        given, label = self._given(prediction), self._is_label(truth)
        right = np.where(label, given, 1 - given)[:, 0] if self._is_binary else np.where(label, given, 0.0).sum(axis=1)
        loss = -np.log(np.clip(right, self._eps, 1 - self._eps))
        # A certain and right prediction costs nothing, not -ln(1 - eps): perfect is 0.
        return Measured(row_sums([np.where(right >= 1, 0.0, loss)], blocks))


class Brier(_Probabilities):
    """Brier score: mean squared distance of the probabilities from 1 for the true label and 0 for the others.

    .. math:: \\frac1n \\sum_i \\sum_c (p_{ic} - [t_i = c])^2

    One column is the probability of the positive label, and only its square counts, as is usual for two classes.

    Shapes: columns (rows,) each, truth (rows,) labels
    Range: [0, 1] with one column, [0, 2] with several; 0 is best
    Source: Brier (1950), Mon. Weather Rev. 78, 1-3, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2
    Example: 0.8 for a positive and 0.4 for a negative row -> (0.04 + 0.16) / 2 = 0.1
    """

    def rows(self, truth: Mapping[str, Array], prediction: Mapping[str, Array], blocks: Blocks) -> Measured:
        distance = self._given(prediction) - self._is_label(truth)
        return Measured(row_sums([(distance * distance).sum(axis=1)], blocks))


def _shown(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else f"{float(value):g}"
