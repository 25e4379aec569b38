"""How scores become places: grids, gates, combinations and the ladder. Pure; the same numbers give the same board.

Everything here is computed from scores as they are shown, rounded to the contest's decimals: whoever reads a board can
work out its order, and an order tells nothing of digits that are hidden.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any

from scoring.ranking import rounded, sort_key

PASSES, FAILS_A_GATE = 0, 1


@dataclass(frozen=True, slots=True)
class Column:
    """A metric that takes part in a combination."""

    metric: str
    weight: float
    higher_is_better: bool


@dataclass(frozen=True, slots=True)
class Gate:
    """What a score must reach for its row to stand among the first."""

    metric: str
    at_least: float | None = None
    at_most: float | None = None

    def lets_pass(self, values: Mapping[str, float]) -> bool:
        value = values.get(self.metric)
        if value is None or (self.at_least is not None and value < self.at_least):
            return False
        return self.at_most is None or value <= self.at_most


@dataclass(frozen=True, slots=True)
class BoardRules:
    """All that decides the order of a board. `columns` without `is_by_rank` are summed with their weights."""

    metric: str
    higher_is_better: bool
    decimals: int
    tie_tolerance: float | None = None
    ladder_step: float | None = None
    columns: tuple[Column, ...] = ()
    is_by_rank: bool = False
    gates: tuple[Gate, ...] = ()

    def key(self, value: float) -> float:
        """A number that sorts ascending from the best value to the worst; equal for values that are tied."""
        key = sort_key(value, higher_is_better=self.higher_is_better, decimals=self.decimals)
        return on_grid(key, self.tie_tolerance) if self.tie_tolerance else key

    def own_key(self, value: float) -> float:
        """The same among one team's own submissions: on a board by ranks it goes by the metric."""
        if not self.is_by_rank:
            return self.key(value)
        (column,) = [column for column in self.columns if column.metric == self.metric]
        return -value if column.higher_is_better else value

    def group(self, values: Mapping[str, float]) -> int:
        return PASSES if all(gate.lets_pass(values) for gate in self.gates) else FAILS_A_GATE

    def value(self, values: Mapping[str, float]) -> float | None:
        """What ranks a row, as far as its own scores tell: a weighted sum, or the metric itself."""
        if not self.columns or self.is_by_rank:
            return values.get(self.metric)
        return weighted_sum(values, self.columns, higher_is_better=self.higher_is_better)


def rules_of(board: Any) -> BoardRules:
    """The rules in a board's record."""
    combine = board.combine or {}
    return BoardRules(
        metric=board.metric,
        higher_is_better=board.higher_is_better,
        decimals=board.decimals,
        tie_tolerance=board.tie_tolerance,
        ladder_step=board.ladder_step,
        columns=tuple(Column(**column) for column in combine.get("of", [])),
        is_by_rank=combine.get("kind") == "ranks",
        gates=tuple(Gate(**gate) for gate in board.gates),
    )


def on_grid(value: float, step: float) -> float:
    """The nearest multiple of `step`, half to even. Values on one grid point are tied, and a tie is transitive: were
    two values tied whenever they differ by less than a step, a, b and c could be tied in pairs without a and c being.

    Example: with a step of 0.005 both 0.813 and 0.814 become 0.815, and 0.812 becomes 0.810
    """
    with localcontext() as context:
        context.prec = 400
        unit = Decimal(repr(float(step)))
        steps = (Decimal(repr(float(value))) / unit).to_integral_value(rounding=ROUND_HALF_EVEN)
        return float(steps * unit) + 0.0


def shown_values(values: Mapping[str, float], decimals: Mapping[str, int]) -> dict[str, float]:
    """Scores to the decimals that people see."""
    return {key: rounded(value, decimals[key]) if key in decimals else value for key, value in values.items()}


def weighted_sum(values: Mapping[str, float], columns: Iterable[Column], *, higher_is_better: bool) -> float | None:
    """Sum of weight times value; a column of the other direction than the board's is subtracted. None where a value
    is missing."""
    total = 0.0
    for column in columns:
        if column.metric not in values:
            return None
        sign = 1 if column.higher_is_better == higher_is_better else -1
        total += sign * column.weight * values[column.metric]
    return total


def mean_ranks(rows: Sequence[Mapping[str, float]], columns: Sequence[Column]) -> list[float]:
    """Weighted mean of each row's ranks in the columns; equal values share the mean of their ranks, and a row without
    a value comes last there.

    Example: three rows that are 1st and 2nd, 2nd and 1st, 3rd and 3rd have mean ranks 1.5, 1.5 and 3
    """
    weight = sum(column.weight for column in columns)
    ranked = [(column.weight, _ranks([_ascending(row, column) for row in rows])) for column in columns]
    return [sum(share * ranks[index] for share, ranks in ranked) / weight for index in range(len(rows))]


def _ascending(row: Mapping[str, float], column: Column) -> float:
    value = row.get(column.metric)
    if value is None:
        return float("inf")
    return -value if column.higher_is_better else value


def _ranks(keys: Sequence[float]) -> list[float]:
    order = sorted(range(len(keys)), key=keys.__getitem__)
    ranks = [0.0] * len(keys)
    first = 0
    while first < len(order):
        last = first
        while last + 1 < len(order) and keys[order[last + 1]] == keys[order[first]]:
            last += 1
        for place in order[first : last + 1]:
            ranks[place] = (first + last) / 2 + 1
        first = last + 1
    return ranks


def ladder(values: Sequence[float | None], step: float, *, higher_is_better: bool) -> list[int]:
    """For each score, in the order of submission, the index of the one that is shown in its place.

    The Ladder: a score is shown only where it beats the best one shown so far by at least the step, else the earlier
    one is repeated. Whoever probes the truth with small changes learns nothing from those that change little.

    Source: Blum & Hardt (2015), The Ladder: a reliable leaderboard for machine learning competitions, ICML, PMLR 37
    Example: 0.80, 0.8004, 0.81, 0.79 with a step of 0.001, higher is better -> 0, 0, 2, 2
    """
    shown: list[int] = []
    best: float | None = None
    at = 0
    for index, value in enumerate(values):
        gain = None if value is None or best is None else (value - best if higher_is_better else best - value)
        if best is None or (gain is not None and _reaches(gain, step)):
            best, at = value, index
        shown.append(at)
    return shown


def _reaches(gain: float, step: float) -> bool:
    """0.801 beats 0.800 by 0.001, though their difference as floating-point numbers is a little less."""
    return gain >= step * (1 - 1e-9)
