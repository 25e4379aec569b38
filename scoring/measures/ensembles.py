"""Metrics of predicted distributions: ensembles, normal distributions, intervals, quantiles. Means over rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from scoring.contract import TableContract
from scoring.measure import Measured, Sums
from scoring.measures.blocks import Array, Blocks, Values, mean_of, row_sums, stacked


class _Mean:
    """The mean over rows of what `losses` says of each."""

    def __init__(self, params: Mapping[str, Any], contract: TableContract) -> None:
        self.truth_columns = (str(params["truth"]),)
        self.columns: tuple[str, ...] = tuple(params.get("columns", ()))

    def rows(self, truth: Mapping[str, Array], prediction: Mapping[str, Array], blocks: Blocks) -> Measured:
        observed = np.asarray(truth[self.truth_columns[0]], np.float64)
        given = stacked([prediction[name] for name in self.columns])
        return Measured(row_sums([self.losses(observed, given)], blocks))

    def losses(self, truth: Values, given: Values) -> Values:
        """Shapes: truth (rows,), given (rows, columns) -> (rows,)"""
        raise NotImplementedError

    def value(self, sums: Sums) -> Sums:
        return mean_of(sums)


class CrpsEnsemble(_Mean):
    """Continuous ranked probability score of an ensemble, a column for each member.

    .. math:: \\frac1m \\sum_i |x_i - y| - \\frac{1}{2 m (m - 1)} \\sum_{i, j} |x_i - x_j|

    That is the fair score; with fair: no the second sum is divided by 2 m^2.

    Shapes: columns (rows,) each, truth (rows,)
    Units: those of the truth; range [0, inf) unless fair, 0 is best. Fair scores can be a little below 0 by chance.
    Source: Ferro (2014), Q. J. R. Meteorol. Soc. 140, 1917-1923, doi:10.1002/qj.2270
    Example: truth 1, members 0 and 2 -> 0.0 fair, 0.5 with fair: no
    """

    def __init__(self, params: Mapping[str, Any], contract: TableContract) -> None:
        super().__init__(params, contract)
        members = len(self.columns)
        self._pairs = members * (members - 1) if params["fair"] else members * members

    def losses(self, truth: Values, given: Values) -> Values:
        members = given.shape[1]
        in_order = np.sort(given, axis=1)
        # The sum over pairs of |x_i - x_j| from one sort: the i-th is above i members and below all others.
        weights = 2.0 * np.arange(members) - (members - 1)
        spread = ((in_order - in_order[:, :1]) * weights).sum(axis=1)  # shifted: large values cost no digits
        losses: Values = np.abs(in_order - truth[:, None]).sum(axis=1) / members - spread / self._pairs
        return losses


class CrpsGaussian(_Mean):
    """Continuous ranked probability score of a normal distribution: columns of its mean and standard deviation.

    .. math:: \\sigma (z (2 \\Phi(z) - 1) + 2 \\varphi(z) - \\pi^{-1/2}), z = (y - \\mu) / \\sigma

    A standard deviation of 0 is a certain prediction: the score is the absolute error.

    Shapes: mean, sd, truth (rows,)
    Units: those of the truth; range [0, inf), 0 is best
    Source: Gneiting et al. (2005), Mon. Weather Rev. 133, 1098-1118, doi:10.1175/MWR2904.1
    Example: truth 0, mean 0, standard deviation 1 -> 2 / sqrt(2 pi) - 1 / sqrt(pi) = 0.2337
    """

    def __init__(self, params: Mapping[str, Any], contract: TableContract) -> None:
        super().__init__(params, contract)
        self.columns = (str(params["mean"]), str(params["sd"]))

    def losses(self, truth: Values, given: Values) -> Values:
        from scipy.special import ndtr  # a quarter of a second that only this metric costs

        error, sd = truth - given[:, 0], given[:, 1]
        z = error / np.where(sd > 0, sd, 1.0)
        density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        scores = sd * (z * (2 * ndtr(z) - 1) + 2 * density - 1 / math.sqrt(math.pi))
        losses: Values = np.where(sd > 0, scores, np.abs(error))
        return losses


class IntervalScore(_Mean):
    """Interval score of a central interval that holds the truth with a probability of 1 - alpha.

    .. math:: (u - l) + \\frac{2}{\\alpha} (l - y)_+ + \\frac{2}{\\alpha} (y - u)_+

    Bounds the wrong way round gain nothing: what is missed then is more than 2 / alpha times what the width gives.

    Shapes: lower, upper, truth (rows,)
    Units: those of the truth; range [0, inf), 0 is best
    Source: Gneiting & Raftery (2007), J. Am. Stat. Assoc. 102, 359-378, doi:10.1198/016214506000001437
    Example: bounds 0 and 2, truth 3, alpha 0.5 -> 2 + 4 * 1 = 6
    """

    def __init__(self, params: Mapping[str, Any], contract: TableContract) -> None:
        super().__init__(params, contract)
        self.columns = (str(params["lower"]), str(params["upper"]))
        self._alpha = float(params["alpha"])

    def losses(self, truth: Values, given: Values) -> Values:
        lower, upper = given[:, 0], given[:, 1]
        missed = np.maximum(lower - truth, 0.0) + np.maximum(truth - upper, 0.0)
        losses: Values = (upper - lower) + 2 / self._alpha * missed
        return losses


class MeanPinball(_Mean):
    """Mean quantile loss over several quantiles, a column for each.

    .. math:: \\frac{1}{n Q} \\sum_{i, q} \\max(q (y_i - x_{iq}), (q - 1) (y_i - x_{iq}))

    Shapes: columns (rows,) each, quantiles as many numbers, truth (rows,)
    Units: those of the truth; range [0, inf), 0 is best
    Source: Koenker & Bassett (1978), Econometrica 46, 33-50, doi:10.2307/1913643
    Example: truth 10, quantiles 0.1 and 0.9 predicted 8 and 12 -> (0.2 + 0.2) / 2 = 0.2
    """

    def __init__(self, params: Mapping[str, Any], contract: TableContract) -> None:
        super().__init__(params, contract)
        self._quantiles = np.array(params["quantiles"], np.float64)

    def losses(self, truth: Values, given: Values) -> Values:
        below = truth[:, None] - given
        losses: Values = np.maximum(self._quantiles * below, (self._quantiles - 1) * below).mean(axis=1)
        return losses
