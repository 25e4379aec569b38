"""What all API views share: JSON whatever the client says it accepts, one shape of errors, nothing kept by caches."""

from collections.abc import Callable
from typing import Any

from django.urls import resolve
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import FormParser, JSONParser
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from competitions.api import errors
from competitions.api.serializers.errors import ErrorSerializer

PRIVATE = "private, no-store"
REASONS = {
    400: "The request cannot be read.",
    401: "Not logged in, or the token is unknown, revoked or expired.",
    403: "The code says why: not_joined, waiting_for_approval, terms_not_accepted, data_terms_not_accepted, "
    "email_not_verified, not_eligible, not_admitted, not_promoted, not_open, closed; `page` mends it.",
    404: "There is no such thing for this person.",
    409: "It clashes with what is there already; the code says with what.",
    411: "The length of the body is missing.",
    413: "The file is larger than the phase allows.",
    415: "This type of body is not understood here.",
    416: "No byte of the file is in this range.",
    422: "A field is missing or wrong.",
    429: "The quota is used up, or too many requests came; see Retry-After.",
    503: "No worker is free to do this now; try again after Retry-After.",
}


class AlwaysJson(DefaultContentNegotiation):
    """A download link with `Accept: text/csv`, or opened in a browser, must not end in 406."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class ShallowJson(JSONParser):
    """Python's reader gives up on deep brackets with an error of its own, which is no fault of the site."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError(_("The JSON is nested too deeply.")) from None


class View(APIView):
    """Permissions are decided by fetching through the visible_* queries and by access.require_*, not by classes."""

    permission_classes = [AllowAny]
    parser_classes = [ShallowJson, FormParser]
    content_negotiation_class = AlwaysJson

    def get_exception_handler(self) -> Callable[[Exception, Any], Response | None]:
        return errors.handle

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", PRIVATE)
        return response


def documented(
    success: dict[Any, Any], *failures: int, **schema: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """extend_schema with the error answers that a view may give."""
    refusals = {status: OpenApiResponse(ErrorSerializer, REASONS[status]) for status in failures}
    return extend_schema(responses={**success, **refusals}, **schema)


@extend_schema(exclude=True)
class Unknown(View):
    """Every other address below /api/v1/: 404 as JSON, for a client that mistyped one."""

    def get(self, request: Request) -> Response:
        with_slash = request.path + "/"
        if getattr(resolve(with_slash).func, "view_class", None) is not Unknown:
            text = _("Addresses end in a slash: %(address)s") % {"address": with_slash}
            raise errors.ApiError(404, "not_found", text, did_you_mean=with_slash)
        raise errors.ApiError(404, "not_found", _("There is no such address; see /api/v1/schema/ for those there are."))

    post = put = patch = delete = get
