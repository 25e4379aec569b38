"""What belongs to no contest: the published schema, the health check, and the pages for errors."""

import secrets
from difflib import get_close_matches

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from competitions.bundles.schema import json_schema
from competitions.models import Competition
from competitions.queries.competitions import visible_competitions


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


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 400, _("The request could not be understood."))


def forbidden(request: HttpRequest, exception: Exception | None = None, reason: str = "") -> HttpResponse:
    """Also what a form gets whose CSRF token is missing or old."""
    text = _("You may not do this. If you sent a form, its page may have been open too long: load it again.")
    return _error(request, 403, text)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 404, _("There is no such page."), near=_near(request))


def server_error(request: HttpRequest) -> HttpResponse:
    return _error(request, 500, _("Something broke on our side. What you sent may not have been saved."))


def _error(request: HttpRequest, status: int, text: str, *, near: Competition | None = None) -> HttpResponse:
    context = {"status": status, "text": text, "near": near, "incident": secrets.token_hex(4).upper()}
    return render(request, f"{status}.html", context, status=status)


def _near(request: HttpRequest) -> Competition | None:
    """The contest that the address may have meant, among those this person may see."""
    parts = request.path.split("/")
    if len(parts) < 3 or parts[1] != "competitions":
        return None
    visible = visible_competitions(request.user)
    close = get_close_matches(parts[2], list(visible.values_list("slug", flat=True)), n=1)
    return visible.filter(slug=close[0]).first() if close and close[0] != parts[2] else None
