"""Does a file fit the contract? Asked before it is submitted; nothing is counted, scored or kept."""

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from competitions.api.access import competition_of, person, require_download, task_of
from competitions.api.competitions import SLUG
from competitions.api.data import TASK
from competitions.api.intake import read_upload
from competitions.api.serializers.submissions import CheckedFileSerializer, FileSerializer
from competitions.api.views import View, documented
from competitions.queries.submissions import described_problems
from competitions.services.file_checks import check_file

OPTIONS = [
    SLUG,
    TASK,
    OpenApiParameter("X-File-Name", str, OpenApiParameter.HEADER, description="For a raw body, percent-encoded."),
    OpenApiParameter("name", str, description="For a raw body: the file's name, if not in X-File-Name."),
]
REQUEST = {"multipart/form-data": FileSerializer, "application/octet-stream": OpenApiTypes.BINARY}
REFUSALS = (400, 401, 403, 404, 409, 411, 413, 415, 422, 429, 503)


class FileCheck(View):
    parser_classes = [MultiPartParser]

    @documented({200: CheckedFileSerializer}, *REFUSALS, request=REQUEST, operation_id="check_file", parameters=OPTIONS)
    def post(self, request: Request, slug: str, key: str) -> Response:
        """Check a file before you submit it: the very problems that a submission of it would be refused with.

        It costs no quota, and nothing is kept. 503 while no worker is free: nothing was checked then.
        """
        competition = competition_of(request, slug)
        require_download(request, competition)
        task = task_of(competition, key)
        upload = read_upload(request)
        checked = check_file(
            user=person(request), task=task, chunks=upload.chunks, file_name=upload.file_name, now=timezone.now()
        )
        content = {
            "fits": checked.is_valid,
            "problems": described_problems(checked.problems),
            "problem_count": checked.total,
        }
        return Response(CheckedFileSerializer(content).data)
