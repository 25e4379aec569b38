"""Teams through the API."""

import pytest

from competitions.models import Competition, Team
from competitions.queries.teams import team_of
from tests import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def competition(db: None) -> Competition:
    return makers.make_competition(team_max_size=3)


def as_json(client, method: str, address: str, **content):
    return getattr(client, method)(address, content, content_type="application/json")


def test_a_person_is_invited_and_joins(api, visitors_api, visitor, competition, contest_url, team):
    made = as_json(api, "post", f"{contest_url}team/invitations/", user="visitor")
    assert (made.status_code, made.json()["token"]) == (201, None)
    (asked,) = visitors_api.get("/api/v1/invitations/").json()
    answer = f"/api/v1/invitations/{asked['number']}/"
    refused = as_json(visitors_api, "post", answer, answer="accept")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "terms_not_accepted")
    joined = as_json(visitors_api, "post", answer, answer="accept", accept_terms="1").json()
    assert [one["user"] for one in joined["members"]] == ["contestant", "visitor"]
    assert team_of(visitor, competition) == team


def test_a_link_has_a_token_that_is_told_once(api, visitors_api, contest_url, team):
    made = as_json(api, "post", f"{contest_url}team/invitations/", email="friend@example.org").json()
    assert made["token"] not in str(api.get(f"{contest_url}team/").json())
    link = f"{contest_url}invitations/link/"
    joined = as_json(visitors_api, "post", link, token=made["token"], answer="accept", accept_terms="1")
    assert joined.status_code == 200
    again = as_json(visitors_api, "post", link, token=made["token"], answer="accept", accept_terms="1")
    assert again.status_code == 404


def test_two_teams_merge_once_the_numbers_allow_it(api, rivals_api, rival, competition, contest_url, team):
    competition.phases.update(max_submissions_per_day=0, max_submissions=1)
    makers.make_scored(team)
    makers.make_scored(team_of(rival, competition), content=b"id,y\na,2\n")
    ahead = api.get(f"{contest_url}team/merges/", {"other": "rival team"}).json()
    assert (ahead["hindrances"], ahead["uses"][0]["used"], ahead["uses"][0]["limit"]) == (["merge_quota"], 2, 1)
    refused = as_json(api, "post", f"{contest_url}team/merges/", other="rival team")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "merge_quota")
    competition.phases.update(max_submissions=2)
    number = as_json(api, "post", f"{contest_url}team/merges/", other="rival team").json()["number"]
    merged = as_json(rivals_api, "post", f"/api/v1/merges/{number}/", decision="accept").json()
    assert (merged["name"], len(merged["members"])) == ("contestant team", 2)
    assert Team.objects.count() == 1


def test_leaving_renaming_removing_and_handing_over(api, contest_url, team):
    makers.make_mate(team, "mate")
    makers.make_mate(team, "other")
    assert as_json(api, "patch", f"{contest_url}team/", name="Ebb").json()["name"] == "Ebb"
    left = api.delete(f"{contest_url}team/members/other/").json()
    assert [one["user"] for one in left["members"]] == ["contestant", "mate"]
    led = as_json(api, "put", f"{contest_url}team/captain/", user="mate").json()
    assert [one["user"] for one in led["members"] if one["is_captain"]] == ["mate"]
    assert api.post(f"{contest_url}team/leave/").status_code == 204
    assert team.members.count() == 1
