"""Runs of contestants' programs for organisers: the list, each one's whole log, and the proof of its boxes."""

from dataclasses import dataclass
from typing import Any

from django.forms.models import model_to_dict
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from competitions.models import Competition, Execution, RunRecord
from competitions.pages.access import login_needed
from competitions.pages.contest import Contest
from competitions.queries.competitions import organised_competitions
from competitions.queries.executions import contest_executions
from competitions.queries.runs import PREDICT, last_box

LATEST = 25


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run, and how the box that the program ran in last came to its end."""

    run: Execution
    end: str


def latest_runs(contest: Contest) -> list[RunRow]:
    runs = contest_executions(contest.competition).defer("log", "runtime__packages").prefetch_related("runs")
    return [RunRow(run, _end(run)) for run in runs[:LATEST]]


def _end(run: Execution) -> str:
    boxes = [box for box in run.runs.all() if box.stage == PREDICT and box.attempt == run.attempt]
    if not boxes:
        return ""
    box = boxes[-1]
    return f"signal {box.signal}" if box.signal is not None else "" if box.exit_code is None else str(box.exit_code)


@require_safe
@login_needed
def execution_log(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """All that was kept of what a program wrote, also on hidden inputs."""
    run = _find(request, slug, number)
    headers = {"Content-Disposition": f'attachment; filename="run-{run.pk}.log"'}
    return HttpResponse(run.log, content_type="text/plain; charset=utf-8", headers=headers)


@require_safe
@login_needed
def execution_runs(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The proof: of every box of a run, and of those that scored what it wrote, what ran on what and what came out."""
    run = _find(request, slug, number)
    of_scorings = RunRecord.objects.filter(evaluation__execution=run)
    content = {
        "execution": _facts(run),
        "boxes": [_proof(box) for box in run.runs.all()],
        "scoring_boxes": [{"evaluation": box.evaluation_id, **_proof(box)} for box in of_scorings],
    }
    headers = {"Content-Disposition": f'attachment; filename="run-{run.pk}.json"'}
    return JsonResponse(content, headers=headers, json_dumps_params={"indent": 2, "ensure_ascii": False})


def _facts(run: Execution) -> dict[str, Any]:
    names = ("kind", "status", "attempt", "worker", "failure_kind", "outcome", "reason", "inputs_digest", "limits")
    times = ("queued_at", "started_at", "finished_at")
    used = ("wall_seconds", "cpu_seconds", "peak_memory_mib")
    box = last_box(run)
    return {
        "number": run.pk,
        "submission": run.submission_id,
        "team": run.submission.team.name,
        "task": run.submission.task.key,
        **{name: getattr(run, name) for name in (*names, *times, *used)},
        "exit_code": box.exit_code if box else None,
        "signal": box.signal if box else None,
        "runtime": {name: getattr(run.runtime, name) for name in ("name", "version", "python", "digest")},
        "upload_sha256": run.submission.blob.sha256,
        "prediction_sha256": run.prediction.sha256 if run.prediction else None,
        "problems": run.problems,
    }


def _proof(box: RunRecord) -> dict[str, Any]:
    return model_to_dict(box, exclude=["id", "execution", "evaluation"])


def _find(request: HttpRequest, slug: str, number: int) -> Execution:
    """Through the query of those who organise: for anybody else there is no such run."""
    competition: Competition = get_object_or_404(organised_competitions(request.user), slug=slug)
    runs = contest_executions(competition).select_related("submission__blob", "prediction")
    return get_object_or_404(runs, pk=number)
