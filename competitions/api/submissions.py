"""Submissions: upload, list, detail, file, receipt, cancel; what is left today."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from competitions.api.access import competition_of, require_taking_part, submission_of, team_in
from competitions.api.choices import phase_of, task_in
from competitions.api.competitions import PAGE, SLUG
from competitions.api.data import BINARY, RANGE, blob_store
from competitions.api.errors import ApiError
from competitions.api.intake import read_upload
from competitions.api.runs import log_run
from competitions.api.serializers.submissions import (
    AllowanceSerializer,
    ReceiptSerializer,
    SubmissionDetailSerializer,
    SubmissionListSerializer,
    SubmissionSerializer,
    UploadSerializer,
)
from competitions.api.shapes import described, described_in_full
from competitions.api.views import View, documented
from competitions.downloads import file_response
from competitions.models import Submission
from competitions.queries.evaluations import current_evaluation, with_current_evaluation
from competitions.queries.submissions import (
    allowance_for,
    numbers_by_file,
    receipt,
    repeated,
    same_file,
    team_submissions,
)
from competitions.services import submissions
from competitions.status import ExecutionKind

NUMBER = OpenApiParameter("number", int, OpenApiParameter.PATH, description="The submission's number.")
PHASE = OpenApiParameter("phase", str, description="A phase's key; without it the one of now.")
RUN = OpenApiParameter("run", str, enum=ExecutionKind.values, description="Without it the newest that is shown.")
PATH_NAME = OpenApiParameter("name", str, OpenApiParameter.PATH, description="The file's name.")
UPLOAD_OPTIONS = [
    SLUG,
    OpenApiParameter(
        "Idempotency-Key",
        str,
        OpenApiParameter.HEADER,
        description="An upload that is repeated with the same key makes no second submission.",
    ),
    OpenApiParameter("X-File-Name", str, OpenApiParameter.HEADER, description="For a raw body, percent-encoded."),
    OpenApiParameter("name", str, description="For a raw body: the file's name, if not in X-File-Name."),
    OpenApiParameter("phase", str, description="For a raw body: as in the form."),
    OpenApiParameter("task", str, description="For a raw body: as in the form."),
    OpenApiParameter("note", str, description="For a raw body: as in the form."),
]
UPLOADED: dict[Any, Any] = {201: SubmissionDetailSerializer, 200: SubmissionDetailSerializer}
REFUSALS = (400, 401, 403, 404, 409, 411, 413, 415, 422, 429)
RAW = {"application/octet-stream": OpenApiTypes.BINARY}


class SubmissionPages(PageNumberPagination):
    page_size = 50


class Submissions(View):
    parser_classes = [MultiPartParser]

    @documented({200: SubmissionListSerializer}, 401, 403, 404, operation_id="submissions", parameters=[SLUG, PAGE])
    def get(self, request: Request, slug: str) -> Response:
        """Your team's submissions, the newest first, 50 a page."""
        team = team_in(request, competition_of(request, slug))
        paginator = SubmissionPages()
        own = with_current_evaluation(team_submissions(team)).select_related(
            "user", "team__competition", "task__current_version"
        )
        page: list[Submission] = paginator.paginate_queryset(own, request, view=self) or []
        first = numbers_by_file(team)
        rows = [described(request, row, same_file_as=_other(first.get(row.blob_id), row)) for row in page]
        return paginator.get_paginated_response(SubmissionSerializer(rows, many=True).data)

    @documented(
        UPLOADED,
        *REFUSALS,
        request={"multipart/form-data": UploadSerializer, **RAW},
        operation_id="submit",
        parameters=UPLOAD_OPTIONS,
    )
    def post(self, request: Request, slug: str) -> Response:
        """Upload a prediction, or a program where the task takes those.

        Send a form with the field `file`, or a raw body of type application/octet-stream.

        201 for a new submission; 200 with the earlier one when its Idempotency-Key is repeated.
        """
        return _submit(request, slug)

    @documented(UPLOADED, *REFUSALS, request=RAW, operation_id="submit_raw", parameters=UPLOAD_OPTIONS)
    def put(self, request: Request, slug: str) -> Response:
        """The same as a raw body."""
        return _submit(request, slug)


class SubmitFile(View):
    @documented(UPLOADED, *REFUSALS, request=RAW, operation_id="submit_file", parameters=[*UPLOAD_OPTIONS, PATH_NAME])
    def put(self, request: Request, slug: str, name: str) -> Response:
        """The same with the file's name in the address: `curl -T FILE .../submissions/` sends it like this."""
        return _submit(request, slug, name)


def _other(number: int | None, submission: Submission) -> int | None:
    return None if number == submission.pk else number


