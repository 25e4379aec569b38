"""Changes after the launch: the public log, the desk of those who propose and decide, and scores under each version."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from competitions.bundles import changing
from competitions.change_rules import ChangeKind, ChangeStatus, differences_in
from competitions.change_texts import effect_texts, told_differences
from competitions.models import ChangeRequest, User
from competitions.pages.access import login_needed, person
from competitions.pages.contest import Contest, find_contest, find_organised, render_contest
from competitions.permissions import can_decide_change
from competitions.queries.changes import (
    change_log,
    reviewed_competitions,
    scores_by_version,
    teams_with_submissions,
    visible_changes,
)
from competitions.queries.competitions import decimals_of
from competitions.queries.submissions import team_submissions
from competitions.services import change_requests
from competitions.services.change_requests import CannotChange

ROWS = 30


@dataclass(frozen=True, slots=True)
class ChangeText:
    """A change in words, as this reader may see it."""

    change: ChangeRequest
    kinds: str
    differences: list[str]
    effects: list[str]


def change_text(change: ChangeRequest, contest: Contest, *, with_private: bool) -> ChangeText:
    return ChangeText(
        change,
        ", ".join(str(ChangeKind(kind).label) for kind in change.kinds),
        told_differences(differences_in(change.differences), contest.competition.zone),
        effect_texts(change.effect or {}, with_private=with_private),
    )


@require_safe
def public_log(request: HttpRequest, slug: str) -> HttpResponse:
    """What changed since the launch, why, and what it did to the public boards."""
    contest = find_contest(request, slug)
    page = Paginator(change_log(contest.competition), ROWS).get_page(request.GET.get("page"))
    found = [change_text(change, contest, with_private=False) for change in page]
    can_review = reviewed_competitions(request.user).filter(pk=contest.competition.pk).exists()
    return render_contest(
        contest, "pages/change_log.html", tab="overview", page=page, changes=found, can_review=can_review
    )


# -- the desk ---------------------------------------------------------------------------------------------------------


def _find_reviewed(request: HttpRequest, slug: str) -> Contest:
    """Through the query of those who decide on changes: for anybody else there is no such page."""
    get_object_or_404(reviewed_competitions(request.user), slug=slug)
    return find_contest(request, slug)


def _find_change(contest: Contest, number: int) -> ChangeRequest:
    return get_object_or_404(visible_changes(contest.request.user), competition=contest.competition, pk=number)


@require_safe
@login_needed
def desk(request: HttpRequest, slug: str) -> HttpResponse:
    contest = _find_reviewed(request, slug)
    page = Paginator(visible_changes(request.user).filter(competition=contest.competition), ROWS)
    found = page.get_page(request.GET.get("page"))
    texts = [change_text(change, contest, with_private=contest.can_organise) for change in found]
    return render_contest(contest, "pages/change_desk.html", tab="organiser", page=found, changes=texts)


@require_safe
@login_needed
def change(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One proposal: what is different, why, its effect, and the steps that this person may take."""
    contest = _find_reviewed(request, slug)
    found = _find_change(contest, number)
    user = person(request)
    return render_contest(
        contest,
        "pages/change.html",
        tab="organiser",
        text=change_text(found, contest, with_private=contest.can_organise),
        change=found,
        unscored=change_requests.unscored(found) if found.is_open else 0,
        events=found.events.select_related("actor"),
        can_decide=can_decide_change(user, found),
        can_propose=_is_own(found, user) and found.status == ChangeStatus.DRAFT and found.effect_at is not None,
        can_withdraw=_is_own(found, user) and found.can_become(ChangeStatus.WITHDRAWN),
    )


def _is_own(found: ChangeRequest, user: User) -> bool:
    return found.proposed_by_id == user.pk


@require_POST
@login_needed
def change_act(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """A step with a proposal. Who may not take it is told so, and nothing happens."""
    contest = _find_reviewed(request, slug)
    found = _find_change(contest, number)
    try:
        messages.success(request, _take(contest, found, request.POST.get("step", "")))
    except CannotChange as error:
        messages.error(request, str(error))
    return redirect("pages:change", slug, number)


def _take(contest: Contest, found: ChangeRequest, step: str) -> str:
    actor, now = person(contest.request), contest.now
    if step == "effect" and found.status in {ChangeStatus.DRAFT, ChangeStatus.PROPOSED}:
        is_known = changing.refresh_effect(found, now=now)
        return _("The effect was computed.") if is_known else _("Submissions are still being scored for it.")
    if step == "propose":
        change_requests.propose(found, actor=actor, now=now)
        return _("Proposed. A second person decides.")
    if step == "approve":
        return _approve(found, actor, contest)
    if step == "refuse":
        change_requests.refuse(found, actor=actor, why=contest.request.POST.get("why", ""), now=now)
        return _("Refused.")
    if step == "withdraw":
        change_requests.withdraw(found, actor=actor, now=now)
        return _("Withdrawn.")
    raise CannotChange(_("There is no such step."))


def _approve(found: ChangeRequest, actor: User, contest: Contest) -> str:
    change_requests.approve(found, actor=actor, now=contest.now)
    if changing.apply_change(found, now=contest.now):
        return _("Approved and in force.")
    if found.status == ChangeStatus.FAILED:
        raise CannotChange(_("Approved, but it could not be applied: %(why)s") % {"why": found.decision})
    return _("Approved. It comes into force as soon as the last uploads are scored under it.")


# -- scores under each version ----------------------------------------------------------------------------------------


@require_safe
@login_needed
def version_scores(request: HttpRequest, slug: str) -> HttpResponse:
    """A team's submissions with what they scored under every version: nothing is overwritten."""
    contest = find_organised(request, slug)
    teams = teams_with_submissions(contest.competition)
    wanted = request.GET.get("team", "")
    team = teams.filter(pk=int(wanted)).first() if wanted.isascii() and wanted.isdigit() and len(wanted) < 18 else None
    team = team or teams.first()
    page = Paginator(team_submissions(team).select_related("task__current_version"), ROWS) if team else None
    shown = page.get_page(request.GET.get("page")) if page else []
    return render_contest(
        contest, "pages/version_scores.html", tab="organiser", team=team, teams=teams, page=shown, rows=_rows(shown)
    )


def _rows(shown: Any) -> list[dict[str, Any]]:
    rows = []
    for submission, scores in scores_by_version(shown):
        key = next(iter(decimals_of(submission.task, is_public=False)), "")
        rows += [
            {"submission": submission, "score": one, "public": one.public.get(key), "private": one.private.get(key)}
            for one in scores
        ]
    return rows
