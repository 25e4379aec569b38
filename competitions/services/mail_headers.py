"""What the headers of every mail have in common."""

from email.utils import formataddr, parseaddr

from django.conf import settings

from competitions.models import OutboxItem


def plain_headers(item: OutboxItem) -> dict[str, str]:
    """The id stays the same however often it is tried."""
    _name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return {
        "Message-ID": f"<outbox-{item.pk}@{address.partition('@')[2] or 'localhost'}>",
        "Auto-Submitted": "auto-generated",
    }


def sender(contest_title: str) -> str:
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return formataddr((one_line(contest_title) or name, address))


def one_line(text: str) -> str:
    """A line break in a header would begin another header."""
    return " ".join(text.split())
