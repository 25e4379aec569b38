"""The results of a contest as JSON: what the results page says."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from competitions.api.access import competition_of
from competitions.api.errors import ApiError
from competitions.api.leaderboards import CURSOR, OPTIONS, described_board, next_address
from competitions.api.serializers.results import ResultPageSerializer
from competitions.api.shapes import shown_interval
from competitions.api.views import View, documented
from competitions.models import Board, Team
from competitions.queries.competitions import decimals_of
from competitions.queries.results import (
    OwnSubmission,
    ResultRow,
    own_result,
    result_boards,
    result_page,
)
from competitions.queries.teams import team_of
from competitions.queries.versions import versions
from scoring.ranking import rounded

AXES = ("phase", "division", "task")


class Results(View):
    @documented({200: ResultPageSerializer}, 400, 401, 404, operation_id="results", parameters=[*OPTIONS[:-1], CURSOR])
    def get(self, request: Request, slug: str) -> Response:
        """Public against final ranks, 50 rows a page, and your own end. 404 until the private boards are released."""
        competition, now = competition_of(request, slug), timezone.now()
        board = _board(request, result_boards(request.user, competition, now=now))
        page = result_page(board, cursor=request.query_params.get("cursor", ""))
        content = {
            "board": described_board(board),
            "team_count": page.team_count,
            "next": next_address(request, page.next_cursor),
            "results": [_row(row, board) for row in page.rows],
            "me": _own(board, team_of(request.user, competition)),
            "versions": versions(competition),
        }
        return Response(ResultPageSerializer(content).data)


def _board(request: Request, boards: list[Board]) -> Board:
    wanted = {axis: request.query_params[axis] for axis in AXES if request.query_params.get(axis)}
    found = [board for board in boards if all(getattr(board, axis).key == key for axis, key in wanted.items())]
    if not found:
        raise ApiError(404, "not_found", _("There are no results yet."))
    last = max(board.phase.position for board in found)
    return next(board for board in found if board.phase.position == last)


def _row(row: ResultRow, board: Board) -> dict[str, Any]:
    standing = row.standing
    interval = None if board.combine else standing.intervals.get(board.metric)
    return {
        "rank": row.rank,
        "public_rank": row.public_rank,
        "moved": row.moved,
        "team": standing.team.name,
        "value": rounded(standing.value, board.decimals),
        "interval": shown_interval(interval, board.decimals) if interval else None,
        "entries": standing.entries,
        "submitted_at": standing.submitted_at,
        "tied_group": row.tied_group,
    }


def _own(board: Board, team: Team | None) -> dict[str, Any] | None:
    if team is None:
        return None
    own = own_result(board, team)
    return {
        "result": _row(own.row, board) if own.row else None,
        "is_default": own.record.is_default if own.record else None,
        "submissions": [_submission(one, board) for one in own.submissions],
        "scored": own.scored_count,
    }


def _submission(one: OwnSubmission, board: Board) -> dict[str, Any]:
    shown = {"public": (one.public, True), "private": (one.private, False)}
    return {
        "number": one.submission.pk,
        "submitted_at": one.submission.submitted_at,
        "rank": one.rank,
        "counted": one.counted,
        "chosen": one.chosen,
        **{name: _shown(value, board, is_public=is_public) for name, (value, is_public) in shown.items()},
    }


def _shown(value: float | None, board: Board, *, is_public: bool) -> float | None:
    """To the decimals that people see, as the page."""
    decimals = decimals_of(board.task, is_public=is_public).get(board.metric, board.decimals)
    return None if value is None else rounded(value, decimals)
