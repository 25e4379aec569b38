"""What the migration to teams does with contests that are running."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps

from competitions.models import Submission, Team, TeamMember, User
from competitions.queries.submissions import is_genuine, receipt
from tests import makers

pytestmark = pytest.mark.django_db
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
