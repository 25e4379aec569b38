"""The organiser's overview of a contest: is it well, what waits, what failed, who leads on the private split."""

import csv
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from competitions.models import Board, Competition, Evaluation, Submission, Task, WorkerReport
from competitions.pages.access import login_needed
from competitions.pages.contest import Contest, find_organised, render_contest
from competitions.pages.contracts import metric_titles
from competitions.pages.leaderboards import leaderboard_address
from competitions.pages.organised_runs import latest_runs
from competitions.pages.submission_states import SubmissionState, state_of
from competitions.queries.account_hints import account_hints
from competitions.queries.competitions import tasks
from competitions.queries.evaluations import unfinished, with_current_evaluation, workers
from competitions.queries.leaderboards import visible_boards
from competitions.queries.participation import waiting_registrations
from competitions.queries.submissions import contest_submissions, intervals_in
from competitions.queries.workers import queues
from competitions.spreadsheets import safe_cell
from competitions.status import BoardKind, EvaluationStatus, FailureKind

LATEST = 25
ENDS = ("", "_low", "_high")  # of the columns of a score in the export
SILENT_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class OrganiserRow:
    """A submission with its ranking score on both splits."""

    state: SubmissionState
    metric: str
    public: float | None
    private: float | None
    decimals: int


@dataclass(frozen=True, slots=True)
class WorkerRow:
    report: WorkerReport
    is_silent: bool


@dataclass(frozen=True, slots=True)
class BoardLink:
    board: Board
    address: str


@require_safe
@login_needed
def organiser(request: HttpRequest, slug: str) -> HttpResponse:
    contest = find_organised(request, slug)
    evaluations = Evaluation.objects.filter(submission__team__competition=contest.competition)
    by_status = Counter(evaluations.order_by().values_list("status", flat=True))
    failures = Counter(evaluations.filter(failure_kind__gt="").order_by().values_list("failure_kind", flat=True))
    return render_contest(
        contest,
        "pages/organiser.html",
        tab="organiser",
        counts=[(status.label, by_status[status]) for status in EvaluationStatus],
        failures=[(kind.label, failures[kind]) for kind in FailureKind],
        oldest=unfinished(contest.competition).order_by("queued_at").first(),
        boards=_boards(contest),
        rows=_latest(contest.competition),
        hints=account_hints(contest.competition),
        waiting=waiting_registrations(contest.competition).count(),
        workers=[WorkerRow(report, contest.now - report.seen_at > SILENT_AFTER) for report in workers(now=contest.now)],
        tasks=tasks(contest.competition).prefetch_related("scoring_versions"),
        queues=queues(),
        runs=latest_runs(contest),
    )


@require_safe
@login_needed
def organiser_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """Every submission with its scores on both splits."""
    contest = find_organised(request, slug)
    file = io.StringIO()
    writer = csv.writer(file)
    keys = sorted({metric["key"] for task in tasks(contest.competition) for metric in task.metrics})
    columns = [f"{key}_{split}{end}" for key in keys for split in ("public", "private") for end in ENDS]
    writer.writerow(["number", "team", "phase", "task", "submitted_at", "status", "failure", "sha256", *columns])
    for submission in with_current_evaluation(contest_submissions(contest.competition)).order_by("pk"):
        writer.writerow(_cells(submission, keys))
    headers = {"Content-Disposition": f'attachment; filename="{slug}-submissions.csv"'}
    return HttpResponse("\ufeff" + file.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


@require_safe
@login_needed
def program_log(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """What the organiser's own metric wrote when it scored a submission."""
    contest = find_organised(request, slug)
    submission = get_object_or_404(with_current_evaluation(contest_submissions(contest.competition)), pk=number)
    evaluation = state_of(submission, contest.now).evaluation
    text = evaluation.program_log if evaluation else ""
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


def _cells(submission: Submission, keys: list[str]) -> list[Any]:
    state = state_of(submission, submission.submitted_at)
    evaluation = state.evaluation
    details = [evaluation.public_detail or {}, evaluation.private_detail or {}] if evaluation else [{}, {}]
    return [
        submission.pk,
        safe_cell(submission.team.name),
        submission.phase.key,
        submission.task.key,
        submission.submitted_at.isoformat(timespec="seconds"),
        state.status,
        evaluation.failure_kind if evaluation else "",
        submission.blob.sha256,
        *(cell for key in keys for detail in details for cell in _score_cells(detail, key)),
    ]


def _score_cells(detail: Mapping[str, Any], key: str) -> list[Any]:
    """A score and the ends of its interval, in full: organisers see what the public guards hide."""
    interval = intervals_in(detail).get(key)
    ends = [interval.low, interval.high] if interval else ["", ""]
    return [detail.get("metrics", {}).get(key, ""), *ends]


def _boards(contest: Contest) -> list[BoardLink]:
    boards = visible_boards(contest.request.user, contest.competition, now=contest.now)
    hidden = boards.filter(kind__in=[BoardKind.PRIVATE, BoardKind.FINAL])
    return [BoardLink(board, leaderboard_address(contest.competition.slug, board)) for board in hidden]


def _latest(competition: Competition) -> list[OrganiserRow]:
    found = with_current_evaluation(contest_submissions(competition)).order_by("-submitted_at", "-pk")[:LATEST]
    ranking = {board.task_id: board for board in Board.objects.filter(phase__competition=competition)}
    return [_row(submission, ranking.get(submission.task_id)) for submission in found]


def _row(submission: Submission, board: Board | None) -> OrganiserRow:
    state = state_of(submission, submission.submitted_at)
    key = board.metric if board else _first_metric(submission.task)
    evaluation = state.evaluation
    public = (evaluation.public_detail or {}) if evaluation else {}
    private = (evaluation.private_detail or {}) if evaluation else {}
    return OrganiserRow(
        state,
        metric_titles(submission.task).get(key, key),
        public.get("metrics", {}).get(key),
        private.get("metrics", {}).get(key),
        board.decimals if board else 4,
    )


def _first_metric(task: Task) -> str:
    return str(task.metrics[0]["key"]) if task.metrics else ""
