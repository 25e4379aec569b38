"""From an outbox item to a mail: in the person's language, plain text and HTML, with a way to have no more of them."""

import smtplib
from collections.abc import Mapping
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from competitions.localised import text_in
from competitions.models import MailSwitch, OutboxItem, User
from competitions.queries.people import has_verified_email
from competitions.services.message_texts import message_text
from competitions.services.outbox import MayHaveArrived, NotDelivered, NotWanted, Prepared
from competitions.status import MAIL_MODES, MailKind, MailMode

SALT = "competitions.unsubscribe"
# After these nobody knows what became of the message.
BROKE_OFF = (smtplib.SMTPServerDisconnected, TimeoutError, ConnectionError)


# -- switches ---------------------------------------------------------------------------------------------------------


def modes_of(user: User) -> dict[MailKind, MailMode]:
    """What this person wants to be written to about."""
    chosen = dict(MailSwitch.objects.filter(user=user).values_list("kind", "mode"))
    return {kind: MailMode(chosen.get(kind, modes[0])) for kind, modes in MAIL_MODES.items()}


def set_mode(user: User, kind: MailKind, mode: MailMode) -> None:
    """Safe twice."""
    if mode not in MAIL_MODES[kind]:
        raise ValueError(f"mail of the kind '{kind}' has no mode '{mode}'")
    MailSwitch.objects.update_or_create(user=user, kind=kind, defaults={"mode": mode})


@transaction.atomic
def set_modes(user: User, modes: Mapping[MailKind, MailMode]) -> None:
    for kind, mode in modes.items():
        set_mode(user, kind, mode)


def unsubscribe_token(user: User, kind: str) -> str:
    """Good for this one switch, for ever: mails are read years later."""
    return signing.dumps([user.pk, kind], salt=SALT)


def unsubscribed(token: str) -> tuple[User, MailKind] | None:
    """Whose switch a token is for; None when it is damaged or the person is gone."""
    try:
        number, kind = signing.loads(token, salt=SALT)
        return User.objects.get(pk=number), MailKind(kind)
    except (signing.BadSignature, ValueError, TypeError, User.DoesNotExist):
        return None


# -- sending ----------------------------------------------------------------------------------------------------------


def prepare_mail(item: OutboxItem) -> Prepared:
    """Compose, and reach the server: what fails up to here has certainly not sent anything."""
    user = item.recipient
    if user is None or not user.is_active or not has_verified_email(user):
        raise NotWanted("the person has no verified address any more")
    if modes_of(user)[MailKind(item.kind)] == MailMode.OFF:
        raise NotWanted("the person has switched this kind of mail off")
    mail = compose(item, user)
    mail.connection = connection = get_connection()
    try:
        connection.open()
    except OSError as error:
        raise NotDelivered(f"the mail server does not answer: {type(error).__name__}") from error
    return lambda: _hand_over(mail, connection)


def _hand_over(mail: EmailMultiAlternatives, connection: BaseEmailBackend) -> None:
    try:
        mail.send()
    except BROKE_OFF as error:
        raise MayHaveArrived(f"the mail server broke off: {type(error).__name__}") from error
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _text in error.recipients.values()]
        raise NotDelivered(f"the address was refused: {codes}", is_final=min(codes, default=0) >= 500) from error
    except smtplib.SMTPResponseException as error:
        raise NotDelivered(f"the mail server answered {error.smtp_code}") from error
    finally:
        connection.close()


def compose(item: OutboxItem, user: User) -> EmailMultiAlternatives:
    with translation.override(user.language or settings.LANGUAGE_CODE):
        return _composed(item, user)


def _composed(item: OutboxItem, user: User) -> EmailMultiAlternatives:
    contest, text = item.competition, message_text(item.kind, item.content, item.competition)
    contest_title = text_in(contest.title) if contest else ""
    unsubscribe = settings.SITE_URL + reverse("pages:unsubscribe", args=[unsubscribe_token(user, item.kind)])
    context: dict[str, Any] = {
        "text": text,
        "language": translation.get_language(),
        "contest": contest_title,
        "html": _absolute(text.html),
        "address": settings.SITE_URL + text.path,
        "settings_address": settings.SITE_URL + reverse("pages:me") + "#mail",
        "unsubscribe": unsubscribe,
        "kind": MailKind(item.kind).label,
    }
    mail = EmailMultiAlternatives(
        subject=_one_line(f"[{contest_title or 'Tidemark'}] {text.title}"),
        body=render_to_string("mails/mail.txt", context),
        from_email=_sender(contest_title),
        to=[user.email],
        reply_to=[contest.contact_email] if contest and contest.contact_email else None,
        headers=_headers(item, unsubscribe),
    )
    mail.attach_alternative(render_to_string("mails/mail.html", context), "text/html")
    return mail


def _headers(item: OutboxItem, unsubscribe: str) -> dict[str, str]:
    """RFC 8058: one click, no page in between. The id stays the same however often it is tried."""
    _name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return {
        "List-Unsubscribe": f"<{unsubscribe}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Message-ID": f"<outbox-{item.pk}@{address.partition('@')[2] or 'localhost'}>",
        "Auto-Submitted": "auto-generated",
    }


def _sender(contest_title: str) -> str:
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return formataddr((_one_line(contest_title) or name, address))


def _one_line(text: str) -> str:
    """A line break in a header would begin another header."""
    return " ".join(text.split())


def _absolute(html: str) -> str:
    """A mail has no site of its own to which paths belong."""
    for name in ("href", "src"):
        html = html.replace(f'{name}="/', f'{name}="{settings.SITE_URL}/')
    return html
