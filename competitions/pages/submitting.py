"""Submitting: the contract explained, the quota beside the button, the upload, and the sample as a first try."""

import uuid
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from competitions.models import Phase, Submission, Task
from competitions.pages.access import login_needed, person
from competitions.pages.code_contracts import can_send_sample, code_text
from competitions.pages.contest import Contest, find_contest, render_contest
from competitions.pages.contracts import contract_text, metric_texts
from competitions.pages.forms import SubmitForm
from competitions.pages.ranking_texts import rankings_texts
from competitions.pages.second_stages import second_stage
from competitions.problem_texts import ProblemText
from competitions.queries.competitions import tasks
from competitions.queries.leaderboards import public_boards
from competitions.queries.submissions import team_submissions
from competitions.services import submissions as intake
from competitions.status import PhaseState
from competitions.store import FileTooLarge, Store
from competitions.templatetags.tidemark import size
from competitions.uploads import began_at, form_chunks, form_file

KNOWN_FILES = 200
STATUS_OF_REFUSALS: dict[type[Exception], int] = {
    intake.QuotaExceeded: 429,
    intake.PhaseClosed: 409,
    intake.NotTakingPart: 403,
    intake.NotPromoted: 403,
    intake.TaskNotInPhase: 409,
    intake.KeyReused: 409,
    intake.NoProgram: 422,
    intake.FrozenPhase: 409,
    FileTooLarge: 413,
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a submission goes."""

    phase: Phase
    task: Task


@dataclass(frozen=True, slots=True)
class CheckedText:
    """What a check before submitting found, in the reader's language. `hidden` is how many more problems there are."""

    file_name: str
    problems: list[ProblemText]
    total: int
    is_table: bool = False  # its ids are compared with those of the truth, which a check does not see

    @property
    def hidden(self) -> int:
        return max(0, self.total - len(self.problems))


@require_http_methods(["GET", "HEAD", "POST"])
def submit(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Everybody may read what a submission must look like; the form is for those who take part."""
    contest = find_contest(request, slug)
    place = find_place(contest)
    if request.method == "POST" and place is not None:
        return _take(contest, place)
    return submit_page(contest, place, SubmitForm(initial={"key": uuid.uuid4().hex}))


def find_place(contest: Contest) -> Place | None:
    """The phase and task of the address, else the current phase and its first task."""
    wanted_phase, wanted_task = contest.request.GET.get("phase", ""), contest.request.GET.get("task", "")
    phase = next((one for one in contest.phases if one.key == wanted_phase), contest.phase)
    if phase is None:
        return None
    contest.phase = phase
    found = list(tasks(contest.competition).filter(phases=phase))
    task = next((one for one in found if one.key == wanted_task), found[0] if found else None)
    return Place(phase, task) if task else None


def submit_page(
    contest: Contest,
    place: Place | None,
    form: SubmitForm,
    *,
    status: int = 200,
    error: str = "",
    checked: CheckedText | None = None,
) -> HttpResponse:
    boards = public_boards(place.phase, place.task) if place else []
    code = code_text(place.task) if place else None
    is_published = place is not None and place.task.current_version_id is not None
    return render_contest(
        contest,
        "pages/submit.html",
        tab="submit",
        status=status,
        place=place,
        tasks=tasks(contest.competition).filter(phases=place.phase) if place else [],
        phases=[phase for phase in contest.phases if phase.state(contest.now) == PhaseState.OPEN],
        contract=contract_text(place.task, max_file_bytes=place.phase.max_file_bytes) if place else None,
        metrics=metric_texts(place.task) if place else [],
        ranking=rankings_texts(boards),
        ranking_metrics={board.metric for board in boards if not board.combine},
        code=code,
        has_sample=place is not None and can_send_sample(place.task),
        stage=second_stage(contest, place.phase) if place else None,
        form=form,
        error=error,
        checked=checked,
        can_check=contest.can_download and is_published and code is None,
        known_files=_known_files(contest),
        can_send=contest.obstacle is None and contest.allowance is not None and contest.allowance.is_allowed,
    )


def _known_files(contest: Contest) -> str:
    """Digests of the team's files, so that the browser can say "same file as #41" before anything is sent."""
    if contest.team is None:
        return ""
    rows = team_submissions(contest.team).values_list("blob__sha256", "pk")[:KNOWN_FILES]
    return " ".join(f"{sha256}:{number}" for sha256, number in rows)


# -- taking it in -----------------------------------------------------------------------------------------------------


def _take(contest: Contest, place: Place) -> HttpResponseBase:
    request = contest.request
    if not request.user.is_authenticated:
        return _refuse(contest, place, SubmitForm(), 403, _("Log in first."))
    try:
        form_file(request)
    except FileTooLarge as error:
        return _refuse(contest, place, fresh_form(), 413, too_large_text(error))
    form = SubmitForm(request.POST, request.FILES)
    if not form.is_valid():
        return _refuse(contest, place, form, 400, _first_error(form))
    try:
        submission = _submit(contest, place, form)
    except tuple(STATUS_OF_REFUSALS) as error:
        text = too_large_text(error) if isinstance(error, FileTooLarge) else str(error)
        return _refuse(contest, place, fresh_form(form.cleaned_data["note"]), STATUS_OF_REFUSALS[type(error)], text)
    return _receive(contest, submission)


def _submit(contest: Contest, place: Place, form: SubmitForm) -> Submission:
    file = form.cleaned_data["file"]
    return intake.submit(
        user=person(contest.request),
        phase=place.phase,
        task=place.task,
        chunks=form_chunks(file),
        file_name=file.name,
        note=form.cleaned_data["note"],
        idempotency_key=form.cleaned_data["key"],
        now=began_at(contest.request, now=contest.now),
    )


def _receive(contest: Contest, submission: Submission) -> HttpResponseBase:
    address = reverse("pages:submission", args=[contest.competition.slug, submission.pk])
    if wants_json(contest.request):
        return JsonResponse({"location": address})
    return redirect(address)


def _refuse(contest: Contest, place: Place, form: SubmitForm, status: int, text: str) -> HttpResponseBase:
    if wants_json(contest.request):
        return JsonResponse({"error": text}, status=status)
    return submit_page(contest, place, form, status=status, error=text)


def wants_json(request: HttpRequest) -> bool:
    """The upload module asks so; a plain form asks for a page."""
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def fresh_form(note: str = "") -> SubmitForm:
    return SubmitForm(initial={"key": uuid.uuid4().hex, "note": note})


def _first_error(form: SubmitForm) -> str:
    return next(str(message) for errors in form.errors.values() for message in errors)


def too_large_text(error: FileTooLarge) -> str:
    return _("The file is larger than %(limit)s, the limit of this phase.") % {"limit": size(error.max_bytes)}


# -- the sample as a first try ----------------------------------------------------------------------------------------


@require_POST
@login_needed
def submit_sample(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Send the organiser's sample submission in the team's name: the whole way, before writing any code."""
    contest = find_contest(request, slug)
    place = find_place(contest)
    if place is None or place.task.sample_submission is None:
        return redirect("pages:submit", slug)
    path = Store(settings.FILES_DIR).blob_path(place.task.sample_submission.sha256)
    try:
        with path.open("rb") as file:
            submission = intake.submit(
                user=person(request),
                phase=place.phase,
                task=place.task,
                chunks=iter(lambda: file.read(1024 * 1024), b""),
                file_name=place.task.sample_submission_name or "sample",
                note=_("Sample submission"),
                now=contest.now,
            )
    except tuple(STATUS_OF_REFUSALS) as error:
        return submit_page(contest, place, fresh_form(), status=STATUS_OF_REFUSALS[type(error)], error=str(error))
    return redirect("pages:submission", slug, submission.pk)
