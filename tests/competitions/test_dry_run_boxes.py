"""A dry run in real boxes, of a contest that is scored by its organiser's own program."""

import io
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from competitions.models import Competition
from competitions.queries.checklists import checklist
from competitions.services import boxes, dry_runs
from competitions.store import Store
from tests import makers
from tests.competitions.own_metric_contest import WEIGHTED, program_yaml, write_program_contest


@pytest.mark.sandbox
@pytest.mark.django_db(transaction=True)
def test_a_metric_whose_direction_is_inverted_is_red(tmp_path: Path, now) -> None:
    makers.make_user("owner")
    text = program_yaml().replace("key: wmae, direction: lower, minimum: 0", "key: wmae, direction: higher")
    write_program_contest(tmp_path / "contest", text, WEIGHTED)
    call_command("import_competition", str(tmp_path / "contest"), owner="owner", stdout=io.StringIO())
    competition = Competition.objects.get()
    store = Store(settings.FILES_DIR)
    dry_runs.run_now(competition, actor=None, worker="test", runner=boxes.make_runner(), store=store)
    assert [item.key for item in checklist(competition, now=now).red] == ["direction:levels"]
