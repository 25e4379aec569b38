"""Versions of how a task is scored: published, and made live once a board can switch to them whole.

A version is never edited: corrected truth, metrics or contract make the next one. While no submission holds a place
under the live version, the next one goes live at once. Otherwise the live one stays, for boards and for new uploads,
until somebody asks for a re-scoring: then every submission is queued under the new version in the background, and when
the last one is done, `go_live_due` switches the task and rebuilds its boards in one transaction. So a board never shows
scores of two versions side by side, and a re-scoring that is under way changes nothing that anybody sees.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from competitions.change_rules import DROPPED, ChangeStatus
from competitions.models import Blob, Board, ChangeRequest, Evaluation, ScoringVersion, Submission, Task, Team
from competitions.services import leaderboards, queueing
from competitions.status import REOPENED, UNFINISHED, BoardKind, EvaluationStatus, FailureKind

HOLDS_A_PLACE = Q(status__in=[*UNFINISHED, EvaluationStatus.SCORED]) | Q(failure_kind=FailureKind.METRIC)
DONE = Q(status__in=[EvaluationStatus.SCORED, EvaluationStatus.CANCELLED]) | (
    Q(status=EvaluationStatus.FAILED) & ~Q(failure_kind__in=REOPENED)
)
# A version that was made for a change is nobody's business but of those who look at the proposal, until it is applied.
IN_FORCE_OR_ON_ITS_WAY = Q(change=None) | Q(change__status=ChangeStatus.APPLIED)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a version freezes."""

    contract: Mapping[str, Any]
    metrics: Sequence[Mapping[str, Any]]
    truth_digest: str
    program: Mapping[str, Any] = field(default_factory=dict)
    program_file: Blob | None = None
    inputs_digest: str = ""


@dataclass(frozen=True, slots=True)
class WaitingVersion:
    """A version that is published and not live yet."""

    task: str
    number: int
    live_number: int
    submissions: int
    is_rescoring: bool


def publish(
    task: Task, rules: Rules, *, now: datetime, reason: str = "", change: ChangeRequest | None = None
) -> ScoringVersion:
    """The version with these rules: the one there is, or the next number. Live at once where nothing was scored yet,
    unless it belongs to a proposed change: then it is made anew, and waits for the approval."""
    found = _same(task, rules) if change is None else None
    if found is not None:
        return found
    latest = task.scoring_versions.last()
    version = ScoringVersion.objects.create(
        task=task,
        number=latest.number + 1 if latest else 1,
        contract=dict(rules.contract),
        metrics=[dict(metric) for metric in rules.metrics],
        truth_digest=rules.truth_digest,
        program=dict(rules.program),
        program_file=rules.program_file,
        inputs_digest=rules.inputs_digest,
        reason=reason,
        published_at=now,
        change=change,
    )
    if change is None and not _holding_a_place(task).exists():
        make_live(task, version)
    return version


def _same(task: Task, rules: Rules) -> ScoringVersion | None:
    """The live version, unless a newer one is on its way to replace it; else the latest."""
    latest = task.scoring_versions.filter(IN_FORCE_OR_ON_ITS_WAY).last()
    rescoring = _rescoring(task)
    for version in (latest, None if rescoring else task.current_version):
        if version is not None and _holds(version, rules):
            return version
    return None


def changed_rules(task: Task, rules: Rules) -> list[str]:
    """Which of what a version freezes would differ from the newest one in force, or on its way: names of differences.
    Empty for a task that is new."""
    version = _rescoring(task) or task.current_version
    if version is None or _same(task, rules) is not None:
        return []
    same_limit = {"max_file_bytes": max(_limit(version.contract), _limit(rules.contract))}
    program = (version.program, version.program_file_id)
    new_program = (dict(rules.program), rules.program_file.pk if rules.program_file else None)
    changed = {
        "contract": version.contract != {**rules.contract, **same_limit},
        "metrics": _without_decimals(version.metrics) != _without_decimals(rules.metrics) or program != new_program,
        "version": version.truth_digest != rules.truth_digest,
        "inputs_digest": version.inputs_digest != rules.inputs_digest,
    }
    return [name for name, is_changed in changed.items() if is_changed]


