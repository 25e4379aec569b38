"""Every address of the site, asked by everybody: the answer is the one in the table of routes."""

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from competitions.models import Competition
from competitions.status import CompetitionStatus
from tests.competitions.route_table import FORMS, Row, body, is_operators, operators_status, rows
from tests.competitions.routes import Route, all_routes
from tests.competitions.stage import PARAMETER, ROLES, Stage, ask, set_up, taken_back

pytestmark = pytest.mark.django_db
PATTERNS = {route.name: route.pattern for route in all_routes()}
IN_TABLE = {row.route for row in rows() if row.method == "GET"}
OPERATORS = [route for route in all_routes() if is_operators(route.pattern) and route.name not in IN_TABLE]
OURS = [route for route in all_routes() if route.name.startswith(("pages:", "api:"))]
# Whoever has the address of an unsubscribe link has the permission: a mail program has no form of ours.
WRITING = [row for row in rows() if row.method != "GET" and row.route not in {"api:unknown", "pages:unsubscribe"}]
METHODS = ("POST", "PUT", "PATCH", "DELETE")
OUTSIDERS = ("anonymous", "visitor", "contestant", "rival")


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker) -> Iterator[Stage]:
    """One stage for the whole file; each request is taken back."""
    with taken_back(django_db_blocker):
        yield set_up()


def result(answer: HttpResponse) -> str:
    is_login = answer.status_code == 302 and answer["Location"].startswith(reverse("account_login"))
    return "login" if is_login else str(answer.status_code)


# -- the table knows every route, and nothing else --------------------------------------------------------------------


def test_every_route_of_the_site_has_a_row():
    missing = [route for route in all_routes() if route.name not in IN_TABLE and not is_operators(route.pattern)]
    assert missing == [], "say in route_table.py who gets what from these"


def test_every_address_of_the_operators_site_has_its_rule():
    assert len(OPERATORS) > 70
    assert {operators_status(route.name) for route in OPERATORS} <= {"200", "302", "403", "404", "405"}


def test_no_row_speaks_of_a_route_that_is_gone():
    assert {row.route for row in rows()} - set(PATTERNS) == set()
    assert set(FORMS) - set(PATTERNS) == set()


def test_names_of_routes_are_unique():
    names = [route.name for route in all_routes()]
    assert len(names) == len(set(names))


# -- everybody asks ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", rows(), ids=str)
def test_everybody_gets_what_the_table_says(stage: Stage, row: Row):
    address = stage.address(row.route, PATTERNS[row.route]) + row.query
    found = {role: result(ask(stage.client(role, row.route), row.method, address, **body(row))) for role in ROLES}
    assert found == row.expected


@pytest.mark.parametrize("route", OPERATORS, ids=lambda route: route.name)
def test_the_operators_site_is_for_operators(stage: Stage, route: Route):
    address = stage.address(route.name, route.pattern)
    for role in ROLES[:-1]:
        answer = ask(stage.client(role, route.name), "GET", address)
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, reverse("admin:login")), role
    assert result(ask(stage.client("operator", route.name), "GET", address)) == operators_status(route.name)


def test_operators_log_in_where_everybody_does_so_that_a_second_factor_is_asked_for(stage: Stage):
    answer = ask(Client(), "POST", reverse("admin:login"), data={"username": "operator", "password": "any"})
    assert result(answer) == "login"


@pytest.mark.parametrize("row", [row for row in rows() if row.method == "GET"], ids=str)
def test_head_is_answered_as_get_is(stage: Stage, row: Row):
    address = stage.address(row.route, PATTERNS[row.route]) + row.query
    for role in ("anonymous", "rival", "organiser"):
        client = stage.client(role, row.route)
        answer = ask(client, "HEAD", address)
        assert (result(answer), answer.content) == (result(ask(client, "GET", address)), b""), role


