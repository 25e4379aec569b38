"""More metrics of numeric columns: functions of the sums of terms over rows, see scoring/terms.py.

Missing: the gate has refused missing and non-finite values. Every metric is None without rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from scoring.metrics.categorical import ZeroDivision

Terms = Mapping[str, float]


def absolute_bias(rows: int, terms: Terms) -> float | None:
    """Size of the mean error, so that errors of either sign are worse than none.

    .. math:: \\left| \\frac1n \\sum_i (p_i - t_i) \\right|

    Units: those of the column; range [0, inf), 0 is best
    Example: errors 3 and -4 -> 0.5
    """
    return abs(terms["error"]) / rows if rows else None


def bias(rows: int, terms: Terms) -> float | None:
    """Mean error: more than 0 where the prediction is too high.

    .. math:: \\frac1n \\sum_i (p_i - t_i)

    Units: those of the column; range (-inf, inf), 0 is best, so it is shown and ranks nobody; see absolute_bias
    Example: errors 3 and -4 -> -0.5
    """
    return terms["error"] / rows if rows else None


def mean_ratio(rows: int, terms: Terms) -> float | None:
    """MAPE and SMAPE: the mean of the ratios of the rows that count; None when none does.

    .. math:: \\frac1n \\sum_i \\frac{|p_i - t_i|}{|t_i|}, \\qquad
        \\frac1n \\sum_i \\frac{2 |p_i - t_i|}{|t_i| + |p_i|}

    Units: none, a share (0.1 is 10 percent); range MAPE [0, inf), SMAPE [0, 2]; 0 is best
    Missing: rows where the divisor is 0 follow the parameter `zero`
    Source: Makridakis (1993), Int. J. Forecast. 9, 527-529, doi:10.1016/0169-2070(93)90079-3
    Example: truth 10 and 20, prediction 11 and 18 -> MAPE (0.1 + 0.1) / 2 = 0.1
    """
    return terms["ratio"] / terms["counted"] if terms.get("counted") else None


def rmsle(rows: int, terms: Terms) -> float | None:
    """Root mean square error of the logarithms of one plus the value.

    .. math:: \\sqrt{\\frac1n \\sum_i (\\ln(1 + p_i) - \\ln(1 + t_i))^2}

    Units: none; range [0, inf), 0 is best
    Missing: values of -1 or less cannot occur; the contract must state a minimum above -1
    Example: truth 0 and prediction e - 1 -> 1.0
    """
    return math.sqrt(terms["squared_log"] / rows) if rows else None


def pinball(rows: int, terms: Terms) -> float | None:
    """Mean pinball (quantile) loss of the quantile q.

    .. math:: \\frac1n \\sum_i \\max(q (t_i - p_i), (q - 1)(t_i - p_i))

    Units: those of the column; range [0, inf), 0 is best
    Source: Koenker & Bassett (1978), Econometrica 46, 33-50, doi:10.2307/1913643
    Example: q 0.9, truth 10, prediction 8 -> 1.8; prediction 12 -> 0.2
    """
    return terms["loss"] / rows if rows else None


def nmae(rows: int, terms: Terms, capacity: float) -> float | None:
    """Mean absolute error as a share of a capacity.

    .. math:: \\frac{1}{n C} \\sum_i |p_i - t_i|

    Units: none; range [0, inf), 0 is best
    Example: errors 3 and -4, capacity 10 -> 0.35
    """
    return terms["absolute"] / rows / capacity if rows else None


def r2(rows: int, terms: Terms, rule: ZeroDivision) -> float | None:
    """Coefficient of determination, with the mean of the side's own truth.

    .. math:: 1 - \\frac{\\sum_i (p_i - t_i)^2}{\\sum_i (t_i - \\bar t)^2}

    The sums are shifted by a centre (see scoring/terms.py), so large offsets cost no digits.

    Range: (-inf, 1], 1 is best
    Missing: a constant truth gives 0/0, the rule, when every row is right, and else 0.0, as in scikit-learn
    Example: truth 1 2 3, prediction 1 2 4 -> 1 - 1 / 2 = 0.5
    """
    if not rows:
        return None
    spread = _spread(rows, terms, "t", "t")
    if spread <= 0:
        return 0.0 if terms["squared"] else rule.value_of_nothing
    return 1 - terms["squared"] / spread


def pearson(rows: int, terms: Terms, rule: ZeroDivision) -> float | None:
    """Pearson's correlation of truth and prediction.

    .. math:: \\frac{\\sum_i (t_i - \\bar t)(p_i - \\bar p)}
        {\\sqrt{\\sum_i (t_i - \\bar t)^2} \\sqrt{\\sum_i (p_i - \\bar p)^2}}

    The sums are shifted by a centre (see scoring/terms.py), so large offsets cost no digits.

    Range: [-1, 1], 1 is best
    Missing: 0/0 when truth or prediction is constant
    Source: Pearson (1895), Proc. R. Soc. Lond. 58, 240-242, doi:10.1098/rspl.1895.0041
    Example: truth 1 2 3, prediction 2 4 6 -> 1.0
    """
    if not rows:
        return None
    truth, prediction = _spread(rows, terms, "t", "t"), _spread(rows, terms, "p", "p")
    if truth <= 0 or prediction <= 0:
        return rule.value_of_nothing
    # One root of equal spreads would not be exact, and a perfect prediction is 1.
    scale = truth if truth == prediction else math.sqrt(truth) * math.sqrt(prediction)
    return max(-1.0, min(1.0, _spread(rows, terms, "t", "p") / scale))


def concordance(rows: int, terms: Terms, rule: ZeroDivision) -> float | None:
    """Lin's concordance: correlation that is less by any shift or scale.

    .. math:: \\frac{2 s_{tp}}{s_t^2 + s_p^2 + (\\bar t - \\bar p)^2}

    With sums divided by n. The sums are shifted by a centre (see scoring/terms.py), so large offsets cost no digits.

    Range: [-1, 1], 1 is best
    Missing: 0/0 when truth and prediction are one and the same constant
    Source: Lin (1989), Biometrics 45, 255-268, doi:10.2307/2532051
    Example: truth 1 2 3, prediction 2 3 4 -> 2 * 2/3 / (2/3 + 2/3 + 1) = 4/7
    """
    if not rows:
        return None
    shift = terms["error"] / rows
    whole = _spread(rows, terms, "t", "t") + _spread(rows, terms, "p", "p") + rows * shift * shift
    if whole <= 0:
        return rule.value_of_nothing
    return max(-1.0, min(1.0, 2 * _spread(rows, terms, "t", "p") / whole))


def _spread(rows: int, terms: Terms, one: str, other: str) -> float:
    """Sum of products of deviations from the means, from sums around the centres."""
    return terms[one + other] - terms[one] * terms[other] / rows
