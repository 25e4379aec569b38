"""The audit log as people read it: the newest row first, narrowed by what was done, by whom and when."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q, QuerySet

from competitions.models import AuditEvent, Competition
from competitions.permissions import Visitor, is_operator
from competitions.queries.competitions import organised_competitions

PAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Days are the contest's. Empty means: any."""

    verb: str = ""
    person: str = ""
    text: str = ""
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class AuditPage:
    rows: list[AuditEvent]
    before: int | None  # the number to go on from; None on the last page


def visible_audit_events(user: Visitor) -> QuerySet[AuditEvent]:
    """The set of can_see_audit_event."""
    if is_operator(user):
        return AuditEvent.objects.all()
    return AuditEvent.objects.filter(competition__in=organised_competitions(user).values("pk"))


def audit_events(user: Visitor, competition: Competition, wanted: AuditFilter) -> QuerySet[AuditEvent]:
    """What this person may read of a contest's log, the newest first."""
    found = visible_audit_events(user).filter(competition=competition)
    if wanted.verb:
        found = found.filter(verb=wanted.verb)
    if wanted.person:
        found = found.filter(actor_name__icontains=wanted.person)
    if wanted.text:
        found = found.filter(Q(subject__icontains=wanted.text) | Q(reason__icontains=wanted.text))
    if wanted.first_day:
        found = found.filter(at__gte=_midnight(wanted.first_day, competition))
    if wanted.last_day:
        found = found.filter(at__lt=_midnight(wanted.last_day + timedelta(days=1), competition))
    return found.order_by("-number")


def _midnight(day: date, competition: Competition) -> datetime:
    return datetime.combine(day, time(), tzinfo=competition.zone)


def audit_page(events: QuerySet[AuditEvent], *, before: int | None = None, size: int = PAGE_ROWS) -> AuditPage:
    if before is not None:
        events = events.filter(number__lt=before)
    found = list(events[: size + 1])
    return AuditPage(found[:size], found[size - 1].number if len(found) > size else None)


def verbs(user: Visitor, competition: Competition) -> list[str]:
    """What has been done so far, for the filter."""
    found = visible_audit_events(user).filter(competition=competition)
    return list(found.order_by("verb").values_list("verb", flat=True).distinct())
