"""What belongs to no contest: the published schema, the health check, and the pages for errors."""

import logging
import secrets
from difflib import get_close_matches

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from competitions.bundles.schema import json_schema
from competitions.models import Competition
from competitions.queries.competitions import visible_competitions

log = logging.getLogger(__name__)


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """The JSON Schema of competition.yaml, for editors and other tools on any host."""
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300"}
    return JsonResponse(
        json_schema(),
        content_type="application/schema+json",
        headers=headers,
        json_dumps_params={"indent": 2, "ensure_ascii": False},
    )


@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """200 when pages and database answer. Whether workers are well is on the organiser's overview."""
    Competition.objects.exists()
    return HttpResponse("ok\n", content_type="text/plain")


# -- errors: the root URL configuration names these as its handlers ---------------------------------------------------


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 404, near=_near(request))


def server_error(request: HttpRequest) -> HttpResponse:
    return _error(request, 500)


def _error(request: HttpRequest, status: int, *, near: Competition | None = None) -> HttpResponse:
    """With a number that the reader can quote and an operator can find in the log."""
    incident = secrets.token_hex(4).upper()
    log.warning("%s %s answered %s, incident %s", request.method, request.path, status, incident)
    return render(request, f"{status}.html", {"near": near, "incident": incident}, status=status)


def _near(request: HttpRequest) -> Competition | None:
    """The contest that the address may have meant, among those this person may see."""
    parts = request.path.split("/")
    if len(parts) < 3 or parts[1] != "competitions":
        return None
    visible = visible_competitions(request.user)
    close = get_close_matches(parts[2], list(visible.values_list("slug", flat=True)), n=1)
    return visible.filter(slug=close[0]).first() if close and close[0] != parts[2] else None
