"""Serve the demo: migrations, demo contests on the first start, then everything that `up` starts."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from competitions.management.commands.demo_data import CONTESTANT, ORGANISER
from competitions.processes.supervisor import AlreadyRunning, only_one
from competitions.services.hints import nobody_listens


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with only_one(settings.TIDEMARK_HOME, "demo.lock"):
                self._demo()
        except AlreadyRunning as error:
            raise CommandError(f"{error}; stop it first, or choose another TIDEMARK_HOME") from error

    def _demo(self) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        with nobody_listens():
            call_command("demo_data", stdout=self.stdout)
        self._tell(settings.TIDEMARK_HOME / "demo")
        call_command("up", stdout=self.stdout)

    def _tell(self, folder: Path) -> None:
        self.stdout.write("\nDemo accounts (log in with the name):")
        for name in (ORGANISER, CONTESTANT):
            self.stdout.write(f"  {name:<12}{(folder / f'{name}.password').read_text()}")
        self.stdout.write(f"API token of {CONTESTANT}: {(folder / 'api-token').read_text()}")
        self.stdout.write(f"Mails are written to {settings.MAIL_DIR}")
