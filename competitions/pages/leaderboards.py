"""Boards: public for everybody, private and final for those who may see them."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from competitions.localised import text_in
from competitions.models import Board, Standing
from competitions.pages.contest import Contest, find_contest, render_contest
from competitions.pages.contracts import Metric, metric_texts
from competitions.pages.ranking_texts import ranking_texts
from competitions.pages.share import public_percent
from competitions.queries.competitions import decimals_of
from competitions.queries.leaderboards import (
    InvalidCursor,
    all_rows,
    board_page,
    last_entries,
    row_of,
    tied_teams,
    visible_boards,
)
from competitions.queries.teams import insiders
from competitions.spreadsheets import safe_cell
from competitions.status import BoardKind
from competitions.templatetags.tidemark import score

AXES = ("phase", "division", "task", "kind")
PREFERENCE = (BoardKind.FINAL, BoardKind.PUBLIC, BoardKind.PRIVATE)
TITLES_OF_KINDS = {
    BoardKind.PUBLIC: lambda: _("Public"),
    BoardKind.PRIVATE: lambda: _("Private"),
    BoardKind.FINAL: lambda: _("Final"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to go on one axis: another phase, division, task or kind."""

    title: str
    query: str
    is_chosen: bool


@require_safe
def leaderboard(request: HttpRequest, slug: str) -> HttpResponse:
    contest = find_contest(request, slug)
    boards = list(visible_boards(request.user, contest.competition, now=contest.now))
    is_kept = _is_kept(contest)
    board = None if is_kept else _chosen(contest, boards)
    if board is None:
        has_others = is_kept and bool(boards)
        return render_contest(contest, "pages/leaderboard.html", tab="leaderboard", board=None, has_others=has_others)
    try:
        page = board_page(board, cursor=request.GET.get("after", ""))
    except InvalidCursor as error:
        raise Http404(str(error)) from None
    mine = row_of(board, contest.team)
    return render_contest(
        contest,
        "pages/leaderboard.html",
        tab="leaderboard",
        board=board,
        page=page,
        mine=mine,
        is_mine_on_page=mine is not None and any(row.standing.pk == mine.standing.pk for row in page.rows),
        metrics=_metrics(board),
        choices=_choices(board, boards),
        query=urlencode(_keys(board)),
        is_first_page=not request.GET.get("after"),
        percent=public_percent(board.task.truth),
        is_released=board.released_at is not None,
        precision=_precision(board),
        has_intervals=not board.combine and any(board.metric in row.standing.intervals for row in page.rows),
        rules=ranking_texts(board),
        tied_teams=tied_teams(board),
        insiders=insiders(contest.competition),
    )


@require_safe
def leaderboard_csv(request: HttpRequest, slug: str) -> HttpResponse:
    contest = find_contest(request, slug)
    board = _chosen(contest, list(visible_boards(request.user, contest.competition, now=contest.now)))
    if board is None:
        raise Http404(_("This contest has no leaderboard yet."))
    name = f"{slug}-{board.phase.key}-{board.task.key}-{board.kind}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    # The mark lets spreadsheet programs read Japanese team names; other programs ask for bom=0.
    mark = "" if request.GET.get("bom") == "0" else "\ufeff"
    return HttpResponse(mark + _table(board), content_type="text/csv; charset=utf-8", headers=headers)


def leaderboard_address(slug: str, board: Board) -> str:
    return f"{reverse('pages:leaderboard', args=[slug])}?{urlencode(_keys(board))}"


def _table(board: Board) -> str:
    file, metrics, precision = io.StringIO(), _metrics(board), _precision(board)
    writer = csv.writer(file)
    combined = ["combined"] if board.combine else []
    keys = [metric.key for metric in metrics]
    writer.writerow(["rank", "team", *combined, *keys, "entries", "submitted_at", "low", "high", "last_submitted_at"])
    last = last_entries(board)
    for row in all_rows(board):
        values = row.standing.values
        shown = [_cell(values.get(metric.key), precision[metric.key]) for metric in metrics]
        moment = row.standing.submitted_at.isoformat(timespec="seconds")
        combined = [_cell(row.standing.value, board.decimals)] if board.combine else []
        name, ends = safe_cell(row.standing.team.name), _ends(row.standing, board)
        last_moment = last.get(row.standing.team_id, row.standing.submitted_at).isoformat(timespec="seconds")
        writer.writerow([row.rank, name, *combined, *shown, row.standing.entries, moment, *ends, last_moment])
    return file.getvalue()


