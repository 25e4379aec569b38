"""Serve the site: web, workers, sweeper and, in the embedded default, a private Redis. Ctrl-C stops everything."""

import socket
import time
import urllib.error
import urllib.request
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from competitions.processes import commands
from competitions.processes.supervisor import AlreadyRunning, Supervisor, only_one

READY_SECONDS = 60


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with only_one(settings.TIDEMARK_HOME):
                self._serve()
        except AlreadyRunning as error:
            raise CommandError(f"{error}; stop it first, or choose another TIDEMARK_HOME") from error

    def _serve(self) -> None:
        _require_free_port()
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        settings.REDIS_SOCKET.unlink(missing_ok=True)
        supervisor = Supervisor(commands.all_programs(), commands.logs())
        try:
            supervisor.start()
            self._wait_until_it_answers(supervisor)
            supervisor.watch()
        finally:
            supervisor.stop()

    def _wait_until_it_answers(self, supervisor: Supervisor) -> None:
        address = f"http://{settings.TIDEMARK_HOST}:{settings.TIDEMARK_PORT}"
        deadline = time.monotonic() + READY_SECONDS
        while not _answers(f"{address}/healthz"):
            web = next(child for child in supervisor.children if child.program.name == "web")
            if web.process is not None and web.process.poll() is not None:
                raise CommandError(f"the web server did not start; see {commands.logs() / 'web.log'}")
            if time.monotonic() > deadline:
                raise CommandError(f"the site did not answer within {READY_SECONDS} s; see {commands.logs()}")
            time.sleep(0.1)
        self.stdout.write(f"\nTidemark is serving {address}/   (Ctrl-C stops it; logs: {commands.logs()})")
        self.stdout.flush()


def _require_free_port() -> None:
    """The web server shares its port with whoever asks for it, so an address in use would not be noticed."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.TIDEMARK_HOST, settings.TIDEMARK_PORT))
        except OSError as error:
            address = f"{settings.TIDEMARK_HOST}:{settings.TIDEMARK_PORT}"
            raise CommandError(f"{address} cannot be used ({error.strerror}); choose another TIDEMARK_PORT") from error


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  (our own address)
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
