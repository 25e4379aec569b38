"""A team's page: its people, whom it asks, what it is asked, and becoming one with another team."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from competitions.models import Team, TeamInvitation, TeamMerge, Terms
from competitions.pages.access import login_needed, person, require_login
from competitions.pages.contest import Contest, find_contest, render_contest
from competitions.pages.forms import AcceptForm, RenameForm, TeamLinkForm
from competitions.permissions import can_lead, has_accepted_terms
from competitions.queries.competitions import current_terms
from competitions.queries.participation import is_registered
from competitions.queries.team_merges import MergeOutlook, open_merges, outlook
from competitions.queries.teams import (
    forming_ends_at,
    invitation_by_link,
    is_forming,
    members,
    open_invitations,
)
from competitions.services import team_invitations, team_members, team_merges
from competitions.services.team_refusals import TeamRefused
from competitions.services.teams import JoinRefused


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link that was just made: shown once."""

    address: str
    email: str
    is_mailed: bool


@require_safe
@login_needed
def team(request: HttpRequest, slug: str) -> HttpResponse:
    return _page(find_contest(request, slug))


def _page(contest: Contest, *, status: int = 200, link: NewLink | None = None, **forms: object) -> HttpResponse:
    own, user, competition = contest.team, contest.request.user, contest.competition
    asked = open_invitations(user, now=contest.now).filter(team__competition=competition)
    context = {
        "members": members(own) if own else [],
        "is_captain": own is not None and can_lead(user, own),
        "is_forming": is_forming(competition, now=contest.now),
        "forming_ends_at": forming_ends_at(competition),
        "asked": asked,
        "invitations": own.invitations.open(contest.now).select_related("user") if own else [],
        "merges": open_merges(user).filter(team__competition=competition),
        "link": link,
        "rename_form": RenameForm(initial={"name": own.name if own else ""}),
        "invite_form": TeamLinkForm(),
        **forms,
    }
    return render_contest(contest, "pages/team.html", tab="team", status=status, **context)


# -- people -----------------------------------------------------------------------------------------------------------


@require_POST
@login_needed
def team_rename(request: HttpRequest, slug: str) -> HttpResponseBase:
    contest, own = _own(request, slug)
    form = RenameForm(request.POST)
    if not form.is_valid():
        return _page(contest, status=400, rename_form=form)
    name = form.cleaned_data["name"]
    return _act(
        contest,
        lambda: team_members.rename(own, user=person(request), name=name, now=contest.now),
        _("Your team has a new name. Receipts keep the name that was signed."),
    )


@require_POST
@login_needed
def team_leave(request: HttpRequest, slug: str) -> HttpResponseBase:
    contest, own = _own(request, slug)
    if not request.POST.get("sure"):
        return _not_sure(contest)
    return _act(
        contest,
        lambda: team_members.leave(user=person(request), competition=contest.competition, now=contest.now),
        _("You have left the team “%(team)s”.") % {"team": own.name},
    )