def _holds(version: ScoringVersion, rules: Rules) -> bool:
    """Does it score the same? Decimals shown change no score, and a lower limit of file size is the phase's affair."""
    same_limit = {"max_file_bytes": max(_limit(version.contract), _limit(rules.contract))}
    return (
        version.contract == {**rules.contract, **same_limit}
        and _without_decimals(version.metrics) == _without_decimals(rules.metrics)
        and version.truth_digest == rules.truth_digest
        and version.inputs_digest == rules.inputs_digest
        and version.program == rules.program
        and version.program_file_id == (rules.program_file.pk if rules.program_file else None)
    )


def _without_decimals(metrics: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in metric.items() if key != "precision"} for metric in metrics]


def _limit(contract: Mapping[str, Any]) -> int:
    return int(contract.get("max_file_bytes", 0))


def _holding_a_place(task: Task) -> QuerySet[Evaluation]:
    return Evaluation.objects.filter(HOLDS_A_PLACE, submission__task=task)


def _rescoring(task: Task) -> ScoringVersion | None:
    """The newest version after the live one that submissions are being scored under."""
    live = task.current_version.number if task.current_version else 0
    scored_under = Evaluation.objects.filter(scoring_version=OuterRef("pk"))
    return task.scoring_versions.filter(Exists(scored_under), number__gt=live, change=None).last()


def waiting(task: Task, version: ScoringVersion) -> WaitingVersion | None:
    """What to tell about a version that is not live; nothing for the live one."""
    live = task.current_version
    if live is None or live.pk == version.pk:
        return None
    return WaitingVersion(
        task=task.key,
        number=version.number,
        live_number=live.number,
        submissions=_unscored_under(version).count(),
        is_rescoring=version.evaluations.exists(),
    )


def rescore(task: Task, version: ScoringVersion, *, now: datetime) -> int:
    """Queue every submission of the task under a version. Returns how many were queued; again is safe."""
    missing = list(_unscored_under(version))
    for submission in missing:
        queueing.enter(submission, now=now, version=version)
    return len(missing)


def _unscored_under(version: ScoringVersion) -> QuerySet[Submission]:
    """The task's submissions without an evaluation under this version. What was cancelled stays cancelled."""
    own = Evaluation.objects.filter(submission=OuterRef("pk"))
    submissions = Submission.objects.filter(task=version.task_id).order_by("submitted_at", "pk")
    cancelled = own.filter(status=EvaluationStatus.CANCELLED).exclude(scoring_version__change__status__in=DROPPED)
    return submissions.exclude(Exists(own.filter(scoring_version=version))).exclude(Exists(cancelled))


# -- going live -------------------------------------------------------------------------------------------------------


def go_live_due(*, now: datetime) -> int:
    """Switch every task whose re-scoring is done. Returns how many; for the sweeper, safe to run at any time."""
    newer = Q(
        scoring_versions__number__gt=F("current_version__number"),
        scoring_versions__evaluations__isnull=False,
        scoring_versions__change=None,
    )
    due = Task.objects.order_by("pk").filter(newer).values_list("pk", flat=True).distinct()
    return sum(_go_live(task, now=now) for task in list(due))


def _go_live(task_id: int, *, now: datetime) -> bool:
    with transaction.atomic():
        task = Task.objects.select_for_update().get(pk=task_id)
        version = _rescoring(task)
        if version is None:
            return False
        # What was uploaded since the re-scoring began was scored under the live version only.
        if rescore(task, version, now=now) or not is_done(task, version):
            return False
        make_live(task, version)
        rebuild_boards(task)
    rescore(task, version, now=now)  # an upload that was being committed while the task was switched
    return True


def is_done(task: Task, version: ScoringVersion) -> bool:
    """A fault of ours or of the metric under the new version holds it back: its team would silently lose its place. So
    does a worker that is about to record a score under the live version."""
    running = Evaluation.objects.filter(submission__task=task, status=EvaluationStatus.RUNNING)
    return not running.exists() and not version.evaluations.exclude(DONE).exists()


def make_live(task: Task, version: ScoringVersion) -> None:
    task.current_version = version
    task.save(update_fields=["current_version"])


def rebuild_boards(task: Task) -> None:
    for board in Board.objects.filter(task=task, kind__in=[BoardKind.PUBLIC, BoardKind.PRIVATE]):
        rebuild(board)


def rebuild(board: Board) -> None:
    """Bring every team's row of a board up to date with its task's live version and its own rules."""
    took_part = Team.objects.filter(submissions__phase=board.phase_id, submissions__task=board.task_id)
    leaderboards.refresh_all(board, took_part.distinct())
