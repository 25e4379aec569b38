"""Takes secrets of links out of log lines: Django logs the path of every request that it answers with an error."""

import logging
import re
from typing import Final

IN_PATHS: Final = re.compile(
    r"(/(?:invitations/link|unsubscribe|accounts/confirm-email|accounts/password/reset/key)/)[^/\s?#\"']+"
)
IN_QUERIES: Final = re.compile(r"([?&]token=)[^&\s#\"']+")


def redacted(text: str) -> str:
    """Example: /invitations/link/abc/ -> /invitations/link/[…]/"""
    return IN_QUERIES.sub(r"\1[…]", IN_PATHS.sub(r"\1[…]", text))


class SecretsOfLinks(logging.Filter):
    """On a handler, so that it sees the lines of every logger."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        if (plain := redacted(said)) != said:
            record.msg, record.args = plain, None
        return True
