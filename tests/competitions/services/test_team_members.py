"""Renaming, leaving, removing, handing over: and what a team keeps whoever goes."""

import pytest

from competitions.models import AuditEvent, Competition, Team, User
from competitions.queries.submissions import allowance_for, is_genuine, receipt
from competitions.queries.teams import team_of
from competitions.services import team_members, teams
from competitions.services.team_refusals import TeamRefused
from tests import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def mate(team: Team) -> User:
    return makers.make_mate(team, "mate").user


def refused(code: str, act, *args, **kwargs) -> None:
    with pytest.raises(TeamRefused) as caught:
        act(*args, **kwargs)
    assert caught.value.code == code


def test_a_receipt_stays_as_it_was_signed_when_the_team_is_renamed(team, contestant, now):
    submission = makers.make_submission(team)
    before = receipt(submission)
    team_members.rename(team, user=contestant, name="  New   name ", now=now)
    submission.refresh_from_db()
    assert submission.team.name == "New name"
    assert receipt(submission) == before
    assert is_genuine(before)
    assert AuditEvent.objects.get(verb="team renamed").detail == {"before": "contestant team", "after": "New name"}


def test_a_name_that_another_team_has_is_refused_in_any_case(team, contestant, rival, now):
    refused("name_taken", team_members.rename, team, user=contestant, name="RIVAL team", now=now)


def test_a_name_without_visible_characters_is_refused(team, contestant, now):
    with pytest.raises(teams.InvalidTeamName):
        team_members.rename(team, user=contestant, name="a\u200bb", now=now)


def test_only_the_captain_renames_removes_and_hands_over(team, contestant, mate, now):
    refused("not_captain", team_members.rename, team, user=mate, name="Mine", now=now)
    refused("not_captain", team_members.remove, team, member=contestant, user=mate, now=now)
    refused("not_captain", team_members.hand_over, team, member=mate, user=mate, now=now)


def test_who_leaves_leaves_submissions_and_quota_behind(competition, team, contestant, mate, now):
    makers.make_scored(team, user=mate)
    team_members.leave(user=mate, competition=competition, now=now)
    team_members.leave(user=mate, competition=competition, now=now)
    assert team_of(mate, competition) is None
    assert team.submissions.count() == 1
    assert allowance_for(team, competition.phases.get(), now=now).used.today == 1


def test_a_captain_who_leaves_is_followed_by_the_next(competition, team, contestant, mate, now):
    team_members.leave(user=contestant, competition=competition, now=now)
    assert team.members.get().user == mate
    assert team.members.get().is_captain


def test_the_last_member_of_a_team_that_has_submitted_cannot_leave(competition, team, contestant, now):
    makers.make_submission(team)
    refused("last_member", team_members.leave, user=contestant, competition=competition, now=now)
    assert team.members.count() == 1


def test_a_team_that_has_submitted_nothing_goes_with_its_last_member(competition, team, contestant, now):
    team_members.leave(user=contestant, competition=competition, now=now)
    assert not competition.teams.exists()
    again = teams.join(
        user=contestant, competition=competition, team_name="Again", terms=competition.terms.last(), now=now
    )
    assert again.members.get().is_captain


def test_a_captain_removes_a_member_and_not_themselves(team, contestant, mate, now):
    refused("captain_stays", team_members.remove, team, member=contestant, user=contestant, now=now)
    team_members.remove(team, member=mate, user=contestant, now=now)
    team_members.remove(team, member=mate, user=contestant, now=now)
    assert [one.user for one in team.members.all()] == [contestant]
    assert AuditEvent.objects.filter(verb="removed from the team").count() == 1


def test_the_captains_role_is_handed_over_once(team, contestant, mate, now):
    team_members.hand_over(team, member=mate, user=contestant, now=now)
    team_members.hand_over(team, member=mate, user=contestant, now=now)
    assert team.members.get(is_captain=True).user == mate
    assert AuditEvent.objects.filter(verb="leads the team").count() == 1


def test_nobody_leads_who_is_not_in_the_team(team, contestant, rival, now):
    refused("not_a_member", team_members.hand_over, team, member=rival, user=contestant, now=now)


def test_the_maker_of_contests_leaves_teams_alone_by_default(competition: Competition):
    assert competition.team_max_size == 1
