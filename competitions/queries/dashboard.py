"""What sponsors are told of a contest, in a few aggregate queries. Nobody's name, no private score.

Days are the contest's own. What takes long on a large contest is kept for some minutes under a key that says nothing
but numbers of records; whether somebody may see it is decided before it is asked for.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.db.models import Count, Exists, Max, Min, OuterRef, QuerySet
from django.db.models.functions import TruncDate

from competitions.board_rules import BoardRules, rules_of, shown_values
from competitions.models import (
    Board,
    Competition,
    Evaluation,
    FirstDownload,
    GroupReport,
    Score,
    Standing,
    Submission,
    Team,
    TeamMember,
)
from competitions.queries.competitions import decimals_of
from competitions.queries.entrants import entrants
from competitions.queries.leaderboards import visible_boards
from competitions.small_groups import GroupTable
from competitions.status import BoardKind, EvaluationStatus, GroupKind
from scoring.ranking import rounded

KEPT_SECONDS: Final = 300
Days = list[tuple[date, int]]


@dataclass(frozen=True, slots=True)
class Totals:
    """People, and teams at each step: each number is counted for itself."""

    entrants: int
    teams: int
    downloaded: int
    submitted: int
    scored: int
    submissions: int


@dataclass(frozen=True, slots=True)
class BestScores:
    """The best public score so far at the end of each day on which it rose, as the board shows it."""

    board: Board
    points: list[tuple[date, float]]


@dataclass(frozen=True, slots=True)
class GroupCounts:
    """The newest published table of a kind; no table before the first day's."""

    kind: GroupKind
    day: date | None
    table: GroupTable


@dataclass(frozen=True, slots=True)
class Dashboard:
    competition: Competition
    now: datetime
    totals: Totals
    submissions: Days  # every day from the first submission to the last, those without one too
    scores: list[BestScores]
    groups: list[GroupCounts]


def dashboard(competition: Competition, *, now: datetime) -> Dashboard:
    return Dashboard(
        competition,
        now,
        totals(competition),
        submissions_by_day(competition),
        [BestScores(board, best_scores(board)) for board in curve_boards(competition, now=now)],
        [newest_groups(competition, kind) for kind in GroupKind],
    )


# -- totals -----------------------------------------------------------------------------------------------------------


def totals(competition: Competition) -> Totals:
    kept = _kept(f"{competition.pk}:totals", lambda: _totals(competition))
    return Totals(**kept)


def _totals(competition: Competition) -> dict[str, int]:
    teams = Team.objects.filter(competition=competition).order_by()
    uploads = _uploads(competition).filter(team=OuterRef("pk"))
    scored = Evaluation.objects.filter(status=EvaluationStatus.SCORED, submission=OuterRef("pk"))
    return {
        "entrants": entrants(competition).count(),
        "teams": teams.count(),
        "downloaded": _downloaders(competition),
        "submitted": teams.filter(Exists(uploads)).count(),
        "scored": teams.filter(Exists(uploads.filter(Exists(scored)))).count(),
        "submissions": _uploads(competition).count(),
    }


def _uploads(competition: Competition) -> QuerySet[Submission]:
    """What people sent; a second stage's copies are nobody's upload."""
    return Submission.objects.filter(phase__competition=competition, frozen_from=None).order_by()


def _downloaders(competition: Competition) -> int:
    """Teams of which a member fetched data."""
    fetched = FirstDownload.objects.filter(user=OuterRef("user"), release__competition=competition)
    members = TeamMember.objects.filter(Exists(fetched), competition=competition).order_by()
    return members.values("team").distinct().count()


# -- over time --------------------------------------------------------------------------------------------------------


def submissions_by_day(competition: Competition) -> Days:
    kept = _kept(f"{competition.pk}:days:{competition.time_zone}", lambda: _submissions_by_day(competition))
    found = {date.fromisoformat(day): count for day, count in kept}
    return [(day, found.get(day, 0)) for day in _every_day(found)]


def _submissions_by_day(competition: Competition) -> list[tuple[str, int]]:
    days = _uploads(competition).values_list(TruncDate("submitted_at", tzinfo=competition.zone))
    return [(day.isoformat(), count) for day, count in days.annotate(count=Count("pk")).order_by()]


