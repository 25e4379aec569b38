"""The boards, page by page, and who may see which."""

import csv
import io

import pytest
from django.utils import timezone

from competitions.models import Board, Membership, Standing
from competitions.status import BoardKind, Role
from tests import makers
from tests.competitions.pages.conftest import text_of

pytestmark = pytest.mark.django_db
PRIVATE = 7654.321


@pytest.fixture
def board(url):
    return f"{url}leaderboard/"


def fill(competition, count):
    """Teams with falling scores, straight into the board."""
    public = Board.objects.get(kind=BoardKind.PUBLIC, phase__competition=competition)
    for number in range(count):
        team = competition.teams.create(name=f"crew {number:02}", created_at=timezone.now())
        submission = makers.Submission.objects.create(
            team=team,
            user=makers.User.objects.first(),
            phase=public.phase,
            task=public.task,
            blob=makers.make_blob(),
            submitted_at=timezone.now(),
        )
        Standing.objects.create(
            board=public,
            team=team,
            submission=submission,
            value=number / 100,
            sort_key=number / 100,
            submitted_at=timezone.now(),
            values={"rmse": number / 100},
        )


def test_everybody_sees_the_public_board(nobody, rival, team, board):
    makers.make_scored(team, 0.25)
    text = text_of(nobody.get(board))
    assert "contestant team" in text
    assert "0.250" in text
    assert "lower is better" in text


def test_a_team_that_can_see_what_is_hidden_is_marked(nobody, contestants, rival, team, competition, board, url):
    told = "Somebody in this team can see what is hidden"
    makers.make_scored(team, 0.25)
    assert "out of competition" not in text_of(nobody.get(board))
    assert told not in text_of(contestants.get(f"{url}team/"))
    user = team.members.get().user
    Membership.objects.create(competition=competition, user=user, role=Role.ORGANISER)
    text = text_of(nobody.get(board))
    assert text.count("out of competition") == 1
    assert "contestant team" in text
    assert told in text_of(contestants.get(f"{url}team/"))


def test_my_row_is_marked_and_pinned_on_pages_that_it_is_not_on(contestants, team, competition, board):
    fill(competition, 60)
    makers.make_scored(team, 9.0)
    first = contestants.get(board)
    assert first.context["mine"].rank == 61
    assert text_of(first).count('class="is-mine"') == 1
    assert "pinned" in text_of(first)
    second = contestants.get(board, {"after": first.context["page"].next_cursor})
    assert [row.rank for row in second.context["page"].rows] == list(range(51, 62))
    assert text_of(second).count('class="is-mine"') == 1
    assert "pinned" not in text_of(second)


def test_a_cursor_of_another_board_leads_nowhere(nobody, competition, board):
    assert nobody.get(board, {"after": "nonsense"}).status_code == 404


@pytest.mark.parametrize("who", ["nobody", "visitors", "contestants"])
def test_the_private_board_does_not_exist_before_its_release(request, who, rival, competition, team, board, url):
    makers.make_scored(team, 0.25, PRIVATE)
    client = request.getfixturevalue(who)
    assert client.get(board, {"kind": "private"}).status_code == 404
    assert client.get(f"{url}leaderboard.csv", {"kind": "private"}).status_code == 404
    text = text_of(client.get(board))
    assert "7654" not in text
    assert "kind=private" not in text


def test_an_organiser_sees_the_private_board(organisers, team, board):
    makers.make_scored(team, 0.25, PRIVATE)
    assert "kind=private" in text_of(organisers.get(board))
    assert "7654.321" in text_of(organisers.get(board, {"kind": "private"}))


def test_after_the_release_everybody_does(nobody, team, board):
    makers.make_scored(team, 0.25, PRIVATE)
    Board.objects.filter(kind=BoardKind.PRIVATE).update(released_at=timezone.now())
    assert "7654.321" in text_of(nobody.get(board, {"kind": "private"}))


def test_the_banner_says_how_much_of_the_test_data_counts(nobody, competition, board):
    task = competition.tasks.get()
    task.truth = {"split": {"by": "scene", "public": ["a"], "private": ["b", "c", "d"]}}
    task.save()
    assert "These scores use 25 % of the test data." in text_of(nobody.get(board))


def test_the_csv_holds_every_row_and_no_formula(nobody, team, url):
    team.name = "=HYPERLINK(1)"
    team.save()
    makers.make_scored(team, 0.25)
    answer = nobody.get(f"{url}leaderboard.csv")
    rows = list(csv.DictReader(io.StringIO(text_of(answer).lstrip("\ufeff"))))
    assert [(row["rank"], row["team"], row["rmse"]) for row in rows] == [("1", "'=HYPERLINK(1)", "0.250")]


def test_a_board_without_scores_invites(nobody, competition, board):
    assert "Nobody has a score yet." in text_of(nobody.get(board))
