"""Celery entry points. Each loads nothing it was told: the database says what there is to do."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from competitions.bundles import applying, changing
from competitions.services import (
    board_releases,
    clockwork,
    dry_runs,
    evaluations,
    executions,
    file_checks,
    final_choices,
    group_reports,
    leaderboards,
    outbox,
    phase_releases,
    program_runs,
    reruns,
    scoring_runs,
    scoring_versions,
    second_stages,
    slots,
    tied_boards,
    workspaces,
)
from competitions.services.mails import prepare_mail
from competitions.services.webhooks import prepare_webhook
from competitions.status import Channel
from competitions.store import Store

SENDING_SECONDS = 5  # at a time: the sweeper shares the process, and leases wait for it
PREPARE: dict[str, outbox.Prepare] = {Channel.MAIL: prepare_mail, Channel.WEBHOOK: prepare_webhook}
SCRATCH_LASTS_SECONDS = 24 * 3600


@shared_task(name="competitions.tasks.evaluate")
def evaluate() -> int:
    """Work until nothing is queued. Returns how many evaluations were worked on."""
    return scoring_runs.work_off_the_queue(worker=scoring_runs.worker_name())


@shared_task(name="competitions.tasks.execute")
def execute() -> int:
    """Run contestants' programs until none is queued. Returns how many."""
    return program_runs.work_off_the_queue(worker=scoring_runs.worker_name())


@shared_task(name="competitions.tasks.apply_revisions")
def apply_revisions() -> int:
    """Make contests what revisions of their workspaces say. Returns how many revisions were worked on."""
    return applying.work_off(worker=scoring_runs.worker_name())


@shared_task(name="competitions.tasks.dry_run")
def dry_run() -> int:
    """Try contests before their launch until none waits. Returns how many."""
    return dry_runs.work_off(worker=scoring_runs.worker_name())


@shared_task(name="competitions.tasks.send_outbox")
def send_outbox() -> int:
    """Send mail and webhooks that are due, for a few seconds. Returns how many were worked on."""
    return outbox.work_off(PREPARE, seconds=SENDING_SECONDS)


@shared_task(name="competitions.tasks.sweep")
def sweep() -> None:
    """Give back what dead workers hold, wake the living, finish re-scorings, release what is over, clear left-overs."""
    now = timezone.now()
    evaluations.requeue_stuck(now=now)
    executions.requeue_stuck(now=now)
    reruns.requeue_stuck(now=now)
    dry_runs.requeue_stuck(now=now)
    dry_runs.wake_if_waiting()
    second_stages.enter_due(now=now)
    evaluations.wake_workers_if_queued()
    executions.wake_workers_if_queued()
    workspaces.wake_if_waiting()
    scoring_versions.go_live_due(now=now)
    changing.work_off(now=now)
    final_choices.lock_due(now=now)
    phase_releases.release_due(now=now)
    board_releases.release_due(now=now)
    leaderboards.rank_large_boards()
    tied_boards.compare_due(now=now)
    outbox.requeue_stuck(now=now)
    clockwork.remind_due(now=now)
    clockwork.remind_of_choices(now=now)
    clockwork.digest_due(now=now)
    group_reports.publish_due(now=now)
    outbox.wake_if_due(now=now)
    file_checks.forget_left_overs(now=now)
    Store(settings.FILES_DIR).clear_left_overs()
    slots.clear_scratch(older_than_seconds=SCRATCH_LASTS_SECONDS)
