"""Teams, their people, and who is asked to join them."""

from datetime import datetime

from django.db.models import Q, QuerySet

from competitions.models import Competition, Membership, Team, TeamInvitation, TeamMember
from competitions.models.people import token_digest
from competitions.permissions import DECIDING_ROLES, Visitor
from competitions.status import CompetitionStatus


def team_of(user: Visitor, competition: Competition) -> Team | None:
    """The team this person is in, in this contest."""
    if not user.is_authenticated:
        return None
    return Team.objects.filter(competition=competition, members__user=user).first()


def insiders(competition: Competition) -> frozenset[int]:
    """The teams with one of whom is_insider is true: they take part, as a baseline for instance, but win no prize."""
    deciding = Membership.objects.filter(competition=competition, role__in=DECIDING_ROLES).values("user")
    found = TeamMember.objects.filter(
        Q(user__in=deciding) | Q(user__is_staff=True, user__is_active=True), competition=competition
    )
    return frozenset(found.values_list("team", flat=True))


def led_teams(user: Visitor) -> QuerySet[Team]:
    """The set of can_lead."""
    if not user.is_authenticated:
        return Team.objects.none()
    return Team.objects.filter(pk__in=TeamMember.objects.filter(user=user, is_captain=True).values("team"))


def open_invitations(user: Visitor, *, now: datetime) -> QuerySet[TeamInvitation]:
    """The set of can_answer."""
    if not user.is_authenticated:
        return TeamInvitation.objects.none()
    published = TeamInvitation.objects.open(now).filter(team__competition__status=CompetitionStatus.PUBLISHED)
    return published.filter(user=user).select_related("team__competition", "invited_by")


def invitation_by_link(token: str, competition: Competition, *, now: datetime) -> TeamInvitation | None:
    """The invitation of this link, if it can still be used. Looked up by digest, so timing tells nothing."""
    found = TeamInvitation.objects.open(now).select_related("team__competition", "invited_by")
    return found.filter(digest=token_digest(token), team__competition=competition).first()


def members(team: Team) -> QuerySet[TeamMember]:
    """The captain first, then in the order of joining."""
    return team.members.select_related("user").order_by("-is_captain", "joined_at", "pk")


def forming_ends_at(competition: Competition) -> datetime | None:
    """Until when people join teams and teams merge: as the contest says, else its end. None: without end."""
    if competition.team_deadline is not None:
        return competition.team_deadline
    ends = list(competition.phases.values_list("ends_at", flat=True))
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None


def is_forming(competition: Competition, *, now: datetime) -> bool:
    ends_at = forming_ends_at(competition)
    return competition.team_max_size > 1 and (ends_at is None or now <= ends_at)
