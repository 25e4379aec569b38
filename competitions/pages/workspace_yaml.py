"""competition.yaml as text, with its problems beside the lines; and what differs between revisions, in words."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from competitions.bundles.originals import FILE_NAME
from competitions.bundles.problems import Problem
from competitions.bundles.revisions import findings_of
from competitions.models import Revision
from competitions.pages.access import login_needed, person
from competitions.pages.workspace_desk import Desk, find_desk
from competitions.pages.workspaces import revision_or_404
from competitions.queries.workspaces import live_revision, revisions
from competitions.services import workspaces
from competitions.services.workspaces import Files, Overtaken
from competitions.status import RevisionKind

MAX_CHARACTERS = 1024 * 1024
CONTEXT_LINES = 3
MAX_SHOWN_LINES = 3000


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    text: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A line of a difference: added, removed, the same, or a gap."""

    kind: str
    old_number: int | None
    new_number: int | None
    text: str


@dataclass(frozen=True, slots=True)
class FileChange:
    kind: str
    name: str


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_needed
def workspace_yaml(request: HttpRequest, slug: str) -> HttpResponseBase:
    desk = find_desk(request, slug)
    if request.method != "POST":
        return _editor(desk, desk.text, base=desk.workspace.head)
    text = request.POST.get("text", "").replace("\r\n", "\n")
    base = whole(request.POST.get("base", ""))
    if len(text.encode()) > MAX_CHARACTERS or "\0" in text:
        messages.error(request, _("The text is too long, or holds NUL characters; nothing was saved."))
        return _editor(desk, desk.text, base=desk.workspace.head, status=400)
    return save_text(desk, text, desk.files, base=base, kind=RevisionKind.YAML, where="pages:workspace_yaml")


def save_text(
    desk: Desk,
    text: str,
    files: Files,
    *,
    base: int,
    kind: RevisionKind,
    where: str,
    step: str = "",
    message: str = "",
) -> HttpResponseBase:
    """Save and show the page again; where somebody was faster, show both."""
    request = desk.contest.request
    try:
        made = workspaces.save_revision(
            desk.workspace,
            base=base,
            text=text,
            files=files,
            kind=kind,
            author=person(request),
            now=timezone.now(),
            message=request.POST.get("message", "").strip() or message,
        )
    except Overtaken as error:
        return _overtaken(desk, text, error)
    if made.number == base:
        messages.info(request, _("Nothing has changed."))
    else:
        messages.success(request, _("Saved as revision %(number)s.") % {"number": made.number})
    arguments = [desk.competition.slug, step] if step else [desk.competition.slug]
    return redirect(where, *arguments)


def _overtaken(desk: Desk, text: str, error: Overtaken) -> HttpResponse:
    """Nothing is lost: the person's text is in the editor, on top of the newest revision, with what differs."""
    changes = list(changes_between(error.newest.text, text))
    return _editor(desk, text, base=error.newest.number, status=409, overtaken=str(error), changes=changes)


def _editor(
    desk: Desk, text: str, *, base: int, status: int = 200, overtaken: str = "", changes: list[Change] | None = None
) -> HttpResponse:
    findings = findings_of(text, desk.files, desk.store)
    of_file = [one for one in (*findings.problems, *findings.warnings) if not one.line]
    return desk.render(
        "pages/workspace_yaml.html",
        status=status,
        text=text,
        base=base,
        lines=[line for line in _lines(text, [*findings.problems, *findings.warnings]) if line.problems],
        numbered=list(_lines(text, [*findings.problems, *findings.warnings])),
        of_file=of_file,
        problem_count=len(findings.problems),
        overtaken=overtaken,
        changes=changes or [],
        rows=min(40, max(12, text.count("\n") + 2)),
        page="yaml",
    )


def _lines(text: str, problems: list[Problem]) -> Iterator[Line]:
    for number, line in enumerate(text.splitlines(), start=1):
        at = tuple(one for one in problems if one.line == number and one.file == FILE_NAME)
        yield Line(number, line, at)


def whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


# -- differences ------------------------------------------------------------------------------------------------------


@never_cache
@require_safe
@login_needed
def workspace_diff(request: HttpRequest, slug: str) -> HttpResponse:
    """Between any two revisions, or the newest and the one that is live."""
    desk = find_desk(request, slug)
    live = live_revision(desk.competition)
    new = revision_or_404(desk, whole(request.GET.get("new", "")) or desk.workspace.head)
    old = _old(desk, request.GET.get("old", ""), live, new)
    changes = list(changes_between(old.text if old else "", new.text))
    return desk.render(
        "pages/workspace_diff.html",
        old=old,
        new=new,
        live=live,
        changes=changes[:MAX_SHOWN_LINES],
        left_out=max(0, len(changes) - MAX_SHOWN_LINES),
        file_changes=list(_file_changes(old, new)),
        revisions=revisions(desk.workspace),
        page="diff",
    )


def _old(desk: Desk, wanted: str, live: Revision | None, new: Revision) -> Revision | None:
    """The one that was asked for; else the live one; else the one before."""
    if whole(wanted):
        return revision_or_404(desk, whole(wanted))
    if live is not None:
        return live
    return revision_or_404(desk, new.number - 1) if new.number > 1 else None


def changes_between(old: str, new: str) -> Iterator[Change]:
    """Lines that differ, with a few around them."""
    before, after = old.splitlines(), new.splitlines()
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for number, group in enumerate(matcher.get_grouped_opcodes(CONTEXT_LINES)):
        if number:
            yield Change("gap", None, None, "")
        for tag, first, last, new_first, new_last in group:
            if tag == "equal":
                for offset in range(last - first):
                    yield Change("same", first + offset + 1, new_first + offset + 1, before[first + offset])
                continue
            yield from (Change("removed", index + 1, None, before[index]) for index in range(first, last))
            yield from (Change("added", None, index + 1, after[index]) for index in range(new_first, new_last))


def _file_changes(old: Revision | None, new: Revision) -> Iterator[FileChange]:
    before = old.tree.files if old else {}
    after = new.tree.files
    for name in sorted(before.keys() | after.keys()):
        if name not in before:
            yield FileChange("added", name)
        elif name not in after:
            yield FileChange("removed", name)
        elif before[name] != after[name]:
            yield FileChange("changed", name)
