"""A team's submissions: the list, one of them, what becomes of it while one watches, and its file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from competitions.downloads import file_response
from competitions.models import Submission
from competitions.pages.access import login_needed, person
from competitions.pages.charts import SceneBar, scene_bars
from competitions.pages.code_contracts import can_send_sample
from competitions.pages.contest import Contest, find_contest, render_contest
from competitions.pages.contracts import Metric, metric_texts
from competitions.pages.program_runs import RunText, run_texts
from competitions.pages.submission_states import SubmissionState, state_of
from competitions.pages.timelines import Moment, timeline
from competitions.problem_texts import ProblemText, problem_texts
from competitions.queries.changes import Rescored, rescored
from competitions.queries.competitions import decimals_of, tasks
from competitions.queries.evaluations import live_first, with_current_evaluation
from competitions.queries.leaderboards import visible_boards
from competitions.queries.runs import problem_count, runs_of, shown_problems
from competitions.queries.submissions import (
    Interval,
    SceneScores,
    intervals_in,
    public_scores,
    receipt,
    same_file,
    team_submissions,
    visible_submissions,
)
from competitions.services import final_choices
from competitions.services import submissions as intake
from competitions.status import BoardKind, EvaluationStatus, sentence
from competitions.store import Store

ROWS = 30
PROBLEMS_SHOWN = 20


# -- the list ---------------------------------------------------------------------------------------------------------


@require_safe
@login_needed
def submission_list(request: HttpRequest, slug: str) -> HttpResponse:
    contest = find_contest(request, slug)
    if contest.team is None:
        return render_contest(contest, "pages/submissions.html", tab="submissions", rows=[], metrics=[])
    page = Paginator(with_current_evaluation(team_submissions(contest.team)), ROWS).get_page(request.GET.get("page"))
    return render_contest(
        contest,
        "pages/submissions.html",
        tab="submissions",
        page=page,
        rows=[state_of(submission, contest.now) for submission in page],
        sample=_sample_task(contest),
        takes_programs=any(task.code for task in tasks(contest.competition)),
        has_several_tasks=contest.competition.tasks.count() > 1,
    )


def _sample_task(contest: Contest) -> Any:
    return next((task for task in tasks(contest.competition) if can_send_sample(task)), None)


@require_safe
@login_needed
def submission_row(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One row of the list for a page that watches it; 204 while nothing is new."""
    contest, state = _find(request, slug, number)
    if request.GET.get("seen") == state.seen:
        return HttpResponse(status=204)
    context = {
        "contest": contest,
        "competition": contest.competition,
        "now": contest.now,
        "row": state,
        "has_several_tasks": contest.competition.tasks.count() > 1,
    }
    return render(request, "pages/_submission_row.html", context)


# -- one submission ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SubmissionDetail:
    """All that the page of one submission shows."""

    state: SubmissionState
    metrics: list[Metric]
    public: Mapping[str, float] | None
    bars: list[SceneBar]
    private: Mapping[str, float] | None
    private_bars: list[SceneBar]
    problems: list[ProblemText]
    problem_count: int
    moments: list[Moment]
    runs: list[RunText]
    receipt: Mapping[str, Any]
    twin: Submission | None
    decimals: Mapping[str, int]
    private_decimals: Mapping[str, int]
    intervals: Mapping[str, Interval]
    private_intervals: Mapping[str, Interval]
    repeated_from: int | None
    original: Submission | None  # of a second stage: whose program this is
    rescored: Rescored | None = None

    @property
    def seen(self) -> str:
        """As of the state, and how much of a live log was there."""
        run = self.state.waits_for
        shown = next((one.log for one in self.runs if run is not None and one.run.pk == run.pk), None)
        return self.state.seen if shown is None or run is None else f"{self.state.seen}.{len(run.log)}"

    @property
    def interval_units(self) -> list[str]:
        """What was drawn anew, a sentence for each kind of unit."""
        found = {(one.units, one.count) for one in self.intervals.values()}
        texts = {
            "scenes": _("Drawn anew: the %(count)s scenes."),
            "blocks": _("Drawn anew: %(count)s blocks of neighbouring cells, since there are few scenes."),
            "rows": _("Drawn anew: the %(count)s rows."),
            "groups": _("Drawn anew: the %(count)s groups of rows."),
        }
        return [texts[units] % {"count": count} for units, count in sorted(found) if units in texts]

    @property
    def hidden_problem_count(self) -> int:
        return max(0, self.problem_count - len(self.problems))


