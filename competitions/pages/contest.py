"""What every page of a contest shows above its own content: the facts, the tabs, and what this person may do."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from competitions.models import Competition, Division, Page, Phase, Registration, Team, WinnerEntry
from competitions.pages.quota_texts import QuotaText, quota_text
from competitions.pages.selection_texts import SelectionText, selection_text
from competitions.permissions import can_download, can_organise, can_see_dashboard, is_insider, is_juror
from competitions.queries.competitions import current_phase, organised_competitions, phases, visible_competitions
from competitions.queries.final_choices import choosable_submissions, chosen_numbers, selections
from competitions.queries.jury import juried
from competitions.queries.participation import registration_of
from competitions.queries.people import Obstacle, obstacle
from competitions.queries.results import has_results
from competitions.queries.submissions import allowance_for, contest_submissions
from competitions.queries.teams import insiders, team_of
from competitions.queries.winners import own_entries
from competitions.quota import Allowance
from competitions.status import CompetitionStatus, PhaseState


@dataclass
class Contest:
    """A contest as one person sees it now. What a page does not ask for is not looked up."""

    request: HttpRequest
    competition: Competition
    now: datetime
    phase: Phase | None = field(default=None)

    @property
    def state(self) -> PhaseState:
        return self.phase.state(self.now) if self.phase else PhaseState.UPCOMING

    @property
    def is_draft(self) -> bool:
        return self.competition.status == CompetitionStatus.DRAFT

    @property
    def is_frozen(self) -> bool:
        """Does its phase run the programs of an earlier one?"""
        return self.phase is not None and self.phase.frozen_from_id is not None

    @cached_property
    def kept_phases(self) -> list[Phase]:
        """Those that have begun and keep their scores from this person until they are over."""
        if self.can_organise:
            return []
        begun = [phase for phase in self.phases if phase.state(self.now) != PhaseState.UPCOMING]
        return [phase for phase in begun if phase.are_scores_hidden(self.now)]

    @cached_property
    def phases(self) -> list[Phase]:
        return list(phases(self.competition))

    @cached_property
    def extra_pages(self) -> list[Page]:
        """The organiser's pages that have a tab of their own."""
        return [page for page in self.competition.pages.all() if page.key != "overview"]

    @cached_property
    def juried_divisions(self) -> list[Division]:
        return list(juried(self.competition))

    @cached_property
    def team_count(self) -> int:
        return self.competition.teams.count()

    @cached_property
    def submission_count(self) -> int:
        return contest_submissions(self.competition).count()

    @cached_property
    def team(self) -> Team | None:
        return team_of(self.request.user, self.competition)

    @cached_property
    def selections(self) -> list[SelectionText]:
        """What the team has chosen for the end, by phase and task."""
        found = selections(self.team, now=self.now) if self.team else []
        return [selection_text(one, zone=self.competition.zone, now=self.now) for one in found]

    @cached_property
    def chosen(self) -> frozenset[int]:
        return chosen_numbers(self.team) if self.team and self.competition.final_select else frozenset()

    @cached_property
    def choosable(self) -> frozenset[int]:
        """The submissions that this person may choose, or take back, now."""
        if not self.competition.final_select:
            return frozenset()
        found = choosable_submissions(self.request.user, now=self.now).filter(team=self.team)
        return frozenset(found.values_list("pk", flat=True))

    @cached_property
    def obstacle(self) -> Obstacle | None:
        return obstacle(self.request.user, self.competition)

    @cached_property
    def registration(self) -> Registration | None:
        return registration_of(self.request.user, self.competition)

    @cached_property
    def winner_entries(self) -> list[WinnerEntry]:
        """What the team was asked to hand in for the audit of winners."""
        return list(own_entries(self.request.user, self.competition))

    @cached_property
    def has_awards(self) -> bool:
        return self.competition.awards.exists()

    @cached_property
    def allowance(self) -> Allowance | None:
        if self.team is None or self.phase is None:
            return None
        return allowance_for(self.team, self.phase, now=self.now)

    @cached_property
    def quota(self) -> QuotaText | None:
        if self.allowance is None or self.phase is None or self.is_frozen:
            return None
        return quota_text(self.allowance, self.phase, zone=self.competition.zone, now=self.now)

    @cached_property
    def can_organise(self) -> bool:
        return can_organise(self.request.user, self.competition)

    @cached_property
    def is_insider(self) -> bool:
        return is_insider(self.request.user, self.competition)

    @cached_property
    def is_out_of_competition(self) -> bool:
        return self.team is not None and self.team.pk in insiders(self.competition)

    @cached_property
    def is_juror(self) -> bool:
        return is_juror(self.request.user, self.competition)

    @cached_property
    def division_count(self) -> int:
        return self.competition.divisions.count()

    @cached_property
    def promotions(self) -> frozenset[int]:
        """The phases that only promoted teams may enter."""
        return frozenset(self.competition.phases.filter(promotion__isnull=False).values_list("pk", flat=True))

    @cached_property
    def has_results(self) -> bool:
        return has_results(self.request.user, self.competition, now=self.now)

    @cached_property
    def can_see_dashboard(self) -> bool:
        return can_see_dashboard(self.request.user, self.competition)

    @cached_property
    def can_download(self) -> bool:
        return can_download(self.request.user, self.competition)


def find_contest(request: HttpRequest, slug: str) -> Contest:
    """Through the query: a contest that this person may not see does not exist for them."""
    competition = get_object_or_404(visible_competitions(request.user), slug=slug)
    now = timezone.now()
    return Contest(request, competition, now, current_phase(competition, now=now))


def find_organised(request: HttpRequest, slug: str) -> Contest:
    """Through the query of those who organise: for anybody else there is no such page."""
    get_object_or_404(organised_competitions(request.user), slug=slug)
    return find_contest(request, slug)


def render_contest(
    contest: Contest,
    template: str,
    *,
    tab: str,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    context |= {"contest": contest, "competition": contest.competition, "now": contest.now, "tab": tab}
    return render(contest.request, template, context, status=status)


def phase_of_list(phases: Iterable[Phase], now: datetime) -> Phase | None:
    """queries.competitions.current_phase, for phases that are in memory already (the list shows many contests)."""
    known = list(phases)
    open_now = [phase for phase in known if phase.state(now) == PhaseState.OPEN]
    upcoming = sorted((one for one in known if one.state(now) == PhaseState.UPCOMING), key=lambda one: one.starts_at)
    return next(iter([*open_now, *upcoming, *reversed(known)]), None)
