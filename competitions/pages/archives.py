"""The archive of the results: what was published for everybody, and for organisers what it would be now."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from competitions.downloads import file_response
from competitions.pages.access import login_needed, person
from competitions.pages.contest import find_contest, find_organised
from competitions.queries.archives import visible_archives
from competitions.services.results_archives import CannotPublish, build, publish
from competitions.store import Store


@require_safe
def results_archive(request: HttpRequest, slug: str) -> HttpResponseBase:
    contest = find_contest(request, slug)
    name = f"{slug}-results.zip"
    published = visible_archives(request.user).filter(competition=contest.competition)
    if contest.can_organise and (request.GET.get("draft") or not published.exists()):
        content = build(contest.competition, now=contest.now, is_for_all=False)
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
        return HttpResponse(content, content_type="application/zip", headers=headers)
    archive = get_object_or_404(published)
    path = Store(settings.FILES_DIR).blob_path(archive.blob.sha256)
    sha256 = archive.blob.sha256
    return file_response(request, path=path, name=name, sha256=sha256, modified_at=archive.published_at)


@require_POST
@login_needed
def archive_publish(request: HttpRequest, slug: str) -> HttpResponseBase:
    contest = find_organised(request, slug)
    try:
        publish(contest.competition, user=person(request), now=contest.now)
    except CannotPublish as error:
        messages.error(request, str(error))
        return redirect("pages:organiser", slug)
    messages.success(request, _("The archive is published."))
    return redirect("pages:results", slug)
