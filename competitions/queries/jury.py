"""Juried divisions as each person may see them: entries, the jury's desk, the chair's table, the published result."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.signing import Signer
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When

from competitions.judging import JudgingRules, Split
from competitions.jury_totals import Candidate, SheetPoints, Total, points, totals
from competitions.models import (
    Board,
    Competition,
    Division,
    Entry,
    EntryVersion,
    JuryChair,
    JuryDeclaration,
    JuryRelease,
    Membership,
    Sheet,
    Standing,
    Team,
    User,
)
from competitions.permissions import Visitor
from competitions.queries.competitions import organised_competitions, visible_competitions
from competitions.queries.leaderboards import visible_boards
from competitions.quota import GRACE
from competitions.status import BoardKind, PhaseState, Role

RECEIPT_SALT = "competitions.entry-receipt"


# -- the sets of the predicates ---------------------------------------------------------------------------------------


def juried_divisions(user: Visitor) -> QuerySet[Division]:
    """The set of can_see_jury."""
    own = Q(competition__in=organised_competitions(user))
    if user.is_authenticated:
        own |= Q(competition__in=_contests_judged_by(user))
    return Division.objects.filter(own, judging__isnull=False)


def chaired_divisions(user: Visitor) -> QuerySet[Division]:
    """The set of can_chair."""
    own = Q(competition__in=organised_competitions(user))
    if user.is_authenticated:
        named = JuryChair.objects.filter(user=user).values("division")
        own |= Q(pk__in=named, competition__in=_contests_judged_by(user))
    return Division.objects.filter(own, judging__isnull=False)


def visible_entries(user: Visitor) -> QuerySet[Entry]:
    """The set of can_see_entry."""
    if not user.is_authenticated:
        return Entry.objects.none()
    own = Team.objects.filter(members__user=user).values("pk")
    return Entry.objects.filter(Q(team__in=own) | Q(division__competition__in=organised_competitions(user)))


def judged_sheets(user: Visitor) -> QuerySet[Sheet]:
    """The set of can_judge."""
    if not user.is_authenticated:
        return Sheet.objects.none()
    declared = JuryDeclaration.objects.filter(entry=OuterRef("entry"), juror=user, has_conflict=False)
    return Sheet.objects.filter(
        Exists(declared), juror=user, entry__division__competition__in=_contests_judged_by(user)
    ).select_related("entry__division__competition")


def published_divisions(user: Visitor) -> QuerySet[Division]:
    """The set of can_see_jury_result."""
    return Division.objects.filter(jury_release__isnull=False, competition__in=visible_competitions(user))


def _contests_judged_by(user: User) -> QuerySet[Membership, Any]:
    return Membership.objects.filter(user=user, role=Role.JUROR).values("competition")


def jurors(competition: Competition) -> list[User]:
    seats = Membership.objects.filter(competition=competition, role=Role.JUROR).select_related("user")
    return [seat.user for seat in seats.order_by("user__username")]


def begins_at(division: Division) -> datetime:
    """When judging begins: once the last upload that began in time has ended."""
    return division.rules.due_at + GRACE


def juried(competition: Competition) -> QuerySet[Division]:
    return competition.divisions.filter(judging__isnull=False)


def is_judged() -> Q:
    """Of entries: a juror has declared something about it, or holds its sheet."""
    return Q(sheets__isnull=False) | Q(declarations__isnull=False)


# -- entries ----------------------------------------------------------------------------------------------------------


def counted_version(entry: Entry) -> EntryVersion:
    """The last that was handed in."""
    return entry.versions.prefetch_related("documents__blob").order_by("-submitted_at", "-number")[0]


def counted_versions(entries: Iterable[Entry]) -> dict[int, EntryVersion]:
    found = EntryVersion.objects.filter(entry__in=list(entries)).order_by("submitted_at", "number")
    return {version.entry_id: version for version in found}


def receipt(version: EntryVersion) -> dict[str, Any]:
    """What the team can show in a dispute, signed with the site's key. `number` never changes."""
    content = {
        "number": version.pk,
        "competition": version.entry.division.competition.slug,
        "division": version.entry.division.key,
        "team": version.team_name,
        "submitted_at": version.submitted_at.isoformat(),
        "sha256": version.sha256,
        "documents": [
            {"file_name": one.file_name, "sha256": one.blob.sha256, "size_bytes": one.blob.size_bytes}
            for one in version.documents.select_related("blob")
        ],
    }
    text = "\n".join(f"{name}={content[name]!r}" for name in sorted(content))
    return {**content, "signature": Signer(salt=RECEIPT_SALT).signature(text)}


# -- scores of the task ------------------------------------------------------------------------------------------------


def score_board(division: Division, rules: JudgingRules) -> Board | None:
    """The board that the total and the shortlist go by: the division's own; without one, the task's first."""
    total = rules.total
    if not total.task:
        return None
    kind = BoardKind.PRIVATE if total.split == Split.PRIVATE else BoardKind.PUBLIC
    boards = Board.objects.filter(phase__competition=division.competition_id, task__key=total.task, kind=kind)
    if total.phase:
        boards = boards.filter(phase__key=total.phase)
    is_own = Case(When(division=division, then=0), default=1)
    order = (is_own, "-phase__position", "-phase_id", "pk")
    return boards.select_related("phase__competition", "task").order_by(*order).first()


