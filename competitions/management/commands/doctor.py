"""Say what this machine lacks, and how to mend each thing. Exit status 1 when something that matters is missing."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from competitions.processes.commands import redis_executable
from competitions.queries.evaluations import workers
from competitions.services.boxes import make_runner
from sandbox import Finding, Severity
from sandbox.check import check


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        findings = [*_boxes(), *_redis(), *_front_end(), *_translations(), *_database()]
        for finding in findings:
            self.stdout.write(f"{finding.severity}: {finding.what}\n    {finding.mend}")
        errors = [finding for finding in findings if finding.severity is Severity.ERROR]
        if errors:
            raise CommandError(f"{len(errors)} of these must be mended before the site can work")
        self.stdout.write("This machine has all that Tidemark needs.")


def _boxes() -> list[Finding]:
    """What this machine lacks for bubblewrap; of other back ends only their own self-test knows."""
    if settings.SANDBOX_BACKEND == "bubblewrap":
        return check(slots=settings.WORKER_SLOTS * 2)
    runner = make_runner()
    try:
        return runner.self_test()
    finally:
        runner.close()


def _redis() -> Iterator[Finding]:
    if not settings.REDIS_URL and not Path(redis_executable()).exists() and not shutil.which(redis_executable()):
        yield Finding(Severity.ERROR, "there is no Redis", "apt-get install redis-server, or set REDIS_URL")


def _front_end() -> Iterator[Finding]:
    if not (settings.BASE_DIR / "node_modules" / "bootstrap" / "dist").is_dir():
        yield Finding(Severity.ERROR, "Bootstrap is not installed", "run deploy/tidemark setup")


def _translations() -> Iterator[Finding]:
    for folder in settings.LOCALE_PATHS:
        for source in Path(folder).glob("*/LC_MESSAGES/*.po"):
            compiled = source.with_suffix(".mo")
            if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
                yield Finding(Severity.WARNING, f"{source} is not compiled", "run manage.py compilemessages")


def _database() -> Iterator[Finding]:
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            yield Finding(Severity.WARNING, "the database is not up to date", "run manage.py migrate")
            return
        for worker in workers(now=timezone.now()).filter(is_fit=False)[:5]:
            yield Finding(Severity.ERROR, f"worker {worker.worker} refuses work: {worker.findings}", "see above")
    except DatabaseError as error:
        yield Finding(Severity.ERROR, f"the database does not answer: {error}", "check DATABASE_URL and the server")
