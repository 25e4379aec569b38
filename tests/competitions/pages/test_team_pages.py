"""Teams on the pages, as people use them without JavaScript."""

import re

import pytest
from django.test import Client

from competitions.models import Competition, Team, TeamMerge, User
from competitions.queries.teams import team_of
from competitions.services import team_invitations
from tests import makers
from tests.competitions.pages.conftest import text_of

pytestmark = pytest.mark.django_db
ACCEPT = {"answer": "accept", "version": "1", "accept": "on"}


@pytest.fixture
def competition(db: None) -> Competition:
    return makers.make_competition(team_max_size=3)


@pytest.fixture
def mate(team: Team) -> User:
    return makers.make_mate(team, "mate").user


def test_a_person_invited_by_name_finds_it_reads_the_rules_and_joins(contestants, visitors, visitor, competition, url):
    page = text_of(contestants.post(f"{url}team/invite/", {"who": "visitor"}, follow=True))
    assert "visitor is invited" in page
    page = text_of(visitors.get(f"{url}team/"))
    address = re.search(r'href="([^"]+/invitations/\d+/)"', page).group(1)
    page = text_of(visitors.get(address))
    assert "Rules 1" in page
    assert "contestant asks you to join." in page
    assert visitors.post(address, {"answer": "accept", "version": "1"}).status_code == 400  # the rules first
    page = text_of(visitors.post(address, ACCEPT, follow=True))
    assert "You are in the team “contestant team” now." in page
    assert team_of(visitor, competition).name == "contestant team"


def test_a_link_is_shown_once_and_works_once(contestants, visitors, rivals, visitor, competition, url):
    page = text_of(contestants.post(f"{url}team/invite/", {"who": "friend@example.org"}))
    address = re.search(r'id="new-link">http://testserver([^<]+)<', page).group(1)
    assert address not in text_of(contestants.get(f"{url}team/"))
    assert Client().get(address).status_code == 302  # log in first
    assert visitors.post(address, ACCEPT).status_code == 302
    assert team_of(visitor, competition).name == "contestant team"
    gone = rivals.get(address)
    assert gone.status_code == 404
    assert "Ask for a new one." in text_of(gone)


def test_an_invited_person_whom_the_contest_asks_something_is_led_there_first(
    contestants, visitors, visitor, competition, url
):
    contestants.post(f"{url}team/invite/", {"who": "visitor"})
    address = re.search(r'href="([^"]+/invitations/\d+/)"', text_of(visitors.get(f"{url}team/"))).group(1)
    assert "Join the contest first" not in visitors.get(address).content.decode()
    competition.needs_approval = True
    competition.save()
    assert f'href="{url}join/">Join the contest first' in visitors.get(address).content.decode()


def test_a_person_who_submitted_alone_is_told_to_merge(
    contestants, rivals, rival, competition, team, contestant, url, now
):
    makers.make_submission(team_of(rival, competition))
    asked = team_invitations.invite(team, name="rival", user=contestant, now=now)
    answer = rivals.post(f"{url}invitations/{asked.pk}/", ACCEPT)
    assert "Propose to merge the two teams instead" in text_of(answer)


def test_a_captain_hands_over_and_a_member_is_removed_only_when_sure(contestants, team, mate, url):
    number = team.members.get(user=mate).pk
    page = text_of(contestants.post(f"{url}team/members/{number}/remove/", {}, follow=True))
    assert "tick the box" in page
    assert team.members.count() == 2
    contestants.post(f"{url}team/members/{number}/captain/")
    assert team.members.get(is_captain=True).user == mate
    page = text_of(contestants.get(f"{url}team/"))
    assert "Invite somebody" not in page


def test_who_leaves_confirms_it_and_the_last_one_is_told_why_not(contestants, team, url):
    makers.make_submission(team)
    assert "tick the box" in text_of(contestants.post(f"{url}team/leave/", {}, follow=True))
    page = text_of(contestants.post(f"{url}team/leave/", {"sure": "on"}, follow=True))
    assert "You are the last member, and this team has submitted" in page


def test_a_team_is_renamed(contestants, team, url):
    contestants.post(f"{url}team/rename/", {"name": "Ebb and flow"})
    assert Team.objects.get(pk=team.pk).name == "Ebb and flow"
    assert "characters" in text_of(contestants.post(f"{url}team/rename/", {"name": "x" * 61}, follow=True))


def test_two_captains_see_what_a_merge_means_and_make_one_team(contestants, rivals, competition, team, rival, url):
    makers.make_scored(team)
    makers.make_scored(team_of(rival, competition), content=b"id,y\na,2\n")
    page = text_of(contestants.get(f"{url}team/merge/", {"other": "RIVAL team"}))
    for text in ("It has 2 of at most 3 members.", "All 2 submissions of both", "This cannot be undone."):
        assert text in page
    assert TeamMerge.objects.count() == 0  # nothing is sent yet
    contestants.post(f"{url}team/merge/", {"other": "rival team"})
    address = f"{url}team/merges/{TeamMerge.objects.get().pk}/"
    assert "Take the proposal back" in text_of(contestants.get(address))
    assert "Merge the teams" in text_of(rivals.get(address))
    assert "The two teams are one now." in text_of(rivals.post(address, {"answer": "accept"}, follow=True))
    assert competition.teams.get().submissions.count() == 2


def test_a_merge_that_the_quota_forbids_is_explained_and_has_no_button(contestants, competition, team, rival, url):
    competition.phases.update(max_submissions_per_day=0, max_submissions=1)
    makers.make_scored(team)
    makers.make_scored(team_of(rival, competition), content=b"id,y\na,2\n")
    page = text_of(contestants.get(f"{url}team/merge/", {"other": "rival team"}))
    assert "(1 + 1). One team could have had 1 until now" in page
    assert "Ask the other team" not in page


def test_where_everybody_takes_part_alone_the_page_says_so(contestants, competition, url):
    Competition.objects.update(team_max_size=1)
    page = text_of(contestants.get(f"{url}team/"))
    assert "In this contest everybody takes part alone." in page
    assert "Invite somebody" not in page


def test_the_team_page_in_japanese(contestants, mate, url, compiled_catalogue):
    page = text_of(contestants.get(f"{url}team/", headers={"accept-language": "ja"}))
    for text in ("チームは 3 人までです。", "代表者", "メンバーを招待", "チームから脱退"):
        assert text in page
