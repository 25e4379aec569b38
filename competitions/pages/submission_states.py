"""What has become of a submission: the words, the place in the queue, and when a watching page asks again."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.utils.translation import gettext as _

from competitions.models import Evaluation, Execution, Submission
from competitions.pages.rhythm import poll_seconds
from competitions.pages.times import coarse_duration
from competitions.queries import executions as queue_of_runs
from competitions.queries.competitions import decimals_of
from competitions.queries.evaluations import current_evaluation, queue_position, usual_wait
from competitions.queries.runs import run_of
from competitions.queries.submissions import public_scores
from competitions.status import (
    CANCELLING_COSTS,
    RUN_LABELS,
    RUN_SENTENCES,
    UNFINISHED,
    UNFINISHED_EXECUTIONS,
    EvaluationStatus,
    ExecutionStatus,
    SubmissionKind,
    run_text,
    sentence,
)


@dataclass(frozen=True)
class SubmissionState:
    """A submission and what has become of it, as its team sees it now."""

    submission: Submission
    evaluation: Evaluation | None
    now: datetime
    run: Execution | None = None

    @property
    def status(self) -> str:
        return self.evaluation.status if self.evaluation else EvaluationStatus.QUEUED

    @property
    def waits_for(self) -> Execution | None:
        """The run of its program, while it waits for one."""
        is_unfinished = self.run is not None and self.run.status in UNFINISHED_EXECUTIONS
        return self.run if is_unfinished and self.status == EvaluationStatus.WAITING else None

    @property
    def look(self) -> str:
        """The status that a style shows: a program that runs looks as a scoring that runs does."""
        run = self.waits_for
        return run.status if run else self.status

    @property
    def stage(self) -> str:
        """What is said aloud when it changes."""
        run = self.waits_for
        return f"{run.kind}-{run.status}" if run else self.status

    @property
    def label(self) -> str:
        run = self.waits_for
        if run is not None:
            return str(run_text(RUN_LABELS, run.kind, run.status))
        if self.evaluation is None:
            return str(EvaluationStatus.QUEUED.label)
        if self.evaluation.status == EvaluationStatus.FAILED:
            return str(self.evaluation.get_failure_kind_display())
        return str(self.evaluation.get_status_display())

    @property
    def sentence(self) -> str:
        run = self.waits_for
        if run is not None:
            return str(run_text(RUN_SENTENCES, run.kind, run.status))
        return str(sentence(self.status, self.evaluation.failure_kind if self.evaluation else ""))

    @property
    def is_unfinished(self) -> bool:
        return self.status in UNFINISHED

    @property
    def can_cancel(self) -> bool:
        """A program can be stopped as long as it runs; what it wrote then is scored."""
        if self.submission.frozen_from_id is not None:
            return False
        if self.submission.kind == SubmissionKind.CODE:
            return self.waits_for is not None
        return self.status == EvaluationStatus.QUEUED

    @property
    def cancelling_costs(self) -> str:
        run = self.waits_for
        return str(run_text(CANCELLING_COSTS, run.kind, run.status)) if run else _("It then costs no quota.")

    @cached_property
    def position(self) -> int | None:
        run = self.waits_for
        if run is not None and run.status == ExecutionStatus.QUEUED:
            return queue_of_runs.queue_position(run)
        waiting = self.evaluation is not None and self.status == EvaluationStatus.QUEUED
        return queue_position(self.evaluation) if self.evaluation and waiting else None

    @property
    def usual_wait(self) -> str:
        """How long it takes as a rule, while one waits for it; empty where too few were scored to say so."""
        usual = usual_wait(self.submission) if self.is_unfinished else None
        if usual is None:
            return ""
        text = _("Usually %(shortest)s to %(longest)s from upload to score (the middle half of the last %(count)s).")
        shortest, longest = coarse_duration(usual.shortest), coarse_duration(usual.longest)
        return text % {"shortest": shortest, "longest": longest, "count": usual.count}

    @property
    def are_scores_kept(self) -> bool:
        """Its scores are there, and shown when the phase is over."""
        return self.status == EvaluationStatus.SCORED and self.submission.phase.are_scores_hidden(self.now)

    @property
    def poll_seconds(self) -> int:
        run = self.waits_for
        began = (run.started_at or run.queued_at) if run else self.submission.submitted_at
        is_live = run is not None and run.status == ExecutionStatus.RUNNING and run.shows_log
        return poll_seconds(self.now - max(began, self.submission.submitted_at), is_live=is_live)

    @property
    def seen(self) -> str:
        """What a watching page has seen; it is sent back with each poll, and an equal answer is empty."""
        attempt = self.evaluation.attempt if self.evaluation else 0
        return f"{self.stage}.{attempt}.{self.position or 0}.{self.poll_seconds}{self._seen_of_run}"

    @property
    def _seen_of_run(self) -> str:
        run = self.waits_for
        return f".{run.attempt}.{run.progress.replace('/', '-')}" if run else ""

    @property
    def first_score(self) -> tuple[float | None, int]:
        """The public score by the first metric, and how many decimals of it are shown."""
        known = public_scores(self.submission, now=self.now)
        key, decimals = next(iter(decimals_of(self.submission.task, is_public=True).items()), ("", 0))
        return (known.metrics.get(key) if known else None), decimals


def state_of(submission: Submission, now: datetime) -> SubmissionState:
    evaluation = current_evaluation(submission)
    return SubmissionState(submission, evaluation, now, run_of(submission, evaluation))
