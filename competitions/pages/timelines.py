"""What happened to a submission, in the order of time: its program's runs and its scoring as one list."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from competitions.models import Evaluation, EvaluationEvent, Execution, ExecutionEvent
from competitions.status import EvaluationStatus, ExecutionStatus


@dataclass(frozen=True, slots=True)
class Moment:
    """`look` is the status that a style may show."""

    at: datetime
    text: str
    look: str


def timeline(evaluation: Evaluation | None, runs: Sequence[Execution]) -> list[Moment]:
    """At one moment a run comes before the scoring that it leads to."""
    of_runs = [moment for run in reversed(runs) for moment in _of_run(run)]
    return sorted([*of_runs, *_of_scoring(evaluation)], key=lambda moment: moment.at)


def _of_run(run: Execution) -> Iterator[Moment]:
    for event in run.events.all():
        words = {"run": run.get_kind_display(), "event": _run_text(event)}
        yield Moment(event.at, capfirst(_("%(run)s: %(event)s") % words), event.new)


def _run_text(event: ExecutionEvent) -> str:
    if event.new == ExecutionStatus.QUEUED:
        return _queued_again(event.old) or _("in the queue")
    texts = {
        ExecutionStatus.RUNNING: _("began"),
        ExecutionStatus.DONE: _("ended well"),
        ExecutionStatus.FAILED: _("ended without a result"),
        ExecutionStatus.CANCELLED: _("stopped by its team"),
    }
    return texts[ExecutionStatus(event.new)] + _attempt(event)


def _queued_again(old: str) -> str:
    texts = {
        ExecutionStatus.RUNNING: _("back in the queue after a fault on our side"),
        ExecutionStatus.FAILED: _("back in the queue, to be run again"),
    }
    return texts[ExecutionStatus(old)] if old in texts else ""


def _of_scoring(evaluation: Evaluation | None) -> Iterator[Moment]:
    """While an evaluation waits for a program, the run says it all."""
    for event in evaluation.events.all() if evaluation else ():
        if event.new != EvaluationStatus.WAITING:
            yield Moment(event.at, _scoring_text(event), event.new)


def _scoring_text(event: EvaluationEvent) -> str:
    if event.new == EvaluationStatus.QUEUED:
        return _scoring_queued(event.old)
    texts = {
        EvaluationStatus.RUNNING: _("Scoring began"),
        EvaluationStatus.SCORED: _("Scored"),
        EvaluationStatus.CANCELLED: _("Cancelled"),
        EvaluationStatus.FAILED: _("Not scored"),
    }
    return texts[EvaluationStatus(event.new)] + _attempt(event)


def _scoring_queued(old: str) -> str:
    texts = {
        EvaluationStatus.RUNNING: _("Back in the queue: a fault on our side"),
        EvaluationStatus.FAILED: _("Back in the queue: it is scored again"),
        EvaluationStatus.WAITING: _("In the queue for scoring"),
    }
    return texts.get(EvaluationStatus(old), "") if old else _("In the queue")


def _attempt(event: EvaluationEvent | ExecutionEvent) -> str:
    """Which attempt began, where it was not the first."""
    if event.new != "running" or event.attempt < 2:
        return ""
    return f" ({_('attempt %(attempt)s') % {'attempt': event.attempt}})"
