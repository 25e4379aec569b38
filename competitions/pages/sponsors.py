"""Who supports a contest, for everybody, and their logos."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from competitions.logos import TYPES
from competitions.pages.contest import find_contest, render_contest
from competitions.queries.sponsors import sponsors, visible_sponsors
from competitions.status import CompetitionStatus
from competitions.store import Store

KEPT_SECONDS = 3600
# A picture by itself: were it opened as a page, nothing in it could run or load.
POLICY = "default-src 'none'; sandbox"


@require_safe
def sponsor_list(request: HttpRequest, slug: str) -> HttpResponse:
    contest = find_contest(request, slug)
    found = list(sponsors(contest.competition))
    return render_contest(contest, "pages/sponsors.html", tab="sponsors", sponsors=found)


@require_safe
def sponsor_logo(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """The file as it was checked at import; the same address may have another one tomorrow, so it has an ETag."""
    sponsor = get_object_or_404(visible_sponsors(request.user), competition__slug=slug, key=key)
    if sponsor.logo is None:
        raise Http404(_("This sponsor has no logo."))
    etag = f'"{sponsor.logo.sha256}"'
    tags = [tag.removeprefix("W/") for tag in parse_etags(request.headers.get("If-None-Match", ""))]
    if etag in tags:
        answer = HttpResponse(status=304)
    else:
        content = Store(settings.FILES_DIR).blob_path(sponsor.logo.sha256).read_bytes()
        answer = HttpResponse(content, content_type=TYPES[sponsor.logo_format])
    is_public = sponsor.competition.status == CompetitionStatus.PUBLISHED
    answer["Cache-Control"] = f"public, max-age={KEPT_SECONDS}" if is_public else "private, no-store"
    answer["ETag"], answer["X-Content-Type-Options"] = etag, "nosniff"
    answer["Content-Security-Policy"], answer["Cross-Origin-Resource-Policy"] = POLICY, "same-origin"
    return answer
