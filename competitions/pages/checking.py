""" "Check only": the form of the submit page, answered with what is wrong with the file, without submitting it."""

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from competitions.pages.access import login_needed, person
from competitions.pages.contest import Contest, find_contest
from competitions.pages.submitting import (
    STATUS_OF_REFUSALS,
    CheckedText,
    Place,
    find_place,
    fresh_form,
    submit_page,
    too_large_text,
    wants_json,
)
from competitions.problem_texts import problem_texts
from competitions.services.file_checks import CheckBusy, NotForPrograms, TooManyChecks, check_file
from competitions.store import FileTooLarge
from competitions.uploads import form_chunks, form_file

PROBLEMS_SHOWN = 20
STATUS_OF_CHECKS: dict[type[Exception], int] = {
    **STATUS_OF_REFUSALS,
    NotForPrograms: 409,
    TooManyChecks: 429,
    CheckBusy: 503,
}


@require_POST
@login_needed
def check(request: HttpRequest, slug: str) -> HttpResponseBase:
    contest = find_contest(request, slug)
    place = find_place(contest)
    if place is None:
        return redirect("pages:submit", slug)
    try:
        checked = _checked(contest, place)
    except tuple(STATUS_OF_CHECKS) as error:
        text = too_large_text(error) if isinstance(error, FileTooLarge) else str(error)
        return _refuse(contest, place, STATUS_OF_CHECKS[type(error)], text)
    if checked is None:
        return _refuse(contest, place, 400, _("Choose a file first."))
    if wants_json(request):
        return JsonResponse({"checked": render_to_string("pages/_check_result.html", {"checked": checked}, request)})
    return submit_page(contest, place, fresh_form(request.POST.get("note", "")), checked=checked)


def _checked(contest: Contest, place: Place) -> CheckedText | None:
    """None without a file."""
    file = form_file(contest.request)
    if file is None:
        return None
    found = check_file(
        user=person(contest.request),
        task=place.task,
        chunks=lambda _max: form_chunks(file),
        file_name=file.name or "",
        now=contest.now,
    )
    version = place.task.current_version
    is_table = version is not None and version.contract.get("kind") == "table"
    return CheckedText(file.name or "", problem_texts(found.problems[:PROBLEMS_SHOWN]), found.total, is_table)


def _refuse(contest: Contest, place: Place, status: int, text: str) -> HttpResponseBase:
    if wants_json(contest.request):
        return JsonResponse({"error": text}, status=status)
    return submit_page(contest, place, fresh_form(), status=status, error=text)
