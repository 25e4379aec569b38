"""Inviting people to a team, by name or by a link, and what they answer.

Who is invited by name is told on the site and by mail. A link is shown to the captain once, or mailed, and kept as a
digest: whoever holds it may use it, once.
"""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from competitions.models import Team, TeamInvitation, TeamMember, Terms, User
from competitions.permissions import can_answer, has_accepted_terms
from competitions.queries.people import has_verified_email
from competitions.queries.teams import forming_ends_at, team_of
from competitions.services.invitation_links import new_link, put_invitation, token_of
from competitions.services.team_locks import lock_teams
from competitions.services.team_members import locked, note
from competitions.services.team_news import tell_invited
from competitions.services.team_refusals import TeamRefused, require_captain, require_forming, require_room
from competitions.services.teams import EmailNotVerified, accept_terms, require_no_juror, require_registered
from competitions.status import Invitation

LASTS = timedelta(days=14)
MAX_OPEN = 20  # invitations of a team: enough for any team, and no way to ask the whole site


@transaction.atomic
def invite(team: Team, *, name: str, user: User, now: datetime) -> TeamInvitation:
    """Ask a person of the site. Safe twice: who is asked already is not asked again."""
    team = _inviting(team, user, now)
    person = User.objects.filter(username=name.strip(), is_active=True).first()
    if person is None:
        text = _("There is nobody called “%(name)s”. Ask them for their user name, or invite them by a link.")
        raise TeamRefused("no_such_person", text % {"name": name.strip()[:150]})
    if team.members.filter(user=person).exists():
        raise TeamRefused("is_member", _("“%(name)s” is in the team already.") % {"name": person.get_username()})
    team.invitations.filter(closed_at=None, expires_at__lte=now).update(closed_at=now)
    earlier = team.invitations.open(now).filter(user=person).first()
    if earlier is not None:
        return earlier
    return _create(team, user, now, user_invited=person)


@transaction.atomic
def by_link(team: Team, *, email: str, user: User, now: datetime, by_mail: bool = False) -> tuple[TeamInvitation, str]:
    """A link for somebody, and its token. The token is kept nowhere: show it now, or let it be mailed."""
    team = _inviting(team, user, now)
    nonce, digest = new_link()
    invitation = _create(team, user, now, email=email.strip(), digest=digest, nonce=nonce)
    if by_mail:
        contest, address = team.competition, invitation.email
        put_invitation(Invitation.TEAM, invitation.pk, address=address, competition=contest, time=1, now=now)
    return invitation, token_of(nonce, digest) or ""


def _inviting(team: Team, user: User, now: datetime) -> Team:
    team = locked(team)
    require_captain(team, user)
    require_forming(team.competition, now)
    require_room(team, joining=1)
    if team.invitations.open(now).count() >= MAX_OPEN:
        raise TeamRefused(
            "too_many_invitations", _("%(count)s invitations are open; take some back first.") % {"count": MAX_OPEN}
        )
    return team


def _create(
    team: Team,
    user: User,
    now: datetime,
    *,
    user_invited: User | None = None,
    email: str = "",
    digest: str | None = None,
    nonce: str = "",
) -> TeamInvitation:
    ends_at = forming_ends_at(team.competition)
    expires_at = min(now + LASTS, ends_at) if ends_at else now + LASTS
    invitation = TeamInvitation.objects.create(
        team=team,
        user=user_invited,
        email=email,
        digest=digest,
        nonce=nonce,
        invited_by=user,
        created_at=now,
        expires_at=expires_at,
    )
    name = {"user": user_invited.get_username()} if user_invited else {}
    note(team, "invited to the team", user, now, invitation=invitation.pk, **name)
    tell_invited(invitation, by=user, now=now)
    return invitation


@transaction.atomic
def revoke(invitation: TeamInvitation, *, user: User, now: datetime) -> None:
    """The captain takes it back; its link opens nothing any more. Safe twice."""
    team = locked(invitation.team)
    require_captain(team, user)
    if TeamInvitation.objects.filter(pk=invitation.pk, closed_at=None).update(closed_at=now):
        note(team, "invitation taken back", user, now, invitation=invitation.pk)


