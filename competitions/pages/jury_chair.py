"""The chair's page of a juried division: the table, and the chair's acts."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from competitions.jury_texts import formula, formula_terms
from competitions.models import Division, Sheet, User
from competitions.pages.access import login_needed, person
from competitions.pages.contest import Contest, find_contest, render_contest
from competitions.pages.jury_table import jury_table
from competitions.queries.jury import (
    begins_at,
    chaired_divisions,
    jurors,
    release_of,
    sheets_of,
)
from competitions.services import jury_assignments, jury_results, sheets
from competitions.services.jury_refusals import JuryRefused


def find_chaired(request: HttpRequest, slug: str, key: str) -> tuple[Contest, Division]:
    contest = find_contest(request, slug)
    division: Division = get_object_or_404(chaired_divisions(request.user), competition=contest.competition, key=key)
    division.competition = contest.competition
    return contest, division


# -- the page ---------------------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_needed
def jury_chair(request: HttpRequest, slug: str, division: str) -> HttpResponseBase:
    contest, found = find_chaired(request, slug, division)
    if request.method == "POST":
        return _act(contest, found)
    return _page(contest, found)


def _page(contest: Contest, division: Division, *, status: int = 200, error: str = "") -> HttpResponse:
    release = release_of(division)
    return render_contest(
        contest,
        "pages/jury_chair.html",
        tab="divisions",
        status=status,
        division=division,
        table=jury_table(contest, division),
        formula=formula(division.rules),
        terms=formula_terms(division.rules),
        has_begun=contest.now > begins_at(division),
        begins_at=begins_at(division),
        release=release,
        hindrances=[] if release else jury_results.hindrances(division, now=contest.now),
        error=error,
    )


def _act(contest: Contest, division: Division) -> HttpResponseBase:
    """As the button says. What organisers alone may do is not there for a chair among the jurors."""
    acts = {
        "balance": _balance,
        "assign": _assign,
        "unassign": _unassign,
        "reopen": _reopen,
        "remind": _remind,
    }
    if contest.can_organise:
        acts |= {"chair": _chair, "publish": _publish}
    act = acts.get(contest.request.POST.get("act", ""))
    if act is None:
        return _page(contest, division, status=400, error=_("There is no such act here."))
    try:
        messages.success(contest.request, act(contest, division))
    except JuryRefused as refused:
        return _page(contest, division, status=409, error=str(refused))
    return redirect("pages:jury_chair", contest.competition.slug, division.key)


def _balance(contest: Contest, division: Division) -> str:
    plan = jury_assignments.assign_evenly(division, actor=person(contest.request), now=contest.now)
    text = ngettext("%(count)s sheet was given out.", "%(count)s sheets were given out.", len(plan.pairs))
    lacking = sum(plan.missing.values())
    rest = ngettext(
        "%(count)s place stays empty: conflicts leave too few jurors.",
        "%(count)s places stay empty: conflicts leave too few jurors.",
        lacking,
    )
    return " ".join([text % {"count": len(plan.pairs)}, *([rest % {"count": lacking}] if lacking else [])])


def _assign(contest: Contest, division: Division) -> str:
    post = contest.request.POST
    entry = get_object_or_404(division.entries, number=_whole(post.get("entry")))
    juror = _juror(division, post.get("juror"))
    jury_assignments.assign(entry, juror=juror, actor=person(contest.request), now=contest.now)
    return _("%(entry)s is given to %(juror)s.") % {"entry": entry.label, "juror": juror}


def _sheet(contest: Contest, division: Division) -> Sheet:
    found: Sheet = get_object_or_404(sheets_of(division), pk=_whole(contest.request.POST.get("sheet")))
    return found


def _unassign(contest: Contest, division: Division) -> str:
    sheet = _sheet(contest, division)
    jury_assignments.unassign(sheet, actor=person(contest.request), now=contest.now)
    return _("%(entry)s is taken away from %(juror)s.") % {"entry": sheet.entry.label, "juror": sheet.juror}


def _reopen(contest: Contest, division: Division) -> str:
    sheet, reason = _sheet(contest, division), contest.request.POST.get("reason", "")
    sheets.reopen(sheet, actor=person(contest.request), reason=reason, now=contest.now)
    return _("The sheet of %(juror)s on %(entry)s is open again.") % {"entry": sheet.entry.label, "juror": sheet.juror}


def _remind(contest: Contest, division: Division) -> str:
    count = jury_results.remind(division, actor=person(contest.request), now=contest.now)
    return ngettext("%(count)s juror is reminded.", "%(count)s jurors are reminded.", count) % {"count": count}


def _chair(contest: Contest, division: Division) -> str:
    post = contest.request.POST
    juror = _juror(division, post.get("juror"))
    is_chair = post.get("is_chair") == "1"
    jury_assignments.set_chair(division, juror=juror, is_chair=is_chair, actor=person(contest.request), now=contest.now)
    text = _("%(juror)s chairs this jury.") if is_chair else _("%(juror)s no longer chairs this jury.")
    return text % {"juror": juror}


def _publish(contest: Contest, division: Division) -> str:
    post = contest.request.POST
    if not post.get("sure"):
        raise JuryRefused("not_sure", _("Tick that the result shall be published; it cannot be taken back."))
    has_comments = bool(post.get("comments"))
    jury_results.publish(division, actor=person(contest.request), has_comments=has_comments, now=contest.now)
    return _("The result is published.")


def _juror(division: Division, number: str | None) -> User:
    seats = [one.pk for one in jurors(division.competition)]
    found: User = get_object_or_404(User.objects.filter(pk__in=seats), pk=_whole(number))
    return found


def _whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else -1
