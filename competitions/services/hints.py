"""Wake-ups. The database holds the work; losing a message costs one sweep, nothing else."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.db import transaction

from competitions.celery import app

log = logging.getLogger(__name__)
_nobody_listens: ContextVar[bool] = ContextVar("nobody_listens", default=False)


@contextmanager
def nobody_listens() -> Iterator[None]:
    """While a site is prepared that is not up yet: its sweeper finds the work when it starts."""
    token = _nobody_listens.set(True)
    try:
        yield
    finally:
        _nobody_listens.reset(token)


def wake_after_commit(task: str, queue_name: str) -> None:
    transaction.on_commit(lambda: send_hint(task, queue_name), robust=True)


def send_hint(task: str, queue_name: str) -> None:
    if _nobody_listens.get():
        return
    try:
        app.send_task(task, queue=queue_name, expires=settings.LEASE_SECONDS, retry=False)
    except Exception as error:
        # Broker libraries raise errors of many families; an upload must never fail because a hint could not be sent.
        log.warning("no wake-up sent, the sweeper will: %s", type(error).__name__)