def scores_by_team(board: Board | None) -> dict[int, float]:
    """Best first. Who fails a gate has no score."""
    if board is None:
        return {}
    rows = Standing.objects.filter(board=board, group=0)
    return dict(rows.values_list("team", "value"))


def sees_scores(user: Visitor, board: Board | None, *, now: datetime) -> bool:
    """A jury's chair learns no score that the leaderboard keeps."""
    if board is None:
        return True
    return visible_boards(user, board.phase.competition, now=now).filter(pk=board.pk).exists()


def is_score_final(board: Board | None, *, now: datetime) -> bool:
    """Is the phase over, and everything in it scored?"""
    if board is None:
        return True
    if board.phase.state(now) != PhaseState.CLOSED:
        return False
    from_phase = board.phase.submissions.filter(evaluations__status__in=["waiting", "queued", "running"])
    return not from_phase.exists()


def shortlisted(division: Division, rules: JudgingRules) -> list[Entry]:
    """The entries that are judged: all, or the best by score."""
    entries = list(division.entries.select_related("team"))
    if not rules.shortlist:
        return entries
    order = {team: place for place, team in enumerate(scores_by_team(score_board(division, rules)))}
    scored = sorted((one for one in entries if one.team_id in order), key=lambda one: order[one.team_id])
    return scored[: rules.shortlist]


# -- sheets -----------------------------------------------------------------------------------------------------------


def sheets_of(division: Division) -> QuerySet[Sheet]:
    return Sheet.objects.filter(entry__division=division).select_related("entry", "juror")


def sheet_points(sheets: Iterable[Sheet], rules: JudgingRules) -> list[SheetPoints]:
    """Of those that are complete."""
    return [
        SheetPoints(one.entry_id, one.juror_id, points(one.marks, rules.rubric))
        for one in sheets
        if rules.is_complete(one.marks)
    ]


def is_all_locked(division: Division) -> bool:
    sheets = Sheet.objects.filter(entry__division=division)
    return sheets.exists() and not sheets.filter(locked_at=None).exists()


def is_all_judged(division: Division) -> bool:
    """Is every sheet signed, and has every entry that is judged one? Also where nobody has handed anything in."""
    sheets = Sheet.objects.filter(entry__division=division)
    if sheets.filter(locked_at=None).exists():
        return False
    judged = set(sheets.values_list("entry", flat=True))
    return all(entry.pk in judged for entry in shortlisted(division, division.rules))


def is_total_final(division: Division, *, now: datetime) -> bool:
    """Can no total change any more: published, or all is handed in, scored and signed?"""
    if release_of(division) is not None:
        return True
    board = score_board(division, division.rules)
    lacks_board = bool(division.rules.total.task) and board is None
    is_over = now > begins_at(division) and is_score_final(board, now=now)
    return is_over and not lacks_board and is_all_judged(division)


def sees_marks(user: Visitor, division: Division) -> bool:
    """Nobody who judges sees another's marks, or whose an entry is where the jury is blind, until all is locked."""
    judges = Sheet.objects.filter(entry__division=division, juror=user.pk).exists()
    return not judges or is_all_locked(division)


def ranking(division: Division, rules: JudgingRules) -> list[Total]:
    """As the sheets stand now: entries with a complete sheet."""
    board = score_board(division, rules)
    scores = scores_by_team(board)
    sheets = sheet_points(sheets_of(division), rules)
    judged = {one.entry for one in sheets}
    entries = [entry for entry in division.entries.all() if entry.pk in judged]
    handed_in = counted_versions(entries)
    candidates = [Candidate(entry.pk, handed_in[entry.pk].submitted_at, scores.get(entry.team_id)) for entry in entries]
    higher = board.higher_is_better if board else True
    return totals(candidates, sheets, rules.total, higher_is_better=higher)


# -- declarations -----------------------------------------------------------------------------------------------------


def undeclared(division: Division, juror: User) -> QuerySet[Entry]:
    """Entries of which a juror still has to say whether there is a conflict."""
    declared = JuryDeclaration.objects.filter(entry=OuterRef("pk"), juror=juror)
    return division.entries.filter(~Exists(declared)).select_related("team")


@dataclass(frozen=True, slots=True)
class Progress:
    """A juror's sheets: how many are complete and how many signed, of how many."""

    complete: int
    locked: int
    total: int


def progress(sheets: Iterable[Sheet], rules: JudgingRules) -> Progress:
    found = list(sheets)
    complete = sum(rules.is_complete(one.marks) for one in found)
    return Progress(complete, sum(one.locked_at is not None for one in found), len(found))


def open_sheets_by_juror(division: Division) -> Mapping[int, int]:
    """How many sheets are not signed, of those who have such."""
    counts: dict[int, int] = {}
    for juror in Sheet.objects.filter(entry__division=division, locked_at=None).values_list("juror", flat=True):
        counts[juror] = counts.get(juror, 0) + 1
    return counts


def release_of(division: Division) -> JuryRelease | None:
    return JuryRelease.objects.filter(division=division).select_related("published_by").first()


def may_name_teams(user: Visitor, division: Division, rules: JudgingRules) -> bool:
    """In the chair's table of a blind jury: for who does not judge, or once all is locked."""
    return not rules.is_blind or sees_marks(user, division)
