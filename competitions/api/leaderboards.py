"""Boards as JSON and CSV. What an anonymous visitor gets of a public board may be kept by caches for a second; whatever
depends on the person, and every other board, may not be kept at all."""

import csv
import hashlib
import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from competitions.api.access import competition_of
from competitions.api.choices import phase_of
from competitions.api.competitions import SLUG
from competitions.api.errors import ApiError
from competitions.api.serializers.leaderboards import AnonymousBoardPageSerializer, BoardPageSerializer
from competitions.api.shapes import shown_interval, shown_scores
from competitions.api.views import PRIVATE, View, documented
from competitions.board_rules import PASSES
from competitions.models import Board, Competition, Standing
from competitions.queries.leaderboards import (
    BoardRow,
    all_rows,
    board_page,
    last_entries,
    row_of,
    tied_teams,
    visible_boards,
)
from competitions.queries.teams import team_of
from competitions.spreadsheets import safe_cell
from competitions.status import BoardKind
from scoring.ranking import rounded

PUBLIC = "public, max-age=1"
COMBINED = "combined"
OUTPUTS = ("json", "csv")
OPTIONS = [
    SLUG,
    OpenApiParameter("phase", str, description="A phase's key; without it the one of now."),
    OpenApiParameter("division", str, description="A division's key; without it the first."),
    OpenApiParameter("task", str, description="A task's key; without it the first."),
    OpenApiParameter("kind", str, enum=BoardKind.values, description="Without it the public board."),
]
CURSOR = OpenApiParameter("cursor", str, description="From the `next` of the page before.")
OUTPUT = OpenApiParameter("output", str, enum=OUTPUTS, description="csv gives all rows at once.")
BOM = OpenApiParameter("bom", bool, description="1: begin with a byte-order mark, for Excel.")
CSV: dict[Any, Any] = {(200, "text/csv"): OpenApiTypes.STR}


