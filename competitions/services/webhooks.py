"""Events of a contest, sent to addresses that its organisers name; signed as https://www.standardwebhooks.com says.

What an event tells is what every visitor may see: names of teams and numbers, no score, no person.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from competitions import outgoing
from competitions.models import Competition, OutboxItem, User, WebhookEndpoint
from competitions.services import audit
from competitions.services.outbox import NotDelivered, NotWanted, Prepared, put
from competitions.status import Channel, WebhookEvent

MAX_ENDPOINTS = 10
MAX_ADDRESS_CHARACTERS = 500
FORMER_SECRET_LASTS = timedelta(hours=24)
GONE = 410


class InvalidEndpoint(Exception):
    """The address or the choice of events cannot be used; the message says why."""


# -- secrets and signatures -------------------------------------------------------------------------------------------


def secret_of(nonce: str) -> str:
    """whsec_ and 32 bytes in base64, made from the site's key: the database alone signs nothing."""
    key = salted_hmac("competitions.webhook", nonce, algorithm="sha256").digest()
    return "whsec_" + base64.b64encode(key).decode()


def sign(secret: str, identifier: str, at: datetime, body: bytes) -> str:
    """v1: HMAC-SHA256 over `id.timestamp.body`."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{identifier}.{int(at.timestamp())}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


# -- endpoints --------------------------------------------------------------------------------------------------------


@transaction.atomic
def add(*, competition: Competition, actor: User, url: str, events: Sequence[str], now: datetime) -> WebhookEndpoint:
    """A new endpoint; `secret_of(endpoint.nonce)` is to be shown once."""
    address = _clean(url)
    chosen = _chosen(events)
    Competition.objects.select_for_update().get(pk=competition.pk)
    if competition.webhook_endpoints.count() >= MAX_ENDPOINTS:
        raise InvalidEndpoint(_("A contest has %(max)s endpoints at most; remove one.") % {"max": MAX_ENDPOINTS})
    endpoint = WebhookEndpoint.objects.create(
        competition=competition, url=address, events=chosen, nonce=_nonce(), created_at=now, created_by=actor
    )
    _note("webhook added", endpoint, actor, now)
    return endpoint


def _clean(url: str) -> str:
    address = url.strip()
    if len(address) > MAX_ADDRESS_CHARACTERS:
        raise InvalidEndpoint(_("An address has %(max)s characters at most.") % {"max": MAX_ADDRESS_CHARACTERS})
    try:
        outgoing.check_address(address, allow_loopback=settings.WEBHOOKS_TO_LOOPBACK)
    except outgoing.Forbidden as error:
        raise InvalidEndpoint(_("This address cannot be used: %(why)s.") % {"why": error}) from None
    return address


def _chosen(events: Sequence[str]) -> list[str]:
    possible = [event.value for event in WebhookEvent if event != WebhookEvent.TEST]
    if not events or set(events) - set(possible):
        raise InvalidEndpoint(_("Choose events out of: %(events)s.") % {"events": ", ".join(possible)})
    return [event for event in possible if event in events]


def _nonce() -> str:
    return secrets.token_hex(32)


def _note(verb: str, endpoint: WebhookEndpoint, actor: User | None, now: datetime, **more: Any) -> None:
    host = urlsplit(endpoint.url).hostname or ""  # the rest of an address may hold a key
    audit.note(
        verb, now=now, actor=actor, competition=endpoint.competition, subject=f"webhook {endpoint.pk}: {host}", **more
    )


@transaction.atomic
def rotate(endpoint: WebhookEndpoint, *, actor: User, now: datetime) -> WebhookEndpoint:
    """A new secret; for a day the former one signs along."""
    found = WebhookEndpoint.objects.select_for_update(of=("self",)).select_related("competition").get(pk=endpoint.pk)
    found.former_nonce, found.former_until = found.nonce, now + FORMER_SECRET_LASTS
    found.nonce = _nonce()
    found.save(update_fields=["nonce", "former_nonce", "former_until"])
    _note("webhook secret rotated", found, actor, now)
    return found


@transaction.atomic
def set_enabled(
    endpoint: WebhookEndpoint, *, is_enabled: bool, actor: User | None, now: datetime, why: str = ""
) -> None:
    """Safe twice."""
    changed = WebhookEndpoint.objects.filter(pk=endpoint.pk, is_enabled=not is_enabled)
    if changed.update(is_enabled=is_enabled, disabled_reason="" if is_enabled else why[:200]):
        _note("webhook enabled" if is_enabled else "webhook disabled", endpoint, actor, now, reason=why)


@transaction.atomic
def remove(endpoint: WebhookEndpoint, *, actor: User, now: datetime) -> None:
    """With its deliveries. Safe twice."""
    if WebhookEndpoint.objects.filter(pk=endpoint.pk).exists():
        _note("webhook removed", endpoint, actor, now)
        endpoint.delete()


# -- events -----------------------------------------------------------------------------------------------------------


def emit(competition: Competition, event: WebhookEvent, data: Mapping[str, Any], *, key: str, now: datetime) -> None:
    """Put the event down for every endpoint that wants it; part of the act's transaction. Safe twice."""
    endpoints = WebhookEndpoint.objects.filter(competition=competition, is_enabled=True)
    items = [_item(one, event, data, key, now) for one in endpoints if event in one.events]
    if items:
        put(items)


