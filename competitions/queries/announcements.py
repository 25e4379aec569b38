"""Announcements that a person may read, whom one is for, and a person's notices."""

from django.db.models import Q, QuerySet

from competitions.models import Announcement, Competition, Notice, Phase, Team, User
from competitions.permissions import ORGANISING_ROLES, Visitor, is_operator
from competitions.queries.competitions import organised_competitions, visible_competitions
from competitions.status import Audience, RegistrationStatus

LATEST = 5
PAGE_ROWS = 30


def audience(competition: Competition, kind: str, phase: Phase | None = None) -> QuerySet[User]:
    """The people an announcement reaches: counted with this before sending, and sent to with this."""
    people = User.objects.filter(is_active=True)
    if kind == Audience.ORGANISERS:
        working = competition.memberships.filter(role__in=ORGANISING_ROLES).values("user")
        return people.filter(pk__in=working).order_by("pk")
    teams = Team.objects.filter(competition=competition)
    if kind == Audience.WITHOUT_SUBMISSION:
        teams = teams.filter(submissions=None)
    elif kind == Audience.PHASE:
        teams = teams.filter(submissions__phase=phase)
    elif kind != Audience.CONTESTANTS:
        raise ValueError(f"unknown audience '{kind}'")
    members = competition.team_members.filter(team__in=teams.values("pk")).values("user")
    left = competition.registrations.filter(status=RegistrationStatus.LEFT).values("user")
    return people.filter(pk__in=members).exclude(pk__in=left).order_by("pk")


def visible_announcements(user: Visitor) -> QuerySet[Announcement]:
    """The set of can_see_announcement."""
    if is_operator(user):
        return Announcement.objects.all()
    for_all = Q(audience=Audience.CONTESTANTS)
    told = Q(pk__in=Notice.objects.filter(user=user).values("announcement")) if user.is_authenticated else Q()
    sent = Q(competition__in=visible_competitions(user).values("pk"), sent_at__isnull=False)
    readable = sent & (for_all | told if user.is_authenticated else for_all)
    return Announcement.objects.filter(readable | Q(competition__in=organised_competitions(user).values("pk")))


def latest_announcements(user: Visitor, competition: Competition) -> list[Announcement]:
    """What stands on top of a contest's overview."""
    sent = visible_announcements(user).filter(competition=competition, sent_at__isnull=False)
    return list(sent.order_by("-sent_at", "-pk")[:LATEST])


def drafts(user: Visitor, competition: Competition) -> QuerySet[Announcement]:
    """For those who write them."""
    found = visible_announcements(user).filter(competition=competition, sent_at=None)
    return found.filter(competition__in=organised_competitions(user).values("pk")).order_by("-pk")


def notices_of(user: User, *, before: int | None = None) -> list[Notice]:
    """The newest first, a page and one more."""
    found = Notice.objects.filter(user=user).select_related("competition")
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[: PAGE_ROWS + 1])


def unread_count(user: User) -> int:
    return Notice.objects.filter(user=user, read_at=None).count()
