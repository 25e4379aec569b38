"""Boards: the same for everybody except one's own row, kept by caches only where nothing is personal or secret."""

import csv
import io
from datetime import timedelta

import pytest

from competitions.services import (
    board_releases,
)
from tests import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def board(contest_url):
    return f"{contest_url}leaderboard/"


@pytest.fixture
def standings(competition, team, rival):
    makers.make_scored(team, 2.0, 100.25)
    makers.make_scored(rival.team_memberships.get().team, 1.0, 200.75)


def test_everybody_reads_the_public_board(standings, board, anonymous):
    content = anonymous.get(board).json()
    assert [(row["rank"], row["team"], row["value"]) for row in content["results"]] == [
        (1, "rival team", 1.0),
        (2, "contestant team", 2.0),
    ]
    assert content["board"]["kind"] == "public"
    assert (content["team_count"], content["next"]) == (2, None)
    assert "me" not in content


def test_my_own_row_is_beside_the_board(standings, board, api, visitors_api):
    assert api.get(board).json()["me"]["rank"] == 2
    assert visitors_api.get(board).json()["me"] is None


def test_pages_follow_each_other_without_gap_or_double(competition, board, anonymous):
    for number in range(53):
        makers.make_scored(makers.make_team(competition, f"t{number}"), number / 7)
    first = anonymous.get(board).json()
    second = anonymous.get(first["next"]).json()
    ranks = [row["rank"] for row in first["results"] + second["results"]]
    assert ranks == list(range(1, 54))
    assert second["next"] is None
    broken = anonymous.get(f"{board}?cursor=nonsense")
    assert (broken.status_code, broken.json()["error"]["code"]) == (400, "invalid_cursor")


def test_an_anonymous_public_board_may_be_kept_for_a_second(standings, board, anonymous):
    answer = anonymous.get(board)
    assert answer["Cache-Control"] == "public, max-age=1"
    assert {"Authorization", "Cookie"} <= {name.strip() for name in answer["Vary"].split(",")}
    again = anonymous.get(board, headers={"if-none-match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_new_score_changes_the_tag(standings, team, board, anonymous):
    before = anonymous.get(board)["ETag"]
    makers.make_scored(team, 0.5)
    assert anonymous.get(board, headers={"if-none-match": before}).status_code == 200


@pytest.mark.parametrize("query", ["", "?kind=private", "?output=csv", "?kind=private&output=csv"])
def test_what_depends_on_the_person_is_kept_by_nobody(standings, board, api, organisers_api, query):
    for client in (api, organisers_api):
        answer = client.get(board + query)
        assert answer["Cache-Control"] == "private, no-store"
        assert "ETag" not in answer


@pytest.mark.parametrize("kind", ["private", "final"])
def test_an_unreleased_board_looks_like_one_that_does_not_exist(
    standings, board, anonymous, api, rivals_api, visitors_api, kind
):
    for client in (anonymous, api, rivals_api, visitors_api):
        for address in (f"{board}?kind={kind}", f"{board[:-1]}.csv?kind={kind}"):
            hidden, missing = client.get(address), client.get(address.replace(kind, "imaginary"))
            assert hidden.status_code == missing.status_code == 404
            assert hidden.json() == missing.json()
            assert hidden["Cache-Control"] == "private, no-store"


def test_organisers_see_the_private_board(standings, board, organisers_api):
    rows = organisers_api.get(f"{board}?kind=private").json()["results"]
    assert [(row["team"], row["value"]) for row in rows] == [("contestant team", 100.25), ("rival team", 200.75)]


def test_everybody_sees_private_and_final_boards_after_release(standings, competition, board, anonymous, now):
    competition.phases.update(starts_at=now - timedelta(days=2), ends_at=now - timedelta(days=1))
    assert board_releases.release_due(now=now) == 1
    for kind in ("private", "final"):
        answer = anonymous.get(f"{board}?kind={kind}")
        assert answer.json()["results"][0]["value"] == 100.25
        assert answer["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("form", ["leaderboard.csv", "leaderboard/?output=csv"])
def test_a_board_as_csv_has_all_metrics_and_runs_nothing_in_a_spreadsheet(competition, contest_url, anonymous, form):
    for name, score in (("=1+2", 1.0), ("@sum", 2.0), ('北, "海"', 3.0)):
        team = makers.make_team(competition, f"user{score}")
        team.name = name
        team.save()
        makers.make_scored(team, score)
    answer = anonymous.get(contest_url + form)
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [row["team"] for row in rows] == ["'=1+2", "'@sum", '北, "海"']
    assert next((row["rank"], row["rmse"], row["mae"]) for row in rows) == ("1", "1.0", "0.5")
    assert answer["Content-Type"].startswith("text/csv")
    assert anonymous.get(f"{contest_url}leaderboard.csv?bom=1").content.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?division=none", 404),
        ("?task=none", 404),
        ("?phase=none", 422),
        ("?output=xml", 422),
        ("?phase=main&task=levels&division=general", 200),
    ],
)
def test_a_board_is_named_by_its_parts(standings, board, anonymous, query, status):
    assert anonymous.get(board + query).status_code == status
