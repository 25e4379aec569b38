"""A contest's sponsors, and its numbers for them."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from competitions.api.access import competition_of, person
from competitions.api.competitions import SLUG
from competitions.api.errors import ApiError
from competitions.api.serializers.sponsors import DashboardSerializer, SponsorSerializer
from competitions.api.views import View, documented
from competitions.models import Sponsor
from competitions.queries.dashboard import BestScores, Dashboard, GroupCounts, dashboard
from competitions.queries.sponsors import dashboard_competitions, sponsors


class Sponsors(View):
    @documented({200: SponsorSerializer(many=True)}, 401, 404, operation_id="competition_sponsors", parameters=[SLUG])
    def get(self, request: Request, slug: str) -> Response:
        """Who supports the contest, in the organiser's order."""
        competition = competition_of(request, slug)
        found = [_sponsor(request, slug, one) for one in sponsors(competition)]
        return Response(SponsorSerializer(found, many=True).data)


def _sponsor(request: Request, slug: str, sponsor: Sponsor) -> dict[str, Any]:
    own = ("key", "name", "role", "url", "description", "prizes")
    logo = reverse("pages:sponsor_logo", args=[slug, sponsor.key]) if sponsor.logo_id else None
    address = request.build_absolute_uri(logo) if logo else None
    return {**{name: getattr(sponsor, name) for name in own}, "logo_url": address}


class DashboardView(View):
    @documented({200: DashboardSerializer}, 401, 404, operation_id="competition_dashboard", parameters=[SLUG])
    def get(self, request: Request, slug: str) -> Response:
        """The contest in numbers, for its sponsors and organisers. No names, no private scores; groups of people are
        published once a day and in numbers of at least 5."""
        competition = competition_of(request, slug)
        person(request)
        if not dashboard_competitions(request.user).filter(pk=competition.pk).exists():
            raise ApiError(404, "not_found", _("There are no numbers for you here."))
        return Response(DashboardSerializer(_described(dashboard(competition, now=timezone.now()))).data)


def _described(found: Dashboard) -> dict[str, Any]:
    return {
        "time_zone": found.competition.time_zone,
        "totals": found.totals,
        "submissions_by_day": [{"day": day, "count": count} for day, count in found.submissions],
        "best_scores": [_scores(scores) for scores in found.scores],
        "groups": [_groups(groups) for groups in found.groups],
    }


def _scores(scores: BestScores) -> dict[str, Any]:
    board = scores.board
    return {
        "phase": board.phase.key,
        "task": board.task.key,
        "metric": "combined" if board.combine else board.metric,
        "higher_is_better": board.higher_is_better,
        "decimals": board.decimals,
        "points": [{"day": day, "value": value} for day, value in scores.points],
    }


def _groups(groups: GroupCounts) -> dict[str, Any]:
    counts = sorted(groups.table.groups.items(), key=lambda pair: (-pair[1], pair[0]))
    return {
        "by": groups.kind,
        "day": groups.day,
        "total": groups.table.total,
        "groups": [{"name": name, "count": count} for name, count in counts],
        "rest": groups.table.rest,
    }
