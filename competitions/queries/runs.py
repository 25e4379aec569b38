"""Runs of programs as their team and the organisers may see them.

A program that meets hidden inputs could carry them out in whatever is told of its run. So on hidden inputs a team
learns the outcome, what it used in tenths of the limits, and of a prediction that does not fit, the kinds of problems
alone: no log, no exit code, no value, no name, no count.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from competitions.models import Evaluation, Execution, RunRecord, Submission
from competitions.permissions import Visitor, can_see_log
from competitions.programs import ProgramLimits
from competitions.queries.competitions import organised_competitions
from competitions.queries.submissions import visible_submissions
from competitions.status import ExecutionKind, SubmissionKind

PREDICT = "predict"  # the stage of a RunRecord in which the program itself ran
USED = {"wall_seconds": "wall_seconds", "cpu_seconds": "cpu_seconds", "peak_memory_mib": "memory_mib"}
TENTHS = 10


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a limit a run has used, in the limit's unit; `is_rounded`: up to tenths of the limit."""

    name: str
    used: float
    limit: float
    is_rounded: bool


def readable_logs(user: Visitor) -> QuerySet[Execution]:
    """The set of can_see_log."""
    of_teams = Q(shows_log=True, submission__in=visible_submissions(user).values("pk"))
    organised = Q(submission__team__competition__in=organised_competitions(user).values("pk"))
    return Execution.objects.filter(of_teams | organised)


def runs_of(submission: Submission, evaluation: Evaluation | None) -> list[Execution]:
    """The runs that led to this evaluation, the newest first: not those of a re-scoring that is not live yet."""
    if submission.kind != SubmissionKind.CODE:
        return []
    every = getattr(submission, "executions_by_age", None)
    if every is None:
        runs = submission.executions.exclude(kind=ExecutionKind.WINNER)
        every = list(runs.select_related("runtime").order_by("-pk"))
    if evaluation is None:
        return every
    inputs = evaluation.scoring_version.inputs_digest
    return [run for run in every if run.kind == ExecutionKind.TRIAL or run.inputs_digest == inputs]


def run_of(submission: Submission, evaluation: Evaluation | None) -> Execution | None:
    """The run that pages and API tell of first: the one on the test inputs, or before it the trial."""
    return next(iter(runs_of(submission, evaluation)), None)


def progress_of(run: Execution) -> tuple[int, int] | None:
    """(12, 90) while the 12th of 90 time steps runs."""
    step, _slash, steps = run.progress.partition("/")
    return (int(step), int(steps)) if step.isdigit() and steps.isdigit() and int(steps) > 0 else None


def use_of(run: Execution, *, is_exact: bool) -> list[Use]:
    """Nothing before the run is over, and where the program itself never ran."""
    limits = ProgramLimits.of(run.limits).as_dict()
    pairs = [(name, getattr(run, name), float(limits[limit])) for name, limit in USED.items()]
    if not run.wall_seconds:
        return []
    return [
        Use(name, used if is_exact else _up_to_tenths(used, limit), limit, is_rounded=not is_exact)
        for name, used, limit in pairs
        if used is not None
    ]


def _up_to_tenths(used: float, limit: float) -> float:
    """A finer figure would be a way to write hidden inputs into time or memory, a digit a run."""
    return min(TENTHS, ceil(round(used / limit * TENTHS, 6))) * limit / TENTHS


def last_box(run: Execution) -> RunRecord | None:
    """The box that the program itself ran in last; it says how the program ended."""
    return run.runs.filter(stage=PREDICT, attempt=run.attempt).last()


def shown_problems(user: Visitor, submission: Submission, evaluation: Evaluation | None) -> list[Mapping[str, Any]]:
    """The problems of a file as they were found; of what a program wrote on hidden inputs, only their kinds."""
    if evaluation is None:
        return []
    problems: list[Mapping[str, Any]] = evaluation.problems
    if not problems or submission.kind != SubmissionKind.CODE or _may_be_told(user, evaluation):
        return problems
    return _kinds(problems)


def problem_count(user: Visitor, submission: Submission, evaluation: Evaluation | None) -> int:
    """Of all problems, also those that were not kept."""
    shown = shown_problems(user, submission, evaluation)
    is_whole = evaluation is not None and shown is evaluation.problems
    return max(evaluation.problem_count, len(shown)) if evaluation is not None and is_whole else len(shown)


def _may_be_told(user: Visitor, evaluation: Evaluation) -> bool:
    run = evaluation.execution
    return run is not None and (can_see_log(user, run) or not run.runs.filter(stage=PREDICT).exists())


def _kinds(problems: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Each kind once, with nothing in it that the program chose."""
    found: dict[str, Mapping[str, Any]] = {}
    text = _("What the program wrote does not fit the contract.")
    for problem in problems:
        blank = dict.fromkeys(problem.get("params") or {}, "…")
        found.setdefault(problem["code"], {"code": problem["code"], "where": "", "params": blank, "message": text})
    return [found[code] for code in sorted(found)]
