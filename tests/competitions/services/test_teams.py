"""Joining: once, under a name of one's own, having read the newest rules."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress

from competitions.models import Acceptance, Team
from competitions.permissions import can_submit
from competitions.queries.people import Obstacle, obstacle
from competitions.services import teams
from competitions.services.teams import join
from competitions.status import CompetitionStatus
from tests import makers
from tests.competitions.services.test_submissions import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def terms(competition):
    return competition.terms.last()


def test_a_visitor_who_joins_is_a_team_of_one_and_may_submit(visitor, competition, terms, now):
    assert obstacle(visitor, competition) == Obstacle.NOT_JOINED
    team = join(user=visitor, competition=competition, team_name="  Ice \n hunters ", terms=terms, now=now)
    assert team.name == "Ice hunters"
    assert team.members.get().user == visitor
    assert obstacle(visitor, competition) is None
    assert can_submit(visitor, competition)
    assert competition.audit_events.filter(actor=visitor).count() == 2


def test_joining_twice_gives_the_same_team(visitor, competition, terms, now):
    first = join(user=visitor, competition=competition, team_name="Ice", terms=terms, now=now)
    assert join(user=visitor, competition=competition, team_name="Snow", terms=terms, now=now) == first
    assert Acceptance.objects.filter(user=visitor).count() == 1


@pytest.mark.parametrize("name", ["contestant team", "CONTESTANT  Team"])
def test_the_name_of_another_team_cannot_be_taken(visitor, competition, team, terms, now, name):
    with pytest.raises(teams.NameTaken, match=r"(?i)contestant team"):
        join(user=visitor, competition=competition, team_name=name, terms=terms, now=now)
    assert obstacle(visitor, competition) == Obstacle.NOT_JOINED


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "ice\u200bhunters", "\u202eevil"])
def test_a_name_that_is_empty_long_or_invisible_is_refused(visitor, competition, terms, now, name):
    with pytest.raises(teams.InvalidTeamName):
        join(user=visitor, competition=competition, team_name=name, terms=terms, now=now)


def test_an_old_version_of_the_rules_cannot_be_accepted(visitor, competition, terms, now):
    makers.make_terms(competition, "2", created_at=now + timedelta(seconds=1))
    for old in (terms, None):
        with pytest.raises(teams.TermsOutdated, match="2"):
            join(user=visitor, competition=competition, team_name="Ice", terms=old, now=now)
    with pytest.raises(teams.TermsOutdated):
        teams.accept_terms(user=visitor, terms=terms, now=now)


def test_a_new_version_of_the_rules_must_be_accepted_again(contestant, competition, now):
    newer = makers.make_terms(competition, "2", created_at=now + timedelta(seconds=1))
    assert obstacle(contestant, competition) == Obstacle.TERMS_NOT_ACCEPTED
    first = teams.accept_terms(user=contestant, terms=newer, now=now)
    assert teams.accept_terms(user=contestant, terms=newer, now=now) == first
    assert obstacle(contestant, competition) is None


def test_who_has_not_verified_the_address_cannot_join(visitor, competition, terms, now):
    EmailAddress.objects.filter(user=visitor).update(verified=False)
    with pytest.raises(teams.EmailNotVerified):
        join(user=visitor, competition=competition, team_name="Ice", terms=terms, now=now)


def test_nobody_joins_a_draft_or_a_contest_that_is_over(visitor, competition, terms, later):
    with pytest.raises(teams.CompetitionClosed):
        join(user=visitor, competition=competition, team_name="Ice", terms=terms, now=later)
    competition.status = CompetitionStatus.DRAFT
    with pytest.raises(teams.CompetitionClosed):
        join(user=visitor, competition=competition, team_name="Ice", terms=terms, now=competition.created_at)


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_make_one_team(visitor, competition, terms, now):
    outcomes = at_once([lambda: join(user=visitor, competition=competition, team_name="Ice", terms=terms, now=now)] * 3)
    assert {type(outcome) for outcome in outcomes} == {Team}
    assert Team.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_cannot_take_the_same_name(visitor, operator, competition, terms, now):
    people = [visitor, operator]
    outcomes = at_once(
        [
            lambda user=user: join(user=user, competition=competition, team_name="Ice", terms=terms, now=now)
            for user in people
        ]
    )
    assert {type(outcome) for outcome in outcomes} == {Team, teams.NameTaken}
    assert Team.objects.count() == 1
