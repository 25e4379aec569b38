"""Results: where teams stood in public, where they stand in the end, and what a team's other submissions had reached.

Everything here reads final boards, or private ones for those who may see them: ask visible_boards first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from competitions.board_rules import BoardRules, rules_of, shown_values
from competitions.models import Board, Competition, Evaluation, FinalRecord, Score, Standing, Submission, Team
from competitions.permissions import Visitor
from competitions.queries.competitions import decimals_of
from competitions.queries.leaderboards import (
    BoardRow,
    Cursor,
    board_page,
    rank_at,
    ranks_of,
    row_of,
    tied_teams,
    visible_boards,
)
from competitions.status import BoardKind, EvaluationStatus, FinalCounts

OWN_SHOWN = 20  # of a team's own submissions
CHART_ROWS = 20


@dataclass(frozen=True, slots=True)
class ResultRow:
    """A team in the end. `moved` is by how many places it went up (or down, below 0); None: not on the public board.

    `tied_group` counts the groups that noise could not separate, 1 is the first team's; 0: compared with nobody.
    """

    rank: int
    standing: Standing
    public_rank: int | None
    tied_group: int

    @property
    def moved(self) -> int | None:
        return None if self.public_rank is None else self.public_rank - self.rank

    @property
    def places_down(self) -> int:
        return max(0, -(self.moved or 0))


@dataclass(frozen=True, slots=True)
class ResultPage:
    board: Board
    rows: list[ResultRow]
    next_cursor: str
    team_count: int


@dataclass(frozen=True, slots=True)
class OwnSubmission:
    """`rank` is the one that this submission alone would have given its team; None where it cannot be told: a mean rank
    depends on everybody's. `chosen`: the team had chosen it, and of those another one may have counted."""

    submission: Submission
    public: float | None
    private: float | None
    rank: int | None
    counted: bool
    chosen: bool


@dataclass(frozen=True, slots=True)
class OwnResult:
    """A team's own end: `is_default` where it had chosen nothing that was scored; None where nobody chooses."""

    row: ResultRow | None
    record: FinalRecord | None
    submissions: list[OwnSubmission]
    scored_count: int

    @property
    def counted(self) -> list[OwnSubmission]:
        return [one for one in self.submissions if one.counted]


def result_boards(user: Visitor, competition: Competition, *, now: datetime) -> list[Board]:
    """The boards of the end that a person may see, in the contest's order: the final one of each place, else the
    private one. Before the release that is nothing for anybody but organisers."""
    seen = visible_boards(user, competition, now=now).exclude(kind=BoardKind.PUBLIC)
    ordered = seen.select_related("task__current_version").order_by(
        "phase__position", "task__position", "division__position", "pk"
    )
    found: dict[tuple[int, int, int], Board] = {}
    for board in ordered:
        place = (board.phase_id, board.task_id, board.division_id)
        if place not in found or board.kind == BoardKind.FINAL:
            found[place] = board
    return list(found.values())


def has_results(user: Visitor, competition: Competition, *, now: datetime) -> bool:
    """Is there a board of the end that was released to this person?"""
    return visible_boards(user, competition, now=now).filter(released_at__lte=now).exists()


def public_of(board: Board) -> Board | None:
    """The public board beside it."""
    same = {"phase": board.phase_id, "division": board.division_id, "task": board.task_id}
    return Board.objects.filter(**same, kind=BoardKind.PUBLIC).first()


def result_page(board: Board, *, cursor: str = "") -> ResultPage:
    page = board_page(board, cursor=cursor)
    return ResultPage(board, _rows(board, page.rows), page.next_cursor, page.team_count)


def first_rows(board: Board) -> list[ResultRow]:
    """Those that the chart of movements shows."""
    return _rows(board, board_page(board, size=CHART_ROWS).rows)


def result_row(board: Board, team: Team) -> ResultRow | None:
    row = row_of(board, team)
    return _rows(board, [row])[0] if row else None


def tied_groups(board: Board) -> dict[int, int]:
    """The number of the group of each team that was compared; only groups of more than one have one."""
    if not board.show_tied:
        return {}
    groups = (board.tied or {}).get("groups") or [sorted(tied_teams(board))]
    several = [group for group in groups if len(group) > 1]
    return {team: number for number, group in enumerate(several, start=1) for team in group}


