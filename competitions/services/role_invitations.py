"""Asking somebody, by mail, to take a role in a contest, and what they answer.

Whoever owns the invited address answers: with an account that has proved this address. A link works once, for LASTS;
sent again it is another link, and the one before opens nothing any more.
"""

from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from competitions.localised import LANGUAGES
from competitions.models import Competition, Membership, RoleInvitation, User
from competitions.permissions import can_give_role
from competitions.services import audit
from competitions.services.invitation_links import new_link, put_invitation
from competitions.services.roles import RoleRefused, conflict, require_may_give
from competitions.status import Invitation, InvitationOutcome, Role

LASTS = timedelta(days=14)
MAX_OPEN = 100  # of a contest
AGAIN_AFTER = timedelta(minutes=10)
MAX_TIMES_SENT = 5
MAX_NOTE_CHARACTERS = 500


@transaction.atomic
def invite(
    competition: Competition, *, email: str, role: str, language: str, note: str = "", actor: User, now: datetime
) -> RoleInvitation:
    """Write down the invitation and its mail. Safe twice: who is asked already is not asked again.

    Raises:
        RoleRefused: with what stands in the way.
    """
    email = _clean(email, role, language, note)
    Competition.objects.select_for_update(no_key=True).get(pk=competition.pk)
    require_may_give(actor, competition, role)
    _refuse_where_pointless(competition, email, role)
    expired = competition.role_invitations.filter(outcome="", expires_at__lte=now)
    expired.update(outcome=InvitationOutcome.EXPIRED, closed_at=now)
    earlier = competition.role_invitations.open(now).filter(email__iexact=email, role=role).first()
    if earlier is not None:
        return earlier
    if competition.role_invitations.open(now).count() >= MAX_OPEN:
        text = _("%(count)s invitations are open; take some back first.")
        raise RoleRefused("too_many_invitations", text % {"count": MAX_OPEN})
    nonce, digest = new_link()
    invitation = RoleInvitation.objects.create(
        competition=competition,
        email=email,
        role=role,
        language=language,
        note=note.strip(),
        nonce=nonce,
        digest=digest,
        invited_by=actor,
        created_at=now,
        sent_at=now,
        expires_at=now + LASTS,
    )
    _note("invited to a role", invitation, actor, now, after={"role": role})
    _send(invitation, now)
    return invitation


def _clean(email: str, role: str, language: str, note: str) -> str:
    try:
        validate_email(email.strip())
    except ValidationError:
        text = _("“%(email)s” is no e-mail address.")
        raise RoleRefused("invalid_email", text % {"email": email.strip()[:100]}) from None
    if role not in Role.values:
        known = ", ".join(Role.values)
        raise RoleRefused("unknown_role", _("There is no such role; there are: %(roles)s.") % {"roles": known})
    if language not in LANGUAGES:
        raise RoleRefused("unknown_language", _("Choose one of: %(known)s.") % {"known": ", ".join(LANGUAGES)})
    if len(note.strip()) > MAX_NOTE_CHARACTERS:
        raise RoleRefused("note_too_long", _("A note has %(max)s characters at most.") % {"max": MAX_NOTE_CHARACTERS})
    return email.strip()


def _refuse_where_pointless(competition: Competition, email: str, role: str) -> None:
    for user in owners_of(email):
        if competition.memberships.filter(user=user, role=role).exists():
            raise RoleRefused("has_role", _("“%(name)s” has this role already.") % {"name": user.get_username()})
        why = conflict(user, competition, role)
        if why:
            raise RoleRefused("takes_part", why)


def owners_of(email: str) -> list[User]:
    """The accounts that have proved this address; one at most, where addresses are verified."""
    if settings.ACCOUNT_EMAIL_VERIFICATION != "mandatory":
        return list(User.objects.filter(email__iexact=email, is_active=True))
    proved = EmailAddress.objects.filter(email__iexact=email, verified=True, user__is_active=True)
    return [address.user for address in proved.select_related("user")]


def owns(user: User, invitation: RoleInvitation) -> bool:
    """Is the invited address one that this account has proved?"""
    return any(one.pk == user.pk for one in owners_of(invitation.email))