@require_POST
@login_needed
def team_remove(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """The captain takes a member out."""
    contest, own = _own(request, slug)
    member = get_object_or_404(own.members.select_related("user"), pk=number).user
    if not request.POST.get("sure"):
        return _not_sure(contest)
    return _act(
        contest,
        lambda: team_members.remove(own, member=member, user=person(request), now=contest.now),
        _("%(name)s is no longer in the team.") % {"name": member.get_username()},
    )


@require_POST
@login_needed
def team_captain(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """The captain hands the role over."""
    contest, own = _own(request, slug)
    member = get_object_or_404(own.members.select_related("user"), pk=number).user
    return _act(
        contest,
        lambda: team_members.hand_over(own, member=member, user=person(request), now=contest.now),
        _("%(name)s leads the team now.") % {"name": member.get_username()},
    )


def _own(request: HttpRequest, slug: str) -> tuple[Contest, Team]:
    contest = find_contest(request, slug)
    if contest.team is None:
        raise Http404(_("You are in no team of this contest."))
    return contest, contest.team


def _not_sure(contest: Contest) -> HttpResponseBase:
    messages.warning(contest.request, _("Nothing was done: tick the box to confirm."))
    return redirect("pages:team", contest.competition.slug)


def _act(contest: Contest, act: Callable[[], object], done: str) -> HttpResponseBase:
    """Do it and say so, or say why not."""
    try:
        act()
    except (TeamRefused, JoinRefused) as error:
        messages.warning(contest.request, str(error))
    else:
        messages.success(contest.request, done)
    return redirect("pages:team", contest.competition.slug)


# -- invitations ------------------------------------------------------------------------------------------------------


@require_POST
@login_needed
def team_invite(request: HttpRequest, slug: str) -> HttpResponseBase:
    """By user name, or a link for an address."""
    contest, own = _own(request, slug)
    form = TeamLinkForm(request.POST)
    if not form.is_valid():
        return _page(contest, status=400, invite_form=form)
    who, user = form.cleaned_data["who"], person(request)
    if "@" not in who:
        done = _("%(name)s is invited and finds it on this contest's team page.") % {"name": who}
        return _act(contest, lambda: team_invitations.invite(own, name=who, user=user, now=contest.now), done)
    by_mail = form.cleaned_data["by_mail"]
    try:
        token = team_invitations.by_link(own, email=who, user=user, now=contest.now, by_mail=by_mail)[1]
    except TeamRefused as error:
        form.add_error("who", str(error))
        return _page(contest, status=400, invite_form=form)
    address = request.build_absolute_uri(reverse("pages:team_link", args=[slug, token]))
    return _page(contest, link=NewLink(address, who, by_mail))


@require_POST
@login_needed
def team_invitation_revoke(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    contest, own = _own(request, slug)
    invitation = get_object_or_404(own.invitations, pk=number)
    return _act(
        contest,
        lambda: team_invitations.revoke(invitation, user=person(request), now=contest.now),
        _("The invitation is taken back."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_needed
def team_invitation(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """An invitation by name, for the person who is asked."""
    contest = find_contest(request, slug)
    asked = open_invitations(request.user, now=contest.now).filter(team__competition=contest.competition)
    return _answer(contest, get_object_or_404(asked, pk=number), by_link=False)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def team_link(request: HttpRequest, slug: str, token: str) -> HttpResponseBase:
    """An invitation by link, for whoever holds it. Its address holds the token, which the site's policy, same-origin,
    tells to no other site; with no-referrer browsers would post the form as one of unknown origin."""
    contest = find_contest(request, slug)
    if not request.user.is_authenticated:
        return require_login(request)
    invitation = invitation_by_link(token, contest.competition, now=contest.now)
    if invitation is None:
        return render_contest(contest, "pages/invitation.html", tab="team", status=404, invitation=None)
    return _answer(contest, invitation, by_link=True)


def _answer(contest: Contest, invitation: TeamInvitation, *, by_link: bool) -> HttpResponseBase:
    request, user = contest.request, person(contest.request)
    if request.method == "POST" and request.POST.get("answer") == "decline":
        done = _("You have declined the invitation.")
        return _act(contest, lambda: team_invitations.decline(invitation, user=user, now=contest.now), done)
    terms = None if has_accepted_terms(user, contest.competition) else current_terms(contest.competition)
    form = AcceptForm(request.POST or None, terms=terms) if terms else None
    if request.method == "POST" and (form is None or form.is_valid()):
        answer = _try_to_accept(contest, invitation, terms, by_link=by_link)
        if answer is not None:
            return answer
    status = 400 if request.method == "POST" else 200
    context = {
        "invitation": invitation,
        "terms": terms,
        "form": form,
        "people": members(invitation.team),
        "must_join": not is_registered(user, contest.competition),
    }
    return render_contest(contest, "pages/invitation.html", tab="team", status=status, **context)


def _try_to_accept(
    contest: Contest, invitation: TeamInvitation, terms: Terms | None, *, by_link: bool
) -> HttpResponseBase | None:
    user = person(contest.request)
    try:
        joined = team_invitations.accept(invitation, user=user, terms=terms, now=contest.now, by_link=by_link)
    except (TeamRefused, JoinRefused) as error:
        messages.warning(contest.request, str(error))
        return None
    messages.success(contest.request, _("You are in the team “%(team)s” now.") % {"team": joined.name})
    return redirect("pages:team", contest.competition.slug)


# -- merging ----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@login_needed
def team_propose(request: HttpRequest, slug: str) -> HttpResponseBase:
    """What would become of two teams, before one asks the other."""
    contest, own = _own(request, slug)
    name = (request.POST if request.method == "POST" else request.GET).get("other", "").strip()
    other = contest.competition.teams.filter(name__iexact=name).exclude(pk=own.pk).first() if name else None
    if other is None:
        if name:
            messages.warning(request, _("There is no other team called “%(name)s”.") % {"name": name[:60]})
        return redirect("pages:team", slug)
    if request.method == "POST":
        done = _("The team “%(team)s” is asked; its captain answers.") % {"team": other.name}
        user = person(request)
        return _act(contest, lambda: team_merges.propose(own, other=other, user=user, now=contest.now), done)
    return _merge_page(contest, outlook(own, other, now=contest.now), None)


@require_http_methods(["GET", "HEAD", "POST"])
@login_needed
def team_merge(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """A proposal, with what would become of the two, for the captains."""
    contest = find_contest(request, slug)
    merge = get_object_or_404(open_merges(request.user).filter(team__competition=contest.competition), pk=number)
    if request.method != "POST":
        return _merge_page(contest, outlook(merge.team, merge.other, now=contest.now), merge)
    acts = {
        "accept": (team_merges.accept, _("The two teams are one now.")),
        "decline": (team_merges.decline, _("You have declined the proposal.")),
        "withdraw": (team_merges.withdraw, _("The proposal is taken back.")),
    }
    if request.POST.get("answer") not in acts:
        return _merge_page(contest, outlook(merge.team, merge.other, now=contest.now), merge)
    act, done = acts[request.POST["answer"]]
    return _act(contest, lambda: act(merge, user=person(request), now=contest.now), done)


def _merge_page(contest: Contest, ahead: MergeOutlook, merge: TeamMerge | None) -> HttpResponse:
    refusals = [team_merges.hindrance_text(ahead, one) for one in ahead.hindrances]
    return render_contest(contest, "pages/team_merge.html", tab="team", ahead=ahead, merge=merge, refusals=refusals)
