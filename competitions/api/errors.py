"""One shape for all that goes wrong: {"error": {"code", "message", "details"}}.

The code is for programs and never changes; the message is for people, in their language, and says what to do.
"""

import math
from datetime import UTC
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rest_framework import exceptions
from rest_framework.response import Response

from competitions.queries.leaderboards import InvalidCursor
from competitions.quota import Allowance, Refusal
from competitions.services import consents, file_checks, final_choices, registrations, submissions, teams
from competitions.services.jury_entries import EntryRefused
from competitions.services.jury_refusals import JuryRefused
from competitions.services.roles import RoleRefused
from competitions.services.team_refusals import TeamRefused
from competitions.store import FileTooLarge
from competitions.uploads import LengthRequired, UploadBrokeOff

BUSY_WAIT_SECONDS = 30


class ApiError(Exception):
    """An answer other than success, complete."""

    def __init__(self, status: int, code: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.details = status, code, message, details
        self.headers: dict[str, str] = {}


# What services and readers raise: status and code; the message is their own.
PLAIN: dict[type[Exception], tuple[int, str]] = {
    submissions.NotTakingPart: (403, "not_taking_part"),
    submissions.NotPromoted: (403, "not_promoted"),
    submissions.TaskNotInPhase: (422, "task_not_in_phase"),
    submissions.InvalidKey: (422, "invalid_key"),
    submissions.KeyReused: (409, "key_reused"),
    submissions.NoProgram: (422, "no_program"),
    submissions.FrozenPhase: (409, "frozen_phase"),
    submissions.TooLateToCancel: (409, "too_late_to_cancel"),
    file_checks.NotForPrograms: (409, "not_for_programs"),
    final_choices.CannotChoose: (403, "cannot_choose"),
    final_choices.ChoiceLocked: (409, "choice_locked"),
    final_choices.TooManyChosen: (409, "too_many_chosen"),
    teams.NameTaken: (409, "name_taken"),
    teams.InvalidTeamName: (422, "invalid_team_name"),
    teams.TermsOutdated: (409, "terms_outdated"),
    teams.EmailNotVerified: (403, "email_not_verified"),
    teams.CompetitionClosed: (403, "closed"),
    teams.IsJuror: (409, "is_juror"),
    teams.NotRegistered: (403, "not_registered"),
    consents.DataTermsOutdated: (409, "data_terms_outdated"),
    consents.NoSuchConsent: (422, "no_such_consent"),
    registrations.CannotDecide: (409, "cannot_decide"),
    InvalidCursor: (400, "invalid_cursor"),
    LengthRequired: (411, "length_required"),
    UploadBrokeOff: (400, "upload_broke_off"),
}
# Of what juried divisions refuse; anything else is 422.
STATUS_OF_JURY = {
    "not_taking_part": 403,
    "not_yours": 404,
    "file_too_large": 413,
    "quota": 429,
    **dict.fromkeys(("not_open", "closed", "too_early", "published", "locked", "conflict_of_versions"), 409),
}
FRAMEWORK_CODES: dict[type[Exception], str] = {
    exceptions.NotAuthenticated: "not_logged_in",
    exceptions.AuthenticationFailed: "invalid_token",
    exceptions.PermissionDenied: "forbidden",
    exceptions.NotFound: "not_found",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.ParseError: "unreadable",
    exceptions.Throttled: "too_many_requests",
}


def handle(error: Exception, context: Any) -> Response | None:
    """The answer to an exception of a view; None for one that nobody expected, which becomes a 500 and a log entry."""
    answer = _answer(error)
    if answer is None:
        return None
    content = {"code": answer.code, "message": answer.message, "details": answer.details}
    return Response({"error": content}, status=answer.status, headers=answer.headers)


def _answer(error: Exception) -> ApiError | None:
    if isinstance(error, ApiError):
        return error
    if isinstance(error, submissions.QuotaExceeded | submissions.PhaseClosed):
        return _refused(error, error.allowance)
    if isinstance(error, FileTooLarge):
        return too_large(error.max_bytes)
    if isinstance(error, RequestDataTooBig):
        return ApiError(413, "body_too_large", _("The request is too large. Send files as files."))
    if isinstance(error, file_checks.TooManyChecks):
        return _later(429, "too_many_checks", str(error), wait_seconds=error.wait_seconds)
    if isinstance(error, file_checks.CheckBusy):
        return _later(503, "busy", str(error), wait_seconds=BUSY_WAIT_SECONDS)
    if isinstance(error, RoleRefused):
        return ApiError(403 if error.code == "owners_only" else 409, error.code, str(error))
    if isinstance(error, EntryRefused | JuryRefused):
        return ApiError(STATUS_OF_JURY.get(error.code, 422), error.code, str(error))
    if isinstance(error, TeamRefused):
        return ApiError(409, error.code, str(error))
    if type(error) in PLAIN:
        return ApiError(*PLAIN[type(error)], str(error))
    return _of_framework(error)


def _later(status: int, code: str, text: str, *, wait_seconds: int) -> ApiError:
    answer = ApiError(status, code, text)
    answer.headers = {"Retry-After": str(wait_seconds)}
    return answer


def _of_framework(error: Exception) -> ApiError | None:
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, exceptions.ValidationError):
        return ApiError(422, "invalid", _("Some fields are missing or wrong."), fields=error.detail)
    if not isinstance(error, exceptions.APIException):
        return None
    code = next((code for kind, code in FRAMEWORK_CODES.items() if isinstance(error, kind)), error.default_code)
    answer = ApiError(error.status_code, code, str(error.detail))
    answer.headers = _headers(error)
    return answer


def _headers(error: exceptions.APIException) -> dict[str, str]:
    authenticate, wait = getattr(error, "auth_header", None), getattr(error, "wait", None)
    headers = {"WWW-Authenticate": authenticate} if authenticate else {}
    return {**headers, "Retry-After": str(math.ceil(wait))} if wait else headers


def too_large(max_bytes: int) -> ApiError:
    text = ngettext("The file may have %(max)s byte at most.", "The file may have %(max)s bytes at most.", max_bytes)
    return ApiError(413, "file_too_large", text % {"max": max_bytes}, max_bytes=max_bytes)


def _refused(error: Exception, allowance: Allowance) -> ApiError:
    if allowance.refusal in {Refusal.NOT_OPEN, Refusal.CLOSED, None}:
        return ApiError(403, str(allowance.refusal or Refusal.CLOSED), str(error))
    comes_back = allowance.refusal not in {Refusal.PHASE, Refusal.CONCURRENT}
    answer = ApiError(
        429,
        f"quota_{allowance.refusal}",
        str(error),
        max_submissions_per_day=allowance.limits.per_day,
        max_submissions=allowance.limits.in_all,
        used_today=allowance.used.today,
        used_in_all=allowance.used.in_all,
        resets_at=allowance.resets_at.astimezone(UTC) if comes_back else None,
    )
    if comes_back:
        wait = (allowance.resets_at - timezone.now()).total_seconds()
        answer.headers = {"Retry-After": str(max(1, math.ceil(wait)))}
    return answer
