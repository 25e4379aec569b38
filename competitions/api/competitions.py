"""Contests: list, detail, joining, rules."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response

from competitions.api.access import competition_of, person, refused_to_join, require_verified
from competitions.api.errors import ApiError
from competitions.api.serializers.competitions import (
    AcceptTermsSerializer,
    CompetitionDetailSerializer,
    CompetitionPageSerializer,
    CompetitionSerializer,
    JoinSerializer,
    TeamSerializer,
    TermsSerializer,
)
from competitions.api.views import View, documented
from competitions.models import Competition, Team, Terms
from competitions.permissions import has_accepted_terms
from competitions.queries.competitions import current_terms, listed_competitions
from competitions.queries.people import obstacle
from competitions.queries.teams import team_of
from competitions.services import registrations, teams
from competitions.services.registrations import Entry
from competitions.services.teams import JoinRefused
from competitions.status import ConsentWay

SLUG = OpenApiParameter("slug", str, OpenApiParameter.PATH, description="The contest's name in addresses.")


class CompetitionPages(PageNumberPagination):
    page_size = 50


PAGE = OpenApiParameter("page", int, description="From 1 on.")


class CompetitionList(View):
    @documented({200: CompetitionPageSerializer}, 401, 404, operation_id="competitions", parameters=[PAGE])
    def get(self, request: Request) -> Response:
        """The contests you may see, the newest first, 50 a page."""
        paginator = CompetitionPages()
        newest_first = listed_competitions(request.user).order_by("-created_at", "-pk")
        page = paginator.paginate_queryset(newest_first, request, view=self)
        return paginator.get_paginated_response(CompetitionSerializer(page, many=True, context=_context(request)).data)


class CompetitionDetail(View):
    @documented({200: CompetitionDetailSerializer}, 401, 404, operation_id="competition", parameters=[SLUG])
    def get(self, request: Request, slug: str) -> Response:
        """A contest with its pages, phases, tasks and divisions, and what you have to do next to take part."""
        found = competition_of(request, slug)
        competition = listed_competitions(request.user).prefetch_related(*PARTS).get(pk=found.pk)
        context = {**_context(request), "now": timezone.now(), "me": _me(request, competition)}
        return Response(CompetitionDetailSerializer(competition, context=context).data)


PARTS = (
    "pages",
    "divisions",
    "phases__tasks",
    "phases__divisions",
    "phases__frozen_from",
    "phases__promotion__source",
    "tasks__current_version",
    "tasks__runtime",
)


def _context(request: Request) -> dict[str, Any]:
    return {"request": request}


def _me(request: Request, competition: Competition) -> dict[str, str | None] | None:
    if not request.user.is_authenticated:
        return None
    team = team_of(request.user, competition)
    return {"team": team.name if team else None, "next_step": obstacle(request.user, competition)}


class Join(View):
    @documented(
        {201: TeamSerializer, 200: TeamSerializer},
        401,
        403,
        404,
        409,
        422,
        request=JoinSerializer,
        operation_id="competition_join",
        parameters=[SLUG],
    )
    def post(self, request: Request, slug: str) -> Response:
        """Join as a team of one: accept rules and data terms, answer what the contest asks (see participation).

        Safe twice: the second time answers 200 with the same team.
        """
        competition, user = competition_of(request, slug), require_verified(request)
        fields = JoinSerializer(data=request.data)
        fields.is_valid(raise_exception=True)
        was_in, said = team_of(user, competition) is not None, fields.validated_data
        entry = Entry(
            answers=said["answers"],
            consents=frozenset(said["consents"]),
            data_terms=competition.data_terms.filter(version=said["accept_data_terms"]).first(),
            way=ConsentWay.API,
        )
        try:
            team = registrations.join(
                user=user,
                competition=competition,
                team_name=said["team_name"],
                terms=_terms(competition, said["accept_terms"]),
                entry=entry,
                now=timezone.now(),
            )
        except JoinRefused as error:
            raise refused_to_join(error, competition) from None
        return Response(TeamSerializer(_team(team)).data, status=200 if was_in else 201)


def _team(team: Team) -> dict[str, Any]:
    return {"competition": team.competition.slug, "name": team.name, "created_at": team.created_at}


def _terms(competition: Competition, version: str) -> Terms | None:
    """The named version; None is refused by the service wherever there are rules to accept."""
    return competition.terms.filter(version=version).first()


class TermsView(View):
    @documented({200: TermsSerializer}, 401, 404, operation_id="competition_terms", parameters=[SLUG])
    def get(self, request: Request, slug: str) -> Response:
        """The newest version of the rules, and whether you have accepted it."""
        competition = competition_of(request, slug)
        return Response(_described(request, competition, _newest(competition)))

    @documented(
        {200: TermsSerializer},
        401,
        403,
        404,
        409,
        422,
        request=AcceptTermsSerializer,
        operation_id="competition_terms_accept",
        parameters=[SLUG],
    )
    def post(self, request: Request, slug: str) -> Response:
        """Accept the newest version of the rules."""
        competition, user = competition_of(request, slug), person(request)
        fields = AcceptTermsSerializer(data=request.data)
        fields.is_valid(raise_exception=True)
        named = _terms(competition, fields.validated_data["version"]) or _newest(competition)
        if named.version != fields.validated_data["version"]:
            raise teams.TermsOutdated(teams.newest_text(named))
        teams.accept_terms(user=user, terms=named, now=timezone.now(), way=ConsentWay.API)
        return Response(_described(request, competition, named))


def _newest(competition: Competition) -> Terms:
    terms = current_terms(competition)
    if terms is None:
        raise ApiError(404, "no_terms", _("This contest has no rules to accept."))
    return terms


def _described(request: Request, competition: Competition, terms: Terms) -> Any:
    is_accepted = request.user.is_authenticated and has_accepted_terms(request.user, competition)
    return TermsSerializer(terms, context={"is_accepted": is_accepted}).data
