"""The dry run and the launch of a contest, for those who organise it."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from competitions.api.access import person
from competitions.api.audit import organised
from competitions.api.competitions import SLUG
from competitions.api.errors import ApiError
from competitions.api.serializers.dry_runs import DryRunSerializer, LaunchedSerializer, LaunchSerializer
from competitions.api.views import View, documented
from competitions.models import Competition, Probe
from competitions.queries.checklists import checklist
from competitions.services import dry_runs, launching
from competitions.services.launching import AlreadyLaunched, NotReady


class DryRunView(View):
    @documented({200: DryRunSerializer}, 401, 403, 404, operation_id="competition_dry_run", parameters=[SLUG])
    def get(self, request: Request, slug: str) -> Response:
        """The newest dry run, what became of its probes, and the checklist as it is now."""
        return Response(_state(organised(request, slug)))

    @documented(
        {202: DryRunSerializer},
        401,
        403,
        404,
        operation_id="competition_dry_run_start",
        parameters=[SLUG],
        request=None,
    )
    def post(self, request: Request, slug: str) -> Response:
        """Have the contest tried by a worker. While one is under way, that is the one."""
        competition = organised(request, slug)
        dry_runs.ask(competition, actor=person(request), now=timezone.now())
        return Response(_state(competition), status=202)


class Launch(View):
    @documented(
        {200: LaunchedSerializer},
        401,
        403,
        404,
        409,
        422,
        operation_id="competition_launch",
        parameters=[SLUG],
        request=LaunchSerializer,
    )
    def post(self, request: Request, slug: str) -> Response:
        """Show the contest to everybody. Refused while anything is red, or yellow without a reason."""
        competition = organised(request, slug)
        asked = LaunchSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            launched = launching.launch(
                competition, actor=person(request), now=timezone.now(), reasons=asked.validated_data["reasons"]
            )
        except NotReady as error:
            raise _not_ready(error) from None
        except AlreadyLaunched:
            raise ApiError(409, "already_launched", _("The contest was launched already.")) from None
        return Response(LaunchedSerializer(launched).data)


def _not_ready(error: NotReady) -> ApiError:
    items = [{"key": item.key, "state": item.state, "sentence": item.sentence} for item in error.items]
    text = _("Not launched: mend what is red, and give a reason for what is yellow.")
    return ApiError(409, "not_ready", text, items=items)


def _state(competition: Competition) -> dict[str, Any]:
    found = checklist(competition, now=timezone.now())
    run = found.dry_run
    probes = Probe.objects.filter(dry_run=run).select_related("scoring_version__task") if run else []
    state = {
        "status": run.status if run else "none",
        "is_stale": found.is_stale,
        "is_launchable": found.is_launchable,
        "asked_at": run.asked_at if run else None,
        "finished_at": run.finished_at if run else None,
        "checklist": found.items,
        "probes": probes,
    }
    return dict(DryRunSerializer(state).data)