def test(endpoint: WebhookEndpoint, *, now: datetime) -> None:
    put([_item(endpoint, WebhookEvent.TEST, {}, f"test:{now.isoformat()}", now)])


def _item(
    endpoint: WebhookEndpoint, event: WebhookEvent, data: Mapping[str, Any], key: str, now: datetime
) -> OutboxItem:
    content = {
        "type": event.value,
        "timestamp": now.astimezone(UTC).isoformat(timespec="seconds"),
        "data": {"competition": endpoint.competition.slug, **data},
    }
    return OutboxItem(
        key=f"{event.value}:{key}:endpoint-{endpoint.pk}",
        channel=Channel.WEBHOOK,
        kind=event.value,
        endpoint=endpoint,
        competition=endpoint.competition,
        content=content,
        created_at=now,
        due_at=now,
    )


# -- sending ----------------------------------------------------------------------------------------------------------


def prepare_webhook(item: OutboxItem) -> Prepared:
    endpoint = item.endpoint
    if endpoint is None or not endpoint.is_enabled:
        raise NotWanted("the endpoint is disabled")
    at = timezone.now()
    body = json.dumps(item.content, ensure_ascii=False, separators=(",", ":")).encode()
    headers = signed_headers(endpoint, f"msg_{item.pk}", at, body)
    return lambda: _hand_over(endpoint, body, headers)


def signed_headers(endpoint: WebhookEndpoint, identifier: str, at: datetime, body: bytes) -> dict[str, str]:
    nonces = [endpoint.nonce]
    if endpoint.former_nonce and endpoint.former_until and at < endpoint.former_until:
        nonces.append(endpoint.former_nonce)
    return {
        "Content-Type": "application/json",
        "User-Agent": "Tidemark-Webhooks/1",
        "webhook-id": identifier,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(sign(secret_of(nonce), identifier, at, body) for nonce in nonces),
    }


def _hand_over(endpoint: WebhookEndpoint, body: bytes, headers: Mapping[str, str]) -> int:
    try:
        status = outgoing.post(endpoint.url, body, headers, allow_loopback=settings.WEBHOOKS_TO_LOOPBACK)
    except outgoing.Forbidden as error:
        raise NotDelivered(str(error), is_final=True) from error
    except outgoing.NoAnswer as error:
        raise NotDelivered(str(error)) from error
    if status == GONE:
        set_enabled(endpoint, is_enabled=False, actor=None, now=timezone.now(), why="it answered 410 Gone")
    if not 200 <= status < 300:
        raise NotDelivered(f"it answered {status}", answer_status=status, is_final=status == GONE)
    return status