@transaction.atomic
def send_again(invitation: RoleInvitation, *, actor: User, now: datetime) -> RoleInvitation:
    """Another mail with another link, and the time starts anew."""
    found = _locked_open(invitation)
    require_may_give(actor, found.competition, found.role)
    if found.times_sent >= MAX_TIMES_SENT:
        raise RoleRefused(
            "sent_too_often", _("It was sent %(max)s times; ask in another way.") % {"max": MAX_TIMES_SENT}
        )
    if now - found.sent_at < AGAIN_AFTER:
        raise RoleRefused("sent_just_now", _("It was sent less than ten minutes ago; wait a little."))
    found.nonce, found.digest = new_link()
    found.sent_at, found.expires_at, found.times_sent = now, now + LASTS, found.times_sent + 1
    found.save(update_fields=["nonce", "digest", "sent_at", "expires_at", "times_sent"])
    _note("invitation to a role sent again", found, actor, now)
    _send(found, now)
    return found


@transaction.atomic
def revoke(invitation: RoleInvitation, *, actor: User, now: datetime) -> None:
    """Its link opens nothing any more. Safe twice."""
    require_may_give(actor, invitation.competition, invitation.role)
    if _close(invitation, InvitationOutcome.REVOKED, now):
        _note("invitation to a role taken back", invitation, actor, now)


@transaction.atomic
def decline(invitation: RoleInvitation, *, user: User | None, now: datetime) -> None:
    """Whoever holds the link says no; an account is not needed for that. Safe twice."""
    if _close(invitation, InvitationOutcome.DECLINED, now):
        _note("invitation to a role declined", invitation, user, now)


@transaction.atomic
def accept(invitation: RoleInvitation, *, user: User, now: datetime) -> Membership:
    """Take the role. Safe twice.

    Raises:
        RoleRefused: with what stands in the way.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # at this moment they might join as a contestant
    found = RoleInvitation.objects.select_for_update(of=("self",)).filter(pk=invitation.pk).first()
    competition = invitation.competition
    if found is not None and found.outcome == InvitationOutcome.ACCEPTED:
        earlier = competition.memberships.filter(user=user, role=found.role).first()
        if earlier is not None:
            return earlier
    inviter = invitation.invited_by
    if found is None or found.outcome or found.expires_at <= now or inviter is None:
        raise RoleRefused("invitation_closed", closed_text())
    if not can_give_role(inviter, competition, found.role):
        raise RoleRefused("invitation_closed", closed_text())  # who asked may no longer give this role
    if not owns(user, found):
        text = _("This invitation is for %(email)s. Your account has not proved this address.")
        raise RoleRefused("other_address", text % {"email": found.email})
    why = conflict(user, competition, found.role)
    if why:
        raise RoleRefused("takes_part", why)
    fields = {"since": now, "given_by": inviter}
    membership, is_new = Membership.objects.get_or_create(
        competition=competition, user=user, role=found.role, defaults=fields
    )
    _close(found, InvitationOutcome.ACCEPTED, now)
    if is_new:
        _note("took a role", found, user, now, before={"role": None}, after={"role": found.role})
    return membership


def closed_text() -> str:
    return _("This invitation has expired, was used or was taken back. Ask for a new one.")


def _locked_open(invitation: RoleInvitation) -> RoleInvitation:
    found = RoleInvitation.objects.select_for_update(of=("self",)).filter(pk=invitation.pk, outcome="").first()
    if found is None:
        raise RoleRefused("invitation_closed", closed_text())
    return found


def _close(invitation: RoleInvitation, outcome: InvitationOutcome, now: datetime) -> bool:
    same = RoleInvitation.objects.filter(pk=invitation.pk, outcome="")
    return bool(same.update(outcome=outcome, closed_at=now))


def _send(invitation: RoleInvitation, now: datetime) -> None:
    put_invitation(
        Invitation.ROLE,
        invitation.pk,
        address=invitation.email,
        competition=invitation.competition,
        time=invitation.times_sent,
        now=now,
    )


def _note(verb: str, invitation: RoleInvitation, actor: User | None, now: datetime, **states: Any) -> None:
    """Who was asked is part of the story; the link is not."""
    audit.note(
        verb,
        now=now,
        actor=actor,
        competition=invitation.competition,
        subject=f"role invitation {invitation.pk}",
        detail={"email": invitation.email, "role": invitation.role},
        **states,
    )
