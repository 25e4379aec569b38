"""Wake-ups are a courtesy: what cannot be sent is told in the log, and where nobody can listen none is tried."""

import logging

import pytest

from competitions.services import hints


@pytest.fixture
def sent(monkeypatch):
    found = []

    def send_task(task, **_):
        found.append(task)
        if task == "lost":
            raise ConnectionRefusedError

    monkeypatch.setattr(hints.app, "send_task", send_task)
    return found


def test_a_hint_that_cannot_be_sent_fails_nothing_and_is_logged(sent, caplog):
    with caplog.at_level(logging.WARNING, logger="competitions"):
        hints.send_hint("lost", "evaluations")
    assert "no wake-up sent, the sweeper will: ConnectionRefusedError" in caplog.text


def test_while_a_site_is_prepared_nobody_is_called(sent):
    with hints.nobody_listens():
        hints.send_hint("early", "evaluations")
    hints.send_hint("later", "evaluations")
    assert sent == ["later"]
