"""What the clock tells people: reminders before a deadline, and a day's digest of submissions. Run by the sweeper.

Each is done once: a Round is written in the same transaction, and its key is unique.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q

from competitions.models import Competition, Evaluation, MailSwitch, Phase, Round, User
from competitions.queries.announcements import audience
from competitions.services import final_choices
from competitions.services.final_choices import REMINDED_HOURS, nearest_step
from competitions.services.notices import tell
from competitions.status import Audience, CompetitionStatus, EvaluationStatus, MailKind, MailMode

# A sweeper that comes back after a long rest reminds of what is still ahead, and of nothing twice.
DIGEST_DAYS_BACK = 3


# -- reminders --------------------------------------------------------------------------------------------------------


def remind_due(*, now: datetime) -> int:
    """Remind contestants of deadlines. Returns how many rounds were done; safe to run twice."""
    soon = now + timedelta(hours=max(REMINDED_HOURS))
    phases = Phase.objects.filter(
        competition__status=CompetitionStatus.PUBLISHED, frozen_from=None, starts_at__lte=now, ends_at__gt=now
    )
    return sum(_remind(phase, now) for phase in phases.filter(ends_at__lte=soon).select_related("competition"))


def _remind(phase: Phase, now: datetime) -> int:
    """Of the nearest step only. A deadline that was moved is another one, of which people are reminded anew."""
    ends_at = phase.ends_at or now
    hours = nearest_step(ends_at, now)
    key = f"deadline:{phase.pk}:{int(ends_at.timestamp())}:{hours}"
    if Round.objects.filter(key=key).exists():
        return 0
    with transaction.atomic():
        if not _first(key, now):
            return 0
        left = max(1, round((ends_at - now) / timedelta(hours=1)))
        content = {"phase": phase.name, "hours": left, "ends_at": ends_at.isoformat()}
        people = audience(phase.competition, Audience.CONTESTANTS)
        tell(MailKind.DEADLINE, people, key=key, content=content, now=now, competition=phase.competition)
    return 1


def remind_of_choices(*, now: datetime) -> int:
    """Remind teams that have chosen nothing for the end. Returns how many; safe to run twice."""
    return sum(_remind_of_choice(reminder, now) for reminder in final_choices.reminders_due(now=now))


def _remind_of_choice(reminder: final_choices.Reminder, now: datetime) -> int:
    if Round.objects.filter(key=reminder.key).exists():
        return 0
    phase = reminder.phase
    with transaction.atomic():
        if not _first(reminder.key, now):
            return 0
        ends_at = phase.ends_at.isoformat() if phase.ends_at else now.isoformat()
        content = {"phase": phase.name, "hours": reminder.hours, "ends_at": ends_at, "has_no_choice": True}
        people = [member.user for member in reminder.team.members.select_related("user")]
        tell(MailKind.DEADLINE, people, key=reminder.key, content=content, now=now, competition=phase.competition)
    return 1


def _first(key: str, now: datetime) -> bool:
    return Round.objects.get_or_create(key=key, defaults={"at": now})[1]


# -- the day's submissions --------------------------------------------------------------------------------------------


def digest_due(*, now: datetime) -> int:
    """Tell people what became of their submissions of the days before, as the contest counts days. Safe twice."""
    recently = now - timedelta(days=DIGEST_DAYS_BACK + 1)
    busy = Evaluation.objects.filter(finished_at__gte=recently).values("submission__phase__competition")
    return sum(
        _digest(competition, day, now)
        for competition in Competition.objects.filter(pk__in=busy, status=CompetitionStatus.PUBLISHED)
        for day in _days_before(now.astimezone(competition.zone).date())
    )


def _days_before(today: date) -> Iterable[date]:
    return (today - timedelta(days=back) for back in range(DIGEST_DAYS_BACK, 0, -1))


def _digest(competition: Competition, day: date, now: datetime) -> int:
    key = f"submissions:{competition.pk}:{day.isoformat()}"
    if Round.objects.filter(key=key).exists():
        return 0
    with transaction.atomic():
        if not _first(key, now):
            return 0
        counts = list(_counts(competition, day))
        people = {user.pk: user for user in _wanting([row["submission__user"] for row in counts])}
        for row in counts:
            user, content = people.get(row["submission__user"]), {"scored": row["scored"], "failed": row["failed"]}
            if user is not None:
                tell(MailKind.SUBMISSIONS, [user], key=key, content=content, now=now, competition=competition)
    return 1


def _counts(competition: Competition, day: date) -> Iterable[Any]:
    """Scored and failed evaluations of the live versions, by person."""
    begins = datetime.combine(day, time(), tzinfo=competition.zone)
    ends = datetime.combine(day + timedelta(days=1), time(), tzinfo=competition.zone)
    done = Evaluation.objects.filter(
        scoring_version=F("submission__task__current_version"),
        submission__phase__competition=competition,
        finished_at__gte=begins,
        finished_at__lt=ends,
    )
    scored, failed = Q(status=EvaluationStatus.SCORED), Q(status=EvaluationStatus.FAILED)
    by_person = done.filter(scored | failed).order_by().values("submission__user")
    return by_person.annotate(scored=Count("pk", filter=scored), failed=Count("pk", filter=failed))


def _wanting(numbers: Iterable[int]) -> Iterable[User]:
    """Those who were told at once are not told again; those who want no mail get the notice."""
    at_once = MailSwitch.objects.filter(kind=MailKind.SUBMISSIONS, mode=MailMode.EACH).values("user")
    return User.objects.filter(pk__in=numbers, is_active=True).exclude(pk__in=at_once)
