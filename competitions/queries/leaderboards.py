"""Boards, read by an index range with a keyset cursor: a page costs the same for a hundred teams and a million."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.core import signing
from django.db.models import Max, Q, QuerySet

from competitions.models import Board, Competition, Phase, Standing, Submission, Task, Team
from competitions.permissions import Visitor, can_organise, can_see_competition
from competitions.status import BoardKind, EvaluationStatus

PAGE_ROWS = 50
CURSOR_SALT = "competitions.leaderboard"


class InvalidCursor(ValueError):
    """The cursor was not made by this board."""


@dataclass(frozen=True, slots=True)
class BoardRow:
    rank: int
    standing: Standing


@dataclass(frozen=True, slots=True)
class BoardPage:
    board: Board
    rows: list[BoardRow]
    next_cursor: str
    team_count: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row before a page, and its rank."""

    group: int
    sort_key: float
    submitted_at: datetime
    submission_id: int
    rank: int


def visible_boards(user: Visitor, competition: Competition, *, now: datetime) -> QuerySet[Board]:
    """The set of can_see_board within a contest."""
    boards = Board.objects.filter(phase__competition=competition).select_related(
        "phase__competition", "division", "task"
    )
    if can_organise(user, competition):
        return boards
    if not can_see_competition(user, competition):
        return boards.none()
    is_over = Q(phase__ends_at__isnull=False, phase__ends_at__lt=now)
    return boards.filter(Q(kind=BoardKind.PUBLIC) & (Q(phase__hides_scores=False) | is_over) | Q(released_at__lte=now))


def public_boards(phase: Phase, task: Task) -> list[Board]:
    """One for each division of the phase, in the contest's order: the same submissions, ranked each in its own way."""
    boards = Board.objects.filter(phase=phase, task=task, kind=BoardKind.PUBLIC)
    return list(boards.select_related("task__current_version", "division").order_by("division__position", "pk"))


def counts_at_the_end(team: Team, phase: Phase, task: Task) -> Submission | None:
    """The submission of a team that the contest's final rule chooses as things are; it goes by public scores alone.

    Where the whole truth is public the private board stays empty, and the public one decides; of several divisions the
    first one does.
    """
    standings = Standing.objects.filter(board__phase=phase, board__task=task).select_related("submission")
    for kind in (BoardKind.PRIVATE, BoardKind.PUBLIC):
        of_kind = standings.filter(board__kind=kind)
        if of_kind.exists():
            own = of_kind.filter(team=team).order_by("board__division__position", "board_id").first()
            return own.submission if own else None
    return None


def board_page(board: Board, *, cursor: str = "", size: int = PAGE_ROWS) -> BoardPage:
    """One page of a board, from the cursor on."""
    start = _decode(board, cursor) if cursor else None
    standings = _standings(board)
    found = _rows_after(standings, start, size + 1) if start else list(standings[: size + 1])
    first_rank = start.rank + 1 if start else 1
    rows = [BoardRow(first_rank + offset, standing) for offset, standing in enumerate(found[:size])]
    next_cursor = _encode(board, rows[-1]) if len(found) > size else ""
    return BoardPage(board, rows, next_cursor, standings.count())


def row_of(board: Board, team: Team | None) -> BoardRow | None:
    """A team's own row and rank, wherever it stands."""
    standing = _standings(board).filter(team=team).first() if team else None
    if standing is None:
        return None
    own = Cursor(standing.group, standing.sort_key, standing.submitted_at, standing.submission_id, 0)
    return BoardRow(rank_at(board, own, without=standing.team_id), standing)


def rank_at(board: Board, place: Cursor, *, without: int) -> int:
    """The rank that somebody at this place has among all others; `without` is their own team's row."""
    others = board.standings.exclude(team=without)
    in_earlier_groups = others.filter(group__lt=place.group).count() if place.group else 0
    return in_earlier_groups + others.filter(group=place.group).exclude(_after(place)).count() + 1


def ranks_of(board: Board, teams: Collection[int]) -> dict[int, int]:
    """The ranks of some teams, in one pass over the index: ranks are not stored."""
    wanted, found = set(teams), {}
    ids = _ordered(board).values_list("team_id", flat=True)
    for rank, team in enumerate(ids.iterator(chunk_size=2000), start=1):
        if team in wanted:
            found[team] = rank
        if len(found) == len(wanted):
            break
    return found


def all_rows(board: Board) -> list[BoardRow]:
    """A whole board, for exports."""
    return [BoardRow(rank, standing) for rank, standing in enumerate(_standings(board), start=1)]


def last_entries(board: Board) -> dict[int, datetime]:
    """When each team last sent what was scored here: the row's own time is that of the submission that it shows."""
    scored = Submission.objects.filter(
        phase=board.phase_id, task=board.task_id, evaluations__status=EvaluationStatus.SCORED
    )
    return dict(scored.order_by().values("team").annotate(last=Max("submitted_at")).values_list("team", "last"))


def tied_teams(board: Board) -> frozenset[int]:
    """Teams that cannot be told from the first by more than noise, the first among them; none where nobody is tied."""
    teams = frozenset((board.tied or {}).get("teams", [])) if board.show_tied else frozenset()
    return teams if len(teams) > 1 else frozenset()


def _standings(board: Board) -> QuerySet[Standing]:
    return _ordered(board).select_related("team")


def _ordered(board: Board) -> QuerySet[Standing]:
    return board.standings.order_by("group", "sort_key", "submitted_at", "submission_id")


def _rows_after(standings: QuerySet[Standing], cursor: Cursor, count: int) -> list[Standing]:
    """The rest of the cursor's group, then the groups behind it: a range of the index each."""
    found = list(standings.filter(_after(cursor), group=cursor.group)[:count])
    if len(found) < count:
        found += standings.filter(group__gt=cursor.group)[: count - len(found)]
    return found


def _after(cursor: Cursor) -> Q:
    """Behind the cursor, within its group."""
    same_key = Q(sort_key=cursor.sort_key)
    same_time = same_key & Q(submitted_at=cursor.submitted_at)
    later = same_key & Q(submitted_at__gt=cursor.submitted_at)
    # The plain range on sort_key lets the database start at the right place of the index.
    beyond = Q(sort_key__gt=cursor.sort_key) | later | (same_time & Q(submission_id__gt=cursor.submission_id))
    return Q(sort_key__gte=cursor.sort_key) & beyond


def _encode(board: Board, row: BoardRow) -> str:
    standing = row.standing
    place = [standing.group, standing.sort_key, standing.submitted_at.isoformat(), standing.submission_id]
    return signing.dumps([board.pk, *place, row.rank], salt=CURSOR_SALT, compress=True)


def _decode(board: Board, text: str) -> Cursor:
    try:
        board_id, group, sort_key, submitted_at, submission_id, rank = signing.loads(text, salt=CURSOR_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        raise InvalidCursor("this cursor is damaged; start again from the first page") from None
    if board_id != board.pk:
        raise InvalidCursor("this cursor belongs to another board")
    return Cursor(group, sort_key, datetime.fromisoformat(submitted_at), submission_id, rank)
