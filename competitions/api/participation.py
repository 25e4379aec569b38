"""Taking part: what a contest asks, the terms of its data, consents, leaving, and the organisers' queue."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from competitions.api.access import competition_of, person, team_in
from competitions.api.competitions import SLUG
from competitions.api.errors import ApiError
from competitions.api.serializers.competitions import AcceptTermsSerializer
from competitions.api.serializers.participation import (
    ConsentChangeSerializer,
    DataTermsSerializer,
    DecisionSerializer,
    ParticipationSerializer,
    RegistrationSerializer,
)
from competitions.api.views import View, documented
from competitions.models import Competition, DataTerms, Registration
from competitions.participation import Question, questions_of
from competitions.permissions import can_organise, has_accepted_data_terms
from competitions.queries.competitions import current_terms
from competitions.queries.participation import (
    current_data_terms,
    has_consented,
    registration_of,
    visible_registrations,
)
from competitions.queries.people import obstacle
from competitions.queries.teams import team_of
from competitions.services import consents, registrations
from competitions.status import ConsentWay

NUMBER = OpenApiParameter("number", int, OpenApiParameter.PATH)


class Participation(View):
    @documented({200: ParticipationSerializer}, 401, 404, operation_id="participation", parameters=[SLUG])
    def get(self, request: Request, slug: str) -> Response:
        """What the contest asks of whoever joins, and what you have said."""
        return _participation(request, competition_of(request, slug))

    @documented(
        {200: ParticipationSerializer},
        401,
        403,
        404,
        422,
        request=ConsentChangeSerializer,
        operation_id="participation_consent",
        parameters=[SLUG],
    )
    def patch(self, request: Request, slug: str) -> Response:
        """Give an optional consent, or take it back. Safe twice."""
        competition = competition_of(request, slug)
        team_in(request, competition)
        fields = ConsentChangeSerializer(data=request.data)
        fields.is_valid(raise_exception=True)
        key, now = fields.validated_data["key"], timezone.now()
        about: dict[str, Any] = {"user": person(request), "competition": competition, "key": key, "now": now}
        if fields.validated_data["given"]:
            consents.give(way=ConsentWay.API, **about)
        else:
            consents.withdraw(**about)
        return _participation(request, competition)

    @documented({204: None}, 401, 403, 404, operation_id="participation_leave", parameters=[SLUG])
    def delete(self, request: Request, slug: str) -> Response:
        """Leave the contest. Submissions stay with the team, and what was used of the quota stays used. Safe twice."""
        competition, user = competition_of(request, slug), person(request)
        if registration_of(user, competition) is None:
            team_in(request, competition)
        registrations.leave(user=user, competition=competition, now=timezone.now())
        return Response(status=204)


def _participation(request: Request, competition: Competition) -> Response:
    user, terms, data = request.user, current_terms(competition), current_data_terms(competition)
    mine = registration_of(user, competition)
    content = {
        "needs_approval": competition.needs_approval,
        "terms_version": terms.version if terms else None,
        "data_terms_version": data.version if data else None,
        "questions": [_question(one) for one in questions_of(competition.questions)],
        "consents": [
            {
                "key": said["key"],
                "text": said["label"],
                "given": user.is_authenticated and has_consented(user, competition, said["key"]),
            }
            for said in competition.consents
        ],
        "status": mine.status if mine else None,
        "answers": mine.answers if mine else {},
        "reason": mine.reason if mine else "",
        "next_step": obstacle(user, competition),
    }
    return Response(ParticipationSerializer(content).data)


def _question(one: Question) -> dict[str, Any]:
    return {
        "key": one.key,
        "kind": one.kind.value,
        "text": one.label,
        "choices": [{"key": option.key, "text": option.label} for option in one.options],
        "decides": one.eligible is not None,
        "personal": one.is_personal,
        "optional": one.is_optional,
    }


class DataTermsView(View):
    @documented({200: DataTermsSerializer}, 401, 404, operation_id="data_terms", parameters=[SLUG])
    def get(self, request: Request, slug: str) -> Response:
        """The newest version of the terms of the data, and whether you have accepted it."""
        competition = competition_of(request, slug)
        return _data_terms(request, competition, _newest(competition))

    @documented(
        {200: DataTermsSerializer},
        401,
        403,
        404,
        409,
        422,
        request=AcceptTermsSerializer,
        operation_id="data_terms_accept",
        parameters=[SLUG],
    )
    def post(self, request: Request, slug: str) -> Response:
        """Accept the newest version of the terms of the data."""
        competition, user = competition_of(request, slug), person(request)
        fields = AcceptTermsSerializer(data=request.data)
        fields.is_valid(raise_exception=True)
        newest = _newest(competition)
        if newest.version != fields.validated_data["version"]:
            raise consents.DataTermsOutdated(consents.newest_text(newest))
        consents.accept_data_terms(user=user, terms=newest, way=ConsentWay.API, now=timezone.now())
        return _data_terms(request, competition, newest)


def _newest(competition: Competition) -> DataTerms:
    terms = current_data_terms(competition)
    if terms is None:
        raise ApiError(404, "no_terms", _("The data of this contest have no terms of their own."))
    return terms


def _data_terms(request: Request, competition: Competition, terms: DataTerms) -> Response:
    is_accepted = request.user.is_authenticated and has_accepted_data_terms(request.user, competition)
    return Response(DataTermsSerializer(terms, context={"is_accepted": is_accepted}).data)


class Registrations(View):
    @documented(
        {200: RegistrationSerializer(many=True)}, 401, 403, 404, operation_id="registrations", parameters=[SLUG]
    )
    def get(self, request: Request, slug: str) -> Response:
        """Who asked to take part, and what was decided; for organisers."""
        competition = competition_of(request, slug)
        require_organiser(request, competition)
        found = visible_registrations(request.user).filter(competition=competition).select_related("user")
        return Response([_described(one) for one in found.order_by("asked_at", "pk")])


class RegistrationView(View):
    @documented(
        {200: RegistrationSerializer},
        401,
        403,
        404,
        409,
        422,
        request=DecisionSerializer,
        operation_id="registration_decide",
        parameters=[SLUG, NUMBER],
    )
    def post(self, request: Request, slug: str, number: int) -> Response:
        """Admit a person, or refuse with the reason that they read; for organisers. Safe twice."""
        competition = competition_of(request, slug)
        require_organiser(request, competition)
        found = visible_registrations(request.user).filter(competition=competition, pk=number).first()
        if found is None:
            raise ApiError(404, "not_found", _("There is no registration %(number)s here.") % {"number": number})
        fields = DecisionSerializer(data=request.data)
        fields.is_valid(raise_exception=True)
        actor, now = person(request), timezone.now()
        if fields.validated_data["decision"] == "approve":
            return Response(_described(registrations.approve(found, actor=actor, now=now)))
        reason = fields.validated_data["reason"]
        return Response(_described(registrations.refuse(found, actor=actor, reason=reason, now=now)))


def require_organiser(request: Request, competition: Competition) -> None:
    """401 for nobody, 403 for a person who does not organise the contest that they see."""
    person(request)
    if not can_organise(request.user, competition):
        raise ApiError(403, "not_an_organiser", _("This is for those who organise the contest."))


def _described(one: Registration) -> Any:
    team = team_of(one.user, one.competition)
    content = {
        "number": one.pk,
        "user": one.user.get_username(),
        "team": team.name if team else "",
        "status": one.status,
        "answers": one.answers,
        "was_ineligible": one.was_ineligible,
        "asked_at": one.asked_at,
        "decided_at": one.decided_at,
        "reason": one.reason,
    }
    return RegistrationSerializer(content).data
