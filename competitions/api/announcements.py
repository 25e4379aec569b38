"""Announcements of a contest."""

from rest_framework.request import Request
from rest_framework.response import Response

from competitions.api.access import competition_of
from competitions.api.competitions import SLUG
from competitions.api.serializers.announcements import AnnouncementSerializer
from competitions.api.views import View, documented
from competitions.queries.announcements import visible_announcements

LATEST = 100


class Announcements(View):
    @documented(
        {200: AnnouncementSerializer(many=True)},
        401,
        404,
        operation_id="competition_announcements",
        parameters=[SLUG],
    )
    def get(self, request: Request, slug: str) -> Response:
        """What was announced to you, the newest first, the latest 100."""
        competition = competition_of(request, slug)
        sent = visible_announcements(request.user).filter(competition=competition, sent_at__isnull=False)
        return Response(AnnouncementSerializer(sent.order_by("-sent_at", "-pk")[:LATEST], many=True).data)
