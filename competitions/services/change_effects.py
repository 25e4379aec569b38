"""The effect of a proposed change, computed before anybody decides, without touching what is live."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, F

from competitions import quota
from competitions.change_rules import SCORING, ChangeKind
from competitions.models import (
    Board,
    ChangeRequest,
    Competition,
    Evaluation,
    FirstDownload,
    Phase,
    ScoringVersion,
    Submission,
    Team,
)
from competitions.queries.evaluations import workers
from competitions.queries.submissions import used_by
from competitions.quota import day_bounds
from competitions.rank_changes import RankChanges, rank_changes
from competitions.services import leaderboards
from competitions.services.change_requests import versions_of
from competitions.services.competition_phases import RANKED_BY, ranking_of
from competitions.services.descriptions import CompetitionDescription, PhaseDescription
from competitions.status import BoardKind, EvaluationStatus

MEASURED: Final = 50  # scorings that an estimate goes by
SILENT_AFTER: Final = timedelta(minutes=5)
MOVES_KEPT: Final = 500  # of a board, in the record
RANKING: Final = SCORING | {ChangeKind.RULES, ChangeKind.OTHER, ChangeKind.DATA}
Order = dict[int, list[int]]  # the teams of each board, from the first place on


def effect_of(change: ChangeRequest, description: CompetitionDescription, *, now: datetime) -> dict[str, Any]:
    """What the change would do as things are. For scoring changes call it when everything is scored."""
    kinds = set(change.kinds)
    boards = list(_boards(change.competition)) if kinds & RANKING else []
    after = {board.pk: preview(board, change, description) for board in boards}
    effect: dict[str, Any] = {"boards": _board_effects(boards, orders(boards), after)}
    effect |= _scoring_effect(change, now=now)
    phases = {phase.key: phase for phase in change.competition.phases.all()}
    changed = [(phases[one.key], one) for one in description.phases if one.key in phases]
    if ChangeKind.SCHEDULE in kinds:
        effect["deadlines"] = [_deadline(old, new) for old, new in changed if old.ends_at != new.ends_at]
    if ChangeKind.QUOTA in kinds:
        effect["quotas"] = [_quota(old, new, now) for old, new in changed if _limits(new) != old.limits]
    if ChangeKind.DATA in kinds:
        effect["downloaded"] = len(downloaders(change.competition))
    return effect


# -- boards -----------------------------------------------------------------------------------------------------------


def _boards(competition: Competition) -> Iterator[Board]:
    """Of the divisions that rank a phase and task alike, one. What is released no longer changes."""
    found = Board.objects.filter(
        phase__competition=competition, kind__in=[BoardKind.PUBLIC, BoardKind.PRIVATE], released_at=None
    )
    seen = set()
    for board in found.select_related("phase__competition", "task__current_version", "division").order_by("pk"):
        place = (board.phase_id, board.task_id, board.kind, *(repr(getattr(board, name)) for name in RANKED_BY))
        if place not in seen:
            seen.add(place)
            yield board


def orders(boards: Iterable[Board]) -> Order:
    return {board.pk: list(board.standings.values_list("team_id", flat=True)) for board in boards}


def board_effects(competition: Competition, before: Order) -> list[dict[str, Any]]:
    """What has happened to the boards since `before`."""
    boards = [board for board in _boards(competition) if board.pk in before]
    return _board_effects(boards, before, orders(boards))


def all_orders(competition: Competition) -> Order:
    return orders(_boards(competition))


def preview(board: Board, change: ChangeRequest, description: CompetitionDescription) -> list[int]:
    """The teams in the order that the board would have. The record is changed in memory and never saved."""
    task = next((one for one in description.tasks if one.key == board.task.key), None)
    described = task.boards.get(board.division.key) if task else None
    if task is None or described is None:
        return []
    versions = {version.task_id: version for version in versions_of(change)}
    for name, value in ranking_of(described, board.kind).items():
        setattr(board, name, value)
    _use(board, versions.get(board.task_id), description)
    board.task.metrics = [dict(metric) for metric in task.metrics]
    board.task.public_decimals = described.options.public_decimals
    took_part = Team.objects.filter(submissions__phase=board.phase_id, submissions__task=board.task_id)
    return leaderboards.preview(board, took_part.distinct().order_by("pk"))


def _use(board: Board, version: ScoringVersion | None, description: CompetitionDescription) -> None:
    if version is not None:
        board.task.current_version = version
    board.phase.submission_rule = description.submission_rule
    competition = board.phase.competition
    competition.final_rule, competition.final_select = description.final_rule, description.final_select
    competition.final_counts = description.final_counts


def _board_effects(boards: Iterable[Board], before: Order, after: Order) -> list[dict[str, Any]]:
    return [_board_effect(board, rank_changes(before[board.pk], after[board.pk])) for board in boards]


def _board_effect(board: Board, changes: RankChanges) -> dict[str, Any]:
    return {
        "phase": board.phase.name,
        "task": board.task.name,
        "kind": str(board.kind),
        "ranked": changes.ranked,
        "changed": changes.changed,
        "first_changes": changes.first_changes,
        "moves": [asdict(move) for move in changes.moves[:MOVES_KEPT]],
    }


# -- time -------------------------------------------------------------------------------------------------------------


def _scoring_effect(change: ChangeRequest, *, now: datetime) -> dict[str, Any]:
    versions = versions_of(change)
    if not versions:
        return {}
    tasks = [version.task_id for version in versions]
    submissions = Submission.objects.filter(task__in=tasks)
    count = submissions.exclude(evaluations__status=EvaluationStatus.CANCELLED).distinct().count()
    each = mean_seconds(tasks)
    return {"submissions": count, "seconds": None if each is None else each * count / _capacity(now)}


def mean_seconds(tasks: Iterable[int]) -> float | None:
    """How long the last scorings of these tasks took, on average; None where there was none."""
    done = Evaluation.objects.filter(
        submission__task__in=list(tasks), status=EvaluationStatus.SCORED, started_at__isnull=False
    )
    last = done.order_by("-finished_at").annotate(took=F("finished_at") - F("started_at"))[:MEASURED]
    found = [took.total_seconds() for took in last.values_list("took", flat=True)]
    return sum(found) / len(found) if found else None


def _capacity(now: datetime) -> int:
    """Boxes at once of the workers that have spoken lately; one where none has."""
    lately = workers(now=now).filter(is_fit=True, seen_at__gt=now - SILENT_AFTER)
    return max(1, sum(report.capacity for report in lately))


# -- people -----------------------------------------------------------------------------------------------------------


def _deadline(old: Phase, new: PhaseDescription) -> dict[str, Any]:
    sent = Submission.objects.filter(phase=old)
    in_time = sent.filter(is_late=False)
    after = in_time.filter(submitted_at__gt=new.ends_at) if new.ends_at else in_time.none()
    teams = in_time.aggregate(count=Count("team", distinct=True))["count"]
    return {
        "phase": old.name,
        "teams": teams,
        "after": after.count(),
        "late": sent.filter(is_late=True).count(),
    }


def _limits(new: PhaseDescription) -> quota.Limits:
    return quota.Limits(new.max_submissions_per_day, new.max_submissions, new.max_rejected_per_day, new.max_concurrent)


def _quota(old: Phase, new: PhaseDescription, now: datetime) -> dict[str, Any]:
    since = day_bounds(now, old.competition.zone)[0]
    teams = Team.objects.filter(submissions__phase=old).distinct()
    used = [used_by(team, old, since=since) for team in teams]
    return {
        "phase": old.name,
        "teams": len(used),
        "in_all": sum(bool(new.max_submissions) and one.in_all > new.max_submissions for one in used),
        "today": sum(bool(new.max_submissions_per_day) and one.today > new.max_submissions_per_day for one in used),
    }


def downloaders(competition: Competition) -> set[int]:
    """Who has fetched something of the newest release as it is."""
    release = competition.data_releases.last()
    found = FirstDownload.objects.filter(release=release) if release else FirstDownload.objects.none()
    return set(found.values_list("user", flat=True))
