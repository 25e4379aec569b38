"""The juror's pages: declaring conflicts, the list of entries, one sheet at a time, and signing.

No name of a team or a person and no file name is on them where the jury is blind; the one exception is the list on
which a juror declares conflicts, and that list tells nobody which entry is whose.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from competitions.judging import Criterion, DocumentKind, JudgingRules, Texts
from competitions.models import Division, Entry, EntryDocument, EntryVersion, Sheet
from competitions.pages.access import login_needed, person
from competitions.pages.contest import Contest, find_contest, render_contest
from competitions.pages.documents import FRAMED, PICTURES, blind_name, document_download, document_view
from competitions.pages.submitting import wants_json
from competitions.permissions import can_chair, is_juror
from competitions.queries.jury import (
    begins_at,
    counted_version,
    counted_versions,
    is_all_locked,
    judged_sheets,
    juried_divisions,
    progress,
    release_of,
    undeclared,
)
from competitions.services import jury_assignments, sheets
from competitions.services.jury_refusals import JuryRefused
from competitions.services.sheets import Marking

STATUS_OF_REFUSALS = {"conflict_of_versions": 409, "locked": 409, "published": 409, "too_early": 409, "not_yours": 404}


@dataclass(frozen=True, slots=True)
class SheetRow:
    """An entry on the juror's list."""

    sheet: Sheet
    title: str
    done: int
    is_complete: bool


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document as a juror gets it."""

    document: EntryDocument
    name: str
    is_framed: bool
    is_picture: bool


@dataclass(frozen=True, slots=True)
class MarkView:
    value: int
    meaning: Texts
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class CriterionView:
    criterion: Criterion
    share: float  # of the weights, in percent
    marks: list[MarkView]


def find_jury(request: HttpRequest, slug: str, key: str) -> tuple[Contest, Division]:
    """Through the query: for anybody but jurors and organisers there is no such page."""
    contest = find_contest(request, slug)
    division: Division = get_object_or_404(juried_divisions(request.user), competition=contest.competition, key=key)
    division.competition = contest.competition
    return contest, division


def own_sheets(contest: Contest, division: Division) -> list[Sheet]:
    return list(judged_sheets(contest.request.user).filter(entry__division=division).order_by("entry__number"))


# -- the list ---------------------------------------------------------------------------------------------------------


@never_cache
@require_safe
@login_needed
def jury_desk(request: HttpRequest, slug: str, division: str) -> HttpResponse:
    return _desk(*find_jury(request, slug, division))


def _desk(contest: Contest, division: Division, *, status: int = 200, error: str = "", typed: str = "") -> HttpResponse:
    user, rules = person(contest.request), division.rules
    juror = is_juror(user, division.competition)
    begun = contest.now > begins_at(division)
    missing = _sorted(undeclared(division, user)) if juror and begun else []
    found = [] if missing or not begun else own_sheets(contest, division)
    versions = counted_versions([sheet.entry for sheet in found])
    return render_contest(
        contest,
        "pages/jury_desk.html",
        tab="divisions",
        status=status,
        division=division,
        rules=rules,
        is_juror=juror,
        has_begun=begun,
        begins_at=begins_at(division),
        undeclared=[(one, _declared_title(one, rules)) for one in missing],
        rows=[_row(sheet, versions[sheet.entry_id], rules) for sheet in found],
        progress=progress(found, rules),
        can_chair=can_chair(user, division),
        release=release_of(division),
        is_all_locked=is_all_locked(division),
        error=error,
        typed=typed,
    )


def _sorted(entries: object) -> list[Entry]:
    """By the team's name, so that the order tells nothing of the numbers."""
    return sorted(entries, key=lambda one: one.team.name.casefold())  # type: ignore[call-overload, no-any-return]


def _declared_title(entry: Entry, rules: JudgingRules) -> str:
    return "" if rules.is_blind else counted_version(entry).title


def _row(sheet: Sheet, version: EntryVersion, rules: JudgingRules) -> SheetRow:
    done = sum(one.key in sheet.marks for one in rules.rubric)
    return SheetRow(sheet, version.title, done, rules.is_complete(sheet.marks))


