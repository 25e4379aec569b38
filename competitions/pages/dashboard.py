"""Numbers about a contest for its sponsors and organisers: a page, the tables as CSV, charts as PNG, a PDF report."""

import csv
import io

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from competitions.localised import LANGUAGES, text_in
from competitions.pages.access import login_needed
from competitions.pages.contest import Contest, find_contest, render_contest
from competitions.pages.dashboard_figures import Figure, figures, period, tiles
from competitions.pages.times import absolute
from competitions.pdf import render_pdf
from competitions.pictures import NoFont, png
from competitions.queries.dashboard import Dashboard
from competitions.queries.dashboard import dashboard as dashboard_of
from competitions.queries.entrants import consented_entrants
from competitions.queries.sponsors import dashboard_competitions
from competitions.spreadsheets import safe_cell

BYTE_ORDER_MARK = "\ufeff"  # lets spreadsheet programs read Japanese; programs that choke on it ask for ?bom=0


def find_sponsored(request: HttpRequest, slug: str) -> Contest:
    """Through the query of those who may read the numbers: for anybody else there is no such page."""
    get_object_or_404(dashboard_competitions(request.user), slug=slug)
    return find_contest(request, slug)


@require_safe
@login_needed
def dashboard(request: HttpRequest, slug: str) -> HttpResponse:
    contest = find_sponsored(request, slug)
    found = dashboard_of(contest.competition, now=contest.now)
    return render_contest(
        contest,
        "pages/dashboard.html",
        tab="dashboard",
        tiles=tiles(found),
        figures=figures(found),
        period=period(found),
        people=consented_entrants(contest.competition).select_related("user", "team"),
        languages=LANGUAGES,
    )


@require_safe
@login_needed
def dashboard_csv(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    contest = find_sponsored(request, slug)
    figure = _figure(dashboard_of(contest.competition, now=contest.now), key)
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([safe_cell(cell) for cell in figure.head])
    writer.writerows([safe_cell(cell) for cell in row] for row in figure.rows)
    mark = "" if request.GET.get("bom") == "0" else BYTE_ORDER_MARK
    return _attachment(mark + file.getvalue(), f"{slug}-{figure.key}.csv", "text/csv; charset=utf-8")


@require_safe
@login_needed
def dashboard_png(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    contest = find_sponsored(request, slug)
    found = dashboard_of(contest.competition, now=contest.now)
    figure = _figure(found, key)
    if figure.drawing is None:
        raise Http404(_("There is nothing to draw yet."))
    subtitle = f"{text_in(contest.competition.title)} · {period(found)}"
    try:
        content = png(figure.drawing, title=figure.title, subtitle=subtitle)
    except NoFont as error:
        return HttpResponse(str(error), status=503, content_type="text/plain; charset=utf-8")
    return _attachment(content, f"{slug}-{figure.key}.png", "image/png")


@require_safe
@login_needed
def dashboard_report(request: HttpRequest, slug: str) -> HttpResponse:
    """All of it as one file, in the language that the address asks for, or the page's."""
    contest = find_sponsored(request, slug)
    wanted = request.GET.get("language", "")
    language = wanted if wanted in LANGUAGES else (get_language() or LANGUAGES[0]).split("-")[0]
    found = dashboard_of(contest.competition, now=contest.now)
    with translation.override(language):
        context = _report_context(found)
    content = render_pdf("pdf/dashboard.html", context, language=language)
    return _attachment(content, f"{slug}-report-{language}.pdf", "application/pdf")


def _report_context(found: Dashboard) -> dict[str, object]:
    return {
        "competition": found.competition,
        "tiles": tiles(found),
        "figures": figures(found),
        "period": period(found),
        "made_at": absolute(found.now, found.competition.zone),
    }


def _figure(found: Dashboard, key: str) -> Figure:
    figure = next((one for one in figures(found) if one.key == key), None)
    if figure is None:
        raise Http404(_("There is no such chart."))
    return figure


def _attachment(content: str | bytes, name: str, content_type: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type=content_type, headers={**headers, "Cache-Control": "private, no-store"})
