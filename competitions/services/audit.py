"""Writing the audit log. Every act that decides a contest leaves a row, in the transaction of the act."""

import logging
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from competitions.chain import HEAD_SALT, chain_of, digest, head_text, plain
from competitions.models import AuditEvent, AuditHead, Competition, User

log = logging.getLogger(__name__)


@transaction.atomic
def note(  # noqa: PLR0913  (who, what, when, why, before, after: what a log of acts holds)
    verb: str,
    *,
    now: datetime,
    actor: User | None,
    competition: Competition | None = None,
    subject: str = "",
    reason: str = "",
    before: Any = None,
    after: Any = None,
    detail: Any = None,
) -> AuditEvent:
    """Add a row to the contest's chain, or to the site's. `actor` is None for what the clock did.

    The head of the chain stays locked until the act's transaction ends, so two writers never continue from one row.
    """
    chain = chain_of(competition.pk if competition else None)
    head = _locked_head(chain)
    event = AuditEvent(
        chain=chain,
        number=head.count + 1,
        at=now,
        actor=actor,
        actor_name=plain(actor.get_username()) if actor else "",
        verb=verb,
        competition=competition,
        subject=plain(subject)[:100],
        reason=plain(reason),
        before=plain(before),
        after=plain(after),
        detail=plain(detail or {}),
        previous=head.last_hash,
    )
    event.hash = digest(event.content, event.previous)
    event.save(force_insert=True)
    _advance(head, event)
    return event


def _locked_head(chain: str) -> AuditHead:
    AuditHead.objects.get_or_create(chain=chain, defaults=_first_head(chain))
    return AuditHead.objects.select_for_update().get(pk=chain)


def _first_head(chain: str) -> dict[str, Any]:
    """Of a new chain. Where rows are there already somebody took their head away: go on, and leave it unsigned."""
    last = AuditEvent.objects.filter(chain=chain).order_by("-number").first()
    if last is not None:
        return {"count": last.number, "last_hash": last.hash}
    head = AuditHead(chain=chain)
    return {"signature": signature(head)}


def _advance(head: AuditHead, event: AuditEvent) -> None:
    """A head that this site did not sign stays unsigned: signing it would cover up what was done to it."""
    trusted = is_signed(head)
    if not trusted:
        log.error("the head of audit chain %s is not what this site signed; run manage.py verify_audit", head.chain)
    head.count, head.last_hash = event.number, event.hash
    head.signature = signature(head) if trusted else ""
    head.save()


def signature(head: AuditHead, secret: str | bytes | None = None) -> str:
    """HMAC-SHA256 over chain, count and last hash, with the site's key."""
    said = head_text(head.chain, head.count, head.last_hash)
    return salted_hmac(HEAD_SALT, said, secret=secret, algorithm="sha256").hexdigest()


def is_signed(head: AuditHead) -> bool:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(constant_time_compare(head.signature, signature(head, key)) for key in keys)
