"""The audit log of a contest, for those who organise it: a page with a filter, and the same rows as CSV."""

import csv
import io
import json
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from competitions.models import AuditEvent
from competitions.pages.access import login_needed
from competitions.pages.contest import Contest, find_organised, render_contest
from competitions.pages.forms import AuditFilterForm
from competitions.queries.audit import AuditFilter, audit_events, audit_page, verbs
from competitions.spreadsheets import safe_cell

COLUMNS = ("number", "at", "person", "act", "subject", "reason", "before", "after", "detail", "previous", "hash")


@require_safe
@login_needed
def audit_log(request: HttpRequest, slug: str) -> HttpResponse:
    contest = find_organised(request, slug)
    form = _form(contest)
    page = audit_page(audit_events(request.user, contest.competition, _wanted(form)), before=_before(request))
    asked = {name: value for name, value in request.GET.items() if name in form.fields and value}
    return render_contest(
        contest,
        "pages/audit.html",
        tab="organiser",
        status=400 if form.errors else 200,
        form=form,
        page=page,
        query=urlencode(asked),
    )


@require_safe
@login_needed
def audit_csv(request: HttpRequest, slug: str) -> HttpResponse:
    contest = find_organised(request, slug)
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    events = audit_events(request.user, contest.competition, _wanted(_form(contest)))
    writer.writerows(_cells(event) for event in events.iterator(chunk_size=2000))
    headers = {"Content-Disposition": f'attachment; filename="{slug}-audit.csv"'}
    return HttpResponse("\ufeff" + file.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def _form(contest: Contest) -> AuditFilterForm:
    known = verbs(contest.request.user, contest.competition)
    return AuditFilterForm(contest.request.GET, verbs=known)


def _wanted(form: AuditFilterForm) -> AuditFilter:
    """What of the form can be understood; the page says what cannot."""
    form.is_valid()
    return AuditFilter(**{name: value for name, value in form.cleaned_data.items() if value})


def _before(request: HttpRequest) -> int | None:
    text = request.GET.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _cells(event: AuditEvent) -> list[Any]:
    return [
        event.number,
        event.at.isoformat(timespec="microseconds"),
        *(safe_cell(text) for text in (event.actor_name, event.verb, event.subject, event.reason)),
        *(_json(value) for value in (event.before, event.after, event.detail)),
        event.previous,
        event.hash,
    ]


def _json(value: Any) -> str:
    return "" if value in (None, {}) else safe_cell(json.dumps(value, ensure_ascii=False, sort_keys=True))
