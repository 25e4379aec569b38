"""The Celery application. A message is a wake-up: the database holds the work, so results are ignored."""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "competitions.settings")

app = Celery("tidemark")
app.conf.update(
    broker_url=settings.CELERY_BROKER_URL,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "visibility_timeout": 3600,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        # Without these an upload waits six seconds for a broker that is away, only to send a hint.
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.1,
        "interval_max": 0.1,
    },
    task_publish_retry=False,  # a lost wake-up costs one sweep, a blocked upload costs a deadline
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    task_routes={
        "competitions.tasks.evaluate": {"queue": "evaluations"},
        "competitions.tasks.apply_revisions": {"queue": "evaluations"},
        "competitions.tasks.dry_run": {"queue": "evaluations"},
        "competitions.tasks.execute": {"queue": "executions"},
        "competitions.tasks.send_outbox": {"queue": "outbox"},
    },
    task_default_queue="housekeeping",
    timezone="UTC",
    beat_schedule={
        "sweep": {"task": "competitions.tasks.sweep", "schedule": settings.SWEEP_SECONDS, "options": {"expires": 60}},
    },
)
app.autodiscover_tasks(["competitions"])
