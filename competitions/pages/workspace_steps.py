"""The wizard: a step shows its sections of competition.yaml as forms, and saving one is possible at any time."""

import copy
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from competitions.bundles.checks import LANGUAGE_NAMES
from competitions.bundles.rewriting import CannotWrite, rewritten
from competitions.bundles.steps import REVIEW, Step, sections_of, step_named
from competitions.bundles.times import zone_names
from competitions.pages.access import login_needed
from competitions.pages.schema_forms import Field, Place, Schema, field_of
from competitions.pages.schema_metrics import MetricRow, metric_rows
from competitions.pages.schema_posts import BadPart, Posted, read_field
from competitions.pages.workspace_desk import TITLES, Desk, find_desk
from competitions.pages.workspace_files import STEPS_WITH_FILES, fresh_upload
from competitions.pages.workspace_texts import TextBlock, TextTooLong, put_texts, text_blocks
from competitions.pages.workspace_yaml import save_text, whole
from competitions.queries.workspaces import latest_apply, live_revision, revision
from competitions.services import workspaces
from competitions.status import RevisionKind

TEXT_SECTIONS = ("pages", "terms")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_needed
def workspace_step(request: HttpRequest, slug: str, step: str) -> HttpResponseBase:
    desk = find_desk(request, slug)
    if step == REVIEW:
        return _review(desk) if request.method != "POST" else _no_such(desk)
    found = step_named(step)
    if found is None:
        raise Http404
    return _save(desk, found) if request.method == "POST" else _step(desk, found)


def _no_such(desk: Desk) -> HttpResponse:
    return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})


def _review(desk: Desk) -> HttpResponse:
    return desk.render(
        "pages/workspace_review.html",
        apply=latest_apply(desk.workspace),
        live=live_revision(desk.competition),
        page=REVIEW,
        languages=LANGUAGE_NAMES,
    )


# -- showing a step ---------------------------------------------------------------------------------------------------


def _step(desk: Desk, step: Step, *, status: int = 200) -> HttpResponse:
    if not desk.is_readable:
        return desk.render("pages/workspace_unreadable.html", page=step.key)
    folder = STEPS_WITH_FILES.get(step.key, "")
    return desk.render(
        "pages/workspace_step.html",
        status=status,
        step=step,
        title=TITLES[step.key],
        fields=_fields(desk, step),
        blocks=_blocks(desk, step),
        problems=desk.problems_in(step.key),
        warnings=desk.warnings_in(step.key),
        upload=fresh_upload(desk, folder) if folder else None,
        metrics=_catalogue(desk) if step.key == "metric" else [],
        names=sorted(desk.files),
        zones=sorted(zone for zone in zone_names() if "/" in zone) if step.key == "basics" else [],
        page=step.key,
    )


def _fields(desk: Desk, step: Step) -> list[Field]:
    place, required = Place((), desk.zone), {"slug", "title", "timezone", "contact_email", "pages", "terms", "tasks"}
    return [
        field_of(key, schema, desk.values.get(key), place.at(key), is_required=key in required)
        for key, schema in _sections(step).items()
    ]


def _sections(step: Step) -> dict[str, Schema]:
    """Pages and rules are written here, not named by their files."""
    found: dict[str, Schema] = dict(sections_of(step))
    if "pages" in found:
        found["pages"] = {**found["pages"], "items": _without_file(found["pages"]["items"])}
    if "terms" in found:
        found["terms"] = _without_file(found["terms"])
    return found


def _without_file(schema: Schema) -> Schema:
    return {**schema, "properties": {key: part for key, part in schema["properties"].items() if key != "file"}}


def _blocks(desk: Desk, step: Step) -> list[TextBlock]:
    sections = [one for one in TEXT_SECTIONS if one in step.sections]
    return [block for one in sections for block in text_blocks(desk.values, one, desk.files, desk.store)]


def _catalogue(desk: Desk) -> list[MetricRow]:
    """The metrics for the kinds of data that the contest has; all while none is chosen."""
    tasks = desk.values.get("tasks")
    held = [task.get("submission") for task in tasks if isinstance(task, dict)] if isinstance(tasks, list) else []
    kinds = {one["kind"] for one in held if isinstance(one, dict) and isinstance(one.get("kind"), str)} or {""}
    rows = {row.name: row for kind in sorted(kinds) for row in metric_rows(kind)}
    return sorted(rows.values(), key=lambda row: row.name)


# -- saving one -------------------------------------------------------------------------------------------------------


def _save(desk: Desk, step: Step) -> HttpResponseBase:
    """The form was made from a certain revision, and is read against that one; whether it still is the newest is
    decided when it is saved."""
    request = desk.contest.request
    base = whole(request.POST.get("base", ""))
    from_desk = _as_it_was(desk, base)
    if from_desk is None or not from_desk.is_readable:
        return _step(desk, step, status=400)
    try:
        values, files = _changed(from_desk, step, Posted(request.POST))
        result = rewritten(from_desk.text, values)
    except (BadPart, CannotWrite, TextTooLong) as error:
        messages.error(request, _("Nothing was saved.") + f" {error}")
        return _step(desk, step, status=400)
    if result.lost_comments:
        messages.warning(
            request, _("Comments inside of the parts that you changed were lost; older revisions have them.")
        )
    return save_text(
        desk,
        result.text,
        files,
        base=base,
        kind=RevisionKind.FORM,
        where="pages:workspace_step",
        step=step.key,
        message=str(TITLES[step.key]),
    )


def _as_it_was(desk: Desk, base: int) -> Desk | None:
    """The desk with the revision that the form was made from."""
    if base == desk.workspace.head:
        return desk
    old = revision(desk.workspace, base)
    if old is None:
        return None
    found = Desk(desk.contest, desk.workspace, desk.store)
    found.__dict__ |= {"revision": old, "text": old.text, "files": workspaces.files_of(old)}
    return found


def _changed(desk: Desk, step: Step, posted: Posted) -> tuple[dict[str, Any], workspaces.Files]:
    """The document and the files as the form says. Raises BadPart, TextTooLong."""
    values, place, files = copy.deepcopy(desk.values), Place((), desk.zone), desk.files
    for section in TEXT_SECTIONS:
        if section in step.sections:  # first: the form counts pages as they were when it was made
            files = put_texts(values, section, posted, files, desk.store)
    for key, schema in _sections(step).items():
        _put(values, key, read_field(schema, values.get(key), place.at(key), posted))
    return values, files


def _put(values: dict[str, Any], key: str, found: Any) -> None:
    if found is None:
        values.pop(key, None)
    else:
        values[key] = found
