"""What the migrations do with contests that are running."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps

from competitions.models import Submission, Team, TeamMember, User
from competitions.queries.submissions import is_genuine, receipt
from tests import makers

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]
# A running contest as a site wrote it that knew neither programs nor captains nor chained events.
RUNNING_CONTEST = """
INSERT INTO competitions_user (id, password, is_superuser, username, first_name, last_name, is_staff, is_active,
    date_joined, email, language, time_zone)
    VALUES (1, '', 0, 'first', '', '', 0, 1, '2026-01-01', 'first@example.org', 'ja', 'Asia/Tokyo'),
           (2, '', 0, 'second', '', '', 0, 1, '2026-01-01', 'second@example.org', 'en', 'UTC');
INSERT INTO competitions_competition (id, slug, title, description, host, reward, tags, contact_email, time_zone,
    status, final_rule, created_at, published_at)
    VALUES (1, 'tides', '{"en": "Tides"}', '{}', '{}', '{}', '[]', 'a@example.org', 'Asia/Tokyo', 'published', 'best',
            '2026-01-01', '2026-01-02');
INSERT INTO competitions_team (id, name, created_at, competition_id) VALUES (1, 'Early birds', '2026-01-03', 1);
INSERT INTO competitions_teammember (joined_at, competition_id, team_id, user_id)
    VALUES ('2026-01-04', 1, 1, 2), ('2026-01-03', 1, 1, 1);
INSERT INTO competitions_auditevent (at, verb, subject, detail, actor_id, competition_id)
    VALUES ('2026-01-01', 'competition_imported', 'tides', '{}', 1, 1),
           ('2026-01-02', 'competition_published', 'tides', '{}', 1, 1);
"""
migration = import_module("competitions.migrations.0006_chains_and_captains")


@pytest.fixture
def old(team: Team, contestant: User) -> Submission:
    """As before the migration: nobody leads, and no submission knows a name."""
    submission = makers.make_submission(team)
    makers.make_mate(team, "mate")
    TeamMember.objects.update(is_captain=False)
    Submission.objects.update(team_name="")
    return submission


def test_receipts_of_old_submissions_are_those_that_were_handed_out(team, old):
    handed_out = {**receipt(old), "team": team.name}
    migration.keep_signed_names(apps, None)
    old.refresh_from_db()
    assert old.team_name == "contestant team"
    assert is_genuine(receipt(old))
    assert {**receipt(old), "signature": ""} == {**handed_out, "signature": ""}


def test_whoever_joined_first_leads(team, old, contestant, now):
    team.members.exclude(user=contestant).update(joined_at=now - timedelta(days=3))
    migration.name_captains(apps, None)
    assert [one.user.username for one in TeamMember.objects.filter(is_captain=True)] == ["mate"]


def manage(home: Path, *words: str) -> str:
    """A command on the embedded default in its own folder, as an operator runs it."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("TIDEMARK_", "DJANGO_"))}
    command = [sys.executable, "manage.py", *words]
    done = subprocess.run(
        command, cwd=ROOT, env={**own, "TIDEMARK_HOME": str(home)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A site's database that a running contest was taken along in, from the fourth migration to the newest."""
    manage(tmp_path, "migrate", "-v0", "competitions", "0004")
    with closing(sqlite3.connect(tmp_path / "tidemark.sqlite3")) as connection:
        connection.executescript(RUNNING_CONTEST)
        connection.commit()
        manage(tmp_path, "migrate", "-v0")
        yield connection


@pytest.mark.slow
def test_a_running_contest_is_taken_along(database, tmp_path):
    rows = database.execute("SELECT user_id, is_captain FROM competitions_teammember ORDER BY user_id").fetchall()
    assert rows == [(1, 1), (2, 0)]
    numbers = "SELECT number, actor_name FROM competitions_auditevent ORDER BY number"
    assert database.execute(numbers).fetchall() == [(1, "first"), (2, "first")]
    assert manage(tmp_path, "verify_audit", "--competition", "tides") == "contest-1: 2 rows, whole\n"
    with pytest.raises(sqlite3.IntegrityError):
        database.execute("UPDATE competitions_auditevent SET verb = 'other'")
