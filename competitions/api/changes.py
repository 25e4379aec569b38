"""What changed in a contest since its launch."""

from rest_framework.request import Request
from rest_framework.response import Response

from competitions.api.access import competition_of
from competitions.api.competitions import SLUG
from competitions.api.serializers.changes import ChangeSerializer
from competitions.api.views import View, documented
from competitions.change_rules import differences_in
from competitions.change_texts import effect_texts, told_differences
from competitions.models import ChangeRequest
from competitions.queries.changes import change_log

LATEST = 100


class Changes(View):
    @documented({200: ChangeSerializer(many=True)}, 401, 404, operation_id="competition_changes", parameters=[SLUG])
    def get(self, request: Request, slug: str) -> Response:
        """What changed since the launch, the newest first, the latest 100; texts in the language you ask for."""
        competition = competition_of(request, slug)
        return Response([_described(change) for change in change_log(competition)[:LATEST]])


def _described(change: ChangeRequest) -> dict[str, object]:
    return ChangeSerializer(
        {
            "number": change.pk,
            "applied_at": change.applied_at,
            "kinds": change.kinds,
            "reason": change.reason,
            "differences": told_differences(differences_in(change.differences), change.competition.zone),
            "effect": effect_texts(change.effect or {}, with_private=False),
            "announcement": change.announcement_id,
        }
    ).data
