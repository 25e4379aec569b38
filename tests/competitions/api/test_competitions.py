"""Finding a contest, joining it, accepting its rules."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress

from competitions.permissions import can_submit
from tests import makers
from tests.competitions.api.conftest import client_of

pytestmark = pytest.mark.django_db


def test_everybody_finds_the_published_contests(competition, anonymous, team):
    answer = anonymous.get("/api/v1/competitions/")
    (found,) = answer.json()["results"]
    assert (found["slug"], found["team_count"]) == ("tide-table", 1)
    assert found["title"]["ja"] == "Tide table（日本語）"
    assert anonymous.get(found["url"]).status_code == 200


def test_contests_come_fifty_a_page(db, anonymous):
    for number in range(51):
        makers.make_competition(f"contest-{number}")
    first = anonymous.get("/api/v1/competitions/").json()
    second = anonymous.get(first["next"]).json()
    assert (first["count"], len(first["results"]), len(second["results"])) == (51, 50, 1)


def test_a_contest_tells_its_parts_and_what_to_do_next(competition, contest_url, anonymous, visitors_api, api):
    content = anonymous.get(contest_url).json()
    (phase,) = content["phases"]
    assert (phase["state"], phase["tasks"], phase["divisions"]) == ("open", ["levels"], ["general"])
    assert phase["max_submissions_per_day"] == 5
    assert content["tasks"][0]["metrics"][0]["key"] == "rmse"
    assert content["terms_version"] == "1"
    assert content["me"] is None
    assert visitors_api.get(contest_url).json()["me"] == {"team": None, "next_step": "not_joined"}
    assert api.get(contest_url).json()["me"] == {"team": "contestant team", "next_step": None}


def test_no_answer_about_a_contest_names_its_truth(competition, contest_url, anonymous, organisers_api):
    for client in (anonymous, organisers_api):
        text = client.get(contest_url).content.decode()
        assert "solution.csv" not in text
        assert "truth" not in text
        assert "0" * 64 not in text


def test_a_visitor_joins_and_may_submit(competition, contest_url, visitor, visitors_api):
    wish = {"team_name": "Ice", "accept_terms": "1"}
    answer = visitors_api.post(f"{contest_url}join/", wish, content_type="application/json")
    assert (answer.status_code, answer.json()["name"]) == (201, "Ice")
    assert can_submit(visitor, competition)
    assert visitors_api.post(f"{contest_url}join/", wish, content_type="application/json").status_code == 200
    form = client_of(visitor).post(
        f"{contest_url}join/", "team_name=Ice&accept_terms=1", content_type="application/x-www-form-urlencoded"
    )
    assert form.status_code == 200


@pytest.mark.parametrize(
    ("wish", "status", "code"),
    [
        ({"team_name": "Ice"}, 409, "terms_outdated"),
        ({"team_name": "Ice", "accept_terms": "0"}, 409, "terms_outdated"),
        ({"team_name": "contestant TEAM", "accept_terms": "1"}, 409, "name_taken"),
        ({"team_name": "", "accept_terms": "1"}, 422, "invalid"),
        ({"team_name": "x" * 61, "accept_terms": "1"}, 422, "invalid_team_name"),
        ({}, 422, "invalid"),
        ([], 422, "invalid"),
    ],
)
def test_a_join_that_cannot_be_says_why(contest_url, team, visitors_api, wish, status, code):
    answer = visitors_api.post(f"{contest_url}join/", wish, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_json_that_is_broken_is_told(contest_url, visitors_api):
    answer = visitors_api.post(f"{contest_url}join/", "{", content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unreadable")


def test_an_unverified_address_and_no_login_are_told_apart(contest_url, visitor, visitors_api, anonymous):
    EmailAddress.objects.filter(user=visitor).update(verified=False)
    wish = {"team_name": "Ice", "accept_terms": "1"}
    answer = visitors_api.post(f"{contest_url}join/", wish, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "email_not_verified")
    answer = anonymous.post(f"{contest_url}join/", wish, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_logged_in")


def test_nobody_joins_when_all_phases_are_over(competition, contest_url, visitors_api, now):
    competition.phases.update(starts_at=now - timedelta(days=2), ends_at=now - timedelta(days=1))
    wish = {"team_name": "Ice", "accept_terms": "1"}
    answer = visitors_api.post(f"{contest_url}join/", wish, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "closed")


def test_a_contestant_accepts_new_rules(competition, contest_url, api, now):
    assert api.get(f"{contest_url}terms/").json()["is_accepted"]
    makers.make_terms(competition, "2", created_at=now + timedelta(seconds=1))
    assert not api.get(f"{contest_url}terms/").json()["is_accepted"]
    old = api.post(f"{contest_url}terms/", {"version": "1"}, content_type="application/json")
    assert (old.status_code, old.json()["error"]["code"]) == (409, "terms_outdated")
    new = api.post(f"{contest_url}terms/", {"version": "2"}, content_type="application/json")
    assert (new.status_code, new.json()["is_accepted"]) == (200, True)
    unknown = api.post(f"{contest_url}terms/", {"version": "9"}, content_type="application/json")
    assert unknown.status_code == 409