# -- what one may not do ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", OURS, ids=lambda route: route.name)
def test_a_route_takes_no_other_method_from_anybody(stage: Stage, route: Route):
    taken = {row.method for row in rows() if row.route == route.name}
    address = stage.address(route.name, route.pattern)
    for role in ("anonymous", "contestant", "operator"):
        client = stage.client(role, route.name)
        others = {method: ask(client, method, address).status_code for method in METHODS if method not in taken}
        assert set(others.values()) <= {405}, role


@pytest.mark.parametrize("row", WRITING, ids=str)
def test_no_other_site_can_write_in_the_name_of_a_person_who_is_logged_in(stage: Stage, row: Row):
    """A browser sends the session's cookie along whoever made the form; only our own forms have the CSRF token."""
    address = stage.address(row.route, PATTERNS[row.route])
    for role in ("contestant", "operator"):
        client = Client(enforce_csrf_checks=True)
        client.force_login(stage.users[role])
        assert ask(client, row.method, address, **body(row)).status_code == 403, role


# -- drafts -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def draft(stage: Stage) -> Iterator[Competition]:
    Competition.objects.filter(pk=stage.competition.pk).update(status=CompetitionStatus.DRAFT)
    yield stage.competition
    Competition.objects.filter(pk=stage.competition.pk).update(status=CompetitionStatus.PUBLISHED)


IN_A_CONTEST = [row for row in rows() if "slug" in PARAMETER.findall(PATTERNS[row.route])]


@pytest.mark.parametrize("row", IN_A_CONTEST, ids=str)
def test_a_draft_looks_to_outsiders_like_a_contest_that_does_not_exist(stage: Stage, draft: Competition, row: Row):
    address = stage.address(row.route, PATTERNS[row.route]) + row.query
    nowhere = stage.address(row.route, PATTERNS[row.route], slug="imaginary") + row.query
    for role in OUTSIDERS:
        client = stage.client(role, row.route)
        hidden, missing = (ask(client, row.method, one, **body(row)) for one in (address, nowhere))
        assert result(hidden) == result(missing), role
        assert result(hidden) in {"404", "405", "login"}, role
        assert draft.title["en"].encode() not in hidden.content


@pytest.mark.parametrize("route", ["pages:competition", "pages:leaderboard", "api:competition", "api:leaderboard"])
def test_those_who_work_on_a_draft_see_it(stage: Stage, draft: Competition, route: str):
    address = stage.address(route, PATTERNS[route])
    found = {role: result(ask(stage.client(role, route), "GET", address)) for role in ROLES[4:]}
    assert found == dict.fromkeys(ROLES[4:], "200")


def test_a_list_names_a_draft_to_those_who_work_on_it_only(stage: Stage, draft: Competition):
    for route in ("pages:competitions", "api:competitions"):
        address = reverse(route)
        named = {
            role for role in ROLES if draft.slug in ask(stage.client(role, route), "GET", address).content.decode()
        }
        assert named == {"juror", "sponsor", "organiser", "operator"}


# -- doors that were closed -------------------------------------------------------------------------------------------


def test_a_person_who_was_locked_out_is_nobody(stage: Stage):
    user = stage.users["organiser"]
    page, api = stage.browsers["organiser"], stage.apis["organiser"]
    with transaction.atomic():
        type(user).objects.filter(pk=user.pk).update(is_active=False)
        address = stage.address("pages:organiser", PATTERNS["pages:organiser"])
        private = stage.address("api:leaderboard", PATTERNS["api:leaderboard"]) + "?kind=private"
        assert (result(page.get(address)), api.get(private).status_code) == ("login", 401)
        transaction.set_rollback(True)


def test_somebody_elses_token_opens_nothing_once_it_is_revoked(stage: Stage):
    with transaction.atomic():
        client = stage.apis["contestant"]
        assert client.get("/api/v1/me/").status_code == 200
        stage.users["contestant"].api_tokens.update(revoked_at=timezone.now())
        assert client.get("/api/v1/me/").status_code == 401
        transaction.set_rollback(True)
