"""Contests that a person may see, and their parts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, Max, Min, Q, QuerySet

from competitions.models import Competition, Membership, Page, Phase, Task, Terms
from competitions.permissions import Visitor, is_operator
from competitions.status import CompetitionStatus, Role
from scoring.ranking import MAX_DECIMALS

DEFAULT_DECIMALS: Final = 4


def visible_competitions(user: Visitor) -> QuerySet[Competition]:
    """The set of can_see_competition."""
    if is_operator(user):
        return Competition.objects.all()
    published = Q(status=CompetitionStatus.PUBLISHED)
    if not user.is_authenticated:
        return Competition.objects.filter(published)
    working = Membership.objects.filter(user=user, role__in=list(Role)).values("competition")
    return Competition.objects.filter(published | Q(pk__in=working))


def organised_competitions(user: Visitor) -> QuerySet[Competition]:
    """The set of can_organise."""
    if is_operator(user):
        return Competition.objects.all()
    if not user.is_authenticated:
        return Competition.objects.none()
    roles = [Role.OWNER, Role.ORGANISER]
    working = Membership.objects.filter(user=user, role__in=roles).values("competition")
    return Competition.objects.filter(pk__in=working)


def listed_competitions(user: Visitor) -> QuerySet[Competition]:
    """For the list, the newest first: with first start, last end, and how many teams there are."""
    return (
        visible_competitions(user)
        .annotate(
            starts_at=Min("phases__starts_at"),
            ends_at=Max("phases__ends_at"),
            team_count=Count("teams", distinct=True),
        )
        .order_by("-created_at", "-pk")
    )


def phases(competition: Competition) -> QuerySet[Phase]:
    return competition.phases.prefetch_related("tasks", "divisions")


def open_phases(competition: Competition, *, now: datetime) -> QuerySet[Phase]:
    return phases(competition).filter(Q(starts_at__lte=now), Q(ends_at=None) | Q(ends_at__gte=now))


def current_phase(competition: Competition, *, now: datetime) -> Phase | None:
    """The phase a page speaks of: the first open one, else the next to open, else the last."""
    first_open = open_phases(competition, now=now).first()
    if first_open is not None:
        return first_open
    upcoming = phases(competition).filter(starts_at__gt=now).order_by("starts_at").first()
    return upcoming or phases(competition).last()


def current_terms(competition: Competition) -> Terms | None:
    return competition.terms.last()


def page(competition: Competition, key: str) -> Page | None:
    return competition.pages.filter(key=key).first()


def tasks(competition: Competition) -> QuerySet[Task]:
    return competition.tasks.select_related("current_version", "sample_submission", "starting_kit", "runtime")


def decimals_of(task: Task, *, is_public: bool) -> dict[str, int]:
    """How many decimals of each metric that is scored the contest shows, in the order of the metrics.

    As the organiser says now: a scoring version keeps what was said when it was published. Public scores may be shown
    with fewer, so that nobody can feel their way along them.
    """
    frozen = task.current_version.metrics if task.current_version else task.metrics
    said = {**_decimals(frozen), **_decimals(task.metrics)}
    most = task.public_decimals if is_public and task.public_decimals is not None else MAX_DECIMALS
    return {metric["key"]: min(most, said.get(metric["key"], DEFAULT_DECIMALS)) for metric in frozen}


def _decimals(metrics: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    return {metric["key"]: int(metric["precision"]) for metric in metrics if "precision" in metric}
