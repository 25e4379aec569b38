"""Proposed changes as those who decide see them, and changes in force as everybody does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from competitions.change_rules import ChangeStatus
from competitions.models import ChangeRequest, Competition, Evaluation, Membership, ScoringVersion, Submission, Team
from competitions.permissions import DECIDING_ROLES, Visitor, is_operator
from competitions.queries.competitions import decimals_of
from competitions.status import EvaluationStatus

WAS_LIVE = Q(scoring_version__change=None) | Q(scoring_version__change__status=ChangeStatus.APPLIED)


@dataclass(frozen=True, slots=True)
class Rescored:
    """A public score of a submission before and after the version that counts now."""

    metric: str
    before: float
    after: float
    decimals: int
    number: int  # of the scoring version that counts now
    reason: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class VersionScore:
    """What a submission scored under one version; None where it was not scored under it."""

    version: ScoringVersion
    status: str
    public: Mapping[str, float]
    private: Mapping[str, float]

    @property
    def status_label(self) -> str:
        return str(EvaluationStatus(self.status).label)


def visible_changes(user: Visitor) -> QuerySet[ChangeRequest]:
    """The set of can_see_change."""
    changes = ChangeRequest.objects.select_related("competition", "proposed_by", "decided_by", "announcement")
    if is_operator(user):
        return changes
    if not user.is_authenticated:
        return changes.none()
    return changes.filter(competition__in=reviewed_competitions(user).values("pk"))


def decidable_changes(user: Visitor) -> QuerySet[ChangeRequest]:
    """The set of can_decide_change."""
    if not user.is_authenticated or not user.is_active:
        return ChangeRequest.objects.none()
    working = Membership.objects.filter(user=user, role__in=DECIDING_ROLES).values("competition")
    proposed = ChangeRequest.objects.filter(status=ChangeStatus.PROPOSED, competition__in=working)
    return proposed.exclude(proposed_by=user)


def reviewed_competitions(user: Visitor) -> QuerySet[Competition]:
    """Contests whose proposals this person may see."""
    if is_operator(user):
        return Competition.objects.all()
    if not user.is_authenticated:
        return Competition.objects.none()
    working = Membership.objects.filter(user=user, role__in=DECIDING_ROLES).values("competition")
    return Competition.objects.filter(pk__in=working)


def change_log(competition: Competition) -> QuerySet[ChangeRequest]:
    """What has changed since the launch, for everybody who sees the contest; the newest first."""
    applied = ChangeRequest.objects.filter(competition=competition, status=ChangeStatus.APPLIED)
    return applied.select_related("announcement").order_by("-applied_at", "-pk")


# -- scores under each version ----------------------------------------------------------------------------------------


def rescored(submission: Submission) -> Rescored | None:
    """From what to what the ranking public score of a submission went, where it was scored again since it came.

    Of the score as its team sees it: on a ladder, the one that is shown in its place.
    """
    live = submission.task.current_version
    if live is None:
        return None
    key, decimals = next(iter(decimals_of(submission.task, is_public=True).items()), ("", 0))
    found = list(_once_live(submission).filter(status=EvaluationStatus.SCORED))
    now = next((one for one in found if one.scoring_version_id == live.pk), None)
    before = next((one for one in found if one.scoring_version.number < live.number), None)
    if now is None or before is None:
        return None
    old, new = _public(before).get(key), _public(now).get(key)
    if old is None or new is None:
        return None
    reason = live.change.reason if live.change else None
    return Rescored(key, old, new, decimals, live.number, reason)


def _once_live(submission: Submission) -> QuerySet[Evaluation]:
    """The scorings that counted once, or do; the newest version first."""
    every = submission.evaluations.filter(WAS_LIVE).order_by("-scoring_version__number")
    return every.select_related("scoring_version", "shown_as").defer("statistics", "shown_as__statistics")


def _public(evaluation: Evaluation) -> Mapping[str, float]:
    source = evaluation.shown_as or evaluation
    metrics: Mapping[str, float] = (source.public_detail or {}).get("metrics", {})
    return metrics


def scores_by_version(submissions: Iterable[Submission]) -> list[tuple[Submission, list[VersionScore]]]:
    """Every scoring of each submission, proposals included: for those who organise."""
    return [(submission, _scores(submission)) for submission in submissions]


def _scores(submission: Submission) -> list[VersionScore]:
    every = submission.evaluations.select_related("scoring_version").defer("statistics")
    return [
        VersionScore(one.scoring_version, one.status, _metrics(one.public_detail), _metrics(one.private_detail))
        for one in every.order_by("scoring_version__number")
    ]


def _metrics(detail: Mapping[str, Any] | None) -> Mapping[str, float]:
    found: Mapping[str, float] = (detail or {}).get("metrics", {})
    return found


def teams_with_submissions(competition: Competition) -> QuerySet[Team]:
    return competition.teams.filter(submissions__isnull=False).distinct().order_by("name", "pk")
