"""What opens something for whoever has it is in no line of the log, though Django logs the paths that it refuses."""

import logging

import pytest
from django.conf import settings

from competitions.log_redaction import SecretsOfLinks, redacted

SECRET = "f00dfeed" * 8


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (f"Not Found: /competitions/a/invitations/link/{SECRET}/", "Not Found: /competitions/a/invitations/link/[…]/"),
        (f"GET /invitation/?token={SECRET} answered 404", "GET /invitation/?token=[…] answered 404"),
        (f'"GET /invitation/?a=1&token={SECRET} HTTP/1.1"', '"GET /invitation/?a=1&token=[…] HTTP/1.1"'),
        (
            f"/unsubscribe/{SECRET}:x/ /accounts/password/reset/key/1-{SECRET}/",
            "/unsubscribe/[…]/ /accounts/password/reset/key/[…]/",
        ),
        ("/competitions/a/invitations/12/ has no secret", "/competitions/a/invitations/12/ has no secret"),
    ],
)
def test_a_line_keeps_everything_but_the_secret(line, shown):
    assert redacted(line) == shown


def test_arguments_of_a_line_are_redacted_with_it():
    record = logging.makeLogRecord({"msg": "Forbidden: %s", "args": (f"/unsubscribe/{SECRET}/",)})
    assert SecretsOfLinks().filter(record)
    assert record.getMessage() == "Forbidden: /unsubscribe/[…]/"


def test_every_handler_of_the_site_has_the_filter():
    assert settings.LOGGING["filters"]["secrets"]["()"] == "competitions.log_redaction.SecretsOfLinks"
    assert all("secrets" in handler["filters"] for handler in settings.LOGGING["handlers"].values())
