"""What would become of two teams that merge, and what stands in the way. Nothing is written."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Count, QuerySet

from competitions.models import FinalChoice, FinalRecord, Phase, Task, Team, TeamMerge, WinnerEntry
from competitions.permissions import Visitor
from competitions.queries.jury import is_judged
from competitions.queries.promotions import promoted_into
from competitions.queries.submissions import used_by
from competitions.queries.teams import is_forming, led_teams
from competitions.quota import merged_limit
from competitions.status import MergeStatus, PhaseState


class Hindrance(StrEnum):
    DEADLINE = "team_deadline"
    SIZE = "team_full"
    QUOTA = "merge_quota"
    SECOND_STAGE = "second_stage"
    LOCKED = "choice_locked"
    JUDGED = "judged"
    PROMOTED = "promoted"  # one is let into a phase that the other is not


@dataclass(frozen=True, slots=True)
class PhaseUse:
    """What both teams have used of a phase until now, and what one team could have; None is unlimited."""

    phase: Phase
    team_used: int
    other_used: int
    limit: int | None

    @property
    def used(self) -> int:
        return self.team_used + self.other_used

    @property
    def is_within(self) -> bool:
        return self.limit is None or self.used <= self.limit


@dataclass(frozen=True, slots=True)
class MergeOutlook:
    """`other` becomes part of `team`. `cleared`: phases and tasks where both together have chosen too many for the
    end, so that the merged team has to choose anew."""

    team: Team
    other: Team
    size: int
    max_size: int
    submissions: int
    uses: tuple[PhaseUse, ...]
    cleared: tuple[tuple[Phase, Task], ...]
    hindrances: tuple[Hindrance, ...]


def open_merges(user: Visitor) -> QuerySet[TeamMerge]:
    """Proposals that this person may withdraw or answer: of the teams that they lead."""
    led = led_teams(user)
    found = TeamMerge.objects.filter(status=MergeStatus.OPEN).select_related(
        "team__competition", "other", "proposed_by"
    )
    return (found.filter(team__in=led) | found.filter(other__in=led)).distinct()


def outlook(team: Team, other: Team, *, now: datetime) -> MergeOutlook:
    uses = tuple(_use(phase, team, other, now) for phase in _begun(team, now))
    size = team.members.count() + other.members.count()
    both = [team, other]
    hindrances = {
        Hindrance.DEADLINE: not is_forming(team.competition, now=now),
        Hindrance.SIZE: size > team.competition.team_max_size,
        Hindrance.QUOTA: not all(use.is_within for use in uses),
        Hindrance.SECOND_STAGE: any(one.submissions.exclude(frozen_from=None).exists() for one in both),
        Hindrance.JUDGED: any(one.entries.filter(is_judged()).exists() for one in both),
        Hindrance.PROMOTED: promoted_into(team) != promoted_into(other),
        Hindrance.LOCKED: any(of.objects.filter(team__in=both).exists() for of in (FinalRecord, WinnerEntry)),
    }
    return MergeOutlook(
        team=team,
        other=other,
        size=size,
        max_size=team.competition.team_max_size,
        submissions=sum(one.submissions.count() for one in both),
        uses=uses,
        cleared=tuple(_cleared(team, other)),
        hindrances=tuple(one for one, stands in hindrances.items() if stands),
    )


def _begun(team: Team, now: datetime) -> list[Phase]:
    """Phases in which teams upload, as far as they have begun."""
    phases = team.competition.phases.filter(frozen_from=None)
    return [phase for phase in phases if phase.state(now) != PhaseState.UPCOMING]


def _use(phase: Phase, team: Team, other: Team, now: datetime) -> PhaseUse:
    limit = merged_limit(
        phase.limits, now=now, zone=phase.competition.zone, starts_at=phase.starts_at, ends_at=phase.ends_at
    )
    pairs = ((team, other), (other, team))
    used = [used_by(one, phase, since=now, besides=another).in_all for one, another in pairs]
    return PhaseUse(phase, used[0], used[1], limit)


def _cleared(team: Team, other: Team) -> list[tuple[Phase, Task]]:
    place = ("submission__phase", "submission__task")
    choices = FinalChoice.objects.filter(submission__team__in=[team, other]).order_by()
    counted = choices.values(*place).annotate(count=Count("pk")).filter(count__gt=team.competition.final_select)
    return [(Phase.objects.get(pk=row[place[0]]), Task.objects.get(pk=row[place[1]])) for row in counted]
