"""Who works on a contest: changing roles and taking them away. Roles are given by an invitation that is accepted
(services.role_invitations)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from competitions.models import Competition, Membership, User
from competitions.permissions import ORGANISING_ROLES, can_give_role, is_contestant
from competitions.services import audit
from competitions.status import Role

# What a contestant must not be at the same time: these judge, or see what decides.
NOT_FOR_CONTESTANTS = frozenset({Role.JUROR, Role.REVIEWER, *ORGANISING_ROLES})


class RoleRefused(Exception):
    """The act is not possible; the message says why and what is. `code` is for programs and never changes."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def conflict(user: User, competition: Competition, role: str) -> str:
    """Why this person cannot take the role; empty where nothing is in the way."""
    if role not in NOT_FOR_CONTESTANTS or not is_contestant(user, competition):
        return ""
    text = _(
        "“%(name)s” takes part in this contest. Whoever takes part cannot be its %(role)s; leave the contest first."
    )
    return text % {"name": user.get_username(), "role": Role(role).label}


def require_may_give(actor: User, competition: Competition, role: str) -> None:
    if not can_give_role(actor, competition, role):
        raise RoleRefused("owners_only", _("Only owners give, change or take away the roles of owner and organiser."))


@transaction.atomic
def change(membership: Membership, *, role: str, actor: User, reason: str, now: datetime) -> Membership:
    """Another role in place of this one. Safe twice.

    Raises:
        RoleRefused: with what stands in the way.
    """
    found = _locked(membership)
    if found.role == role:
        return found
    for one in (found.role, role):
        require_may_give(actor, found.competition, one)
    _require_reason(reason)
    _require_another_owner(found)
    _refuse_conflict(found.user, found.competition, role)
    if found.competition.memberships.filter(user=found.user, role=role).exists():
        raise RoleRefused("has_role", _("“%(name)s” has this role already.") % {"name": found.user.get_username()})
    before, found.role = found.role, role
    found.since, found.given_by = now, actor
    found.save(update_fields=["role", "since", "given_by"])
    _note("role changed", found, actor, now, reason, before=before, after=role)
    return found


@transaction.atomic
def remove(membership: Membership, *, actor: User, reason: str, now: datetime) -> None:
    """The person sees and does from now on what anybody may. Safe twice."""
    if not Membership.objects.filter(pk=membership.pk).exists():
        return
    found = _locked(membership)
    require_may_give(actor, found.competition, found.role)
    _require_reason(reason)
    _require_another_owner(found)
    _note("role taken away", found, actor, now, reason, before=found.role, after=None)
    found.delete()


def _locked(membership: Membership) -> Membership:
    """The contest is locked first, so that two owners cannot take the role from each other at once."""
    Competition.objects.select_for_update(no_key=True).get(pk=membership.competition_id)
    found = Membership.objects.select_related("competition", "user").filter(pk=membership.pk).first()
    if found is None:
        raise RoleRefused("role_gone", _("This role was taken away meanwhile."))
    return found


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise RoleRefused("no_reason", _("Say why; the audit log keeps it."))


def _require_another_owner(membership: Membership) -> None:
    if membership.role != Role.OWNER:
        return
    if not membership.competition.memberships.filter(role=Role.OWNER).exclude(user=membership.user).exists():
        raise RoleRefused("last_owner", _("The last owner stays: make somebody else an owner first."))


def _refuse_conflict(user: User, competition: Competition, role: str) -> None:
    why = conflict(user, competition, role)
    if why:
        raise RoleRefused("takes_part", why)


def _note(
    verb: str,
    membership: Membership,
    actor: User,
    now: datetime,
    reason: str,
    *,
    before: str | None,
    after: str | None,
) -> None:
    audit.note(
        verb,
        now=now,
        actor=actor,
        competition=membership.competition,
        subject=f"person {membership.user.get_username()}",
        reason=reason.strip(),
        before={"role": before},
        after={"role": after},
    )