def _rows(board: Board, rows: Sequence[BoardRow]) -> list[ResultRow]:
    public, groups = public_of(board), tied_groups(board)
    before = ranks_of(public, [row.standing.team_id for row in rows]) if public else {}
    return [
        ResultRow(row.rank, row.standing, before.get(row.standing.team_id), groups.get(row.standing.team_id, 0))
        for row in rows
    ]


# -- a team's own end -------------------------------------------------------------------------------------------------


def own_result(board: Board, team: Team) -> OwnResult:
    """Which submission counted and why, and how the team's others would have done."""
    row = result_row(board, team)
    record = FinalRecord.objects.filter(team=team, phase=board.phase_id, task=board.task_id).first()
    evaluations = list(_scored(board, team))
    chosen = frozenset(record.counted) if record is not None and not record.is_default else frozenset()
    found = _judged(board, team, evaluations, counted=_counted(board, row, chosen), chosen=chosen)
    return OwnResult(row, record, found, len(evaluations))


def _scored(board: Board, team: Team) -> QuerySet[Evaluation]:
    return (
        Evaluation.objects.filter(
            submission__team=team,
            submission__phase=board.phase_id,
            submission__task=board.task_id,
            scoring_version=board.task.current_version_id,
            status=EvaluationStatus.SCORED,
        )
        .select_related("submission")
        .defer("statistics", "public_detail", "private_detail", "problems")
        .order_by("submission__submitted_at", "submission_id")
    )


def _counted(board: Board, row: ResultRow | None, chosen: frozenset[int]) -> frozenset[int]:
    """What made this board's row: all that were chosen where their mean counts, else the one that the row names."""
    if board.phase.competition.final_counts == FinalCounts.MEAN and chosen:
        return chosen
    return frozenset([row.standing.submission_id] if row else [])


def _judged(
    board: Board, team: Team, evaluations: Sequence[Evaluation], *, counted: frozenset[int], chosen: frozenset[int]
) -> list[OwnSubmission]:
    """What counted first, then what was chosen beside it, then the best of the others."""
    rules, decimals = rules_of(board), decimals_of(board.task, is_public=False)
    private, public = _values(evaluations, "private"), _values(evaluations, "public")
    shown = {one.pk: public.get(one.shown_as_id or one.pk, {}) for one in evaluations}
    ordered = sorted(
        evaluations,
        key=lambda one: (
            one.submission_id not in counted,
            one.submission_id not in chosen,
            *_key(rules, decimals, one, private.get(one.pk, {})),
        ),
    )
    return [
        OwnSubmission(
            one.submission,
            shown[one.pk].get(rules.metric),
            private.get(one.pk, {}).get(rules.metric),
            _rank_alone(board, team, _key(rules, decimals, one, private.get(one.pk, {}))),
            counted=one.submission_id in counted,
            chosen=one.submission_id in chosen,
        )
        for one in ordered[:OWN_SHOWN]
    ]


Key = tuple[int, float, datetime, int]


def _key(rules: BoardRules, decimals: Mapping[str, int], one: Evaluation, values: Mapping[str, float]) -> Key:
    as_shown = shown_values(values, decimals)
    value = values.get(rules.metric) if rules.is_by_rank or not rules.columns else rules.value(as_shown)
    key = float("inf") if value is None else rules.own_key(value)
    return rules.group(as_shown), key, one.submission.submitted_at, one.submission_id


def _rank_alone(board: Board, team: Team, key: Key) -> int | None:
    if rules_of(board).is_by_rank or key[1] == float("inf"):
        return None
    return rank_at(board, Cursor(*key, rank=0), without=team.pk)


def _values(evaluations: Sequence[Evaluation], split: str) -> dict[int, dict[str, float]]:
    wanted = {one.pk for one in evaluations} | {one.shown_as_id for one in evaluations if one.shown_as_id}
    found: dict[int, dict[str, float]] = {}
    rows = Score.objects.filter(evaluation__in=wanted, split=split)
    for evaluation, metric, value in rows.values_list("evaluation", "metric", "value"):
        found.setdefault(evaluation, {})[metric] = value
    return found
