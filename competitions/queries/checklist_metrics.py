"""What a dry run says of a task's metrics: is the truth best, and do both splits agree who is ahead?"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from competitions.models import Board, Probe, Task
from competitions.programs import scored_in_boxes
from competitions.queries.checklist_items import CheckItem, joined, rank_correlation
from competitions.status import BoardKind, CheckState, ProbeOutcome
from scoring.registry import METRICS

RIVALS: Final = ("constant", "random", "permuted")
SPLITS: Final = ("public", "private")
LEAST_CORRELATION: Final = 0.8
NEAR: Final = 1e-6

ProbesByKey = Mapping[str, Probe]


@dataclass(frozen=True, slots=True)
class Direction:
    """Which way a metric is good, and its best value where there is one."""

    key: str
    higher: bool
    best: float | None
    ranks: bool


def direction_item(task: Task, probes: ProbesByKey) -> CheckItem:
    """The truth must be best: then the metric points the right way."""
    title, key = _("Direction of the metric"), f"direction:{task.key}"
    perfect = probes.get("perfect")
    if perfect is None or perfect.outcome == ProbeOutcome.NOT_MADE:
        why = perfect.reason if perfect else ""
        sentence = _("No perfect submission could be made of the truth, so the direction was not tried. %(why)s")
        todo = _("Score a submission of your own that you know to be good.")
        return CheckItem(key, title, CheckState.YELLOW, sentence % {"why": why}, todo)
    if perfect.outcome != ProbeOutcome.ACCEPTED:
        sentence = _("The truth itself was not scored when it was submitted: contract and truth do not fit.")
        todo = _("Read what the probe was told, and mend the contract.")
        return CheckItem(key, title, CheckState.RED, sentence, todo)
    return _compared(title, key, task, probes)


def _compared(title: str, key: str, task: Task, probes: ProbesByKey) -> CheckItem:
    ranking, found = ranking_direction(task), directions(task)
    worse = _not_beaten(ranking, probes, only_worse=True)
    if worse:
        text = _("By “%(metric)s” the truth itself is worse than: %(names)s. The metric points the wrong way.")
        todo = _("Turn the direction of the metric round, or look whether the truth is the right file.")
        return CheckItem(key, title, CheckState.RED, text % {"metric": ranking.key, "names": joined(worse)}, todo)
    doubts = [
        *([] if _has_rivals(ranking, probes) else [f"{ranking.key} ({_('nothing to compare with')})"]),
        *(f"{ranking.key} ({name})" for name in _not_beaten(ranking, probes)),
        *(one.key for one in found if one.key != ranking.key and one.ranks and _not_beaten(one, probes)),
        *(one.key for one in found if not _is_best(one, probes["perfect"])),
    ]
    if doubts:
        text = _("The truth is not clearly best by: %(names)s.")
        todo = _("Look at the scores of the probes below: is that what you expect of this metric?")
        return CheckItem(key, title, CheckState.YELLOW, text % {"names": joined(list(dict.fromkeys(doubts)))}, todo)
    text = _("The truth has the best value, and beats a constant, a random and a shuffled answer on both splits.")
    return CheckItem(key, title, CheckState.GREEN, text)


def _not_beaten(direction: Direction, probes: ProbesByKey, *, only_worse: bool = False) -> list[str]:
    found = []
    for rival in RIVALS:
        for split in SPLITS:
            best, other = (score_of(probes.get(name), direction.key, split) for name in ("perfect", rival))
            if best is None or other is None:
                continue
            lead = best - other if direction.higher else other - best
            if lead < 0 or (lead == 0 and not only_worse):
                found.append(f"{rival}, {split}")
    return found


def _has_rivals(direction: Direction, probes: ProbesByKey) -> bool:
    return any(score_of(probes.get(name), direction.key, split) is not None for name in RIVALS for split in SPLITS)


def _is_best(direction: Direction, perfect: Probe) -> bool:
    if direction.best is None:
        return True
    values = [score_of(perfect, direction.key, split) for split in SPLITS]
    near = NEAR * max(1.0, abs(direction.best))
    return all(value is None or abs(value - direction.best) <= near for value in values)


def score_of(probe: Probe | None, metric: str, split: str) -> float | None:
    if probe is None or probe.outcome != ProbeOutcome.ACCEPTED:
        return None
    values: Mapping[str, float] = probe.public if split == "public" else probe.private
    return values.get(metric)


def ranking_direction(task: Task) -> Direction:
    """The board's word, for it is the board that ranks."""
    found = {one.key: one for one in directions(task)}
    board = Board.objects.filter(task=task, kind=BoardKind.PUBLIC).order_by("pk").first()
    known = found.get(board.metric) if board else None
    if board is None or known is None:  # a board may rank by the speed of programs, which no probe has
        return next(iter(found.values()))
    return Direction(board.metric, board.higher_is_better, known.best, ranks=True)


def directions(task: Task) -> list[Direction]:
    version = task.current_version
    return [_direction(one, version.contract["kind"]) for one in scored_in_boxes(version.metrics)] if version else []


def _direction(metric: Mapping[str, Any], kind: str) -> Direction:
    row = METRICS.get(str(metric["metric"]))
    if row is None:  # the organiser's own: its ends are known where they were stated
        higher = metric.get("direction") == "higher"
        end = metric.get("maximum" if higher else "minimum")
        return Direction(metric["key"], higher, end, ranks=True)
    row = row.of_kind.get(kind, row)
    best = row.best if math.isfinite(row.best) and not row.is_composite else None
    return Direction(str(metric["key"]), row.higher_is_better, best, row.ranks)


# -- public against private -------------------------------------------------------------------------------------------


def agreement_item(task: Task, probes: ProbesByKey) -> CheckItem:
    """Over all probes, those of the truth with more and more noise among them."""
    title, key = _("Public and private split agree"), f"agreement:{task.key}"
    metric = ranking_direction(task).key
    pairs = [(score_of(one, metric, "public"), score_of(one, metric, "private")) for one in probes.values()]
    known = [(public, private) for public, private in pairs if public is not None and private is not None]
    found = rank_correlation([pair[0] for pair in known], [pair[1] for pair in known])
    todo = _("Put more, or other, scenes or rows into the split that is too small.")
    if found is None:
        text = _("It cannot be told: there are no scores on both splits to compare.")
        return CheckItem(key, title, CheckState.YELLOW, text, todo)
    text = _("Rank correlation %(value).2f over %(count)d submissions of different quality.")
    values = {"value": found, "count": len(known)}
    if found < LEAST_CORRELATION:
        return CheckItem(key, title, CheckState.YELLOW, text % values, todo)
    return CheckItem(key, title, CheckState.GREEN, text % values)