@require_safe
@login_needed
def submission(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    contest, state = _find(request, slug, number)
    return render_contest(contest, "pages/submission.html", tab="submissions", detail=_detail(contest, state))


@require_safe
@login_needed
def submission_state(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The part of the page that changes, for a page that watches it; 204 while nothing is new."""
    contest, state = _find(request, slug, number)
    detail = _detail(contest, state)
    if request.GET.get("seen") == detail.seen:
        return HttpResponse(status=204)
    return render_contest(contest, "pages/_submission_state.html", tab="submissions", detail=detail)


def _find(request: HttpRequest, slug: str, number: int) -> tuple[Contest, SubmissionState]:
    contest = find_contest(request, slug)
    mine = visible_submissions(request.user).filter(team__competition=contest.competition)
    found = get_object_or_404(with_current_evaluation(mine), pk=number)
    return contest, state_of(found, contest.now)


def _detail(contest: Contest, state: SubmissionState) -> SubmissionDetail:
    evaluation, submission = state.evaluation, state.submission
    metrics = metric_texts(submission.task)
    decimals = decimals_of(submission.task, is_public=True)
    private_decimals = decimals_of(submission.task, is_public=False)
    public = public_scores(submission, now=state.now)
    private = _private_detail(contest, state)
    user = contest.request.user
    problems = shown_problems(user, submission, evaluation)
    runs = runs_of(submission, evaluation)
    return SubmissionDetail(
        state=state,
        metrics=metrics,
        public=public.metrics if public else None,
        bars=scene_bars(public.scenes, decimals) if public else [],
        private=private.get("metrics", {}) if private else None,
        private_bars=scene_bars(_scenes(private), private_decimals) if private else [],
        problems=problem_texts(problems[:PROBLEMS_SHOWN]),
        problem_count=problem_count(user, submission, evaluation),
        moments=timeline(evaluation, runs),
        runs=run_texts(user, runs),
        receipt=receipt(submission),
        twin=same_file(submission.team, submission.blob, before=submission),
        decimals=decimals,
        private_decimals=private_decimals,
        intervals=public.intervals if public else {},
        private_intervals=intervals_in(private),
        repeated_from=public.repeated_from if public else None,
        original=submission.frozen_from,
        rescored=rescored(submission) if public else None,
    )


def _private_detail(contest: Contest, state: SubmissionState) -> Mapping[str, Any] | None:
    """The private split is for those who may see the private board of this phase and task, and for nobody else."""
    boards = visible_boards(contest.request.user, contest.competition, now=contest.now)
    place = {"phase": state.submission.phase_id, "task": state.submission.task_id}
    if state.evaluation is None or not boards.filter(**place, kind=BoardKind.PRIVATE).exists():
        return None
    return state.evaluation.private_detail


def _scenes(detail: Mapping[str, Any]) -> list[SceneScores]:
    return [SceneScores(scene["name"], scene.get("metrics", {})) for scene in detail.get("scenes", [])]


# -- what one can do with it ------------------------------------------------------------------------------------------


@require_POST
@login_needed
def submission_cancel(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    contest, state = _find(request, slug, number)
    get_object_or_404(team_submissions(contest.team) if contest.team else Submission.objects.none(), pk=number)
    try:
        intake.cancel(state.submission, user=person(request), now=contest.now)
    except intake.TooLateToCancel as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _cancelled_text(state.submission))
    return redirect("pages:submission", slug, number)


def _cancelled_text(submission: Submission) -> str:
    """What it costs, as it is recorded: the program may have begun since the page was shown."""
    evaluation = live_first().filter(submission=submission).first()
    if evaluation is None or evaluation.status == EvaluationStatus.CANCELLED:
        return _("Submission #%(number)s is cancelled. It costs no quota.") % {"number": submission.pk}
    stopped = _("Submission #%(number)s is stopped.") % {"number": submission.pk}
    return f"{stopped} {sentence(evaluation.status, evaluation.failure_kind)}"


@require_POST
@login_needed
def submission_choose(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """Let it count at the end, or no longer."""
    contest, state = _find(request, slug, number)
    get_object_or_404(team_submissions(contest.team) if contest.team else Submission.objects.none(), pk=number)
    act = final_choices.take_back if request.POST.get("choose") == "no" else final_choices.choose
    try:
        act(state.submission, user=person(request), now=contest.now)
    except final_choices.CannotChoose as error:
        messages.warning(request, str(error))
    else:
        texts = {
            final_choices.choose: _("Submission #%(number)s is chosen for the end."),
            final_choices.take_back: _("Submission #%(number)s is no longer chosen for the end."),
        }
        messages.success(request, texts[act] % {"number": number})
    return (
        redirect("pages:submissions", slug)
        if request.POST.get("back") == "list"
        else redirect("pages:submission", slug, number)
    )


@require_safe
@login_needed
def submission_file(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """The very bytes that were sent."""
    found = _find(request, slug, number)[1].submission
    return file_response(
        request,
        path=Store(settings.FILES_DIR).blob_path(found.blob.sha256),
        name=found.file_name,
        sha256=found.blob.sha256,
        modified_at=found.submitted_at,
    )


@require_safe
@login_needed
def submission_receipt(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    found = _find(request, slug, number)[1].submission
    name = f"receipt-{found.pk}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return JsonResponse(receipt(found), headers=headers, json_dumps_params={"indent": 2, "ensure_ascii": False})


@require_safe
@login_needed
def submission_problems(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Every problem that was kept, one a line."""
    state = _find(request, slug, number)[1]
    problems = problem_texts(shown_problems(request.user, state.submission, state.evaluation))
    lines = [f"{one.where}: {one.text}\n" if one.where else f"{one.text}\n" for one in problems]
    headers = {"Content-Disposition": f'attachment; filename="problems-{number}.txt"'}
    return HttpResponse("".join(lines), content_type="text/plain; charset=utf-8", headers=headers)
