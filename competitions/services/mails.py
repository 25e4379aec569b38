"""From an outbox item to a mail: in the person's language, plain text and HTML, with a way to have no more of them."""

import smtplib
from collections.abc import Mapping
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
from competitions.services.invitation_mails import invitation_text
from competitions.services.mail_headers import one_line, plain_headers, sender
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
    mail = compose_invitation(item) if item.address else _wanted(item)
    mail.connection = connection = get_connection()
    try:
        connection.open()
    except OSError as error:
        raise NotDelivered(f"the mail server does not answer: {type(error).__name__}") from error
    return lambda: _hand_over(mail, connection)


def _wanted(item: OutboxItem) -> EmailMultiAlternatives:
    user = item.recipient
    if user is None or not user.is_active or not has_verified_email(user):
        raise NotWanted("the person has no verified address any more")
    if modes_of(user)[MailKind(item.kind)] == MailMode.OFF:
        raise NotWanted("the person has switched this kind of mail off")
    return compose(item, user)


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


def compose_invitation(item: OutboxItem) -> EmailMultiAlternatives:
    """To an address that may have no account: in the language that the inviter chose."""
    text = invitation_text(item)
    contest = text.competition
    with translation.override(text.language):
        context: dict[str, Any] = {"text": text, "language": text.language, "contest": text_in(contest.title)}
        mail = EmailMultiAlternatives(
            subject=one_line(f"[{text_in(contest.title)}] {text.title}"),
            body=render_to_string("mails/invitation.txt", context),
            from_email=sender(text_in(contest.title)),
            to=[item.address],
            reply_to=[contest.contact_email] if contest.contact_email else None,
            headers=plain_headers(item),
        )
        mail.attach_alternative(render_to_string("mails/invitation.html", context), "text/html")
    return mail


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
        subject=one_line(f"[{contest_title or 'Tidemark'}] {text.title}"),
        body=render_to_string("mails/mail.txt", context),
        from_email=sender(contest_title),
        to=[user.email],
        reply_to=[contest.contact_email] if contest and contest.contact_email else None,
        headers=_headers(item, unsubscribe),
    )
    mail.attach_alternative(render_to_string("mails/mail.html", context), "text/html")
    return mail


def _headers(item: OutboxItem, unsubscribe: str) -> dict[str, str]:
    """RFC 8058: one click, no page in between."""
    return {
        "List-Unsubscribe": f"<{unsubscribe}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        **plain_headers(item),
    }


def _absolute(html: str) -> str:
    """A mail has no site of its own to which paths belong."""
    for name in ("href", "src"):
        html = html.replace(f'{name}="/', f'{name}="{settings.SITE_URL}/')
    return html
