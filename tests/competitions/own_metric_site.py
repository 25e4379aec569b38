"""A contest with its organiser's own metric on a site with real boxes: imported by the command, scored over HTTP."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from competitions.models import Competition, ScoringVersion
from competitions.services import boxes, scoring_runs
from tests import makers
from tests.competitions.api.conftest import client_of
from tests.competitions.own_metric_contest import write_program_contest
from tests.launching import publish_untried


@contextmanager
def trusted_boxes() -> Iterator[None]:
    """The boxes of this machine are proved by tests of their own, and a fault of ours need not be waited for."""
    before = scoring_runs._fitness, scoring_runs.PAUSE_AFTER_FAULT_SECONDS
    scoring_runs._fitness = scoring_runs.Fitness(boxes.make_runner(), (), float("inf"))
    scoring_runs.PAUSE_AFTER_FAULT_SECONDS = 0
    try:
        yield
    finally:
        scoring_runs._fitness, scoring_runs.PAUSE_AFTER_FAULT_SECONDS = before


def imported(folder: Path, text: str, source: str, **files: str) -> Competition:
    write_program_contest(folder, text, source, **files)
    call_command("import_competition", str(folder), owner="owner", stdout=io.StringIO())
    return publish_untried("tide-levels")


def refused(folder: Path, text: str, source: str) -> str:
    write_program_contest(folder, text, source)
    told = io.StringIO()
    with pytest.raises(CommandError, match="nothing was imported"):
        call_command("import_competition", str(folder), owner="owner", stdout=io.StringIO(), stderr=told)
    assert not ScoringVersion.objects.exists()
    return told.getvalue()


def upload(
    competition: Competition, name: str, content: bytes, file_name: str = "p.csv", task: str = ""
) -> dict[str, Any]:
    """A new team uploads a file, a worker works, and the team reads what became of it."""
    client = client_of(makers.make_team(competition, name).members.get().user)
    address = f"/api/v1/competitions/{competition.slug}/submissions/"
    fields = {"task": task} if task else {}
    taken = client.post(address, {"file": SimpleUploadedFile(file_name, content), **fields})
    assert taken.status_code == 201, taken.content
    scoring_runs.work_off_the_queue(worker="test")
    return client.get(f"/api/v1/submissions/{taken.json()['number']}/").json()
