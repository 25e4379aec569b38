"""Certificates: what a person may have certified, and what a code certifies."""

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from competitions.models import Board, Certificate, Competition, Evaluation, Team
from competitions.permissions import Visitor
from competitions.queries.competitions import organised_competitions, visible_competitions
from competitions.status import BoardKind, EvaluationStatus


def certifiable_boards(user: Visitor, *, now: datetime) -> QuerySet[Board]:
    """The set of can_certify: released final boards for whose phase and task one's team had something scored."""
    if not user.is_authenticated:
        return Board.objects.none()
    scored = Evaluation.objects.filter(
        status=EvaluationStatus.SCORED,
        submission__team__members__user=user,
        submission__phase=OuterRef("phase"),
        submission__task=OuterRef("task"),
    )
    return (
        Board.objects.filter(Exists(scored), kind=BoardKind.FINAL, released_at__lte=now)
        .filter(phase__competition__in=visible_competitions(user))
        .select_related("phase__competition", "division", "task")
        .order_by("phase__position", "task__position", "division__position", "pk")
    )


def own_certificates(user: Visitor, competition: Competition) -> QuerySet[Certificate]:
    if not user.is_authenticated:
        return Certificate.objects.none()
    return Certificate.objects.filter(user=user, competition=competition)


def revocable_certificates(user: Visitor) -> QuerySet[Certificate]:
    """The set of can_revoke: those of the contests that one organises, revoked ones among them."""
    found = Certificate.objects.filter(competition__in=organised_competitions(user).values("pk"))
    return found.select_related("board__phase", "revoked_by")


def certificate(code: str) -> Certificate | None:
    return Certificate.objects.filter(code=code).select_related("competition").first()


def remembered_name(user: Visitor) -> str:
    """The name on the person's latest certificate, of whatever contest."""
    if not user.is_authenticated:
        return ""
    latest = Certificate.objects.filter(user=user).order_by("-issued_at", "-pk").first()
    return latest.name if latest else ""


def team_on(board: Board, user: Visitor) -> Team | None:
    return Team.objects.filter(competition=board.phase.competition, members__user=user.pk).first()
