"""Boards: one row per board and team, brought up to date by the transaction that records a score.

The public board follows the phase's rule (best or last). The private board shows, for each team, the private score of
the submission that counts at the end (the contest's final rule), so that what organisers see is what will be released.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from competitions.models import Board, Competition, Evaluation, Score, Standing, Submission, Team, TeamPhase
from competitions.queries.evaluations import unfinished
from competitions.status import BoardKind, CompetitionStatus, EvaluationStatus, FinalRule, SubmissionRule
from scoring.ranking import sort_key


def enter(evaluation: Evaluation) -> None:
    """Bring the team's rows up to date after one more scored evaluation. Call it inside the scoring transaction."""
    submission = evaluation.submission
    if evaluation.scoring_version_id != submission.task.current_version_id:
        return  # a re-scoring under a version that is not live yet: boards switch when it goes live
    _lock(submission)
    for board in _boards(submission):
        refresh(board, submission.team)


def _lock(submission: Submission) -> None:
    """Two workers that score for one team at the same time take turns, else the worse score might be written last."""
    TeamPhase.objects.get_or_create(team_id=submission.team_id, phase_id=submission.phase_id)
    TeamPhase.objects.select_for_update().get(team_id=submission.team_id, phase_id=submission.phase_id)


def _boards(submission: Submission) -> Iterable[Board]:
    return Board.objects.filter(
        phase=submission.phase_id, task=submission.task_id, kind__in=[BoardKind.PUBLIC, BoardKind.PRIVATE]
    ).select_related("phase__competition", "task")


def refresh(board: Board, team: Team) -> Standing | None:
    """Recompute one team's row of one board from its scored evaluations (a few dozen at most)."""
    candidates = _candidates(board, team)
    chosen = _chosen(board, candidates)
    split = BoardKind.PUBLIC if board.kind == BoardKind.PUBLIC else BoardKind.PRIVATE
    values = _values(chosen, split) if chosen else {}
    if chosen is None or board.metric not in values:
        Standing.objects.filter(board=board, team=team).delete()
        return None
    standing, _ = Standing.objects.update_or_create(
        board=board,
        team=team,
        defaults={
            "submission": chosen.submission,
            "value": values[board.metric],
            "sort_key": _key(board, values[board.metric]),
            "submitted_at": chosen.submission.submitted_at,
            "entries": len(candidates),
            "values": values,
        },
    )
    return standing


def _candidates(board: Board, team: Team) -> list[Evaluation]:
    return list(
        Evaluation.objects.filter(
            submission__team=team,
            submission__phase=board.phase_id,
            submission__task=board.task_id,
            scoring_version=board.task.current_version_id,
            status=EvaluationStatus.SCORED,
        )
        .select_related("submission")
        .defer("statistics", "public_detail", "private_detail", "problems")
    )


def _chosen(board: Board, candidates: list[Evaluation]) -> Evaluation | None:
    """The evaluation that a board shows for a team."""
    if not candidates:
        return None
    if _rule(board) == SubmissionRule.LAST:
        return max(candidates, key=lambda one: (one.submission.submitted_at, one.submission_id))
    keys = _public_keys(board, candidates)
    return min(
        candidates,
        key=lambda one: (keys.get(one.pk, float("inf")), one.submission.submitted_at, one.submission_id),
    )


def _rule(board: Board) -> SubmissionRule:
    if board.kind == BoardKind.PUBLIC:
        return SubmissionRule(board.phase.submission_rule)
    last = board.phase.competition.final_rule == FinalRule.LAST
    return SubmissionRule.LAST if last else SubmissionRule.BEST


def _public_keys(board: Board, candidates: list[Evaluation]) -> dict[int, float]:
    """Sort keys on the public split: choosing by the private one would reward luck that nobody could see."""
    rows = Score.objects.filter(evaluation__in=candidates, metric=board.metric, split="public")
    return {evaluation: _key(board, value) for evaluation, value in rows.values_list("evaluation", "value")}


def _values(evaluation: Evaluation, split: str) -> dict[str, float]:
    return dict(evaluation.scores.filter(split=split).values_list("metric", "value"))


def _key(board: Board, value: float) -> float:
    return sort_key(value, higher_is_better=board.higher_is_better, decimals=board.decimals)


# -- release ----------------------------------------------------------------------------------------------------------


def release_due(*, now: datetime) -> int:
    """Release every contest that is over and fully scored. Returns how many; run by the sweeper, safe to run twice."""
    released = 0
    for competition in _ended(now):
        if not unfinished(competition).exists():
            released += _release(competition, now=now)
    return released


def _ended(now: datetime) -> Iterable[Competition]:
    """Published contests with an unreleased private board whose last phase is over."""
    waiting = Board.objects.filter(kind=BoardKind.PRIVATE, released_at=None).values("phase__competition")
    contests = Competition.objects.filter(status=CompetitionStatus.PUBLISHED, pk__in=waiting)
    ended = contests.exclude(phases__ends_at=None).annotate(last_end=Max("phases__ends_at"))
    return ended.filter(last_end__lt=now)


@transaction.atomic
def _release(competition: Competition, *, now: datetime) -> int:
    """Open the private boards and freeze a copy of each as the final one."""
    boards = Board.objects.select_for_update().filter(
        phase__competition=competition, kind=BoardKind.PRIVATE, released_at=None
    )
    for board in boards:
        board.released_at = now
        board.save(update_fields=["released_at"])
        _freeze(board, now=now)
    return int(bool(boards))


def _freeze(board: Board, *, now: datetime) -> None:
    final, _ = Board.objects.get_or_create(
        phase=board.phase,
        division=board.division,
        task=board.task,
        kind=BoardKind.FINAL,
        defaults={
            "title": board.title,
            "metric": board.metric,
            "higher_is_better": board.higher_is_better,
            "decimals": board.decimals,
            "released_at": now,
        },
    )
    copied = ("team_id", "submission_id", "value", "sort_key", "submitted_at", "entries", "values")
    Standing.objects.bulk_create(
        [Standing(board=final, **{name: getattr(row, name) for name in copied}) for row in board.standings.all()],
        ignore_conflicts=True,
    )
