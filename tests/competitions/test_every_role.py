"""Reviewers, jurors and sponsors read what everybody reads, drafts, and what their role is for: no submission, no
private score, no log, no answers of people. Every address that is for those who run a contest is asked by each of them.
"""

import re
from collections.abc import Iterator

import pytest
from django.test import Client

from competitions.status import Role
from tests import makers
from tests.competitions.api.conftest import client_of
from tests.competitions.pages.conftest import browser_of
from tests.competitions.route_table import Row, body, rows
from tests.competitions.stage import PARAMETER, Stage, ask, set_up, taken_back
from tests.competitions.test_every_route import PATTERNS, result

pytestmark = pytest.mark.django_db
# What the table opens to those who run the contest and to no visitor.
GUARDED = [
    row
    for row in rows()
    if "slug" in PARAMETER.findall(PATTERNS[row.route])
    and row.expected["organiser"] in {"200", "201", "302"}
    and row.expected["visitor"] in {"403", "404"}
]


# And what one of these roles is for.
OWN = {
    "juror": re.compile(r"(pages:jury_(desk|declare|sign|sheet|conflict|document)|api:sheet)"),
    "sponsor": re.compile(r"(pages|api):(dashboard|sponsor)"),
    "reviewer": re.compile(r"pages:change"),
}


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker) -> Iterator[Stage]:
    with taken_back(django_db_blocker):
        yield set_up()


@pytest.fixture(scope="module")
def reviewers(stage, django_db_blocker) -> Iterator[dict[str, Client]]:
    """A reviewer's browser and token."""
    with django_db_blocker.unblock():
        user = makers.make_member(stage.competition, "reviewer", Role.REVIEWER)
        yield {"pages": browser_of(user), "api": client_of(user)}


def test_what_is_guarded_is_not_a_short_list():
    assert len(GUARDED) > 30
    assert {row.route for row in GUARDED} >= {"pages:organiser_csv", "pages:submission", "api:people", "pages:people"}


@pytest.mark.parametrize("row", GUARDED, ids=str)
def test_who_reviews_judges_or_pays_reads_no_more_than_a_visitor(stage: Stage, reviewers, row: Row):
    address = stage.address(row.route, PATTERNS[row.route]) + row.query
    clients = {role: stage.client(role, row.route) for role in ("juror", "sponsor")}
    clients["reviewer"] = reviewers[row.route.partition(":")[0]]
    found = {role: result(ask(client, row.method, address, **body(row))) for role, client in clients.items()}
    expected = {role: row.expected["organiser" if OWN[role].match(row.route) else "visitor"] for role in clients}
    assert found == expected
