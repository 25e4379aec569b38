"""Data releases: lists for everybody who sees the contest, files for those who accepted its rules."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from competitions.api.access import competition_of, release_of, require_download, task_of
from competitions.api.competitions import SLUG
from competitions.api.errors import ApiError
from competitions.api.serializers.data import DataReleasesSerializer
from competitions.api.views import View, documented
from competitions.downloads import file_response, zip_response
from competitions.models import Blob, Competition, DataRelease
from competitions.queries.data import archive_entries, checksums, files_of, releases
from competitions.services.first_downloads import record_first_download
from competitions.store import Store

VERSION = OpenApiParameter("version", str, OpenApiParameter.PATH, description="The release's version.")
NAME = OpenApiParameter("name", str, OpenApiParameter.PATH, description="The file's name.")
TASK = OpenApiParameter("key", str, OpenApiParameter.PATH, description="The task's key.")
RANGE = OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="bytes=first-last, to resume.")
BINARY = {
    (200, "application/octet-stream"): OpenApiTypes.BINARY,
    (206, "application/octet-stream"): OpenApiTypes.BINARY,
}
ZIPPED = {(200, "application/zip"): OpenApiTypes.BINARY, (206, "application/zip"): OpenApiTypes.BINARY}


class Data(View):
    @documented({200: DataReleasesSerializer}, 401, 404, operation_id="data", parameters=[SLUG])
    def get(self, request: Request, slug: str) -> Response:
        """The data releases with their files, sizes and SHA-256."""
        competition = competition_of(request, slug)
        described = [_described(request, competition, release) for release in releases(competition)]
        return Response(DataReleasesSerializer({"releases": described}).data)


def _described(request: Request, competition: Competition, release: DataRelease) -> dict[str, Any]:
    def url(route: str, *more: str) -> str:
        path = reverse(f"api:{route}", args=[competition.slug, release.version, *more])
        return str(request.build_absolute_uri(path))

    files = [
        {
            "name": file.name,
            "description": file.description,
            "size_bytes": file.blob.size_bytes,
            "sha256": file.blob.sha256,
            "url": url("data_file", file.name),
        }
        for file in release.files.all()
    ]
    own = ("version", "title", "notes", "licence", "licence_url", "published_at")
    return {
        **{name: getattr(release, name) for name in own},
        "size_bytes": sum(file.blob.size_bytes for file in release.files.all()),
        "zip_url": url("data_zip"),
        "checksums_url": url("data_checksums"),
        "files": files,
    }


class DataFileDownload(View):
    @documented(BINARY, 401, 403, 404, 416, operation_id="data_file", parameters=[SLUG, VERSION, NAME, RANGE])
    def get(self, request: Request, slug: str, version: str, name: str) -> HttpResponseBase:
        """One file; Range, If-Range and If-None-Match work, so curl -C - and wget -c resume."""
        competition = competition_of(request, slug)
        require_download(request, competition)
        release = release_of(competition, version)
        file = files_of(release).filter(name=name).first()
        if file is None:
            raise ApiError(404, "not_found", _("There is no file “%(name)s” in this release.") % {"name": name[:80]})
        _remember(request, release)
        return file_response(
            request._request,
            path=blob_store().blob_path(file.blob.sha256),
            name=name.rsplit("/", 1)[-1],
            sha256=file.blob.sha256,
            modified_at=release.published_at,
        )


class DataZip(View):
    @documented(ZIPPED, 401, 403, 404, 416, operation_id="data_zip", parameters=[SLUG, VERSION, RANGE])
    def get(self, request: Request, slug: str, version: str) -> HttpResponseBase:
        """All files of a release as one ZIP, made while it is sent; it can be resumed like a file."""
        competition = competition_of(request, slug)
        require_download(request, competition)
        release = release_of(competition, version)
        _remember(request, release)
        return zip_response(
            request._request,
            archive_entries(release, blob_store()),
            name=f"{competition.slug}-{release.version}.zip",
            modified_at=release.published_at,
        )


def _remember(request: Request, release: DataRelease) -> None:
    if request.method == "GET":
        record_first_download(request.user, release, now=timezone.now())


class DataChecksums(View):
    @documented(
        {(200, "text/plain"): OpenApiTypes.STR}, 401, 404, operation_id="data_checksums", parameters=[SLUG, VERSION]
    )
    def get(self, request: Request, slug: str, version: str) -> HttpResponse:
        """The SHA-256 of every file, as sha256sum -c reads it."""
        release = release_of(competition_of(request, slug), version)
        return HttpResponse(checksums(release), content_type="text/plain; charset=utf-8")


class Contract(View):
    @documented(
        {(200, "application/json"): OpenApiTypes.OBJECT},
        401,
        404,
        operation_id="task_contract",
        parameters=[SLUG, TASK],
    )
    def get(self, request: Request, slug: str, key: str) -> Response:
        """What a prediction must look like; `python -m scoring check` reads the same file."""
        task = task_of(competition_of(request, slug), key)
        if task.current_version is None:
            raise ApiError(404, "not_published", _("This task is not published for scoring yet."))
        return Response(task.current_version.contract)


class SampleSubmission(View):
    @documented(BINARY, 401, 403, 404, 416, operation_id="task_sample_submission", parameters=[SLUG, TASK, RANGE])
    def get(self, request: Request, slug: str, key: str) -> HttpResponseBase:
        """A valid submission, to see the format and to try the whole way once."""
        competition = competition_of(request, slug)
        require_download(request, competition)
        task = task_of(competition, key)
        return _task_file(request, task.sample_submission, task.sample_submission_name or "sample")


class StartingKit(View):
    @documented(ZIPPED, 401, 403, 404, 416, operation_id="task_starting_kit", parameters=[SLUG, TASK, RANGE])
    def get(self, request: Request, slug: str, key: str) -> HttpResponseBase:
        """A short program that reads the data and writes a valid submission."""
        competition = competition_of(request, slug)
        require_download(request, competition)
        task = task_of(competition, key)
        return _task_file(request, task.starting_kit, f"{competition.slug}-{task.key}-kit.zip")


def _task_file(request: Request, blob: Blob | None, name: str) -> HttpResponseBase:
    if blob is None:
        raise ApiError(404, "not_found", _("This task has no such file."))
    return file_response(
        request._request,
        path=blob_store().blob_path(blob.sha256),
        name=name,
        sha256=blob.sha256,
        modified_at=blob.created_at,
        content_type="application/zip" if name.endswith(".zip") else "application/octet-stream",
    )


def blob_store() -> Store:
    return Store(settings.FILES_DIR)
