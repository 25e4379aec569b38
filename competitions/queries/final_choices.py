"""What teams have chosen for the end. Nothing here reads a private score."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from competitions.models import (
    DataTerms,
    Evaluation,
    FinalChoice,
    FinalRecord,
    Phase,
    Registration,
    Submission,
    Task,
    Team,
    Terms,
)
from competitions.permissions import Visitor
from competitions.status import (
    CHOOSABLE,
    CompetitionStatus,
    EvaluationStatus,
    FinalCounts,
    FinalRule,
    PhaseState,
    RegistrationStatus,
)


@dataclass(frozen=True, slots=True)
class Selection:
    """What a team has chosen in one phase and task: `chosen` of at most `limit`, until `phase.ends_at`."""

    phase: Phase
    task: Task
    limit: int
    chosen: tuple[int, ...]
    is_locked: bool
    default: FinalRule
    counts: FinalCounts
    record: FinalRecord | None


def choosable_submissions(user: Visitor, *, now: datetime) -> QuerySet[Submission]:
    """The set of can_choose."""
    if not user.is_authenticated:
        return Submission.objects.none()
    newest = Terms.objects.filter(competition=OuterRef("phase__competition")).order_by("-created_at", "-pk")
    accepted = Terms.objects.filter(pk=OuterRef("newest_terms"), acceptances__user=user)
    newest_data = DataTerms.objects.filter(competition=OuterRef("phase__competition")).order_by("-created_at", "-pk")
    accepted_data = DataTerms.objects.filter(pk=OuterRef("newest_data_terms"), acceptances__user=user)
    kept_out = Registration.objects.filter(competition=OuterRef("phase__competition"), user=user).exclude(
        status=RegistrationStatus.APPROVED
    )
    usable = Evaluation.objects.filter(submission=OuterRef("pk"), status__in=CHOOSABLE)
    in_time = Q(phase__starts_at__lte=now) & (Q(phase__ends_at=None) | Q(phase__ends_at__gte=now))
    return (
        Submission.objects.filter(in_time, Exists(usable), team__members__user=user)
        .filter(phase__competition__status=CompetitionStatus.PUBLISHED, phase__frozen_from=None)
        .filter(phase__competition__final_select__gt=0)
        .annotate(newest_terms=newest.values("pk")[:1], newest_data_terms=newest_data.values("pk")[:1])
        .filter(Q(newest_terms=None) | Exists(accepted), Q(newest_data_terms=None) | Exists(accepted_data))
        .exclude(Exists(kept_out))
    )


def chosen_numbers(team: Team) -> frozenset[int]:
    """The submissions that a team has chosen, in all phases and tasks."""
    return frozenset(FinalChoice.objects.filter(submission__team=team).values_list("submission", flat=True))


def selections(team: Team, *, now: datetime) -> list[Selection]:
    """Each phase and task in which a team may choose, or could until its deadline."""
    if not team.competition.final_select:
        return []
    chosen: dict[tuple[int, int], list[int]] = {}
    for choice in FinalChoice.objects.filter(submission__team=team).select_related("submission"):
        chosen.setdefault((choice.submission.phase_id, choice.submission.task_id), []).append(choice.submission_id)
    records = {(record.phase_id, record.task_id): record for record in team.final_records.all()}
    return [
        _selection(team, phase, task, chosen.get((phase.pk, task.pk), []), records.get((phase.pk, task.pk)), now)
        for phase, task in places(team)
        if phase.state(now) != PhaseState.UPCOMING
    ]


def _selection(
    team: Team, phase: Phase, task: Task, chosen: list[int], record: FinalRecord | None, now: datetime
) -> Selection:
    competition = team.competition
    return Selection(
        phase=phase,
        task=task,
        limit=competition.final_select,
        chosen=tuple(sorted(chosen)),
        is_locked=phase.state(now) == PhaseState.CLOSED,
        default=FinalRule(competition.final_rule),
        counts=FinalCounts(competition.final_counts),
        record=record,
    )


def places(team: Team) -> Iterator[tuple[Phase, Task]]:
    """Phases and their tasks in which anybody may choose."""
    for phase in team.competition.phases.filter(frozen_from=None).prefetch_related("tasks"):
        for task in phase.tasks.all():
            yield phase, task


def teams_without_choice(phase: Phase, task: Task) -> QuerySet[Team]:
    """Teams that have more than one scored submission and have chosen none of them: with one there is no choice."""
    scored = Q(
        submissions__phase=phase,
        submissions__task=task,
        submissions__evaluations__status=EvaluationStatus.SCORED,
        submissions__evaluations__scoring_version=F("submissions__task__current_version"),
    )
    chosen = FinalChoice.objects.filter(submission__team=OuterRef("pk"), submission__phase=phase, submission__task=task)
    teams = phase.competition.teams.annotate(scored=Count("submissions", filter=scored, distinct=True))
    return teams.filter(~Exists(chosen), scored__gt=1).order_by("pk")
