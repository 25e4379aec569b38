"""Links in mails that invite somebody: to a role, or to a team.

The database keeps a random nonce and the digest of the token. The token itself is made from the nonce and the site's
key in the moment a mail is written, so neither the database nor the outbox opens anything alone.
"""

import secrets
from datetime import datetime

from django.conf import settings
from django.utils.crypto import salted_hmac

from competitions.models import Competition, OutboxItem
from competitions.models.people import token_digest
from competitions.services.outbox import put
from competitions.status import Channel, Invitation

SALT = "competitions.invitation"


def new_link() -> tuple[str, str]:
    """A nonce and the digest of its token."""
    nonce = secrets.token_hex(32)
    return nonce, token_digest(_token(nonce, settings.SECRET_KEY))


def token_of(nonce: str, digest: str) -> str | None:
    """The token; None when the site's key is no longer the one that it was made with."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return next((token for key in keys if token_digest(token := _token(nonce, key)) == digest), None)


def _token(nonce: str, key: str | bytes) -> str:
    return salted_hmac(SALT, nonce, secret=key, algorithm="sha256").hexdigest()


def put_invitation(
    kind: Invitation, number: int, *, address: str, competition: Competition, time: int, now: datetime
) -> None:
    """One mail for the `time`-th sending of an invitation. Safe twice; part of the act's transaction."""
    item = OutboxItem(
        key=f"{kind.value}:{number}:{time}",
        channel=Channel.MAIL,
        kind=kind.value,
        address=address,
        competition=competition,
        content={"invitation": number, "time": time},
        created_at=now,
        due_at=now,
    )
    put([item])
