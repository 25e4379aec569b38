"""Who works on a contest: the organisers' page of people, and the page of an invitation to a role."""

from collections.abc import Callable
from dataclasses import dataclass

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from competitions.models import Membership, RoleInvitation
from competitions.pages.access import login_needed, person, require_login
from competitions.pages.contest import Contest, find_organised, render_contest
from competitions.pages.forms_participation import RoleForm, RoleInvitationForm
from competitions.permissions import can_give_role
from competitions.queries.account_hints import account_hints
from competitions.queries.competitions import visible_competitions
from competitions.queries.participation import waiting_registrations
from competitions.queries.roles import (
    role_invitation_by_digest,
    role_invitation_by_token,
    roles_of,
    visible_role_invitations,
    visible_roles,
)
from competitions.role_texts import ROLE_TEXTS
from competitions.services import role_invitations, roles
from competitions.services.roles import RoleRefused, conflict
from competitions.status import Role

HELD = "role_invitation"  # in the session: the digest of the link that was opened


@dataclass(frozen=True, slots=True)
class RoleRow:
    """`form` is None where the reader may not change this role."""

    membership: Membership
    form: RoleForm | None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_needed
def people(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Who has which role; inviting somebody."""
    contest = find_organised(request, slug)
    initial = {"role": Role.JUROR, "language": person(request).language or request.LANGUAGE_CODE}
    form = RoleInvitationForm(
        request.POST or None, actor=request.user, competition=contest.competition, initial=initial
    )
    if request.method == "POST" and form.is_valid() and _try_to_invite(contest, form):
        return redirect("pages:people", slug)
    return _people_page(contest, form, status=400 if request.method == "POST" else 200)


def _try_to_invite(contest: Contest, form: RoleInvitationForm) -> bool:
    try:
        invited = role_invitations.invite(
            contest.competition, actor=person(contest.request), now=contest.now, **form.cleaned_data
        )
    except RoleRefused as error:
        form.add_error(None, str(error))
        return False
    text = _("%(email)s is invited; the mail is on its way. The link in it works until %(day)s.")
    day = invited.expires_at.astimezone(contest.competition.zone).date().isoformat()
    messages.success(contest.request, text % {"email": invited.email, "day": day})
    return True


def _people_page(contest: Contest, form: RoleInvitationForm, *, status: int = 200) -> HttpResponse:
    competition, actor = contest.competition, contest.request.user
    invitations = visible_role_invitations(actor).filter(competition=competition).select_related("invited_by")
    is_open = {"outcome": "", "expires_at__gt": contest.now}
    return render_contest(
        contest,
        "pages/people.html",
        tab="organiser",
        status=status,
        form=form,
        rows=[_row(contest, membership) for membership in roles_of(competition)],
        role_texts=[(role.label, ROLE_TEXTS[role]) for role in Role],
        invitations=invitations.filter(**is_open),
        closed=invitations.exclude(outcome="").order_by("-closed_at")[:20],
        waiting=waiting_registrations(competition).count(),
        hints=account_hints(competition),
    )


def _row(contest: Contest, membership: Membership) -> RoleRow:
    actor = contest.request.user
    may = can_give_role(actor, contest.competition, membership.role)
    return RoleRow(membership, RoleForm(actor=actor, membership=membership) if may else None)


@require_POST
@login_needed
def people_role(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """Change a role or take it away, with the reason."""
    contest = find_organised(request, slug)
    membership = get_object_or_404(visible_roles(request.user).filter(competition=contest.competition), pk=number)
    form = RoleForm(request.POST, actor=request.user, membership=membership)
    actor, name = person(request), membership.user.get_username()
    reason = request.POST.get("reason", "")[:500]
    if request.POST.get("act") == "remove":
        done = _("“%(name)s” no longer has this role.") % {"name": name}
        return _act(contest, lambda: roles.remove(membership, actor=actor, reason=reason, now=contest.now), done)
    if not form.is_valid():
        messages.warning(request, _("Nothing was done: choose a role, and say why."))
        return redirect("pages:people", slug)
    role, done = form.cleaned_data["role"], _("“%(name)s” has another role now.") % {"name": name}
    return _act(contest, lambda: roles.change(membership, role=role, actor=actor, reason=reason, now=contest.now), done)


@require_POST
@login_needed
def people_invitation(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """Send an invitation again, or take it back."""
    contest = find_organised(request, slug)
    known = visible_role_invitations(request.user).filter(competition=contest.competition)
    invitation, actor = get_object_or_404(known, pk=number), person(request)
    if request.POST.get("act") == "revoke":
        done = _("The invitation is taken back; its link opens nothing any more.")
        return _act(contest, lambda: role_invitations.revoke(invitation, actor=actor, now=contest.now), done)
    done = _("The mail is on its way again, with another link; the one before opens nothing any more.")
    return _act(contest, lambda: role_invitations.send_again(invitation, actor=actor, now=contest.now), done)


def _act(contest: Contest, act: Callable[[], object], done: str) -> HttpResponseBase:
    """Do it and say so, or say why not. Whoever took the own role away has no such page any more."""
    slug = contest.competition.slug
    try:
        act()
    except RoleRefused as error:
        messages.warning(contest.request, str(error))
    else:
        messages.success(contest.request, done)
    if not can_give_role(contest.request.user, contest.competition, Role.JUROR):
        visible = visible_competitions(contest.request.user).filter(slug=slug).exists()
        return redirect("pages:competition", slug) if visible else redirect("pages:competitions")
    return redirect("pages:people", slug)


# -- the page of an invitation ----------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def role_invitation(request: HttpRequest) -> HttpResponseBase:
    """The link of a mail leaves its token in the session, as a digest, and leads to the same address without it: so
    the token is in no history, no log of pages, and no other page is told it.

    The page of the answer has no token any more, and must not send no-referrer: browsers would post its form with
    `Origin: null`, which is what a forged request looks like.
    """
    if "token" not in request.GET:
        return _answer(request)
    answer = _take_token(request)
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _take_token(request: HttpRequest) -> HttpResponseBase:
    invitation = role_invitation_by_token(request.GET["token"], now=timezone.now())
    if invitation is None:
        request.session.pop(HELD, None)
        return render(request, "pages/role_invitation.html", {"invitation": None}, status=404)
    request.session[HELD] = invitation.digest
    if not request.user.is_authenticated:
        # Whoever opened the link has read the mail, so this address needs no second one to be believed.
        get_adapter(request).stash_verified_email(request, invitation.email)
    return redirect("pages:role_invitation")


def _answer(request: HttpRequest) -> HttpResponseBase:
    invitation = role_invitation_by_digest(str(request.session.get(HELD, "")), now=timezone.now())
    if invitation is None:
        return render(request, "pages/role_invitation.html", {"invitation": None}, status=404)
    if request.method == "POST":
        return _answered(request, invitation)
    return _invitation_page(request, invitation)


def _invitation_page(request: HttpRequest, invitation: RoleInvitation, *, status: int = 200) -> HttpResponse:
    user = person(request) if request.user.is_authenticated else None
    context = {
        "invitation": invitation,
        "competition": invitation.competition,
        "role": Role(invitation.role).label,
        "role_text": ROLE_TEXTS[Role(invitation.role)],
        "is_theirs": user is not None and role_invitations.owns(user, invitation),
        "conflict": conflict(user, invitation.competition, invitation.role) if user else "",
        "now": timezone.now(),
    }
    return render(request, "pages/role_invitation.html", context, status=status)


def _answered(request: HttpRequest, invitation: RoleInvitation) -> HttpResponseBase:
    now, user = timezone.now(), person(request) if request.user.is_authenticated else None
    if request.POST.get("answer") == "decline":
        role_invitations.decline(invitation, user=user, now=now)
        request.session.pop(HELD, None)
        messages.success(request, _("You have declined the invitation."))
        return redirect("pages:competitions")
    if user is None:
        return require_login(request)
    try:
        role_invitations.accept(invitation, user=user, now=now)
    except RoleRefused as error:
        messages.warning(request, str(error))
        return _invitation_page(request, invitation, status=400)
    request.session.pop(HELD, None)
    messages.success(request, _("You have the role now."))
    return redirect(reverse("pages:competition", args=[invitation.competition.slug]))
