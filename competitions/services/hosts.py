"""Who may open contests: people whom an operator allowed to."""

from datetime import datetime

from django.db import transaction

from competitions.models import Host, User
from competitions.services import audit


@transaction.atomic
def allow(user: User, *, actor: User, now: datetime) -> bool:
    """Returns whether that is new."""
    _, is_new = Host.objects.get_or_create(user=user, defaults={"allowed_by": actor, "allowed_at": now})
    if is_new:
        audit.note("host.allowed", now=now, actor=actor, subject=user.get_username())
    return is_new


@transaction.atomic
def forbid(user: User, *, actor: User, now: datetime) -> bool:
    """Contests that the person has opened stay theirs. Returns whether there was something to take away."""
    taken, _ = Host.objects.filter(user=user).delete()
    if taken:
        audit.note("host.forbidden", now=now, actor=actor, subject=user.get_username())
    return bool(taken)