@require_POST
@login_needed
def jury_declare(request: HttpRequest, slug: str, division: str) -> HttpResponseBase:
    """Of every entry on the list: a conflict, with its reason, or none."""
    contest, found = find_jury(request, slug, division)
    if not request.POST.get("sure"):
        return _desk(contest, found, status=400, error=_("Tick the declaration at the end of the list."))
    ticked = [int(one) for one in request.POST.getlist("conflict") if one.isascii() and one.isdigit()]
    conflicts = {number: request.POST.get(f"reason_{number}", "").strip() for number in ticked}
    try:
        jury_assignments.declare(found, juror=person(request), conflicts=conflicts, now=contest.now)
    except JuryRefused as error:
        return _desk(contest, found, status=_status(error), error=str(error))
    messages.success(request, _("Your declaration is recorded."))
    return redirect("pages:jury_desk", slug, division)


@require_POST
@login_needed
def jury_sign(request: HttpRequest, slug: str, division: str) -> HttpResponseBase:
    contest, found = find_jury(request, slug, division)
    name = request.POST.get("name", "")
    try:
        signed = sheets.sign(found, juror=person(request), name=name, now=contest.now)
    except JuryRefused as error:
        return _desk(contest, found, status=_status(error), error=str(error), typed=name)
    text = ngettext("Signed and locked: %(count)s sheet.", "Signed and locked: %(count)s sheets.", len(signed))
    messages.success(request, text % {"count": len(signed)})
    return redirect("pages:jury_desk", slug, division)


def _status(error: JuryRefused) -> int:
    return STATUS_OF_REFUSALS.get(error.code, 400)


# -- one sheet --------------------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_needed
def jury_sheet(request: HttpRequest, slug: str, division: str, number: int) -> HttpResponseBase:
    contest, found = find_jury(request, slug, division)
    sheet = _own(contest, found, number)
    if request.method == "POST":
        return _save(contest, found, sheet)
    return _sheet_page(contest, found, sheet, _kept(sheet))


def _own(contest: Contest, division: Division, number: int) -> Sheet:
    mine = judged_sheets(contest.request.user).filter(entry__division=division)
    found: Sheet = get_object_or_404(mine, entry__number=number)
    if contest.now <= begins_at(division):
        raise Http404
    return found


def _kept(sheet: Sheet) -> Marking:
    return Marking(sheet.marks, sheet.comment, sheet.notes)


def _sheet_page(
    contest: Contest, division: Division, sheet: Sheet, marking: Marking, *, status: int = 200, error: str = ""
) -> HttpResponse:
    rules, found = division.rules, own_sheets(contest, division)
    place = next(index for index, one in enumerate(found) if one.pk == sheet.pk)
    version = counted_version(sheet.entry)
    return render_contest(
        contest,
        "pages/jury_sheet.html",
        tab="divisions",
        status=status,
        division=division,
        rules=rules,
        sheet=sheet,
        entry=sheet.entry,
        version=version,
        team_name="" if rules.is_blind else sheet.entry.team.name,
        documents=[_document(one, sheet.entry.label) for one in version.documents.all()],
        criteria=_criteria(rules, marking.marks),
        marking=marking,
        previous=found[place - 1] if place else None,
        following=found[place + 1] if place + 1 < len(found) else None,
        progress=progress(found, rules),
        is_open=sheet.locked_at is None and release_of(division) is None,
        error=error,
    )


def _document(document: EntryDocument, label: str) -> DocumentView:
    kind = DocumentKind(document.kind)
    return DocumentView(document, blind_name(document, label), kind in FRAMED, kind in PICTURES)


def _criteria(rules: JudgingRules, marks: Mapping[str, int]) -> list[CriterionView]:
    whole = sum(one.weight for one in rules.rubric)
    return [
        CriterionView(
            one,
            100 * one.weight / whole,
            [MarkView(mark, one.anchors.get(mark, {}), marks.get(one.key) == mark) for mark in one.marks],
        )
        for one in rules.rubric
    ]


