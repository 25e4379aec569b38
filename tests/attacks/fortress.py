"""A contest that is attacked through the site's own doors: an upload over HTTP, real boxes, and the answer."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from competitions.models import Competition, Task
from competitions.queries.submissions import allowance_for
from competitions.services import scoring_runs
from competitions.store import Store
from tests import makers
from tests.competitions.api.conftest import client_of
from tests.hostile_files import SLUG, make_fortress
from tests.launching import publish_untried
from tests.scoring.hostile import tables
from tests.scoring.hostile.attack import Attack


@dataclass(frozen=True)
class Fortress:
    """`folder` is the organiser's; `api` and `browser` are a contestant's."""

    competition: Competition
    folder: Path
    scratch: Path
    api: Client
    browser: Client

    def truth(self, task: str) -> Path:
        """Where the site keeps the normalised truth of a task."""
        version = Task.objects.get(competition=self.competition, key=task).current_version
        assert version is not None
        return Store(settings.FILES_DIR).truth_path(version.truth_digest)

    def upload(self, task: str, file_name: str, content: bytes) -> dict[str, Any]:
        cache.clear()  # throttles are tested elsewhere
        file = SimpleUploadedFile(file_name, content)
        taken = self.api.post(f"/api/v1/competitions/{SLUG}/submissions/", {"task": task, "file": file})
        assert taken.status_code == 201, taken.content
        return dict(taken.json())

    def outcome(self, number: int) -> dict[str, Any]:
        cache.clear()
        return dict(self.api.get(f"/api/v1/submissions/{number}/").json())

    def score(self, task: str, file_name: str, content: bytes) -> dict[str, Any]:
        """Upload, let a worker work, read what became of it."""
        number = self.upload(task, file_name, content)["number"]
        scoring_runs.work_off_the_queue(worker="test")
        return self.outcome(number)

    def used_today(self) -> int:
        team, phase = self.competition.teams.get(), self.competition.phases.get()
        return allowance_for(team, phase, now=makers.timezone.now()).used.today

    def assert_refused(self, task: str, file_name: str, attacks: Sequence[Attack | tables.Attack]) -> None:
        """All are sent, then one worker works: each is refused in its own words, scores nothing and costs nothing."""
        assert attacks
        before = self.used_today()
        sent = [(one, self.upload(task, file_name, self.content(one))["number"]) for one in attacks]
        scoring_runs.work_off_the_queue(worker="test")
        for attack, number in sent:
            answer = self.outcome(number)
            told = "\n".join(problem["message"] for problem in answer["problems"])
            assert (answer["status"], answer["failure_kind"]) == ("failed", "invalid"), (attack.name, answer)
            assert [problem["code"] for problem in answer["problems"]] == list(attack.codes), (attack.name, told)
            assert attack.words in told, attack.name
            assert all(len(problem["message"]) < 700 for problem in answer["problems"]), attack.name
            assert answer["scores"] is None
        assert self.used_today() == before

    def content(self, attack: Attack | tables.Attack) -> bytes:
        return attack.data if isinstance(attack, tables.Attack) else attack.content(self.scratch)


def named(attacks: Sequence[Any], *names: str) -> list[Any]:
    """Those of a list, in the order of their names here."""
    by_name = {attack.name: attack for attack in attacks}
    return [by_name[name] for name in names]


def make_site(folder: Path) -> Fortress:
    contest = make_fortress(folder / "contest")
    scratch = folder / "scratch"
    scratch.mkdir()
    makers.make_user("fortress-owner")
    told = io.StringIO()
    call_command("import_competition", str(contest), owner="fortress-owner", stdout=told)
    competition = publish_untried(SLUG)
    user = makers.make_team(competition, "besieger").members.get().user
    browser = Client()
    browser.force_login(user)
    return Fortress(competition, contest, scratch, client_of(user), browser)
