"""The end of boards: when all is over and scored they are opened, and a copy of each is frozen as the final one."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from competitions.board_rules import rules_of
from competitions.change_rules import ChangeStatus
from competitions.models import Board, ChangeRequest, Competition, Phase, Standing
from competitions.queries.evaluations import unfinished
from competitions.quota import GRACE
from competitions.services import audit, leaderboards, webhooks
from competitions.status import BoardKind, CompetitionStatus, WebhookEvent

# An upload that ended in the last second of its grace is still being recorded when the grace is over.
RELEASED_AFTER = GRACE + timedelta(minutes=1)


def release_due(*, now: datetime) -> int:
    """Release every contest that is over and fully scored. Returns how many; run by the sweeper, safe to run twice."""
    released = 0
    for competition in _ended(now):
        if not unfinished(competition).exists():
            released += release(competition, now=now)
    return released


def _ended(now: datetime) -> Iterable[Competition]:
    """Published contests with an unreleased private board whose last phase is over, uploads in their grace included.
    Where winners are audited the boards open with the list of the awards, by services.winners."""
    waiting = Board.objects.filter(kind=BoardKind.PRIVATE, released_at=None).values("phase__competition")
    contests = Competition.objects.filter(status=CompetitionStatus.PUBLISHED, pk__in=waiting)
    contests = contests.exclude(winner_audit__isnull=False, winner_audit__published_at=None)
    ended = contests.exclude(phases__ends_at=None).annotate(last_end=Max("phases__ends_at"))
    being_changed = ChangeRequest.objects.filter(status__in=[ChangeStatus.APPROVED, ChangeStatus.APPLYING])
    return ended.filter(last_end__lt=now - RELEASED_AFTER).exclude(pk__in=being_changed.values("competition"))


@transaction.atomic
def release(competition: Competition, phase: Phase | None = None, *, now: datetime) -> int:
    """Open the private boards, of one phase or all, and freeze a copy of each as the final one."""
    boards = Board.objects.select_for_update().filter(
        phase__competition=competition, kind=BoardKind.PRIVATE, released_at=None
    )
    if phase is not None:
        boards = boards.filter(phase=phase)
    for board in boards:
        board.released_at = now
        board.save(update_fields=["released_at"])
        _freeze(board, now=now)
    if boards:
        of_phase = {"phase": phase.key} if phase else {}
        key = f"contest-{competition.pk}-{now.isoformat()}" + (f"-{phase.pk}" if phase else "")
        webhooks.emit(competition, WebhookEvent.RESULTS_RELEASED, of_phase, key=key, now=now)
        audit.note("final boards released", now=now, actor=None, competition=competition, detail=of_phase)
    return int(bool(boards))


def _freeze(board: Board, *, now: datetime) -> None:
    if rules_of(board).is_by_rank:
        leaderboards.rank_whole(board)  # a large one may be behind
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
            "tie_tolerance": board.tie_tolerance,
            "ladder_step": board.ladder_step,
            "combine": board.combine,
            "gates": board.gates,
            "show_tied": board.show_tied,
            "released_at": now,
        },
    )
    copied = (
        "team_id",
        "submission_id",
        "value",
        "group",
        "sort_key",
        "submitted_at",
        "entries",
        "values",
        "intervals",
    )
    Standing.objects.bulk_create(
        [Standing(board=final, **{name: getattr(row, name) for name in copied}) for row in board.standings.all()],
        ignore_conflicts=True,
    )
