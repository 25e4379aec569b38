"""Who is ahead. Pure decisions: a score becomes a key that sorts ascending, the best first.

Scores are rounded before they are compared, because contestants see rounded ones: two teams that show the same number
are equal, and the earlier submission wins. Rounding is half to even on the shortest decimal form of the score, which
is the number that people see when it is printed in full; so 0.12345 with 4 decimals is 0.1234 and 0.12355 is 0.1236,
whatever their binary expansions are.
"""

from __future__ import annotations

import math
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

MAX_DECIMALS = 15
RankKey = tuple[float, datetime, int]


def rounded(value: float, decimals: int) -> float:
    """The score with so many decimals, half to even.

    Raises:
        ValueError: NaN and infinity have no rank; decimals outside 0..15.
    """
    if not math.isfinite(value):
        raise ValueError(f"a score must be finite, not {value}")
    if not 0 <= decimals <= MAX_DECIMALS:
        raise ValueError(f"decimals must be 0 to {MAX_DECIMALS}, not {decimals}")
    with localcontext() as context:
        context.prec = 400  # enough for every float64 with 15 decimals; the default of 28 would refuse 1e20
        step = Decimal(1).scaleb(-decimals)
        return float(Decimal(repr(float(value))).quantize(step, rounding=ROUND_HALF_EVEN)) + 0.0  # no -0.0


def sort_key(value: float, *, higher_is_better: bool, decimals: int) -> float:
    """A number that sorts ascending from the best score to the worst.

    Example: 0.81234 and 0.81229 with 3 decimals, higher is better -> both -0.812
    """
    key = rounded(value, decimals)
    return -key + 0.0 if higher_is_better else key


def rank_key(
    value: float, submitted_at: datetime, submission_id: int, *, higher_is_better: bool, decimals: int
) -> RankKey:
    """What two submissions are compared by: rounded score, then time, then number. Smaller is ahead."""
    return (sort_key(value, higher_is_better=higher_is_better, decimals=decimals), submitted_at, submission_id)
