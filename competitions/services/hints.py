"""Wake-ups. The database holds the work; losing a message costs one sweep, nothing else."""

import logging

from django.conf import settings
from django.db import transaction

from competitions.celery import app

log = logging.getLogger(__name__)


def wake_after_commit(task: str, queue_name: str) -> None:
    transaction.on_commit(lambda: send_hint(task, queue_name), robust=True)


def send_hint(task: str, queue_name: str) -> None:
    try:
        app.send_task(task, queue=queue_name, expires=settings.LEASE_SECONDS, retry=False)
    except Exception as error:
        # Broker libraries raise errors of many families; an upload must never fail because a hint could not be sent.
        log.warning("no wake-up sent, the sweeper will: %s", type(error).__name__)
