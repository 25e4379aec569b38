"""The queue, as it is in the database."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, F, Max, Min, Prefetch, Q, QuerySet, When

from competitions.change_rules import UNDECIDED
from competitions.models import Competition, Evaluation, Execution, Submission, WorkerReport
from competitions.status import UNFINISHED, EvaluationStatus, ExecutionKind, FailureKind

WORKER_REPORT_LASTS = timedelta(days=1)
USUAL_OF_LAST, USUAL_NEEDS = 50, 5
IS_LIVE = Q(scoring_version__change=None) | Q(scoring_version=F("submission__task__current_version"))
# Of a change only what was approved: a proposal alone holds nothing up.
IS_AWAITED = Q(scoring_version__change=None) | ~Q(scoring_version__change__status__in=UNDECIDED)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A team that waits: its oldest queued row, how many run now, when one was last started."""

    team_id: int
    oldest_at: datetime
    running: int
    last_started_at: datetime | None


def queued() -> QuerySet[Evaluation]:
    return Evaluation.objects.filter(status=EvaluationStatus.QUEUED)


def queued_live() -> QuerySet[Evaluation]:
    """What somebody waits for."""
    return queued().filter(IS_LIVE)


def queued_beside() -> QuerySet[Evaluation]:
    """What is scored to show the effect of a proposed change, in the time that live submissions leave."""
    return queued().exclude(pk__in=queued_live().values("pk"))


def stuck(now: datetime) -> QuerySet[Evaluation]:
    """Running ones whose lease has run out: their worker is dead, frozen or cut off."""
    return Evaluation.objects.filter(status=EvaluationStatus.RUNNING, lease_expires_at__lt=now)


def waiting_teams(queued: QuerySet[Evaluation] | QuerySet[Execution]) -> list[Waiting]:
    """The teams of these queued rows. All that a team has running counts for whose turn it is."""
    oldest = queued.order_by().values("submission__team").annotate(oldest=Min("queued_at"))
    oldest_by_team = {row["submission__team"]: row["oldest"] for row in oldest}
    of_these = queued.model._default_manager.filter(submission__team__in=oldest_by_team).order_by()
    running = Counter(of_these.filter(status=EvaluationStatus.RUNNING).values_list("submission__team", flat=True))
    started = of_these.values("submission__team").annotate(last=Max("started_at"))
    last_by_team = {row["submission__team"]: row["last"] for row in started}
    return [
        Waiting(team, oldest_at, running[team], last_by_team.get(team)) for team, oldest_at in oldest_by_team.items()
    ]


def fairest(waiting: Iterable[Waiting]) -> list[Waiting]:
    """Round-robin: teams with the fewest running first, then the one served longest ago, then the oldest upload."""
    return sorted(
        waiting,
        key=lambda team: (
            team.running,
            team.last_started_at is not None,
            team.last_started_at or team.oldest_at,
            team.oldest_at,
            team.team_id,
        ),
    )


def live_first() -> QuerySet[Evaluation]:
    """Of several scorings of one submission the one that boards use comes first, then the newest version's."""
    is_live = Case(When(scoring_version=F("submission__task__current_version"), then=0), default=1)
    return Evaluation.objects.order_by(is_live, "-scoring_version__number", "-pk")


def current_evaluation(submission: Submission) -> Evaluation | None:
    """The scoring that pages and API speak of. A re-scoring under way is not shown before it goes live."""
    prefetched = getattr(submission, "current_evaluations", None)
    if prefetched is not None:
        return prefetched[0] if prefetched else None
    return live_first().filter(submission=submission).first()


def held_evaluation(submission: Submission) -> Evaluation | None:
    """The current evaluation, read once: what is told of this object later is of the same moment.

    Without that, an answer could say "failed" and list no problem, because the worker wrote between two readings.
    """
    evaluation = current_evaluation(submission)
    setattr(submission, "current_evaluations", [evaluation] if evaluation else [])  # noqa: B010  (no field of the model)
    return evaluation


def with_current_evaluation(submissions: QuerySet[Submission]) -> QuerySet[Submission]:
    """Submissions with what current_evaluation and runs.runs_of need, in three more queries."""
    frozen = [f"scoring_version__{name}" for name in ("contract", "metrics", "program", "reason")]
    evaluations = (
        live_first()
        .select_related("shown_as", "scoring_version")
        .defer("statistics", "shown_as__statistics", *frozen)
        .prefetch_related("scores")
    )
    own = Execution.objects.exclude(kind=ExecutionKind.WINNER)
    runs = own.select_related("runtime").defer("log", "runtime__packages").order_by("-pk")
    return submissions.select_related("team", "task__current_version", "phase", "blob").prefetch_related(
        Prefetch("evaluations", queryset=evaluations, to_attr="current_evaluations"),
        Prefetch("executions", queryset=runs, to_attr="executions_by_age"),
    )


def queue_position(evaluation: Evaluation) -> int:
    """How many uploads wait before this one, plus one. The order of service is fair between teams, so it is a bound
    for a team that waits with one upload, not a promise."""
    ahead = Q(queued_at__lt=evaluation.queued_at) | Q(queued_at=evaluation.queued_at, pk__lt=evaluation.pk)
    return queued_live().filter(ahead).count() + 1


@dataclass(frozen=True, slots=True)
class UsualWait:
    """From upload to score: the middle half of the last `count` took between `shortest` and `longest`."""

    shortest: timedelta
    longest: timedelta
    count: int


def usual_wait(submission: Submission) -> UsualWait | None:
    """What the last uploads to the same phase and task took, if a few were scored. Only those that came when the live
    version was there: a re-scoring says nothing about how long an upload waits."""
    scored = Evaluation.objects.filter(
        status=EvaluationStatus.SCORED,
        scoring_version=submission.task.current_version_id,
        scoring_version__published_at__lte=F("submission__submitted_at"),
        submission__phase=submission.phase_id,
        submission__kind=submission.kind,
    )
    latest = scored.order_by("-pk").values_list("submission__submitted_at", "finished_at")[:USUAL_OF_LAST]
    lengths = sorted(end - start for start, end in latest if end is not None)
    if len(lengths) < USUAL_NEEDS:
        return None
    quarter = len(lengths) // 4
    return UsualWait(lengths[quarter], lengths[-1 - quarter], len(lengths))


def unfinished(competition: Competition) -> QuerySet[Evaluation]:
    """What is still to be scored of submissions that came in time."""
    return Evaluation.objects.filter(
        IS_AWAITED,
        submission__team__competition=competition,
        submission__is_late=False,
        status__in=UNFINISHED,
    )


def platform_faults(competition: Competition) -> QuerySet[Evaluation]:
    return Evaluation.objects.filter(
        submission__team__competition=competition, failure_kind=FailureKind.PLATFORM
    ).select_related("submission__team")


def workers(*, now: datetime) -> QuerySet[WorkerReport]:
    """What the workers of the last day said of themselves, the newest first; those before are gone."""
    return WorkerReport.objects.filter(seen_at__gt=now - WORKER_REPORT_LASTS).order_by("-seen_at")
