"""From marks to a total: pure arithmetic, every step of which the chair's page shows.

1. A sheet's points: the weighted mean of its marks, each first brought to 0..1 by its own scale.
2. A juror's mean m_j and spread s_j (population standard deviation) over the juror's sheets. The z-score of a sheet is
   (points - m_j) / s_j; of a juror whose sheets are all alike (s_j = 0, also with one sheet) it is 0: such sheets say
   nothing about which entry is better.
3. The jury's value of an entry: the mean over its sheets, of the points as they are (`plain`), or of points brought to
   the mean M and spread S of all sheets together, M + S z (`normalised`). These may leave 0..1 by a little; they are
   not cut off, which would make ties.
4. The task's score on 0..1, 1 being best: (score - worst) / (best - worst), or (n - rank) / (n - 1) with equal scores
   sharing their mean rank. Where all are alike (or there is one) it is 1. An entry without a score gets 0.
5. total = a * score + b * jury. Equal totals (to 9 decimals): the entry handed in earlier is first.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import fsum, sqrt

from competitions.judging import Criterion, ScoreScale, SheetScale, TotalRule

TIE_DECIMALS = 9
NOTHING = 1e-12  # a spread below this is rounding, not spread


@dataclass(frozen=True, slots=True)
class SheetPoints:
    """A complete sheet: who judged which entry, and its points in 0..1."""

    entry: int
    juror: int
    points: float


@dataclass(frozen=True, slots=True)
class Spread:
    """Of some sheets: how many, their mean, population standard deviation, least and largest."""

    count: int
    mean: float
    sd: float
    least: float
    largest: float

    @property
    def range(self) -> float:
        return self.largest - self.least


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that may be ranked. `score` is the raw score of its team on the task, if it has one."""

    entry: int
    handed_in_at: datetime
    score: float | None


@dataclass(frozen=True, slots=True)
class Total:
    """Every term of an entry's total: rank, total, both parts in 0..1, and what they were made of."""

    entry: int
    rank: int
    total: float
    score_part: float
    jury_part: float
    raw_score: float | None
    sheet_count: int


def points(marks: Mapping[str, int], rubric: Iterable[Criterion]) -> float:
    """Of a complete sheet. KeyError names a criterion without a mark."""
    rubric = tuple(rubric)
    weighted = fsum(one.weight * one.share(marks[one.key]) for one in rubric)
    return weighted / fsum(one.weight for one in rubric)


def spread(values: Iterable[float]) -> Spread | None:
    """None for no values."""
    found = list(values)
    if not found:
        return None
    mean = fsum(found) / len(found)
    sd = sqrt(fsum((value - mean) ** 2 for value in found) / len(found))
    return Spread(len(found), mean, sd, min(found), max(found))


def spreads_by_juror(sheets: Iterable[SheetPoints]) -> dict[int, Spread]:
    return _spreads((one.juror, one.points) for one in sheets)


def spreads_by_entry(sheets: Iterable[SheetPoints]) -> dict[int, Spread]:
    return _spreads((one.entry, one.points) for one in sheets)


def _spreads(pairs: Iterable[tuple[int, float]]) -> dict[int, Spread]:
    gathered: dict[int, list[float]] = {}
    for key, value in pairs:
        gathered.setdefault(key, []).append(value)
    return {key: found for key, values in gathered.items() if (found := spread(values)) is not None}


def z_score(value: float, of: Spread) -> float:
    return 0.0 if of.sd < NOTHING else (value - of.mean) / of.sd


def normalised(sheets: Iterable[SheetPoints]) -> list[SheetPoints]:
    """Each sheet's points as M + S z: a severe and a mild juror then speak with the same voice."""
    sheets = list(sheets)
    overall, by_juror = spread(one.points for one in sheets), spreads_by_juror(sheets)
    if overall is None:
        return []
    return [
        SheetPoints(one.entry, one.juror, overall.mean + overall.sd * z_score(one.points, by_juror[one.juror]))
        for one in sheets
    ]


def jury_values(sheets: Iterable[SheetPoints], scale: SheetScale) -> dict[int, float]:
    """The jury's value of each entry that has a sheet."""
    used = list(sheets) if scale == SheetScale.PLAIN else normalised(sheets)
    return {entry: found.mean for entry, found in spreads_by_entry(used).items()}


def scaled(scores: Mapping[int, float], scale: ScoreScale, *, higher_is_better: bool) -> dict[int, float]:
    """Scores by entry -> 0..1, 1 being best."""
    good = {entry: score if higher_is_better else -score for entry, score in scores.items()}
    if not good:
        return {}
    best, worst = max(good.values()), min(good.values())
    if best == worst:
        return dict.fromkeys(good, 1.0)
    if scale == ScoreScale.MIN_MAX:
        return {entry: (value - worst) / (best - worst) for entry, value in good.items()}
    return {entry: (len(good) - rank) / (len(good) - 1) for entry, rank in _mean_ranks(good).items()}


def _mean_ranks(good: Mapping[int, float]) -> dict[int, float]:
    """1 is best; equal values share the mean of their ranks."""
    values = list(good.values())
    return {
        entry: sum(other > value for other in values) + (sum(other == value for other in values) + 1) / 2
        for entry, value in good.items()
    }


def totals(
    candidates: Iterable[Candidate], sheets: Iterable[SheetPoints], rule: TotalRule, *, higher_is_better: bool
) -> list[Total]:
    """The ranking, the first first. Scores are scaled among the candidates; who has no sheet is not ranked."""
    candidates, sheets = list(candidates), list(sheets)
    known = {one.entry: one.score for one in candidates if one.score is not None}
    score_parts = scaled(known, rule.score_scale, higher_is_better=higher_is_better)
    jury_parts = jury_values(sheets, rule.sheets)
    counts = {entry: found.count for entry, found in spreads_by_entry(sheets).items()}
    judged = [one for one in candidates if one.entry in jury_parts]
    summed = {one.entry: _total(score_parts.get(one.entry, 0.0), jury_parts[one.entry], rule) for one in judged}
    judged.sort(key=lambda one: (-round(summed[one.entry], TIE_DECIMALS), one.handed_in_at, one.entry))
    return [
        Total(
            entry=one.entry,
            rank=rank,
            total=summed[one.entry],
            score_part=score_parts.get(one.entry, 0.0),
            jury_part=jury_parts[one.entry],
            raw_score=one.score,
            sheet_count=counts[one.entry],
        )
        for rank, one in enumerate(judged, start=1)
    ]


def _total(score_part: float, jury_part: float, rule: TotalRule) -> float:
    return rule.score_weight * score_part + rule.jury_weight * jury_part