@transaction.atomic
def decline(invitation: TeamInvitation, *, user: User, now: datetime) -> None:
    """Whoever is asked says no. Safe twice."""
    team = locked(invitation.team)
    if TeamInvitation.objects.filter(pk=invitation.pk, closed_at=None).update(closed_at=now):
        note(team, "invitation declined", user, now, invitation=invitation.pk)


def accept(
    invitation: TeamInvitation, *, user: User, terms: Terms | None, now: datetime, by_link: bool = False
) -> Team:
    """Join the team. `terms` is the version of the rules that the person accepts with it; who has accepted the newest
    one already needs none. Who takes part alone and has submitted nothing brings their place along. Safe twice.

    Raises:
        TeamRefused: with what stands in the way.
        EmailNotVerified, TermsOutdated, NotRegistered: what the person has to do first.
        IsJuror: who judges does not compete.
    """
    try:
        with transaction.atomic():
            return _accept(invitation, user, terms, now, by_link=by_link)
    except IntegrityError:
        # At the same moment they joined otherwise, in another window.
        raise TeamRefused("in_another_team", _("You have just joined in another way; look at your team.")) from None


def _accept(invitation: TeamInvitation, user: User, terms: Terms | None, now: datetime, *, by_link: bool) -> Team:
    competition = invitation.team.competition
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # one answer of a person at a time
    own = team_of(user, competition)
    teams = lock_teams({invitation.team_id, own.pk if own else invitation.team_id}, competition)
    team = teams.get(invitation.team_id)
    if team is not None and team.members.filter(user=user).exists():
        return team
    _require_open(invitation, team, user, now, by_link=by_link)
    assert team is not None  # noqa: S101  (just required)
    require_forming(competition, now)
    if not has_verified_email(user):
        raise EmailNotVerified(_("Verify your e-mail address first; the link is in the mail we sent you."))
    require_no_juror(user, competition)
    require_registered(user, competition)
    if not has_accepted_terms(user, competition):
        _accept_newest(terms, user, now)
    if own is not None:
        _give_up(teams.get(own.pk), user, now)
    require_room(team, joining=1)
    TeamMember.objects.create(team=team, competition=competition, user=user, joined_at=now)
    TeamInvitation.objects.filter(pk=invitation.pk).update(closed_at=now)
    note(team, "joined the team", user, now, invitation=invitation.pk, user=user.get_username())
    return team


def _require_open(invitation: TeamInvitation, team: Team | None, user: User, now: datetime, *, by_link: bool) -> None:
    """As it is now that its team is locked. A link is open to whoever holds it, an invitation by name to one person."""
    found = TeamInvitation.objects.open(now).select_related("team__competition").filter(pk=invitation.pk).first()
    holds = found is not None and (found.digest is not None if by_link else can_answer(user, found, now=now))
    if team is None or not holds:
        raise TeamRefused(
            "invitation_closed", _("This invitation has expired, was used or was taken back. Ask for a new one.")
        )


def _accept_newest(terms: Terms | None, user: User, now: datetime) -> None:
    if terms is None:
        raise TeamRefused("terms_not_accepted", _("Accept the newest version of the rules first."))
    accept_terms(user=user, terms=terms, now=now)


def _give_up(own: Team | None, user: User, now: datetime) -> None:
    """A team of one that has sent nothing is left behind; anything else is a matter of merging or leaving."""
    if own is None:
        return
    if own.members.count() > 1:
        raise TeamRefused("in_another_team", _("You are in the team “%(team)s”. Leave it first.") % {"team": own.name})
    if own.submissions.exists():
        text = _(
            "Your team “%(team)s” has submitted. Propose to merge the two teams instead: its submissions come along."
        )
        raise TeamRefused("has_submitted", text % {"team": own.name})
    note(own, "left the team", user, now, team=own.name, user=user.get_username())
    own.delete()
