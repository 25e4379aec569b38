"""Tokens open the API for the person they belong to, and for nobody when they are bad."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from competitions.services import people
from competitions.status import CompetitionStatus
from tests import makers
from tests.competitions.api.conftest import client_of

pytestmark = pytest.mark.django_db
ME = "/api/v1/me/"


@pytest.mark.parametrize("word", ["Bearer", "Token", "bearer"])
def test_a_token_says_who_one_is(visitor, word):
    _, text = people.create_token(user=visitor, name="laptop", now=timezone.now())
    answer = Client().get(ME, headers={"authorization": f"{word} {text}"})
    assert answer.status_code == 200
    assert (answer.json()["username"], answer.json()["token"]) == ("visitor", "laptop")
    assert answer["Cache-Control"] == "private, no-store"
    assert visitor.api_tokens.get().last_used_at is not None


@pytest.mark.parametrize(
    "header", ["Bearer tdm_wrong", "Bearer", "Bearer a b", "Token " + "x" * 5000, "Bearer \u00e9"], ids=range(5)
)
def test_a_bad_token_is_refused_and_not_taken_for_a_visitor(competition, header):
    answer = Client().get("/api/v1/competitions/", headers={"authorization": header})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["error"]["code"] == "invalid_token"


def test_revoked_and_expired_tokens_and_those_of_closed_accounts_are_refused(visitor):
    now = timezone.now()
    revoked, one = people.create_token(user=visitor, name="a", now=now)
    people.revoke_token(revoked, now=now)
    _, two = people.create_token(user=visitor, name="b", now=now, expires_at=now - timedelta(seconds=1))
    closed = makers.make_user("closed", is_active=False)
    _, three = people.create_token(user=closed, name="c", now=now)
    for text in (one, two, three):
        assert Client().get(ME, headers={"authorization": f"Bearer {text}"}).status_code == 401


def test_who_sends_no_token_is_told_to_log_in(db):
    answer = Client().get(ME)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "not_logged_in"
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_browser_session_cannot_be_used_by_another_site(contestant, competition):
    client = Client(enforce_csrf_checks=True)
    client.force_login(contestant)
    answer = client.post(f"/api/v1/competitions/{competition.slug}/terms/", {"version": "1"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")


def test_a_draft_does_not_exist_for_a_visitor(competition, visitor, anonymous):
    competition.status, competition.published_at = CompetitionStatus.DRAFT, None
    competition.save()
    for client in (anonymous, client_of(visitor)):
        assert client.get("/api/v1/competitions/").json()["count"] == 0
        assert client.get(f"/api/v1/competitions/{competition.slug}/").status_code == 404


def test_a_mistyped_contest_is_answered_with_the_nearest_that_one_may_see(competition, anonymous):
    makers.make_competition("tide-tables-draft", status=CompetitionStatus.DRAFT, published_at=None)
    error = anonymous.get("/api/v1/competitions/tide-tabel/").json()["error"]
    assert error["details"] == {"did_you_mean": "tide-table"}
    assert "tide-table" in error["message"]
    error = anonymous.get("/api/v1/competitions/tide-tables-draft/").json()["error"]
    assert error["details"] == {"did_you_mean": "tide-table"}
    assert anonymous.get("/api/v1/competitions/xyzzy/").json()["error"]["details"] == {}


@pytest.mark.parametrize("address", ["/api/v1/", "/api/v1/nothing/", "/api/v1/competitions/a/b/c/"])
def test_an_unknown_address_is_a_json_404(db, anonymous, address):
    for method in ("get", "post", "put", "delete"):
        answer = getattr(anonymous, method)(address)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("method", ["get", "post", "put"])
def test_an_address_without_its_slash_is_told(competition, anonymous, method):
    error = getattr(anonymous, method)("/api/v1/competitions/tide-table/join").json()["error"]
    assert error["details"] == {"did_you_mean": "/api/v1/competitions/tide-table/join/"}


def test_a_method_that_does_not_exist_is_405_in_the_same_shape(competition, anonymous):
    answer = anonymous.delete("/api/v1/competitions/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method_not_allowed")


def test_errors_are_told_in_the_language_of_the_client(db, anonymous):
    answer = anonymous.get(ME, headers={"accept-language": "ja"})
    assert answer["Content-Language"] == "ja"
