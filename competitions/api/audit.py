"""The audit log of a contest, for those who organise it."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from competitions.api.access import competition_of, person
from competitions.api.competitions import SLUG
from competitions.api.errors import ApiError
from competitions.api.serializers.audit import AuditPageSerializer
from competitions.api.views import View, documented
from competitions.models import Competition
from competitions.permissions import can_organise
from competitions.queries.audit import AuditFilter, audit_events, audit_page

BEFORE = OpenApiParameter("before", int, description="Rows before this number: `before` of the page before.")


class AuditLog(View):
    @documented(
        {200: AuditPageSerializer}, 401, 403, 404, 422, operation_id="competition_audit", parameters=[SLUG, BEFORE]
    )
    def get(self, request: Request, slug: str) -> Response:
        """The acts that decided the contest, the newest first, 50 a page; each with its place in the hash chain."""
        competition = organised(request, slug)
        events = audit_events(request.user, competition, AuditFilter())
        return Response(AuditPageSerializer(audit_page(events, before=number_in(request, "before"))).data)


def organised(request: Request, slug: str) -> Competition:
    """A contest that this person organises, or 401, 403 or 404."""
    competition = competition_of(request, slug)
    person(request)
    if not can_organise(request.user, competition):
        raise ApiError(403, "not_an_organiser", _("This is for the contest's organisers."))
    return competition


def number_in(request: Request, name: str) -> int | None:
    text = request.query_params.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise ApiError(422, "invalid", _("“%(name)s” is a whole number.") % {"name": name})
    return int(text)
