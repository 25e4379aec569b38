"""Being asked to a team, by name or by link: who may say yes, until when, and what they have to bring."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress

from competitions.models import Acceptance, AuditEvent, Competition, Team, TeamInvitation, User
from competitions.queries.teams import invitation_by_link, open_invitations, team_of
from competitions.services import team_invitations, teams
from competitions.services.team_refusals import TeamRefused
from tests import makers
from tests.competitions.at_once import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def competition(db: None) -> Competition:
    return makers.make_competition(team_max_size=2)


@pytest.fixture
def invitation(team: Team, contestant: User, visitor: User, now) -> TeamInvitation:
    return team_invitations.invite(team, name="visitor", user=contestant, now=now)


def accept(invitation, user, now, **kwargs) -> Team:
    terms = invitation.team.competition.terms.last()
    return team_invitations.accept(invitation, user=user, terms=terms, now=now, **kwargs)


def refused(code: str, act, *args, **kwargs) -> None:
    with pytest.raises(TeamRefused) as caught:
        act(*args, **kwargs)
    assert caught.value.code == code


def test_a_person_who_is_asked_joins_and_accepts_the_rules(competition, team, invitation, visitor, now):
    assert accept(invitation, visitor, now) == accept(invitation, visitor, now) == team
    assert team_of(visitor, competition) == team
    assert Acceptance.objects.filter(user=visitor).count() == 1
    assert AuditEvent.objects.filter(verb="joined the team").count() == 1
    assert not open_invitations(visitor, now=now).exists()


def test_nobody_joins_without_the_newest_rules(competition, invitation, visitor, now):
    old = competition.terms.last()
    makers.make_terms(competition, "2", created_at=now + timedelta(hours=1))
    with pytest.raises(teams.TermsOutdated):
        team_invitations.accept(invitation, user=visitor, terms=old, now=now)
    refused("terms_not_accepted", team_invitations.accept, invitation, user=visitor, terms=None, now=now)
    assert team_of(visitor, competition) is None


def test_nobody_joins_without_a_verified_address(competition, invitation, visitor, now, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    EmailAddress.objects.filter(user=visitor).update(verified=False)
    with pytest.raises(teams.EmailNotVerified):
        accept(invitation, visitor, now)


def test_a_person_is_asked_once_at_a_time(team, contestant, invitation, now):
    assert team_invitations.invite(team, name="visitor", user=contestant, now=now) == invitation
    after = invitation.expires_at + timedelta(seconds=1)
    assert team_invitations.invite(team, name="visitor", user=contestant, now=after) != invitation


def test_somebody_else_cannot_answer_an_invitation_by_name(invitation, rival, now):
    refused("invitation_closed", accept, invitation, rival, now)
    refused("invitation_closed", accept, invitation, rival, now, by_link=True)


@pytest.mark.parametrize("end", ["declined", "taken back", "expired"])
def test_an_invitation_that_is_over_opens_nothing(team, contestant, invitation, visitor, now, end):
    at = now
    if end == "declined":
        team_invitations.decline(invitation, user=visitor, now=now)
        team_invitations.decline(invitation, user=visitor, now=now)
    elif end == "taken back":
        team_invitations.revoke(invitation, user=contestant, now=now)
    else:
        at = invitation.expires_at
    refused("invitation_closed", accept, invitation, visitor, at)


def test_a_link_works_once_for_whoever_holds_it_and_is_kept_as_a_digest(competition, team, contestant, visitor, now):
    made, token = team_invitations.by_link(team, email="friend@example.org", user=contestant, now=now)
    assert token not in str(TeamInvitation.objects.values().get())
    found = invitation_by_link(token, competition, now=now)
    assert found == made
    assert accept(found, visitor, now, by_link=True) == team
    assert invitation_by_link(token, competition, now=now) is None
    refused("invitation_closed", accept, found, makers.make_user("late"), now, by_link=True)


def test_a_link_ends_with_the_forming_of_teams(competition, team, contestant, now):
    Competition.objects.update(team_deadline=now + timedelta(days=2))
    team = Team.objects.get(pk=team.pk)
    made, _ = team_invitations.by_link(team, email="friend@example.org", user=contestant, now=now)
    assert made.expires_at == now + timedelta(days=2)


def test_after_the_deadline_nobody_is_asked_and_nobody_joins(competition, team, contestant, invitation, visitor, now):
    Competition.objects.update(team_deadline=now - timedelta(seconds=1))
    invitation = TeamInvitation.objects.get()
    refused("team_deadline", accept, invitation, visitor, now)
    refused("team_deadline", team_invitations.invite, invitation.team, name="visitor", user=contestant, now=now)


def test_where_everybody_takes_part_alone_nobody_is_asked(competition, team, contestant, visitor, now):
    Competition.objects.update(team_max_size=1)
    team = Team.objects.get()
    refused("solo_only", team_invitations.invite, team, name="visitor", user=contestant, now=now)


def test_a_full_team_takes_nobody(team, contestant, invitation, visitor, now):
    makers.make_mate(team, "mate")
    refused("team_full", accept, invitation, visitor, now)
    refused("team_full", team_invitations.invite, team, name="visitor", user=contestant, now=now)


def test_who_is_alone_and_has_sent_nothing_gives_that_place_up(competition, team, contestant, rival, now):
    invitation = team_invitations.invite(team, name="rival", user=contestant, now=now)
    accept(invitation, rival, now)
    assert list(competition.teams.all()) == [team]


def test_who_has_submitted_is_told_to_merge(competition, team, contestant, rival, now):
    makers.make_submission(team_of(rival, competition))
    invitation = team_invitations.invite(team, name="rival", user=contestant, now=now)
    refused("has_submitted", accept, invitation, rival, now)
    assert team_of(rival, competition).name == "rival team"


def test_who_is_in_a_team_with_others_has_to_leave_it_first(competition, team, contestant, rival, now):
    makers.make_mate(team_of(rival, competition), "mate")
    invitation = team_invitations.invite(team, name="rival", user=contestant, now=now)
    refused("in_another_team", accept, invitation, rival, now)


def test_a_name_that_nobody_has_is_said_so(team, contestant, now):
    refused("no_such_person", team_invitations.invite, team, name="nobody", user=contestant, now=now)
    refused("is_member", team_invitations.invite, team, name="contestant", user=contestant, now=now)


def test_a_member_who_does_not_lead_invites_nobody(competition, team, visitor, now):
    Competition.objects.update(team_max_size=5)
    team = Team.objects.get()
    mate = makers.make_mate(team, "mate").user
    refused("not_captain", team_invitations.invite, team, name="visitor", user=mate, now=now)


@pytest.mark.django_db(transaction=True)
def test_two_who_say_yes_at_once_cannot_both_take_the_last_place(team, contestant, now):
    people = [makers.make_user(name) for name in ("one", "two", "three")]
    asked = [team_invitations.invite(team, name=one.username, user=contestant, now=now) for one in people]
    acts = [lambda pair=pair: accept(pair[0], pair[1], now) for pair in zip(asked, people, strict=True)]
    outcomes = at_once(acts)
    assert sorted(getattr(one, "code", "joined") for one in outcomes) == ["joined", "team_full", "team_full"]
    assert team.members.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_person_who_says_yes_to_two_teams_at_once_is_in_one(competition, team, contestant, rival, visitor, now):
    rivals = team_of(rival, competition)
    asked = [
        team_invitations.invite(one, name="visitor", user=captain, now=now)
        for one, captain in ((team, contestant), (rivals, rival))
    ]
    outcomes = at_once([lambda one=one: accept(one, visitor, now) for one in asked])
    assert sorted(getattr(one, "code", "joined") for one in outcomes) == ["in_another_team", "joined"]
    assert competition.team_members.filter(user=visitor).count() == 1
