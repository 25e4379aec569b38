"""API tokens in the Authorization header: `Bearer tdm_...` or `Token tdm_...`."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from competitions.models import ApiToken, User
from competitions.queries.people import usable_token
from competitions.services.people import note_use

WORDS = {"bearer", "token"}


class TokenAuthentication(BaseAuthentication):
    """Who sends a header with a bad token is refused, never treated as a visitor: a typo must not look like a 404."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        words = get_authorization_header(request).decode("latin-1").split()
        if not words or words[0].lower() not in WORDS:
            return None
        now = timezone.now()
        token = usable_token(words[1], now=now) if len(words) == 2 else None
        if token is None or not token.user.is_active:
            raise AuthenticationFailed(_("This token is unknown, revoked or expired. Make a new one in your settings."))
        note_use(token, now=now)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Tidemark API"'


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "An API token, made on your settings page."}