def _submit(request: Request, slug: str, name: str = "") -> Response:
    competition = competition_of(request, slug)
    user = require_taking_part(request, competition)
    team = team_in(request, competition)
    upload = read_upload(request, name)
    phase = phase_of(competition, upload.phase, now=upload.began_at)
    key = request.headers.get("Idempotency-Key", "")
    is_repeated = repeated(team, key) is not None
    submission = submissions.submit(
        user=user,
        phase=phase,
        task=task_in(phase, upload.task),
        chunks=upload.chunks(phase.max_file_bytes),
        file_name=upload.file_name,
        note=upload.note,
        idempotency_key=key,
        now=upload.began_at,
    )
    return Response(_in_full(request, submission), status=200 if is_repeated else 201)


def _in_full(request: Request, submission: Submission) -> Any:
    earlier = same_file(submission.team, submission.blob, before=submission)
    content = described_in_full(request, submission, same_file_as=earlier.pk if earlier else None)
    return SubmissionDetailSerializer(content).data


class SubmissionDetail(View):
    @documented({200: SubmissionDetailSerializer}, 401, 404, operation_id="submission", parameters=[NUMBER])
    def get(self, request: Request, number: int) -> Response:
        """What became of a submission: its status, what is wrong with the file, its public scores."""
        return Response(_in_full(request, submission_of(request, number)))


class SubmissionFile(View):
    @documented(BINARY, 401, 404, 416, operation_id="submission_file", parameters=[NUMBER, RANGE])
    def get(self, request: Request, number: int) -> HttpResponseBase:
        """The uploaded file, byte for byte."""
        submission = submission_of(request, number)
        return file_response(
            request._request,
            path=blob_store().blob_path(submission.blob.sha256),
            name=submission.file_name,
            sha256=submission.blob.sha256,
            modified_at=submission.submitted_at,
        )


class SubmissionReceipt(View):
    @documented({200: ReceiptSerializer}, 401, 404, operation_id="submission_receipt", parameters=[NUMBER])
    def get(self, request: Request, number: int) -> Response:
        """Number, time, size and hash, signed by the site."""
        return Response(ReceiptSerializer(receipt(submission_of(request, number))).data)


class SubmissionLog(View):
    @documented(
        {(200, "text/plain"): OpenApiTypes.STR}, 401, 404, operation_id="submission_log", parameters=[NUMBER, RUN]
    )
    def get(self, request: Request, number: int) -> HttpResponseBase:
        """What the submitted program wrote on public inputs. 404 for a prediction, and for runs on hidden inputs."""
        submission = submission_of(request, number)
        run = log_run(request, submission, current_evaluation(submission), request.query_params.get("run", ""))
        if run is None:
            raise ApiError(404, "no_log", _("Submission #%(number)s has no log that is shown.") % {"number": number})
        headers = {"Content-Disposition": f'inline; filename="submission-{number}.log"'}
        return HttpResponse(run.log, content_type="text/plain; charset=utf-8", headers=headers)


class SubmissionCancel(View):
    @documented(
        {200: SubmissionDetailSerializer},
        401,
        403,
        404,
        409,
        request=None,
        operation_id="submission_cancel",
        parameters=[NUMBER],
    )
    def post(self, request: Request, number: int) -> Response:
        """Take a waiting submission out of the queue, or stop its program. Its own team only.

        It costs no quota, unless the program has begun to run on the test inputs: then failure_kind is `stopped`.
        """
        submission = submission_of(request, number)
        user = require_taking_part(request, submission.team.competition)
        if team_in(request, submission.team.competition) != submission.team:
            raise ApiError(403, "not_your_team", _("Only the team itself can cancel its submission."))
        submissions.cancel(submission, user=user, now=timezone.now())
        return Response(_in_full(request, submission_of(request, number)))


class Allowance(View):
    @documented({200: AllowanceSerializer}, 401, 403, 404, 422, operation_id="allowance", parameters=[SLUG, PHASE])
    def get(self, request: Request, slug: str) -> Response:
        """May your team submit now, why not, what is left today, and when the contest's day ends."""
        competition, now = competition_of(request, slug), timezone.now()
        team = team_in(request, competition)
        phase = phase_of(competition, request.query_params.get("phase", ""), now=now)
        allowance = allowance_for(team, phase, now=now)
        content = {
            "phase": phase.key,
            "is_allowed": allowance.is_allowed,
            "refusal": allowance.refusal,
            "left_today": allowance.left_today,
            "used_today": allowance.used.today,
            "used_in_all": allowance.used.in_all,
            "rejected_today": allowance.used.rejected_today,
            "max_submissions_per_day": allowance.limits.per_day,
            "max_submissions": allowance.limits.in_all,
            "max_rejected_per_day": allowance.limits.rejected_per_day,
            "resets_at": allowance.resets_at,
            "ends_at": phase.ends_at,
        }
        return Response(AllowanceSerializer(content).data)
