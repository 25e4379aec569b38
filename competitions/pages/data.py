"""Data: what there is, how to fetch it, and the files themselves."""

from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from competitions.downloads import file_response, zip_response
from competitions.models import Blob, DataRelease
from competitions.pages.access import View
from competitions.pages.contest import Contest, find_contest, render_contest
from competitions.queries.competitions import tasks
from competitions.queries.data import archive_entries, files_of, releases, snippets
from competitions.queries.data import checksums as checksums_of
from competitions.services.first_downloads import record_first_download
from competitions.store import Store


@require_safe
def data(request: HttpRequest, slug: str) -> HttpResponse:
    """Everybody sees what there is; who may fetch it is said beside it."""
    contest = find_contest(request, slug)
    found = list(releases(contest.competition))
    current = found[0] if found else None
    return render_contest(
        contest,
        "pages/data.html",
        tab="data",
        release=current,
        earlier=found[1:],
        tasks=[task for task in tasks(contest.competition) if task.sample_submission_id or task.starting_kit_id],
        snippets=_snippets(contest, current) if current else [],
    )


def _snippets(contest: Contest, release: DataRelease) -> Any:
    """Commands use the API: it takes tokens, and its addresses stay."""
    request, slug = contest.request, contest.competition.slug

    def address(name: str, *args: str) -> str:
        return request.build_absolute_uri(reverse(name, args=[slug, release.version, *args]))

    urls = [address("api:data_file", file.name) for file in release.files.all()]
    return snippets(urls, set_url=address("api:data_zip"))


# -- files ------------------------------------------------------------------------------------------------------------


def download_needed(view: View) -> View:
    """The contest as this person sees it, or the page that says what stands between them and the file."""

    @wraps(view)
    def guarded(request: HttpRequest, slug: str, **kwargs: str) -> HttpResponseBase:
        contest = find_contest(request, slug)
        if not contest.can_download:
            return render_contest(contest, "pages/no_download.html", tab="data", status=403)
        return view(contest, **kwargs)

    return guarded


@require_safe
@download_needed
def data_file(contest: Contest, version: str, name: str) -> HttpResponseBase:
    release = _release(contest, version)
    file = get_object_or_404(files_of(release), name=name)
    _remember(contest, release)
    return _send(contest, file.blob, name=file.name.rsplit("/", 1)[-1])


@require_safe
@download_needed
def data_zip(contest: Contest, version: str) -> HttpResponseBase:
    """The whole release as one file, made while it is sent."""
    release = _release(contest, version)
    entries = archive_entries(release, Store(settings.FILES_DIR))
    _remember(contest, release)
    name = f"{contest.competition.slug}-{release.version}.zip"
    return zip_response(contest.request, entries, name=name, modified_at=release.published_at)


@require_safe
def checksums(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    """Everybody may compare: the data page shows the same hashes."""
    release = _release(find_contest(request, slug), version)
    return HttpResponse(checksums_of(release), content_type="text/plain; charset=utf-8")


@require_safe
@download_needed
def sample_submission(contest: Contest, task: str) -> HttpResponseBase:
    found = get_object_or_404(tasks(contest.competition), key=task)
    if found.sample_submission is None:
        raise Http404(_("This task has no sample submission."))
    name = found.sample_submission_name.rsplit("/", 1)[-1] or f"sample-{task}"
    return _send(contest, found.sample_submission, name=name)


@require_safe
@download_needed
def starting_kit(contest: Contest, task: str) -> HttpResponseBase:
    found = get_object_or_404(tasks(contest.competition), key=task)
    if found.starting_kit is None:
        raise Http404(_("This task has no starting kit."))
    return _send(contest, found.starting_kit, name=f"{contest.competition.slug}-{task}-starting-kit.zip")


def _remember(contest: Contest, release: DataRelease) -> None:
    if contest.request.method == "GET":
        record_first_download(contest.request.user, release, now=contest.now)


def _release(contest: Contest, version: str) -> DataRelease:
    return get_object_or_404(contest.competition.data_releases, version=version)


def _send(contest: Contest, blob: Blob, *, name: str) -> HttpResponseBase:
    path = Store(settings.FILES_DIR).blob_path(blob.sha256)
    return file_response(contest.request, path=path, name=name, sha256=blob.sha256, modified_at=blob.created_at)