def _save(contest: Contest, division: Division, sheet: Sheet) -> HttpResponseBase:
    """A plain form goes on to the next page; the sheet's module is told the new version, or why nothing was saved."""
    request = contest.request
    marking = _typed(request.POST, division.rules)
    try:
        saved = sheets.save(sheet, marking, juror=person(request), version=_version(request.POST), now=contest.now)
    except JuryRefused as error:
        if wants_json(request):
            return JsonResponse({"error": str(error), "code": error.code}, status=_status(error))
        return _sheet_page(contest, division, sheet, marking, status=_status(error), error=str(error))
    if wants_json(request):
        return JsonResponse(_answer(contest, division, saved))
    messages.success(request, _("Saved %(time)s") % {"time": _clock(contest, saved)})
    return _go_on(contest, division, saved)


def _typed(post: QueryDict, rules: JudgingRules) -> Marking:
    chosen = {one.key: post.get(f"mark_{one.key}", "") for one in rules.rubric}
    marks = {key: int(text) for key, text in chosen.items() if text.isascii() and text.isdigit()}
    texts = (post.get(name, "").replace("\r\n", "\n") for name in ("comment", "notes"))
    return Marking(marks, *texts)


def _version(post: QueryDict) -> int:
    text = post.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _clock(contest: Contest, sheet: Sheet) -> str:
    return f"{sheet.saved_at.astimezone(contest.competition.zone):%H:%M:%S}" if sheet.saved_at else ""


def _answer(contest: Contest, division: Division, sheet: Sheet) -> dict[str, object]:
    done = progress(own_sheets(contest, division), division.rules)
    told = _("Saved %(time)s") % {"time": _clock(contest, sheet)}
    return {"version": sheet.version, "saved": told, "progress": f"{done.complete}/{done.total}"}


def _go_on(contest: Contest, division: Division, sheet: Sheet) -> HttpResponseBase:
    slug = contest.competition.slug
    if contest.request.POST.get("then") == "list":
        return redirect("pages:jury_desk", slug, division.key)
    return redirect("pages:jury_sheet", slug, division.key, sheet.entry.number)


@require_POST
@login_needed
def jury_conflict(request: HttpRequest, slug: str, division: str, number: int) -> HttpResponseBase:
    """A juror recognises whose entry this is."""
    contest, found = find_jury(request, slug, division)
    sheet = _own(contest, found, number)
    if not request.POST.get("sure"):
        text = _("Tick that you have a conflict of interest here.")
        return _sheet_page(contest, found, sheet, _kept(sheet), status=400, error=text)
    reason = request.POST.get("reason", "").strip()
    try:
        jury_assignments.declare_conflict(sheet.entry, juror=person(request), reason=reason, now=contest.now)
    except JuryRefused as error:
        return _sheet_page(contest, found, sheet, _kept(sheet), status=_status(error), error=str(error))
    messages.success(request, _("Recorded. This entry is no longer yours to judge."))
    return redirect("pages:jury_desk", slug, division)


# -- documents --------------------------------------------------------------------------------------------------------


@require_safe
@login_needed
def jury_document(request: HttpRequest, slug: str, division: str, number: int, position: int) -> HttpResponseBase:
    contest, found = find_jury(request, slug, division)
    document = _found_document(contest, found, number, position)
    return document_download(request, document, name=blind_name(document, document.version.entry.label))


@require_safe
@login_needed
def jury_document_view(request: HttpRequest, slug: str, division: str, number: int, position: int) -> HttpResponseBase:
    contest, found = find_jury(request, slug, division)
    document = _found_document(contest, found, number, position)
    return document_view(document, title=blind_name(document, document.version.entry.label))


def _found_document(contest: Contest, division: Division, number: int, position: int) -> EntryDocument:
    sheet = _own(contest, division, number)
    documents = counted_version(sheet.entry).documents.select_related("blob", "version__entry")
    found: EntryDocument = get_object_or_404(documents, position=position)
    return found
