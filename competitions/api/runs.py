"""Runs of programs as JSON. Of a run on hidden inputs there is only what queries.runs tells its team."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from rest_framework.request import Request

from competitions.models import Evaluation, Execution, Submission
from competitions.outcome_texts import outcome_of
from competitions.permissions import can_see_log
from competitions.programs import ProgramLimits
from competitions.queries.executions import queue_position
from competitions.queries.runs import last_box, progress_of, run_of, runs_of, use_of
from competitions.status import RUN_SENTENCES, ExecutionKind, ExecutionStatus, run_text


def described_run(
    request: Request, submission: Submission, evaluation: Evaluation | None, *, with_log: bool = False
) -> dict[str, Any] | None:
    """The run that the submission waits for, or that led to its scores; None for a prediction."""
    run = run_of(submission, evaluation)
    if run is None:
        return None
    may_see, logged = can_see_log(request.user, run), log_run(request, submission, evaluation)
    return {
        "number": run.pk,
        **_state(run),
        **_end(run, may_see=may_see),
        "used": [
            {"name": use.name, "used": use.used, "limit": use.limit, "is_rounded": use.is_rounded}
            for use in use_of(run, is_exact=may_see)
        ],
        "limits": ProgramLimits.of(run.limits).as_dict(),
        "runtime": {name: getattr(run.runtime, name) for name in ("name", "version", "python", "digest")},
        **{name: _moment(getattr(run, name), may_see=may_see) for name in ("queued_at", "started_at", "finished_at")},
        "log": run.log if with_log and may_see else None,
        "log_url": _log_url(request, logged) if logged else None,
    }


def log_run(
    request: Request, submission: Submission, evaluation: Evaluation | None, kind: str = ""
) -> Execution | None:
    """The newest run (of this kind) whose log this person may read: once a program meets hidden inputs, its trial's."""
    runs = [run for run in runs_of(submission, evaluation) if kind in {"", run.kind}]
    return next((run for run in runs if can_see_log(request.user, run)), None)


def _state(run: Execution) -> dict[str, Any]:
    progress = progress_of(run) if run.status == ExecutionStatus.RUNNING else None
    text = run_text(RUN_SENTENCES, run.kind, run.status)
    return {
        "kind": run.kind,
        "is_trial": run.kind == ExecutionKind.TRIAL,
        "status": run.status,
        "status_text": str(text or run.get_status_display()),
        "queue_position": queue_position(run) if run.status == ExecutionStatus.QUEUED else None,
        "progress": {"step": progress[0], "steps": progress[1]} if progress else None,
    }


def _end(run: Execution, *, may_see: bool) -> dict[str, Any]:
    """`reason` is the sandbox's own sentence, in English; like the exit code it is not for hidden inputs."""
    is_over = run.status in {ExecutionStatus.DONE, ExecutionStatus.FAILED}
    box = last_box(run) if is_over and may_see else None
    return {
        "outcome": run.outcome if is_over else "",
        "outcome_text": outcome_of(run),
        "reason": run.reason if is_over and may_see else None,
        "exit_code": box.exit_code if box else None,
        "signal": box.signal if box else None,
    }


def _moment(at: datetime | None, *, may_see: bool) -> datetime | None:
    """To the minute on hidden inputs: how long the program took would be told more finely than in tenths."""
    return at if at is None or may_see else at.replace(second=0, microsecond=0)


def _log_url(request: Request, run: Execution) -> str:
    address = reverse("api:submission_log", args=[run.submission_id])
    return str(request.build_absolute_uri(f"{address}?run={run.kind}"))
