"""Juried divisions for contestants: what each asks for, and the page on which a team hands in."""

import uuid
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from competitions.document_kinds import ENDINGS
from competitions.judging import JudgingRules
from competitions.jury_texts import formula, formula_terms, limits
from competitions.models import Division, Entry, EntryVersion
from competitions.pages.access import login_needed, person
from competitions.pages.contest import Contest, find_contest, render_contest
from competitions.pages.documents import document_download
from competitions.permissions import can_chair, can_see_jury
from competitions.queries.jury import juried, receipt, release_of, visible_entries
from competitions.services import jury_entries
from competitions.services.jury_entries import EntryRefused, IncomingFile, Words
from competitions.store import FileTooLarge
from competitions.templatetags.tidemark import size
from competitions.uploads import began_at, form_chunks, form_file

STATUS_OF_REFUSALS = {"not_taking_part": 403, "not_open": 409, "closed": 409, "quota": 429, "file_too_large": 413}


@dataclass(frozen=True, slots=True)
class DivisionCard:
    """A division as the list shows it."""

    division: Division
    rules: JudgingRules
    formula: str
    terms: list[str]
    limits: list[str]
    is_open: bool
    is_published: bool
    can_see_jury: bool
    can_chair: bool


def find_division(contest: Contest, key: str) -> Division:
    found: Division = get_object_or_404(juried(contest.competition), key=key)
    found.competition = contest.competition
    return found


@require_safe
def division_list(request: HttpRequest, slug: str) -> HttpResponse:
    """What is judged, by what and how: for everybody."""
    contest = find_contest(request, slug)
    cards = [_card(contest, division) for division in contest.juried_divisions]
    return render_contest(contest, "pages/divisions.html", tab="divisions", cards=cards)


def _card(contest: Contest, division: Division) -> DivisionCard:
    rules, user = division.rules, contest.request.user
    return DivisionCard(
        division=division,
        rules=rules,
        formula=formula(rules),
        terms=formula_terms(rules),
        limits=limits(rules),
        is_open=rules.is_open(contest.now),
        is_published=release_of(division) is not None,
        can_see_jury=can_see_jury(user, division),
        can_chair=can_chair(user, division),
    )


# -- handing in -------------------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_needed
def entry(request: HttpRequest, slug: str, division: str) -> HttpResponseBase:
    contest = find_contest(request, slug)
    found = find_division(contest, division)
    if request.method == "POST":
        return _take(contest, found)
    return _page(contest, found)


def _page(contest: Contest, division: Division, *, status: int = 200, error: str = "") -> HttpResponse:
    own = Entry.objects.filter(team=contest.team, division=division).first() if contest.team else None
    versions = (
        list(own.versions.prefetch_related("documents__blob").order_by("-submitted_at", "-number")) if own else []
    )
    last, post, rules = (versions[0] if versions else None), contest.request.POST, division.rules
    return render_contest(
        contest,
        "pages/entry.html",
        tab="divisions",
        status=status,
        division=division,
        rules=rules,
        limits=limits(rules),
        versions=versions,
        last=last,
        is_open=rules.is_open(contest.now),
        is_upcoming=rules.opens_at is not None and contest.now < rules.opens_at,
        accept=",".join(f".{ENDINGS[kind]}" for kind in rules.entry.kinds),
        error=error,
        key=uuid.uuid4().hex,
        title_text=post.get("title", last.title if last else ""),
        abstract_text=post.get("abstract", last.abstract if last else ""),
        video_text=post.get("video_url", last.video_url if last else ""),
    )


def _take(contest: Contest, division: Division) -> HttpResponseBase:
    request = contest.request
    try:
        form_file(request, "files")
    except FileTooLarge as error:
        text = _("Together the files are larger than %(limit)s.") % {"limit": size(error.max_bytes)}
        return _page(contest, division, status=413, error=text)
    try:
        version = jury_entries.hand_in(
            user=person(request),
            division=division,
            words=Words(**{name: request.POST.get(name, "") for name in ("title", "abstract", "video_url")}),
            files=[IncomingFile(one.name or "", form_chunks(one)) for one in request.FILES.getlist("files")],
            keep=[int(one) for one in request.POST.getlist("keep") if one.isascii() and one.isdigit()],
            key=request.POST.get("key", ""),
            now=began_at(request, now=contest.now),
        )
    except EntryRefused as error:
        return _page(contest, division, status=STATUS_OF_REFUSALS.get(error.code, 400), error=str(error))
    text = _("Received: version %(number)s, at %(time)s. The receipt is below.")
    local = version.submitted_at.astimezone(contest.competition.zone)
    messages.success(request, text % {"number": version.number, "time": f"{local:%H:%M:%S}"})
    return redirect("pages:entry", contest.competition.slug, division.key)


# -- what was handed in -----------------------------------------------------------------------------------------------


@require_safe
@login_needed
def entry_receipt(request: HttpRequest, slug: str, division: str, number: int) -> HttpResponse:
    version = _version(request, slug, division, number)
    headers = {"Content-Disposition": f'attachment; filename="receipt-entry-{version.pk}.json"'}
    return JsonResponse(receipt(version), headers=headers, json_dumps_params={"indent": 2, "ensure_ascii": False})


@require_safe
@login_needed
def entry_document(request: HttpRequest, slug: str, division: str, number: int, position: int) -> HttpResponseBase:
    """The very bytes that were handed in."""
    version = _version(request, slug, division, number)
    document = version.documents.select_related("blob", "version").filter(position=position).first()
    if document is None:
        raise Http404
    return document_download(request, document, name=document.file_name)


def _version(request: HttpRequest, slug: str, key: str, number: int) -> EntryVersion:
    contest = find_contest(request, slug)
    seen = visible_entries(request.user).filter(division=find_division(contest, key))
    versions = EntryVersion.objects.filter(entry__in=seen).select_related("entry__division__competition")
    found: EntryVersion = get_object_or_404(versions, pk=number)
    return found
