"""Make the demo contests, their people and their first submissions. Safe to run again: nothing is made twice."""

import logging
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from competitions.demo import SLUGS
from competitions.models import ApiToken, Competition, Phase, Team, User
from competitions.services import people, submissions, teams

if TYPE_CHECKING:
    from competitions.demo.contests import DemoContest, DemoSubmission

ORGANISER, CONTESTANT = "organiser", "contestant"
DEFAULT_SEED = 20261121
DEMO_REASON = "a demo: it is made before the workers are started"


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=DEFAULT_SEED)

    def handle(self, *args: Any, **options: Any) -> None:
        # Before the first start no broker runs yet; the sweeper finds what is queued here.
        logging.getLogger("competitions.services.evaluations").setLevel(logging.ERROR)
        folder = settings.TIDEMARK_HOME / "demo"
        folder.mkdir(mode=0o700, exist_ok=True)
        _make_person(ORGANISER, folder)
        _make_person(CONTESTANT, folder)
        made = set(Competition.objects.filter(slug__in=SLUGS).values_list("slug", flat=True))
        if made != set(SLUGS):
            self._make_all_but(made, folder, seed=options["seed"])
        _make_token(folder)

    def _make_all_but(self, made: set[str], folder: Path, *, seed: int) -> None:
        from competitions.demo import contests  # it simulates scenes with libraries that take seconds to import

        for contest in contests.all_contests():
            if contest.slug not in made:
                self.stdout.write(f"making the demo contest '{contest.slug}' ...")
                self._make(contest, folder, seed=seed)

    def _make(self, contest: "DemoContest", folder: Path, *, seed: int) -> None:
        directory = folder / contest.slug
        contest.build(directory, seed)
        told = {"owner": ORGANISER, "accept": DEMO_REASON, "stdout": self.stdout}
        call_command("import_competition", str(directory), publish=True, **told)
        competition = Competition.objects.get(slug=contest.slug)
        _join(User.objects.get(username=CONTESTANT), competition, "Contestant")
        for entry in contest.submissions(directory, seed):
            _submit(competition, entry)


def _make_person(name: str, folder: Path) -> None:
    """An account with a password of its own, which the operator finds in the demo folder."""
    if User.objects.filter(username=name).exists():
        return
    password = secrets.token_urlsafe(9)
    people.create_verified_user(username=name, email=f"{name}@example.org", password=password)
    _keep(folder / f"{name}.password", password)


def _make_token(folder: Path) -> None:
    path, user = folder / "api-token", User.objects.get(username=CONTESTANT)
    if path.exists() and ApiToken.objects.filter(user=user, name="demo", revoked_at=None).exists():
        return
    _, token = people.create_token(user=user, name="demo", now=timezone.now())
    _keep(path, token)


def _keep(path: Path, secret: str) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(secret)


def _join(user: User, competition: Competition, team_name: str) -> Team:
    terms, now = competition.terms.last(), timezone.now()
    return teams.join(user=user, competition=competition, team_name=team_name, terms=terms, now=now)


def _submit(competition: Competition, entry: "DemoSubmission") -> None:
    """A demo team's upload, by the same service that pages and API call."""
    username = f"demo-{entry.team.lower().replace(' ', '-')}"
    user = User.objects.filter(username=username).first()
    if user is None:
        user = people.create_verified_user(username=username, email=f"{username}@example.org", password=None)
    _join(user, competition, entry.team)
    phase: Phase = competition.phases.get()
    submissions.submit(
        user=user,
        phase=phase,
        task=phase.tasks.get(),
        chunks=[entry.content],
        file_name=entry.file_name,
        note=entry.note,
        idempotency_key=f"demo-{entry.file_name}",
        now=timezone.now(),
    )
