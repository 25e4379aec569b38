"""Publish once a day, by the contest's own days, how many entrants are of which country and affiliation."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max

from competitions.models import Competition, GroupReport
from competitions.queries.entrants import group_counts
from competitions.small_groups import GroupTable, next_table
from competitions.status import CompetitionStatus, GroupKind

COUNTED_AFTER_THE_END = timedelta(days=7)


def publish_due(*, now: datetime) -> int:
    """Today's tables of every contest that has none yet. Returns of how many contests; safe to run twice."""
    contests = Competition.objects.filter(status=CompetitionStatus.PUBLISHED).order_by()
    known = contests.annotate(newest=Max("group_reports__day"), over=Max("phases__ends_at"))
    due = [one for one in known if _is_due(one.newest, one.over, one.zone, now)]
    for competition in due:
        publish(competition, now=now)
    return len(due)


def _is_due(newest: date | None, over: datetime | None, zone: ZoneInfo, now: datetime) -> bool:
    if newest is None:
        return True
    is_over = over is not None and over + COUNTED_AFTER_THE_END < now
    return not is_over and newest < now.astimezone(zone).date()


def publish(competition: Competition, *, now: datetime) -> None:
    """The tables of today, where there are none; a day has one of each kind, whoever asks."""
    day = now.astimezone(competition.zone).date()
    for kind in GroupKind:
        _publish(competition, kind, day)


@transaction.atomic
def _publish(competition: Competition, kind: GroupKind, day: date) -> None:
    # Two at once would each count at another moment, and neither would know the other's table.
    Competition.objects.select_for_update().get(pk=competition.pk)
    reports = list(GroupReport.objects.filter(competition=competition, kind=kind).order_by("day"))
    if reports and reports[-1].day >= day:
        return
    earlier = [GroupTable(report.groups, report.rest) for report in reports]
    table = next_table(group_counts(competition, kind), earlier)
    GroupReport.objects.create(competition=competition, kind=kind, day=day, groups=dict(table.groups), rest=table.rest)
