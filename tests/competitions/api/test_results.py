"""Results through the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from competitions.services import (
    board_releases,
)
from tests import makers
from tests.competitions.api.conftest import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(competition):
    return f"/api/v1/competitions/{competition.slug}/results/"


@pytest.fixture
def teams(competition):
    found = [makers.make_team(competition, name) for name in ("ada", "ben")]
    for team, public, private in zip(found, (1.0, 2.0), (5.123456, 3.0), strict=True):
        makers.make_scored(team, public, private)
    return found


def end(competition):
    competition.phases.update(ends_at=timezone.now() - timedelta(hours=1))
    board_releases.release_due(now=timezone.now())


def test_there_are_none_before_the_release(teams, anonymous, organisers_api, address):
    assert anonymous.get(address).status_code == 404
    assert organisers_api.get(address).status_code == 200


def test_a_program_reads_ranks_movements_and_its_own_end(teams, competition, anonymous, address):
    end(competition)
    found = anonymous.get(address).json()
    assert [(row["team"], row["rank"], row["public_rank"], row["moved"]) for row in found["results"]] == [
        ("ben team", 1, 2, 1),
        ("ada team", 2, 1, -1),
    ]
    assert found["me"] is None
    assert found["versions"]["metrics"][0]["number"] == 1
    mine = client_of(teams[0].members.get().user).get(address).json()["me"]
    assert mine["result"]["rank"] == 2
    assert [(one["counted"], one["private"], one["rank"]) for one in mine["submissions"]] == [(True, 5.123, 2)]


def test_a_board_that_does_not_exist_is_404(teams, competition, anonymous, address):
    end(competition)
    assert anonymous.get(f"{address}?phase=nonsense").status_code == 404


def test_a_damaged_cursor_is_told(teams, competition, anonymous, address):
    end(competition)
    assert anonymous.get(f"{address}?cursor=nonsense").status_code == 400
