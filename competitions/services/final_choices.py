"""A team chooses what counts at the end, until the deadline of the phase; then what counted is written down."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from competitions.models import Board, FinalChoice, FinalRecord, Phase, Submission, Task, Team, User
from competitions.permissions import can_choose
from competitions.queries.evaluations import unfinished
from competitions.queries.final_choices import teams_without_choice
from competitions.quota import GRACE
from competitions.services import audit, leaderboards
from competitions.status import BoardKind, CompetitionStatus, PhaseState

REMINDED_HOURS = (72, 24, 3)  # before the deadline


class CannotChoose(Exception):
    """This submission cannot be chosen, or not now; the message says why."""


class ChoiceLocked(CannotChoose):
    """The deadline has passed."""


class TooManyChosen(CannotChoose):
    """As many are chosen as count; one has to be taken back first."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """A team to be reminded that it has chosen nothing. `key` is the same each time the same reminder is due."""

    team: Team
    phase: Phase
    task: Task
    hours: int
    key: str


@transaction.atomic
def choose(submission: Submission, *, user: User, now: datetime) -> FinalChoice:
    """Let a submission count at the end. Safe twice."""
    team = leaderboards.lock_place(submission)
    submission.team = team
    _require_choosable(submission, user, now)
    same_place = FinalChoice.objects.filter(
        submission__team=team, submission__phase=submission.phase_id, submission__task=submission.task_id
    )
    earlier = same_place.filter(submission=submission).first()
    if earlier is not None:
        return earlier
    limit = submission.phase.competition.final_select
    taken = sorted(same_place.values_list("submission", flat=True))
    if len(taken) >= limit:
        numbers = ", ".join(f"#{number}" for number in taken)
        text = _("%(limit)s of %(limit)s are chosen (%(numbers)s). Take one back first.")
        raise TooManyChosen(text % {"limit": limit, "numbers": numbers})
    choice = FinalChoice.objects.create(submission=submission, user=user, chosen_at=now)
    _follow(submission, team, user, "chose for the end", now)
    return choice


@transaction.atomic
def take_back(submission: Submission, *, user: User, now: datetime) -> None:
    """Let it count no longer. Safe twice."""
    team = leaderboards.lock_place(submission)
    submission.team = team
    _require_choosable(submission, user, now)
    if FinalChoice.objects.filter(submission=submission).delete()[0]:
        _follow(submission, team, user, "took back for the end", now)


def _require_choosable(submission: Submission, user: User, now: datetime) -> None:
    if can_choose(user, submission, now=now):
        return
    phase = submission.phase
    if not phase.competition.final_select or phase.frozen_from_id is not None:
        raise CannotChoose(_("Nothing is chosen here: the rules of the contest say which submission counts."))
    if phase.state(now) == PhaseState.CLOSED:
        raise ChoiceLocked(_("The deadline has passed; what is chosen can no longer be changed."))
    if not submission.team.members.filter(user=user).exists():
        raise CannotChoose(_("Only the team itself chooses among its submissions."))
    raise CannotChoose(_("Submission #%(number)s has no score, so it cannot count.") % {"number": submission.pk})


def _follow(submission: Submission, team: Team, user: User, verb: str, now: datetime) -> None:
    leaderboards.refresh_private(submission, team)
    audit.note(
        verb,
        now=now,
        actor=user,
        competition=submission.phase.competition,
        subject=f"submission {submission.pk}",
        detail={"team": team.pk},
    )


# -- the deadline -----------------------------------------------------------------------------------------------------


def lock_due(*, now: datetime) -> int:
    """Write down what counted in phases that are over, their last upload among them, and scored. Returns how many
    records; run by the sweeper, safe to run twice. That nobody chooses after the deadline is seen to by the clock."""
    phases = Phase.objects.filter(
        ends_at__lt=now - GRACE,
        frozen_from=None,
        competition__final_select__gt=0,
        competition__status=CompetitionStatus.PUBLISHED,
    )
    return sum(_lock(phase, now=now) for phase in phases.select_related("competition") if _is_decided(phase))


def _is_decided(phase: Phase) -> bool:
    return not unfinished(phase.competition).filter(submission__phase=phase).exists()


@transaction.atomic
def _lock(phase: Phase, *, now: datetime) -> int:
    records = [
        record
        for task in phase.tasks.all()
        for team in _unrecorded(phase, task)
        if (record := _record(team, phase, task, now))
    ]
    if not records:
        return 0
    FinalRecord.objects.bulk_create(records, ignore_conflicts=True)
    audit.note(
        "final choices locked",
        now=now,
        actor=None,
        competition=phase.competition,
        subject=f"phase {phase.pk}",
        detail={"teams": len(records), "by_default": sum(record.is_default for record in records)},
    )
    return len(records)


def _unrecorded(phase: Phase, task: Task) -> list[Team]:
    recorded = FinalRecord.objects.filter(phase=phase, task=task).values("team")
    took_part = phase.competition.teams.filter(submissions__phase=phase, submissions__task=task)
    return list(took_part.exclude(pk__in=recorded).distinct().order_by("pk"))


def _record(team: Team, phase: Phase, task: Task, now: datetime) -> FinalRecord | None:
    counted = _counted(team, phase, task)
    if not counted or phase.ends_at is None:
        return None  # nothing of theirs was scored
    choices = FinalChoice.objects.filter(submission__team=team, submission__phase=phase, submission__task=task)
    chosen = [
        {"submission": one.submission_id, "by": one.user.get_username(), "at": one.chosen_at.isoformat()}
        for one in choices.select_related("user")
    ]
    return FinalRecord(
        team=team,
        phase=phase,
        task=task,
        chosen=chosen,
        counted=counted,
        is_default=not {one["submission"] for one in chosen} & set(counted),
        locked_at=phase.ends_at,
        recorded_at=now,
    )


def _counted(team: Team, phase: Phase, task: Task) -> list[int]:
    """In the order of submission. By default each division takes what is best by its own metric."""
    boards = Board.objects.filter(phase=phase, task=task, kind=BoardKind.PRIVATE).order_by("division__position", "pk")
    found = {one.pk: one for board in boards for one in leaderboards.counting(board, team)}
    return sorted(found, key=lambda number: (found[number].submitted_at, number))


# -- reminders --------------------------------------------------------------------------------------------------------


def reminders_due(*, now: datetime) -> list[Reminder]:
    """Teams that have chosen nothing although the deadline is near: of several hours the nearest one only. Sent once
    by whoever keeps `key` unique. A deadline that was moved is another one, of which teams are reminded anew."""
    return list(_reminders(now))


def nearest_step(ends_at: datetime, now: datetime) -> int:
    """The hours of the reminder that is due now; ValueError while the deadline is further away than the first."""
    return min(hours for hours in REMINDED_HOURS if ends_at - now <= timedelta(hours=hours))


def _reminders(now: datetime) -> Iterator[Reminder]:
    soon = now + timedelta(hours=REMINDED_HOURS[0])
    phases = Phase.objects.filter(
        starts_at__lte=now,
        ends_at__gt=now,
        ends_at__lte=soon,
        frozen_from=None,
        competition__final_select__gt=0,
        competition__status=CompetitionStatus.PUBLISHED,
    )
    for phase in phases.select_related("competition").order_by("pk"):
        ends_at = phase.ends_at or now
        hours = nearest_step(ends_at, now)
        for task in phase.tasks.all():
            for team in teams_without_choice(phase, task):
                key = f"final-choice:{team.pk}:{phase.pk}:{task.pk}:{int(ends_at.timestamp())}:{hours}"
                yield Reminder(team, phase, task, hours, key)