def _every_day(days: Iterable[date]) -> list[date]:
    known = sorted(days)
    if not known:
        return []
    return [known[0] + timedelta(days=number) for number in range((known[-1] - known[0]).days + 1)]


def curve_boards(competition: Competition, *, now: datetime) -> list[Board]:
    """The public boards that everybody may see, one for each phase and task: boards of all divisions rank alike.

    A board by ranks has no curve: its values say how teams stand to each other, not how good they are.
    """
    boards = visible_boards(AnonymousUser(), competition, now=now).filter(kind=BoardKind.PUBLIC)
    first: dict[tuple[int, int], Board] = {}
    for board in boards.select_related("task__current_version").order_by("phase__position", "task__position", "pk"):
        first.setdefault((board.phase_id, board.task_id), board)
    return [board for board in first.values() if not rules_of(board).is_by_rank]


def best_scores(board: Board) -> list[tuple[date, float]]:
    zone = board.phase.competition.time_zone
    rules = f"{board.metric}:{board.decimals}:{board.task.current_version_id}"
    kept = _kept(f"board:{board.pk}:{zone}:{rules}", lambda: _best_by_day(board))
    return _so_far(((date.fromisoformat(day), value) for day, value in kept), board)


def _best_by_day(board: Board) -> list[tuple[str, float]]:
    rules = rules_of(board)
    days = _computed_days(board, rules) if rules.columns or rules.gates else _plain_days(board)
    return sorted((day.isoformat(), rounded(value, board.decimals)) for day, value in days)


def _scores(board: Board) -> QuerySet[Score]:
    """Public scores that the board showed: of teams that are on it, and not those that a ladder held back."""
    return Score.objects.filter(
        split="public",
        evaluation__scoring_version=board.task.current_version_id,
        evaluation__shown_as=None,
        evaluation__submission__phase=board.phase_id,
        evaluation__submission__task=board.task_id,
        evaluation__submission__team__in=Standing.objects.filter(board=board).values("team"),
    )


def _plain_days(board: Board) -> Iterable[tuple[date, float]]:
    best = Max("value") if board.higher_is_better else Min("value")
    day = TruncDate("evaluation__submission__submitted_at", tzinfo=board.phase.competition.zone)
    return _scores(board).filter(metric=board.metric).values_list(day).annotate(best=best).order_by()


def _computed_days(board: Board, rules: BoardRules) -> Iterable[tuple[date, float]]:
    """Where what ranks is made of several metrics, or some of it does not count."""
    wanted = {board.metric, *(one.metric for one in rules.columns), *(gate.metric for gate in rules.gates)}
    zone, decimals = board.phase.competition.zone, decimals_of(board.task, is_public=True)
    fields = ("evaluation_id", "evaluation__submission__submitted_at", "metric", "value")
    values: dict[int, dict[str, float]] = {}
    moments: dict[int, datetime] = {}
    for evaluation, moment, metric, value in _scores(board).filter(metric__in=wanted).values_list(*fields).iterator():
        values.setdefault(evaluation, {})[metric] = value
        moments[evaluation] = moment
    best: dict[date, float] = {}
    for evaluation, own in values.items():
        shown = shown_values(own, decimals)
        value = rules.value(shown if rules.columns else own)
        if value is not None and rules.group(shown) == 0:
            day = moments[evaluation].astimezone(zone).date()
            best[day] = _better(board, best.get(day, value), value)
    return best.items()


def _so_far(days: Iterable[tuple[date, float]], board: Board) -> list[tuple[date, float]]:
    """Only the days on which the best rose."""
    points: list[tuple[date, float]] = []
    for day, value in days:
        if not points or _better(board, points[-1][1], value) != points[-1][1]:
            points.append((day, value))
    return points


def _better(board: Board, one: float, other: float) -> float:
    return max(one, other) if board.higher_is_better else min(one, other)


# -- groups -----------------------------------------------------------------------------------------------------------


def newest_groups(competition: Competition, kind: GroupKind) -> GroupCounts:
    report = GroupReport.objects.filter(competition=competition, kind=kind).order_by("day").last()
    if report is None:
        return GroupCounts(kind, None, GroupTable())
    return GroupCounts(kind, report.day, GroupTable(report.groups, report.rest))


def _kept(key: str, make: Callable[[], Any]) -> Any:
    return cache.get_or_set(f"dashboard:{key}", make, KEPT_SECONDS)
