"""A contest's workspace: opening one, its history, handing a revision over, everything out and in."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from competitions import uploads
from competitions.bundles.archives import BadArchive, archive_entries, unpack
from competitions.bundles.rewriting import written
from competitions.bundles.schema import FORMAT
from competitions.bundles.times import zone_names
from competitions.downloads import zip_response
from competitions.models import Revision
from competitions.pages.access import login_needed, person
from competitions.pages.forms_workspace import NewContestForm, ZipForm
from competitions.pages.workspace_desk import Desk, find_desk
from competitions.permissions import can_host
from competitions.queries.workspaces import latest_apply, live_revision, revision, revisions
from competitions.services import change_requests, workspaces
from competitions.services.change_requests import CannotChange
from competitions.services.workspaces import CannotSubmit, NewContest, Overtaken, SlugTaken
from competitions.status import RevisionKind
from competitions.store import FileTooLarge, Store

SHOWN = 50


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_needed
def contest_new(request: HttpRequest) -> HttpResponse:
    """An empty draft. Only for those who may open contests; for others there is no such page."""
    if not can_host(request.user):
        raise Http404
    form = NewContestForm(request.POST or None, initial={"contact_email": person(request).email})
    if request.method == "POST" and form.is_valid():
        try:
            slug = _open(form.cleaned_data, request)
        except SlugTaken as error:
            form.add_error("slug", str(error))
        else:
            return redirect("pages:workspace_step", slug, "basics")
    context = {"form": form, "zones": sorted(zone for zone in zone_names() if "/" in zone)}
    return render(request, "pages/contest_new.html", context, status=400 if form.errors else 200)


def _open(said: dict[str, str], request: HttpRequest) -> str:
    title = {"en": said["title_en"], "ja": said["title_ja"]}
    new = NewContest(said["slug"], title, said["time_zone"], said["contact_email"])
    document = {
        "schema": FORMAT,
        "slug": new.slug,
        "title": title,
        "timezone": new.time_zone,
        "contact_email": new.contact_email,
    }
    workspaces.open_contest(new, text=written(document), actor=person(request), now=timezone.now())
    return new.slug


@never_cache
@require_safe
@login_needed
def workspace(request: HttpRequest, slug: str) -> HttpResponse:
    return _overview(find_desk(request, slug))


def _overview(desk: Desk, form: ZipForm | None = None) -> HttpResponse:
    return desk.render(
        "pages/workspace.html",
        status=400 if form is not None else 200,
        revisions=revisions(desk.workspace)[:SHOWN],
        apply=latest_apply(desk.workspace),
        live=live_revision(desk.competition),
        zip_form=form or _zip_form(desk),
        page="overview",
    )


def _zip_form(desk: Desk) -> ZipForm:
    return ZipForm(slug=desk.competition.slug, initial={"base": desk.workspace.head})


def revision_or_404(desk: Desk, number: int) -> Revision:
    found = revision(desk.workspace, number)
    if found is None:
        raise Http404
    return found


# -- becoming the contest ---------------------------------------------------------------------------------------------


@never_cache
@require_POST
@login_needed
def workspace_apply(request: HttpRequest, slug: str) -> HttpResponseBase:
    desk = find_desk(request, slug)
    if desk.revision is None or desk.findings.problems:
        messages.error(request, _("Mend the problems first; then the contest can be made from this revision."))
        return redirect("pages:workspace_step", slug, "review")
    try:
        reason = _reason(request) if desk.needs_change_control else None
        workspaces.submit_revision(desk.revision, actor=person(request), now=timezone.now(), reason=reason)
    except (CannotSubmit, CannotChange) as error:
        messages.error(request, str(error))
    return redirect("pages:workspace_step", slug, "review")


def _reason(request: HttpRequest) -> dict[str, str]:
    return change_requests.reasons(request.POST.get("reason_en", ""), request.POST.get("reason_ja", ""))


@never_cache
@require_safe
@login_needed
def workspace_state(request: HttpRequest, slug: str) -> HttpResponse:
    """The part of the review that says what became of the revision; asked for again and again while it is examined."""
    desk = find_desk(request, slug)
    context = {"apply": latest_apply(desk.workspace), "competition": desk.competition, "desk": desk}
    return render(request, "pages/_workspace_apply.html", context)


@never_cache
@require_POST
@login_needed
def workspace_restore(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """What an old revision said becomes the newest one, once the contest's name was typed."""
    desk = find_desk(request, slug)
    old = revision_or_404(desk, number)
    if request.POST.get("sure", "").strip() != slug:
        messages.error(request, _("Nothing was restored: type the contest's name, %(slug)s.") % {"slug": slug})
        return redirect("pages:workspace", slug)
    try:
        made = workspaces.restore(desk.workspace, old, base=_base(request), actor=person(request), now=timezone.now())
    except Overtaken as error:
        messages.error(request, str(error))
    else:
        text = _("Revision %(new)s says what revision %(old)s said.")
        messages.success(request, text % {"new": made.number, "old": number})
    return redirect("pages:workspace", slug)


def _base(request: HttpRequest) -> int:
    text = request.POST.get("base", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


# -- everything out and in --------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_needed
def workspace_export(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The whole contest as a ZIP file; the hidden files only where that is asked for, which the log tells."""
    desk = find_desk(request, slug)
    if desk.revision is None:
        raise Http404
    with_hidden = request.method == "POST" and request.POST.get("with_hidden") == "on"
    if with_hidden:
        workspaces.note_hidden_export(desk.workspace, desk.revision, actor=person(request), now=timezone.now())
    entries = archive_entries(desk.text, desk.files, desk.store, with_hidden=with_hidden)
    name = f"{slug}-{desk.revision.number}{'-with-truth' if with_hidden else ''}.zip"
    return zip_response(request, entries, name=name, modified_at=desk.revision.created_at)


@never_cache
@require_POST
@login_needed
def workspace_import(request: HttpRequest, slug: str) -> HttpResponseBase:
    """An archive becomes the newest revision."""
    desk = find_desk(request, slug)
    form = ZipForm(request.POST, request.FILES, slug=slug)
    try:
        file = uploads.form_file(request)
    except FileTooLarge as error:
        form.add_error("file", _("The file is larger than %(bytes)s bytes.") % {"bytes": error.max_bytes})
        return _overview(desk, form)
    if not form.is_valid() or file is None:
        return _overview(desk, form)
    try:
        with Store(settings.FILES_DIR).held(uploads.form_chunks(file), max_bytes=settings.ORIGINAL_BYTES) as path:
            found = unpack(path, desk.store, max_bytes=settings.ORIGINAL_BYTES)
        made = workspaces.save_revision(
            desk.workspace,
            base=form.cleaned_data["base"],
            text=found.text,
            files=found.files,
            kind=RevisionKind.ZIP,
            author=person(request),
            now=timezone.now(),
            message=str(file.name),
        )
    except (BadArchive, Overtaken) as error:
        form.add_error("file", str(error))
        return _overview(desk, form)
    messages.success(request, _("Revision %(number)s holds the archive's files.") % {"number": made.number})
    return redirect("pages:workspace_step", slug, "review")
