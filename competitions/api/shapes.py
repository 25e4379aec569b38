"""Submissions as JSON. Scores come from queries.submissions.public_scores, which reads no private ones."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request

from competitions.api.runs import described_run
from competitions.models import Evaluation, Submission, Task
from competitions.queries.competitions import DEFAULT_DECIMALS, decimals_of
from competitions.queries.evaluations import held_evaluation, queue_position
from competitions.queries.runs import problem_count, shown_problems
from competitions.queries.submissions import Problem, PublicScores, described_problems, public_scores
from competitions.status import EvaluationStatus, sentence
from scoring.ranking import rounded

PROBLEMS_IN_LISTS = 20


def described(request: Request, submission: Submission, *, same_file_as: int | None) -> dict[str, Any]:
    """A submission as it stands in a list."""
    evaluation = held_evaluation(submission)
    scores = public_scores(submission, now=timezone.now())
    return {
        **_facts(submission),
        "same_file_as": same_file_as,
        **_state(evaluation),
        "run": described_run(request, submission, evaluation),
        "problems": _problems(request, submission, evaluation)[:PROBLEMS_IN_LISTS],
        "problem_count": problem_count(request.user, submission, evaluation),
        "scores": shown_scores(scores.metrics, submission.task, is_public=True) if scores else None,
        "intervals": _shown_intervals(scores, submission.task) if scores else None,
        "scores_of": scores.repeated_from if scores else None,
        "url": _url(request, "submission", submission),
    }


def described_in_full(request: Request, submission: Submission, *, same_file_as: int | None) -> dict[str, Any]:
    """A submission alone: with all problems, scores by scene, and where its file and receipt are."""
    evaluation = held_evaluation(submission)
    scores = public_scores(submission, now=timezone.now())
    scenes = scores.scenes if scores else ()
    return {
        **described(request, submission, same_file_as=same_file_as),
        "run": described_run(request, submission, evaluation, with_log=True),
        "problems": _problems(request, submission, evaluation),
        "scenes": [
            {"name": scene.name, "metrics": shown_scores(scene.metrics, submission.task, is_public=True)}
            for scene in scenes
        ],
        "file_url": _url(request, "submission_file", submission),
        "receipt_url": _url(request, "submission_receipt", submission),
    }


def _problems(request: Request, submission: Submission, evaluation: Evaluation | None) -> list[Problem]:
    return described_problems(shown_problems(request.user, submission, evaluation))


def _shown_intervals(scores: PublicScores, task: Task) -> dict[str, dict[str, Any]]:
    decimals = decimals_of(task, is_public=True)
    return {
        key: shown_interval(asdict(interval), decimals.get(key, DEFAULT_DECIMALS))
        for key, interval in scores.intervals.items()
    }


def shown_interval(interval: Mapping[str, Any], decimals: int) -> dict[str, Any]:
    """With as many decimals as its score."""
    ends = {name: rounded(interval[name], decimals) for name in ("low", "high")}
    names = ("level", "units", "count", "method")
    return {**ends, **{name: interval[name] for name in names if name in interval}}


def shown_scores(values: Mapping[str, float | None], task: Task, *, is_public: bool) -> dict[str, float | None]:
    """To the decimals that the contest shows; more would tell more of the truth than the board does."""
    decimals = decimals_of(task, is_public=is_public)
    return {
        key: None if value is None else rounded(value, decimals.get(key, DEFAULT_DECIMALS))
        for key, value in values.items()
    }


def _facts(submission: Submission) -> dict[str, Any]:
    return {
        "number": submission.pk,
        "competition": submission.team.competition.slug,
        "phase": submission.phase.key,
        "task": submission.task.key,
        "team": submission.team.name,
        "user": submission.user.username,
        "kind": submission.kind,
        "frozen_from": submission.frozen_from_id,
        "file_name": submission.file_name,
        "note": submission.note,
        "submitted_at": submission.submitted_at,
        "is_late": submission.is_late,
        "size_bytes": submission.blob.size_bytes,
        "sha256": submission.blob.sha256,
    }


def _state(evaluation: Evaluation | None) -> dict[str, Any]:
    status = evaluation.status if evaluation else EvaluationStatus.QUEUED
    kind = evaluation.failure_kind if evaluation else ""
    is_waiting = evaluation is not None and status == EvaluationStatus.QUEUED
    return {
        "status": status,
        "status_text": str(sentence(status, kind)),
        "failure_kind": kind,
        "queue_position": queue_position(evaluation) if evaluation and is_waiting else None,
    }


def _url(request: Request, route: str, submission: Submission) -> str:
    return str(request.build_absolute_uri(reverse(f"api:{route}", args=[submission.pk])))
