"""Who works on a contest, and inviting somebody to. Roles are changed and taken away on the site's page."""

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from competitions.api.access import competition_of, person
from competitions.api.competitions import SLUG
from competitions.api.participation import require_organiser
from competitions.api.serializers.participation import (
    InviteToRoleSerializer,
    PeopleSerializer,
    RoleInvitationSerializer,
)
from competitions.api.views import View, documented
from competitions.models import Membership, RoleInvitation
from competitions.queries.roles import roles_of, visible_role_invitations
from competitions.services import role_invitations


class People(View):
    @documented({200: PeopleSerializer}, 401, 403, 404, operation_id="people", parameters=[SLUG])
    def get(self, request: Request, slug: str) -> Response:
        """Who has which role, since when and from whom, and who is asked; for organisers."""
        competition = competition_of(request, slug)
        require_organiser(request, competition)
        asked = visible_role_invitations(request.user).filter(
            competition=competition, outcome="", expires_at__gt=timezone.now()
        )
        content = {
            "roles": [_role(one) for one in roles_of(competition)],
            "invitations": [_invitation(one) for one in asked],
        }
        return Response(PeopleSerializer(content).data)

    @documented(
        {201: RoleInvitationSerializer},
        401,
        403,
        404,
        409,
        422,
        request=InviteToRoleSerializer,
        operation_id="people_invite",
        parameters=[SLUG],
    )
    def post(self, request: Request, slug: str) -> Response:
        """Invite an address to a role; the link is mailed and told to nobody else. Safe twice."""
        competition = competition_of(request, slug)
        require_organiser(request, competition)
        fields = InviteToRoleSerializer(data=request.data)
        fields.is_valid(raise_exception=True)
        invited = role_invitations.invite(
            competition, actor=person(request), now=timezone.now(), **fields.validated_data
        )
        return Response(RoleInvitationSerializer(_invitation(invited)).data, status=201)


def _role(one: Membership) -> dict[str, Any]:
    by = one.given_by.get_username() if one.given_by else None
    return {"user": one.user.get_username(), "role": one.role, "since": one.since, "given_by": by}


def _invitation(one: RoleInvitation) -> dict[str, Any]:
    return {
        "number": one.pk,
        "email": one.email,
        "role": one.role,
        "sent_at": one.sent_at,
        "expires_at": one.expires_at,
    }
