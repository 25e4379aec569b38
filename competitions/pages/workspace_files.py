"""The files beside competition.yaml: uploading, reading, removing. An act is a revision, so it can be undone."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from competitions import uploads
from competitions.bundles.originals import hidden_names
from competitions.bundles.revisions import document_of
from competitions.downloads import file_response
from competitions.pages.access import login_needed, person
from competitions.pages.forms_workspace import UploadForm
from competitions.pages.workspace_desk import Desk, find_desk
from competitions.pages.workspace_yaml import whole
from competitions.services import workspaces
from competitions.services.workspaces import Files, Overtaken
from competitions.status import RevisionKind
from competitions.store import FileTooLarge

STEPS_WITH_FILES = {"data": "data", "truth": "truth"}


@dataclass(frozen=True, slots=True)
class FileRow:
    name: str
    size_bytes: int
    sha256: str
    is_hidden: bool


def file_rows(desk: Desk) -> list[FileRow]:
    hidden = hidden_names(document_of(desk.text), desk.files)
    return [FileRow(name, file.size_bytes, file.sha256, name in hidden) for name, file in sorted(desk.files.items())]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_needed
def workspace_files(request: HttpRequest, slug: str) -> HttpResponseBase:
    desk = find_desk(request, slug)
    if request.method != "POST":
        return _page(desk, fresh_upload(desk))
    form = UploadForm(request.POST, request.FILES)
    try:
        file = uploads.form_file(request)
    except FileTooLarge as error:
        form.add_error("file", _("The file is larger than %(bytes)s bytes.") % {"bytes": error.max_bytes})
        return _page(desk, form)
    if not form.is_valid() or file is None:
        return _page(desk, form)
    name = form.cleaned_data["name"]
    stored = desk.store.put_original(uploads.form_chunks(file))
    message = _("%(name)s uploaded") % {"name": name}
    # A name that is new takes nothing away, whoever saved meanwhile.
    base = form.cleaned_data["base"] if name in desk.files else desk.workspace.head
    made = _save(desk, {**desk.files, name: stored}, base=base, message=message)
    step = request.POST.get("step", "")
    return redirect("pages:workspace_step", slug, step) if made and step in STEPS_WITH_FILES else _back(slug)


def fresh_upload(desk: Desk, folder: str = "") -> UploadForm:
    return UploadForm(initial={"base": desk.workspace.head, "folder": folder})


def _page(desk: Desk, form: UploadForm) -> HttpResponse:
    status = 400 if form.errors else 200
    return desk.render("pages/workspace_files.html", status=status, form=form, rows=file_rows(desk), page="files")


def _back(slug: str) -> HttpResponseBase:
    return redirect("pages:workspace_files", slug)


def _save(desk: Desk, files: Files, *, base: int, message: str) -> bool:
    request = desk.contest.request
    try:
        made = workspaces.save_revision(
            desk.workspace,
            base=base,
            text=desk.text,
            files=files,
            kind=RevisionKind.FILES,
            author=person(request),
            now=timezone.now(),
            message=message,
        )
    except Overtaken as error:
        messages.error(request, str(error))
        return False
    messages.success(request, _("Saved as revision %(number)s.") % {"number": made.number} + f" {message}")
    return True


@never_cache
@require_POST
@login_needed
def workspace_files_remove(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Those that are ticked, once the contest's name was typed. Older revisions keep them."""
    desk = find_desk(request, slug)
    names = [name for name in request.POST.getlist("name") if name in desk.files]
    if request.POST.get("sure", "").strip() != slug or not names:
        text = _("Nothing was removed: tick the files and type the contest's name, %(slug)s.")
        messages.error(request, text % {"slug": slug})
        return _back(slug)
    kept = {name: file for name, file in desk.files.items() if name not in names}
    told = ngettext("%(count)s file removed", "%(count)s files removed", len(names)) % {"count": len(names)}
    _save(desk, kept, base=whole(request.POST.get("base", "")), message=told)
    return _back(slug)


@never_cache
@require_safe
@login_needed
def workspace_file(request: HttpRequest, slug: str, name: str) -> HttpResponseBase:
    """One file of the newest revision, as a download. Reading a hidden one is in the log."""
    desk = find_desk(request, slug)
    file = desk.files.get(name)
    if file is None or desk.revision is None:
        raise Http404
    if request.method == "GET" and name in hidden_names(document_of(desk.text), desk.files):
        workspaces.note_hidden_file(desk.workspace, name, file.sha256, actor=person(request), now=timezone.now())
    return file_response(
        request,
        path=desk.store.original_path(file.sha256),
        name=name.rpartition("/")[2],
        sha256=file.sha256,
        modified_at=desk.revision.created_at,
    )
