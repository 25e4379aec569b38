"""The sheets and totals of a jury as files: CSV, and a PDF with the signatures."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from competitions.jury_texts import formula, formula_terms
from competitions.localised import text_in
from competitions.pages.access import login_needed
from competitions.pages.jury_chair import find_chaired
from competitions.pages.jury_table import Table, jury_table
from competitions.pdf import render_pdf
from competitions.spreadsheets import safe_cell


@never_cache
@require_safe
@login_needed
def jury_csv(request: HttpRequest, slug: str, division: str) -> HttpResponse:
    """Every sheet, one a row. The jurors' notes are theirs."""
    contest, found = find_chaired(request, slug, division)
    table = jury_table(contest, found)
    keys = [one.key for one in table.rules.rubric]
    head = ["entry", "team", "title", "juror", "state", *keys, "points", "z", "comment", "signed_name", "signed_at"]
    return _csv(f"{slug}-{division}-sheets.csv", [*head, "digest"], _sheet_rows(table, keys))


def _sheet_rows(table: Table, keys: list[str]) -> Iterable[list[Any]]:
    for line in table.lines:
        for column, cell in zip(table.columns, line.cells, strict=True):
            sheet = cell.sheet
            if sheet is None:
                continue
            shown = table.has_marks
            yield [
                line.entry.label,
                line.team,
                line.title,
                column.juror.get_username(),
                cell.state,
                *(sheet.marks.get(key, "") if shown else "" for key in keys),
                cell.points,
                cell.z,
                sheet.comment if shown else "",
                sheet.signed_name,
                sheet.locked_at.isoformat(timespec="seconds") if sheet.locked_at else "",
                sheet.digest,
            ]


@never_cache
@require_safe
@login_needed
def totals_csv(request: HttpRequest, slug: str, division: str) -> HttpResponse:
    """The ranking as it stands, with every term; empty for who may not see a part of it yet."""
    contest, found = find_chaired(request, slug, division)
    table = jury_table(contest, found)
    head = ["rank", "entry", "team", "title", "total", "score_part", "jury_part", "score", "sheets", "sheet_mean"]
    return _csv(f"{slug}-{division}-totals.csv", [*head, "sheet_sd", "sheet_range"], _total_rows(table))


def _total_rows(table: Table) -> Iterable[list[Any]]:
    for line in table.ranked:
        total, spread = line.total, line.spread
        if total is None or spread is None:
            continue
        yield [
            total.rank,
            line.entry.label,
            line.team,
            line.title,
            total.total,
            total.score_part,
            total.jury_part,
            total.raw_score,
            total.sheet_count,
            spread.mean,
            spread.sd,
            spread.range,
        ]


def _csv(name: str, head: list[str], rows: Iterable[list[Any]]) -> HttpResponse:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(head)
    for row in rows:
        writer.writerow([safe_cell(one) if isinstance(one, str) else one for one in row])
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse("\ufeff" + file.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


@never_cache
@require_safe
@login_needed
def jury_pdf(request: HttpRequest, slug: str, division: str) -> HttpResponseBase:
    """Every sheet on paper, with its signature, for the files of who hosts the contest."""
    contest, found = find_chaired(request, slug, division)
    table = jury_table(contest, found)
    if not table.has_marks:
        messages.warning(request, _("You judge here, too: the others' sheets are yours to see once all are signed."))
        return redirect("pages:jury_chair", slug, division)
    language = (get_language() or "en").split("-")[0]
    context = {
        "competition": contest.competition,
        "contest": contest,
        "division": found,
        "table": table,
        "formula": formula(table.rules),
        "terms": formula_terms(table.rules),
        "now": timezone.now(),
        "heading": text_in(found.title),
    }
    content = render_pdf("pdf/jury_sheets.html", context, language=language)
    headers = {"Content-Disposition": f'attachment; filename="{slug}-{division}-sheets.pdf"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
