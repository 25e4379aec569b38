"""Who has which role in a contest, and who is asked to take one."""

from datetime import datetime

from django.db.models import Case, IntegerField, QuerySet, When

from competitions.models import Competition, Membership, RoleInvitation
from competitions.models.people import token_digest
from competitions.permissions import Visitor
from competitions.queries.competitions import organised_competitions
from competitions.status import Role


def roles_of(competition: Competition) -> QuerySet[Membership]:
    """Owners first, then as Role lists them, by name."""
    order = Case(
        *(When(role=role, then=number) for number, role in enumerate(Role)), default=9, output_field=IntegerField()
    )
    return competition.memberships.select_related("user", "given_by").order_by(order, "user__username")


def visible_roles(user: Visitor) -> QuerySet[Membership]:
    """The set of can_see_role: of contests that one organises."""
    return Membership.objects.filter(competition__in=organised_competitions(user))


def visible_role_invitations(user: Visitor) -> QuerySet[RoleInvitation]:
    """The set of can_see_role_invitation."""
    return RoleInvitation.objects.filter(competition__in=organised_competitions(user))


def role_invitation_by_token(token: str, *, now: datetime) -> RoleInvitation | None:
    """The open invitation of this link. Looked up by digest, so timing tells nothing of others."""
    return role_invitation_by_digest(token_digest(token), now=now)


def role_invitation_by_digest(digest: str, *, now: datetime) -> RoleInvitation | None:
    found = RoleInvitation.objects.open(now).select_related("competition", "invited_by")
    return found.filter(digest=digest).first()
