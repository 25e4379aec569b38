"""A contest's sponsors, and who may read its dashboard."""

from django.db.models import Q, QuerySet

from competitions.models import Competition, Membership, Sponsor
from competitions.permissions import Visitor, is_operator
from competitions.queries.competitions import organised_competitions, visible_competitions
from competitions.status import Role


def sponsors(competition: Competition) -> QuerySet[Sponsor]:
    """In the order of the organiser."""
    return competition.sponsors.select_related("logo")


def visible_sponsors(user: Visitor) -> QuerySet[Sponsor]:
    """The set of can_see_sponsor."""
    return Sponsor.objects.filter(competition__in=visible_competitions(user)).select_related("logo", "competition")


def dashboard_competitions(user: Visitor) -> QuerySet[Competition]:
    """The set of can_see_dashboard."""
    if is_operator(user):
        return Competition.objects.all()
    if not user.is_authenticated:
        return Competition.objects.none()
    sponsoring = Membership.objects.filter(user=user, role=Role.SPONSOR).values("competition")
    organised = organised_competitions(user).values("pk")
    return Competition.objects.filter(Q(pk__in=sponsoring) | Q(pk__in=organised))
