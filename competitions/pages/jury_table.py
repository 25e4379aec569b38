"""The table of a jury: entries x jurors, spreads, totals. What the reader may not see is not in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from competitions.judging import JudgingRules
from competitions.jury_totals import (
    SheetPoints,
    Spread,
    Total,
    normalised,
    points,
    spreads_by_entry,
    spreads_by_juror,
    z_score,
)
from competitions.models import Board, Division, Entry, JuryChair, JuryDeclaration, Sheet, User
from competitions.pages.access import person
from competitions.pages.contest import Contest
from competitions.queries.jury import (
    counted_versions,
    jurors,
    may_name_teams,
    ranking,
    score_board,
    sees_marks,
    sees_scores,
    sheet_points,
    sheets_of,
    shortlisted,
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One juror's sheet of one entry. `state`: none, conflict, empty, begun, complete or signed."""

    state: str
    sheet: Sheet | None
    done: int
    points: float | None  # None also where it may not be seen yet
    z: float | None


@dataclass(frozen=True, slots=True)
class Line:
    """One entry's line of the table."""

    entry: Entry
    title: str
    team: str
    is_shortlisted: bool
    lacking: int
    cells: list[Cell]
    spread: Spread | None
    normalised: float | None
    total: Total | None


@dataclass(frozen=True, slots=True)
class JurorColumn:
    juror: User
    is_chair: bool
    spread: Spread | None
    signed: int
    count: int


@dataclass(frozen=True, slots=True)
class Table:
    """All that the chair's page, the exports and the PDF show; what this person may not see is left out."""

    rules: JudgingRules
    board: Board | None
    has_marks: bool
    has_names: bool
    has_scores: bool
    columns: list[JurorColumn]
    lines: list[Line]

    @property
    def ranked(self) -> list[Line]:
        found = [line for line in self.lines if line.total is not None]
        return sorted(found, key=lambda line: line.total.rank if line.total else 0)


# -- the table --------------------------------------------------------------------------------------------------------


def jury_table(contest: Contest, division: Division) -> Table:
    user, rules = person(contest.request), division.rules
    board = score_board(division, rules)
    has_marks, has_scores = sees_marks(user, division), sees_scores(user, board, now=contest.now)
    found = list(sheets_of(division))
    people = _people(division, found)
    complete = sheet_points(found, rules) if has_marks else []
    # An order made with scores would tell them.
    ranks = {one.entry: one for one in ranking(division, rules)} if has_marks and has_scores else {}
    has_names = may_name_teams(user, division, rules)
    return Table(
        rules=rules,
        board=board,
        has_marks=has_marks,
        has_names=has_names,
        has_scores=has_scores,
        columns=_columns(division, people, found, complete),
        lines=_lines(division, people, found, complete, names=has_names, ranks=ranks),
    )


def _people(division: Division, found: Iterable[Sheet]) -> list[User]:
    """The contest's jurors, and who holds a sheet though no longer one of them."""
    people = {one.pk: one for one in jurors(division.competition)}
    return list((people | {sheet.juror_id: sheet.juror for sheet in found if sheet.juror_id not in people}).values())


def _columns(
    division: Division, people: list[User], found: list[Sheet], complete: list[SheetPoints]
) -> list[JurorColumn]:
    chairs = set(JuryChair.objects.filter(division=division).values_list("user", flat=True))
    spreads = spreads_by_juror(complete)
    return [
        JurorColumn(
            juror=one,
            is_chair=one.pk in chairs,
            spread=spreads.get(one.pk),
            signed=sum(sheet.juror_id == one.pk and sheet.locked_at is not None for sheet in found),
            count=sum(sheet.juror_id == one.pk for sheet in found),
        )
        for one in people
    ]


def _lines(
    division: Division,
    people: list[User],
    found: list[Sheet],
    complete: list[SheetPoints],
    *,
    names: bool,
    ranks: Mapping[int, Total],
) -> list[Line]:
    rules = division.rules
    by_place = {(one.entry_id, one.juror_id): one for one in found}
    conflicts = set(
        JuryDeclaration.objects.filter(entry__division=division, has_conflict=True).values_list("entry", "juror")
    )
    entries = list(division.entries.select_related("team"))
    versions, chosen = counted_versions(entries), {one.pk for one in shortlisted(division, rules)}
    spreads, brought = spreads_by_entry(complete), spreads_by_entry(normalised(complete))
    by_juror = spreads_by_juror(complete)
    lines = []
    for entry in entries:
        held = [by_place.get((entry.pk, one.pk)) for one in people]
        cells = [
            _cell(sheet, (entry.pk, one.pk) in conflicts, rules, by_juror.get(one.pk))
            for one, sheet in zip(people, held, strict=True)
        ]
        count = sum(sheet is not None for sheet in held)
        lines.append(
            Line(
                entry=entry,
                title=versions[entry.pk].title,
                team=entry.team.name if names else "",
                is_shortlisted=entry.pk in chosen,
                lacking=max(0, rules.jurors_per_entry - count) if entry.pk in chosen else 0,
                cells=cells,
                spread=spreads.get(entry.pk),
                normalised=brought[entry.pk].mean if entry.pk in brought else None,
                total=ranks.get(entry.pk),
            )
        )
    return lines


def _cell(sheet: Sheet | None, has_conflict: bool, rules: JudgingRules, spread: Spread | None) -> Cell:
    """`spread` is the juror's; None where no marks may be seen."""
    if sheet is None:
        return Cell("conflict" if has_conflict else "none", None, 0, None, None)
    done = sum(one.key in sheet.marks for one in rules.rubric)
    state = "signed" if sheet.locked_at else "complete" if done == len(rules.rubric) else "begun" if done else "empty"
    if spread is None or not rules.is_complete(sheet.marks):
        return Cell(state, sheet, done, None, None)
    value = points(sheet.marks, rules.rubric)
    return Cell(state, sheet, done, value, z_score(value, spread))
