"""A candidate's page: what to hand in and until when, every version of it, and what was decided. No score, no rank."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from competitions.downloads import file_response
from competitions.models import HandIn, WinnerEntry
from competitions.pages.access import login_needed, person
from competitions.pages.contest import Contest, find_contest, render_contest
from competitions.pages.forms_winners import HandInForm
from competitions.permissions import can_hand_in
from competitions.queries.winners import (
    awards_of,
    newest_hand_in,
    own_entries,
    receipt_of,
    visible_files,
    visible_winner_entries,
)
from competitions.services import hand_ins, winners
from competitions.services.hand_ins import PART_NAMES, HandInRefused
from competitions.services.winners import AuditRefused
from competitions.store import FileTooLarge, Store
from competitions.templatetags.tidemark import size
from competitions.uploads import began_at, form_file


@require_http_methods(["GET", "HEAD", "POST"])
@login_needed
def hand_in(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    contest, entry = _own(request, slug, number)
    if request.method == "POST":
        return _take(contest, entry)
    newest = newest_hand_in(entry)
    return _page(contest, entry, HandInForm(entry=entry, initial=HandInForm.initial_of(newest.texts if newest else {})))


def _own(request: HttpRequest, slug: str, number: int) -> tuple[Contest, WinnerEntry]:
    """Through the query: anybody else's does not exist. Organisers have a page of their own."""
    contest = find_contest(request, slug)
    return contest, get_object_or_404(own_entries(request.user, contest.competition), pk=number)


def _page(
    contest: Contest, entry: WinnerEntry, form: HandInForm, *, status: int = 200, error: str = ""
) -> HttpResponse:
    versions = list(entry.hand_ins.prefetch_related("files__blob").select_related("user").order_by("-version"))
    declined = {one.award_id for one in entry.decisions.all() if one.award_id}
    rules = entry.audit.rules
    return render_contest(
        contest,
        "pages/hand_in.html",
        tab="hand_in",
        status=status,
        hand_in_entry=entry,
        form=form,
        error=error,
        versions=versions,
        awards=[(award, award.pk in declined) for award in awards_of(entry)],
        decisions=list(entry.decisions.select_related("award", "user")),
        required=[(part, PART_NAMES[part]) for part in rules.required] if entry.submission_id else [],
        limit=rules.max_bytes,
        can_hand_in=can_hand_in(contest.request.user, entry, now=contest.now),
        is_published=entry.audit.published_at is not None,
    )


def _take(contest: Contest, entry: WinnerEntry) -> HttpResponseBase:
    request = contest.request
    try:
        form_file(request)
    except FileTooLarge as error:
        return _page(contest, entry, HandInForm(entry=entry), status=413, error=_too_large(error))
    form = HandInForm(request.POST, request.FILES, entry=entry)
    if not form.is_valid():
        return _page(contest, entry, form, status=400)
    try:
        now = began_at(request, now=contest.now)
        kept = hand_ins.hand_in(entry, user=person(request), texts=form.texts, uploads=form.uploads, now=now)
    except HandInRefused as error:
        return _page(contest, entry, form, status=400, error=str(error))
    except FileTooLarge as error:
        return _page(contest, entry, form, status=413, error=_too_large(error))
    messages.success(request, _("Received as version %(version)s.") % {"version": kept.version})
    return redirect("pages:hand_in", contest.competition.slug, entry.pk)


def _too_large(error: FileTooLarge) -> str:
    return _("All files together may have at most %(limit)s.") % {"limit": size(error.max_bytes)}


@require_safe
@login_needed
def hand_in_receipt(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Of the version that the address names, or the newest."""
    contest = find_contest(request, slug)
    entries = visible_winner_entries(request.user).filter(audit__competition=contest.competition)
    entry = get_object_or_404(entries, pk=number)
    version = request.GET.get("version", "")
    found: HandIn | None = newest_hand_in(entry)
    if version.isascii() and version.isdigit() and len(version) < 8:
        found = entry.hand_ins.filter(version=int(version)).first()
    if found is None:
        raise Http404(_("Nothing was handed in yet."))
    name = f"{slug}-hand-in-{entry.pk}-{found.version}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return JsonResponse(receipt_of(found), headers=headers, json_dumps_params={"indent": 2, "ensure_ascii": False})


@require_POST
@login_needed
def hand_in_decline(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """A team gives up a prize, for good."""
    contest, entry = _own(request, slug, number)
    award = get_object_or_404(contest.competition.awards, key=request.POST.get("award", ""))
    if not request.POST.get("sure"):
        messages.warning(request, _("Nothing was done: tick the box to confirm."))
        return redirect("pages:hand_in", slug, number)
    try:
        reason = request.POST.get("reason", "")[:2000]
        winners.decline(entry, award, user=person(request), now=contest.now, reason=reason)
        messages.success(request, _("Your team has declined the prize. The next team moves up."))
    except AuditRefused as error:
        messages.error(request, str(error))
    return redirect("pages:hand_in", slug, number)


@require_safe
@login_needed
def hand_in_file(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """For its team, and for those who organise; as a download, never shown as ours."""
    contest = find_contest(request, slug)
    files = visible_files(request.user).filter(hand_in__entry__audit__competition=contest.competition)
    found = get_object_or_404(files.select_related("blob", "hand_in"), pk=number)
    return file_response(
        request,
        path=Store(settings.FILES_DIR).blob_path(found.blob.sha256),
        name=found.name,
        sha256=found.blob.sha256,
        modified_at=found.hand_in.handed_in_at,
    )