def _ends(standing: Standing, board: Board) -> list[str]:
    """Of the interval of the score that ranks; a combination has none."""
    interval = {} if board.combine else standing.intervals.get(board.metric, {})
    return [_cell(interval.get(end), board.decimals) for end in ("low", "high")]


def _cell(value: float | None, decimals: int) -> str:
    return "" if value is None else score(value, decimals)


def _keys(board: Board) -> dict[str, str]:
    return {"phase": board.phase.key, "division": board.division.key, "task": board.task.key, "kind": board.kind}


def _chosen(contest: Contest, boards: Iterable[Board]) -> Board | None:
    """The board that the address names, among those this person may see: what it names otherwise does not exist.

    Where the address says nothing: this phase's final board, else its public one.
    """
    wanted = {axis: value for axis in AXES if (value := contest.request.GET.get(axis, ""))}
    named = [board for board in boards if wanted.items() <= _keys(board).items()]
    if wanted and not named:
        raise Http404(_("There is no such board."))
    return min(named, key=lambda board: _distance(contest, board), default=None)


def _is_kept(contest: Contest) -> bool:
    """Is the board asked for that of a phase which keeps its scores until it is over? The page then says so."""
    wanted = contest.request.GET
    kept = {phase.key for phase in contest.kept_phases}
    return wanted.get("phase") in kept and wanted.get("kind", BoardKind.PUBLIC) == BoardKind.PUBLIC


def _distance(contest: Contest, board: Board) -> tuple[bool, int, int]:
    is_elsewhere = contest.phase is not None and board.phase_id != contest.phase.pk
    return is_elsewhere, PREFERENCE.index(BoardKind(board.kind)), board.pk


def _choices(board: Board, boards: list[Board]) -> dict[str, list[Choice]]:
    """For each axis with more than one way to go: the ways, each to the board that is nearest to the present one."""
    found = {}
    for axis in AXES:
        keys = dict.fromkeys(_keys(other)[axis] for other in boards if _is_near(board, other, axis))
        ways = [_nearest(board, [other for other in boards if _keys(other)[axis] == key]) for key in keys]
        if len(ways) > 1:
            found[axis] = [_choice(axis, board, way) for way in ways]
    return found


def _is_near(board: Board, other: Board, axis: str) -> bool:
    """Kinds and divisions are offered within the present phase and task; phases and tasks are always offered."""
    if axis in {"phase", "task"}:
        return True
    return (board.phase_id, board.task_id) == (other.phase_id, other.task_id)


def _nearest(board: Board, others: list[Board]) -> Board:
    """The one that shares most with the present board."""
    present = _keys(board).items()
    return max(others, key=lambda other: (len(present & _keys(other).items()), -other.pk))


def _choice(axis: str, board: Board, other: Board) -> Choice:
    titles = {
        "phase": lambda: text_in(other.phase.name),
        "division": lambda: text_in(other.division.title),
        "task": lambda: text_in(other.task.name),
        "kind": TITLES_OF_KINDS[BoardKind(other.kind)],
    }
    return Choice(titles[axis](), urlencode(_keys(other)), _keys(board)[axis] == _keys(other)[axis])


def _metrics(board: Board) -> list[Metric]:
    """The ranking metric first."""
    metrics = metric_texts(board.task)
    return sorted(metrics, key=lambda metric: metric.key != board.metric)


def _precision(board: Board) -> dict[str, int]:
    decimals = decimals_of(board.task, is_public=board.kind == BoardKind.PUBLIC)
    return decimals if board.combine else {**decimals, board.metric: board.decimals}
