"""The results of a contest: public against final rank, what counted of one's own, and what it was decided by."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from competitions.localised import text_in
from competitions.models import Board
from competitions.pages.contest import Contest, find_contest, render_contest
from competitions.pages.contracts import metric_titles
from competitions.pages.leaderboards import Choice
from competitions.pages.movement_charts import bump_chart
from competitions.pages.ranking_texts import ranking_texts
from competitions.queries.archives import visible_archives
from competitions.queries.competitions import decimals_of
from competitions.queries.leaderboards import InvalidCursor
from competitions.queries.results import OwnResult, first_rows, own_result, public_of, result_boards, result_page
from competitions.queries.versions import versions
from competitions.status import FinalCounts, FinalRule

AXES = ("phase", "division", "task")


@dataclass(frozen=True, slots=True)
class OwnText:
    """One's own end, and why this submission counted, in a sentence."""

    result: OwnResult
    reason: str


@require_safe
def results(request: HttpRequest, slug: str) -> HttpResponse:
    contest = find_contest(request, slug)
    boards = result_boards(request.user, contest.competition, now=contest.now)
    board = chosen_board(request.GET.dict(), boards)
    try:
        page = result_page(board, cursor=request.GET.get("after", ""))
    except InvalidCursor as error:
        raise Http404(str(error)) from None
    top = page.rows if not request.GET.get("after") else first_rows(board)
    team = contest.team.pk if contest.team else None
    return render_contest(
        contest,
        "pages/results.html",
        tab="results",
        board=board,
        page=page,
        is_first_page=not request.GET.get("after"),
        public=public_of(board),
        choices=_choices(board, boards),
        query=urlencode(_keys(board)),
        metric=_ranked_by(board),
        chart=bump_chart(top[:20], mine=team),
        own=_own(contest, board),
        own_decimals=_own_decimals(board),
        rules=ranking_texts(board),
        has_groups=any(row.tied_group for row in page.rows),
        versions=versions(contest.competition),
        archive=visible_archives(request.user).filter(competition=contest.competition).first(),
    )


def chosen_board(wanted: dict[str, str], boards: Sequence[Board]) -> Board:
    """The board that the address names, else the last phase's first. What one may not see does not exist."""
    asked = {axis: wanted[axis] for axis in AXES if wanted.get(axis)}
    named = [board for board in boards if asked.items() <= _keys(board).items()]
    if not named:
        raise Http404(_("There are no results yet."))
    last = max(board.phase.position for board in named)
    return next(board for board in named if board.phase.position == last)


def _keys(board: Board) -> dict[str, str]:
    return {"phase": board.phase.key, "division": board.division.key, "task": board.task.key}


def _choices(board: Board, boards: Sequence[Board]) -> dict[str, list[Choice]]:
    """For each axis with more than one way to go: the ways, each to the nearest board."""
    titles = {
        "phase": lambda one: text_in(one.phase.name),
        "division": lambda one: text_in(one.division.title),
        "task": lambda one: text_in(one.task.name),
    }
    found, present = {}, _keys(board)
    for axis in AXES:
        ways: dict[str, Board] = {}
        for other in sorted(boards, key=lambda one: -len(present.items() & _keys(one).items())):
            ways.setdefault(_keys(other)[axis], other)
        ordered = [ways[key] for key in dict.fromkeys(_keys(one)[axis] for one in boards)]
        if len(ways) > 1:
            found[axis] = [
                Choice(titles[axis](one), urlencode(_keys(one)), _keys(one)[axis] == present[axis]) for one in ordered
            ]
    return found


def _ranked_by(board: Board) -> str:
    if not board.combine:
        return metric_titles(board.task).get(board.metric, board.metric)
    return _("Mean rank") if board.combine["kind"] == "ranks" else _("Combined")


def _own(contest: Contest, board: Board) -> OwnText | None:
    if contest.team is None:
        return None
    found = own_result(board, contest.team)
    return OwnText(found, _reason(found, board)) if found.scored_count else None


def _own_decimals(board: Board) -> dict[str, int]:
    """Of the metric that ranks; a public score is never told more exactly than before."""
    ways = {"public": True, "private": False}
    return {name: decimals_of(board.task, is_public=way).get(board.metric, 4) for name, way in ways.items()}


def _reason(own: OwnResult, board: Board) -> str:
    """Which submission counts at the end is asked after every contest: say it without being asked."""
    competition = board.phase.competition
    if own.row is None:
        return _("None of your submissions stands on this board.")
    if own.record is not None and not own.record.is_default:
        return _chosen_text(len(own.record.counted), FinalCounts(competition.final_counts))
    if competition.final_rule == FinalRule.LAST:
        default = _("Your last submission counted")
    else:
        default = _("Your submission with the best public score counted")
    if own.record is not None:
        return _("%(default)s, by default: you had chosen none.") % {"default": default}
    return _("%(default)s, as the rules of the contest say.") % {"default": default}


def _chosen_text(count: int, counts: FinalCounts) -> str:
    if count == 1:
        return _("You had chosen it before the deadline.")
    ways = {
        FinalCounts.BETTER: ngettext(
            "You had chosen %(count)s submission; the better one counted.",
            "You had chosen %(count)s submissions; the better one counted.",
            count,
        ),
        FinalCounts.LAST: ngettext(
            "You had chosen %(count)s submission; the last one counted.",
            "You had chosen %(count)s submissions; the last one counted.",
            count,
        ),
        FinalCounts.MEAN: ngettext(
            "You had chosen %(count)s submission; their mean counted.",
            "You had chosen %(count)s submissions; their mean counted.",
            count,
        ),
    }
    return ways[counts] % {"count": count}
