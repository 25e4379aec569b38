"""Nobody but organisers reads more digits of a score than the contest shows: further ones help to probe the truth."""

import json
import re

import pytest
from django.test import Client
from django.utils import timezone

from competitions.models import Competition, Submission, Team
from competitions.services import evaluations
from competitions.services.evaluations import ScoringResult
from tests import makers
from tests.competitions.api.conftest import client_of
from tests.competitions.bundles.conftest import importing, owner, store  # noqa: F401  (fixtures)
from tests.competitions.pages.conftest import browser_of
from tests.launching import publish_untried, unlaunch

pytestmark = pytest.mark.django_db
RMSE, MAE, SCENE_RMSE, SCENE_MAE = 0.8117426098168992, 0.5937281946501837, 0.6482915730284615, 0.3268457190283746
# In full and in percent, as a bar is drawn: the digits after those that are shown (rmse 3, mae 4 decimals).
TOO_MANY = re.compile(r"(?<!\d)(?:0?[.,](?:8117|59372|648[23]|3268[45])|81[.,]1[78]|64[.,]8[23])")


@pytest.fixture
def contest(importing) -> Competition:  # noqa: F811
    """A contest that was imported as an organiser's is: rmse is shown with 3 decimals, mae with the default of 4."""
    return importing(publish=True).competition


@pytest.fixture
def team(contest: Competition) -> Team:
    return makers.make_team(contest, "contestant")


@pytest.fixture
def submission(team: Team) -> Submission:
    submission = makers.make_submission(team)
    scenes = [{"name": "harbour", "metrics": {"rmse": SCENE_RMSE, "mae": SCENE_MAE}}]
    values = {"rmse": RMSE, "mae": MAE}
    result = ScoringResult(values, values, scenes, scenes, {})
    evaluations.record(makers.claim_of(submission), result, now=timezone.now())
    return submission


@pytest.fixture
def api(submission: Submission) -> Client:
    return client_of(submission.user)


@pytest.fixture
def browser(submission: Submission) -> Client:
    return browser_of(submission.user)


def addresses(submission: Submission) -> list[str]:
    contest = f"competitions/{submission.team.competition.slug}/"
    pages = ["", "submissions/", f"submissions/{submission.pk}/", f"submissions/{submission.pk}/state/"]
    pages += [f"submissions/{submission.pk}/row/", "leaderboard/", "leaderboard.csv"]
    answers = ["", "submissions/", "leaderboard/", "leaderboard/?output=csv", "leaderboard.csv"]
    api = [f"/api/v1/{contest}{path}" for path in answers] + [f"/api/v1/submissions/{submission.pk}/"]
    return [f"/{contest}{path}" for path in pages] + api


def too_many_digits(client: Client, submission: Submission) -> dict[str, list[str]]:
    bodies = {address: client.get(address).content.decode() for address in addresses(submission)}
    return {address: found for address, body in bodies.items() if (found := TOO_MANY.findall(body))}


def test_the_api_rounds_a_board_as_the_contest_does(contest, api):
    board = f"/api/v1/competitions/{contest.slug}/leaderboard/"
    (row,) = api.get(board).json()["results"]
    assert (row["value"], row["values"]) == (0.812, {"rmse": 0.812, "mae": 0.5937})
    assert "0.812,0.5937," in api.get(f"{board}?output=csv").content.decode()


def test_the_api_rounds_a_submissions_scores_in_all_and_by_scene(submission, api):
    answer = api.get(f"/api/v1/submissions/{submission.pk}/").json()
    assert answer["scores"] == {"rmse": 0.812, "mae": 0.5937}
    assert answer["scenes"] == [{"name": "harbour", "metrics": {"rmse": 0.648, "mae": 0.3268}}]


def test_a_page_rounds_scenes_and_their_bars_too(submission, browser, contest):
    page = browser.get(f"/competitions/{contest.slug}/submissions/{submission.pk}/").content.decode()
    assert all(shown in page for shown in ("0.812", "0.5937", "0.648", "0.3268", 'width="64.80"'))


def test_no_answer_to_a_contestant_has_more_digits(submission, api, browser):
    """S8: a score is rounded wherever a contestant reads it."""
    assert too_many_digits(api, submission) == too_many_digits(browser, submission) == {}


def test_no_answer_to_a_visitor_has_more_digits(submission):
    assert too_many_digits(Client(), submission) == {}


def test_fewer_decimals_hold_everywhere_at_once(submission, api, importing, contest):  # noqa: F811
    unlaunch(contest)
    importing(("precision: 3", "precision: 1"))
    publish_untried(contest)
    board = api.get(f"/api/v1/competitions/{contest.slug}/leaderboard/").json()["results"]
    scores = api.get(f"/api/v1/submissions/{submission.pk}/").json()["scores"]
    assert board[0]["values"]["rmse"] == board[0]["value"] == scores["rmse"] == 0.8


def test_a_metric_that_waits_for_its_version_disturbs_no_answer(submission, api, browser, importing, contest):  # noqa: F811
    unlaunch(contest)
    importing(("key: mae,", "key: mean_error,"))
    publish_untried(contest)
    answers = [client.get(address) for client in (api, browser, Client()) for address in addresses(submission)]
    assert {answer.status_code for answer in answers} <= {200, 302, 401, 404}
    assert not [found for answer in answers if (found := TOO_MANY.findall(answer.content.decode()))]


def test_pages_and_api_round_a_tie_alike(contest, team):
    submission = makers.make_submission(team)
    values = {"rmse": 0.0625, "mae": 0.00005}
    evaluations.record(makers.claim_of(submission), ScoringResult(values, values, [], [], {}), now=timezone.now())
    address = f"competitions/{contest.slug}/leaderboard.csv"
    shown = [Client().get(f"{start}{address}").content.decode("utf-8-sig") for start in ("/", "/api/v1/")]
    assert [[float(cell) for cell in text.splitlines()[1].split(",")[2:4]] for text in shown] == [[0.062, 0.0]] * 2


def test_the_search_would_find_them(submission):
    shown = json.dumps([RMSE, MAE, SCENE_RMSE, SCENE_MAE]) + f" {RMSE * 100:.2f} {SCENE_RMSE * 100:.2f}"
    assert len(TOO_MANY.findall(shown)) == 6
    assert not TOO_MANY.findall("0.812 0.5937 0.648 0.3268 81.20 64.80")
