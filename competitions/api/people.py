"""The person who asks. Tokens are made and revoked on the site's pages only: a stolen one must not make more."""

from rest_framework.request import Request
from rest_framework.response import Response

from competitions.api.access import person
from competitions.api.serializers.people import MeSerializer
from competitions.api.views import View, documented
from competitions.models import ApiToken
from competitions.queries.people import has_verified_email, own_teams


class Me(View):
    @documented({200: MeSerializer}, 401, operation_id="me")
    def get(self, request: Request) -> Response:
        """Who you are to this site; a good first request to try a token."""
        user = person(request)
        content = {
            "username": user.username,
            "email": user.email,
            "email_is_verified": has_verified_email(user),
            "language": user.language,
            "time_zone": user.time_zone,
            "affiliation": user.affiliation,
            "country": user.country,
            "token": request.auth.name if isinstance(request.auth, ApiToken) else None,
            "teams": [{"competition": team.competition.slug, "name": team.name} for team in own_teams(user)],
        }
        return Response(MeSerializer(content).data)