class Leaderboard(View):
    @documented(
        {(200, "application/json"): BoardPageSerializer, **CSV},
        400,
        401,
        404,
        422,
        operation_id="leaderboard",
        parameters=[*OPTIONS, CURSOR, OUTPUT, BOM],
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """A page of 50 rows of a board. Private and final boards open with their release."""
        board = _board(request, slug)
        output = request.query_params.get("output", "json")
        if output not in OUTPUTS:
            text = _("output is %(known)s, not “%(output)s”.") % {"known": " | ".join(OUTPUTS), "output": output[:20]}
            raise ApiError(422, "unknown_output", text)
        return _as_csv(request, board) if output == "csv" else _as_json(request, board)


class LeaderboardCsv(View):
    @documented(CSV, 401, 404, 422, operation_id="leaderboard_csv", parameters=[*OPTIONS, BOM])
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """A whole board as CSV."""
        return _as_csv(request, _board(request, slug))


def _board(request: Request, slug: str) -> Board:
    competition, now = competition_of(request, slug), timezone.now()
    boards = _named_boards(request, competition, now=now)
    board = boards.select_related("task__current_version").order_by("division__position", "task__position").first()
    if board is None:
        raise _kept(request, competition, now=now) or ApiError(404, "not_found", _("There is no such board."))
    return board


def _kept(request: Request, competition: Competition, *, now: datetime) -> ApiError | None:
    """For the public board of a phase that keeps its scores until it is over."""
    wanted = request.query_params
    phase = phase_of(competition, wanted.get("phase", ""), now=now)
    if (wanted.get("kind") or BoardKind.PUBLIC) != BoardKind.PUBLIC or not phase.are_scores_hidden(now):
        return None
    return ApiError(404, "scores_kept", _("The scores of this phase are shown when it is over."), ends_at=phase.ends_at)


def _named_boards(request: Request, competition: Competition, *, now: datetime) -> QuerySet[Board]:
    wanted = request.query_params
    boards = visible_boards(request.user, competition, now=now)
    boards = boards.filter(kind=wanted.get("kind") or BoardKind.PUBLIC)
    boards = boards.filter(phase=phase_of(competition, wanted.get("phase", ""), now=now))
    for part in ("division", "task"):
        if wanted.get(part):
            boards = boards.filter(**{f"{part}__key": wanted[part]})
    return boards


def _as_json(request: Request, board: Board) -> HttpResponse:
    page = board_page(board, cursor=request.query_params.get("cursor", ""))
    content: dict[str, Any] = {
        "board": described_board(board),
        "team_count": page.team_count,
        "next": next_address(request, page.next_cursor),
        "results": [_row(row, board) for row in page.rows],
    }
    shape = AnonymousBoardPageSerializer
    if request.user.is_authenticated:
        own = row_of(board, team_of(request.user, board.phase.competition))
        content["me"], shape = _row(own, board) if own else None, BoardPageSerializer
    body = JSONRenderer().render(shape(content).data)
    return _cacheable(request, board, HttpResponse(body, content_type="application/json"))


def next_address(request: Request, cursor: str) -> str | None:
    if not cursor:
        return None
    query = request.query_params.copy()
    query["cursor"] = cursor
    return str(request.build_absolute_uri(f"{request.path}?{query.urlencode()}"))


def described_board(board: Board) -> dict[str, Any]:
    own = ("kind", "title", "metric", "higher_is_better", "decimals", "tie_tolerance", "ladder_step", "released_at")
    return {
        "competition": board.phase.competition.slug,
        "phase": board.phase.key,
        "division": board.division.key,
        "task": board.task.key,
        **{name: getattr(board, name) for name in own},
        "combine": board.combine,
        "gates": board.gates,
    }


def _row(row: BoardRow, board: Board) -> dict[str, Any]:
    standing, value = row.standing, rounded(row.standing.value, board.decimals)
    others = shown_scores(standing.values, board.task, is_public=board.kind == BoardKind.PUBLIC)
    return {
        "rank": row.rank,
        "team": standing.team.name,
        "value": value,
        "values": {**others, **({} if board.combine else {board.metric: value})},
        "interval": _interval(standing, board),
        "passes_gates": standing.group == PASSES,
        "is_tied_with_first": standing.team_id in tied_teams(board),
        "submitted_at": standing.submitted_at,
        "entries": standing.entries,
    }


def _interval(standing: Standing, board: Board) -> dict[str, Any] | None:
    """Of the score that ranks; a combination has none."""
    found = None if board.combine else standing.intervals.get(board.metric)
    return shown_interval(found, board.decimals) if found else None


def _as_csv(request: Request, board: Board) -> HttpResponse:
    text = io.StringIO()
    csv.writer(text).writerows(_lines(board))
    encoding = "utf-8-sig" if request.query_params.get("bom") in {"1", "true"} else "utf-8"
    response = HttpResponse(text.getvalue().encode(encoding), content_type="text/csv; charset=utf-8")
    name = f"{board.phase.competition.slug}-{board.phase.key}-{board.kind}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return _cacheable(request, board, response)


def _lines(board: Board) -> Iterator[list[Any]]:
    metrics = [metric["key"] for metric in board.task.current_version.metrics] if board.task.current_version else []
    ranking = COMBINED if board.combine else board.metric
    yield [
        "rank",
        "team",
        ranking,
        *(key for key in metrics if key != ranking),
        "submitted_at",
        "entries",
        "low",
        "high",
        "last_submitted_at",
    ]
    last = last_entries(board)
    for row in all_rows(board):
        shown = _row(row, board)
        others = [shown["values"].get(key, "") for key in metrics if key != ranking]
        when = shown["submitted_at"].isoformat()
        sent = last.get(row.standing.team_id, shown["submitted_at"]).isoformat()
        ends = [shown["interval"][end] if shown["interval"] else "" for end in ("low", "high")]
        yield [shown["rank"], safe_cell(shown["team"]), shown["value"], *others, when, shown["entries"], *ends, sent]


def _cacheable(request: Request, board: Board, response: HttpResponse) -> HttpResponse:
    patch_vary_headers(response, ["Authorization", "Cookie"])
    if request.user.is_authenticated or board.kind != BoardKind.PUBLIC:
        response["Cache-Control"] = PRIVATE
        return response
    etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    known = [tag.removeprefix("W/") for tag in parse_etags(request.headers.get("If-None-Match", ""))]
    if etag in known or known == ["*"]:
        response = HttpResponse(status=304)
        patch_vary_headers(response, ["Authorization", "Cookie"])
    response["ETag"], response["Cache-Control"] = etag, PUBLIC
    return response
