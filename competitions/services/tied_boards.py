"""Which teams cannot be told from the first by more than noise: found in the background, kept with the board.

Compared are the first teams of a board, in pairs with the first, on the statistics that their evaluations keep. It runs
in the sweeper, never in a request and never in the scoring transaction: a board remembers what it was computed from,
and is computed anew when the first rows are other ones. What it says is at most a few sweeps old.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from competitions.models import Board, Evaluation, ScoringVersion, Standing
from competitions.programs import scored_in_boxes
from competitions.status import BoardKind, EvaluationStatus, FinalCounts
from scoring.job import parse_contract, parse_metrics

log = logging.getLogger(__name__)
COMPARED = 20
FOLLOWED_AFTER_THE_END = timedelta(days=7)


def compare_due(*, now: datetime) -> int:
    """Compute the boards whose first rows have changed. Returns how many; run by the sweeper, safe to run twice."""
    changed = 0
    for board in _followed(now):
        rows = _first_rows(board)
        made_of = _made_of(board, rows)
        if board.tied is not None and board.tied.get("of") == made_of:
            continue
        groups = _groups(board, rows)
        Board.objects.filter(pk=board.pk).update(tied={"of": made_of, "teams": groups[0], "groups": groups})
        changed += 1
    return changed


def _followed(now: datetime) -> Iterable[Board]:
    """A combination of columns or submissions has no interval, and a board of long ago does not change."""
    is_mean = ~Q(kind=BoardKind.PUBLIC) & Q(
        phase__competition__final_select__gt=1, phase__competition__final_counts=FinalCounts.MEAN
    )
    is_recent = Q(phase__ends_at=None) | Q(phase__ends_at__gt=now - FOLLOWED_AFTER_THE_END) | Q(tied__isnull=True)
    boards = Board.objects.filter(is_recent, ~is_mean, show_tied=True, combine__isnull=True)
    return boards.select_related("task__current_version")


def _first_rows(board: Board) -> list[Standing]:
    """Of those who pass the gates: whoever fails one is not tied with first, however close the scores are."""
    rows = board.standings.filter(group=0).order_by("sort_key", "submitted_at", "submission_id")
    return list(rows.only("team_id", "submission_id")[:COMPARED])


def _made_of(board: Board, rows: list[Standing]) -> list[Any]:
    return [board.task.current_version_id, board.metric, board.higher_is_better, *(row.submission_id for row in rows)]


def _groups(board: Board, rows: list[Standing]) -> list[list[int]]:
    """The teams tied with the first; on a board of the end also those tied with the first team behind these, and so on
    down the compared rows. Never empty."""
    version = board.task.current_version
    if version is None or len(rows) < 2:
        return [[]]
    try:
        return _tied(board, version, rows)
    except Exception:
        # A mark on a board is worth less than the board: it is left out, and an operator finds the trace.
        log.exception("board %s could not be compared", board.pk)
        return [[]]


def _tied(board: Board, version: ScoringVersion, rows: list[Standing]) -> list[list[int]]:
    from scoring.uncertainty import units_from_result  # heavy: numpy, which the web must not load

    contract = parse_contract(version.contract)
    specs = parse_metrics(scored_in_boxes(version.metrics), contract)
    spec = next(one for one in specs if one.key == board.metric)
    side = "public" if board.kind == BoardKind.PUBLIC else "private"
    kept = _statistics(version, rows)
    known = {
        row.team_id: units
        for row in rows
        if (units := units_from_result(kept.get(row.submission_id, {}), spec, side, contract=contract, specs=specs))
    }
    if len(known) < 2:
        return [[]]
    groups = [_tied_with_first(board, rows, known)]
    while board.kind == BoardKind.FINAL:
        left = [row for row in rows if all(row.team_id not in group for group in groups)]
        if sum(row.team_id in known for row in left) < 2:
            break
        groups.append(_tied_with_first(board, left, known))
    return groups


def _tied_with_first(board: Board, rows: list[Standing], known: Mapping[int, Any]) -> list[int]:
    """The first of the rows, and those of the rows that are tied with it."""
    from scoring.uncertainty import tied_with_first

    compared = {row.team_id: known[row.team_id] for row in rows if row.team_id in known}
    tied = tied_with_first(list(compared.values()), higher_is_better=board.higher_is_better)
    found = {team for team, is_tied in zip(compared, tied, strict=True) if is_tied}
    return [row.team_id for row in rows if row.team_id in found or row is rows[0]]


def _statistics(version: ScoringVersion, rows: list[Standing]) -> Mapping[int, Mapping[str, Any]]:
    scored = Evaluation.objects.filter(
        submission__in=[row.submission_id for row in rows], scoring_version=version, status=EvaluationStatus.SCORED
    )
    return {number: kept or {} for number, kept in scored.values_list("submission_id", "statistics")}
