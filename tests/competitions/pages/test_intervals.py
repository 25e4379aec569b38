"""How sure a score is, and how many digits of it are told: on pages, in the API and in exports."""

import csv
import io
import re

import pytest
from django.test import Client
from django.utils import timezone

from competitions.models import Board, Submission, Task
from competitions.services import evaluations
from competitions.services.evaluations import ScoringResult
from tests import makers
from tests.competitions.api.conftest import client_of
from tests.competitions.pages.conftest import text_of

pytestmark = pytest.mark.django_db
PUBLIC = {"low": 0.45678, "high": 0.56789, "level": 0.95, "units": "scenes", "count": 40, "method": "bootstrap"}
HIDDEN = {**PUBLIC, "low": 0.70707, "high": 0.80808}


@pytest.fixture
def scored(team) -> Submission:
    submission = makers.make_submission(team)
    values = {"rmse": 0.51234, "mae": 0.25678}
    scenes = [{"name": "north", "split": "public", "metrics": values}]
    result = ScoringResult(values, {"rmse": 0.75757}, scenes, [], {}, {"rmse": PUBLIC}, {"rmse": HIDDEN})
    evaluations.record(makers.claim_of(submission), result, now=timezone.now())
    return submission


def tells(text: str, digits: str) -> bool:
    """Does a number begin so? The seconds of an instant may hold any digits."""
    return re.search(rf"(?<!\d){re.escape(digits)}", text) is not None


@pytest.fixture
def everything(contestants, contestant, scored, url):
    """Every answer that shows the contestant's public score."""
    api, contest = client_of(contestant), f"/api/v1{url}"
    asked = [
        (contestants, f"{url}submissions/"),
        (contestants, f"{url}submissions/{scored.pk}/"),
        (contestants, f"{url}submissions/{scored.pk}/row/"),
        (contestants, f"{url}submissions/{scored.pk}/state/"),
        (contestants, f"{url}leaderboard/"),
        (contestants, f"{url}leaderboard.csv"),
        (api, f"/api/v1/submissions/{scored.pk}/"),
        (api, f"{contest}submissions/"),
        (api, f"{contest}leaderboard/"),
        (api, f"{contest}leaderboard.csv"),
        (Client(), f"{url}leaderboard/"),
    ]
    return lambda: {address: text_of(client.get(address)) for client, address in asked}


def test_the_submission_page_says_how_sure_each_score_is_and_how_that_is_known(contestants, scored, url):
    text = text_of(contestants.get(f"{url}submissions/{scored.pk}/"))
    assert "95 % interval 0.457 to 0.568" in text
    assert "Drawn anew: the 40 scenes." in text
    assert "How the intervals are made" in text


def test_a_board_shows_the_interval_of_the_score_that_ranks(nobody, scored, url):
    text = text_of(nobody.get(f"{url}leaderboard/"))
    assert '<span class="visually-hidden">interval </span>0.457' in text
    assert "Small numbers: the interval of each score" in text


def test_a_board_without_intervals_says_nothing_of_them(nobody, team, url):
    makers.make_scored(team)
    assert "interval" not in text_of(nobody.get(f"{url}leaderboard/"))


def test_the_api_gives_intervals_to_the_digits_that_are_shown(contestant, scored, url):
    api = client_of(contestant)
    found = api.get(f"/api/v1/submissions/{scored.pk}/").json()
    assert found["intervals"] == {"rmse": {**PUBLIC, "low": 0.457, "high": 0.568}}
    row = api.get(f"/api/v1{url}leaderboard/").json()["results"][0]
    assert row["interval"] == {**PUBLIC, "low": 0.457, "high": 0.568}
    assert (row["passes_gates"], row["is_tied_with_first"]) == (True, False)


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
def test_exports_have_both_ends(nobody, scored, url, prefix):
    text = text_of(nobody.get(f"{prefix}{url}leaderboard.csv")).lstrip("\ufeff")
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["rmse"], row["low"], row["high"]) == ("0.512", "0.457", "0.568")


def test_the_organisers_export_has_every_score_in_full_with_its_ends(organisers, scored, url):
    Task.objects.update(public_decimals=1)
    text = text_of(organisers.get(f"{url}organiser/submissions.csv")).lstrip("\ufeff")
    (row,) = csv.DictReader(io.StringIO(text))
    assert [row[f"rmse_public{end}"] for end in ("", "_low", "_high")] == ["0.51234", "0.45678", "0.56789"]
    assert [row[f"rmse_private{end}"] for end in ("", "_low", "_high")] == ["0.75757", "0.70707", "0.80808"]
    assert (row["mae_public"], row["mae_public_low"], row["mae_private"]) == ("0.25678", "", "")


def test_private_intervals_follow_the_private_scores(contestants, organisers, scored, url):
    page = f"{url}submissions/{scored.pk}/"
    assert "0.707 to 0.808" in text_of(organisers.get(page))
    assert "0.707" not in text_of(contestants.get(page))
    assert "0.707" in text_of(organisers.get(f"{url}leaderboard/?kind=private"))
    Board.objects.filter(kind="private").update(released_at=timezone.now())
    assert "0.707 to 0.808" in text_of(contestants.get(page))


def test_fewer_public_decimals_hold_wherever_a_public_score_is_shown(everything, scored):
    Task.objects.update(public_decimals=1)
    Board.objects.filter(kind="public").update(decimals=1)
    for address, text in everything().items():
        assert "0.5" in text, address
        for digits in ("0.51", "0.25", "0.26", "0.45", "0.46", "0.56", "0.57"):
            assert not tells(text, digits), address


def test_private_scores_keep_their_own_decimals(organisers, scored, url):
    Task.objects.update(public_decimals=1)
    Board.objects.filter(kind="public").update(decimals=1)
    text = text_of(organisers.get(f"{url}submissions/{scored.pk}/"))
    assert "0.758" in text
    assert "0.512" not in text
    assert "0.758" in text_of(organisers.get(f"{url}leaderboard/?kind=private"))


def test_on_a_ladder_no_answer_tells_a_score_that_is_not_shown(everything, contestants, team, scored, url):
    Board.objects.update(ladder_step=0.1)
    second = makers.make_submission(team, content=b"id,y\na,5\n")
    values = {"rmse": 0.4977, "mae": 0.1357}
    scenes = [{"name": "north", "split": "public", "metrics": values}]
    interval = {**PUBLIC, "low": 0.4321}
    result = ScoringResult(values, {}, scenes, [], {}, {"rmse": interval}, {})
    evaluations.record(makers.claim_of(second), result, now=timezone.now())
    texts = everything()
    texts[second.pk] = text_of(contestants.get(f"{url}submissions/{second.pk}/"))
    for address, text in texts.items():
        for digits in ("0.497", "0.498", "0.136", "0.432"):
            assert not tells(text, digits), address
    assert f'your best one is shown again: <a href="{url}submissions/{scored.pk}/">' in " ".join(
        texts[second.pk].replace("&#x27;", "'").split()
    ).replace("again:</span> ", "again: ")


def test_the_board_says_its_rules(nobody, scored, url):
    columns = [{"metric": key, "weight": 1.0, "higher_is_better": False} for key in ("rmse", "mae")]
    gates = [{"metric": "mae", "at_most": 0.1}]
    fields = {"tie_tolerance": 0.005, "ladder_step": 0.001, "gates": gates}
    Board.objects.update(**fields, combine={"kind": "ranks", "of": columns})
    text = text_of(nobody.get(f"{url}leaderboard/"))
    assert "mean rank over these columns, among all teams of the board: rmse, mae." in text
    assert "Required: mae at most 0.1. Teams above it stand behind all others." in text
    assert "rounding to multiples of 0.005" in text
    assert "beats the team&#x27;s best by at least 0.001" in text
    assert "Mean rank" in text


def test_the_page_of_the_contract_says_which_metric_ranks_and_how(nobody, competition, url):
    Board.objects.update(metric="mae", tie_tolerance=0.005)
    text = " ".join(text_of(nobody.get(f"{url}submit/")).split())
    assert '<dt>mae <span class="badge-soft">ranks</span></dt>' in text
    assert "<dt>rmse</dt>" in text
    assert "<li>Scores are compared after rounding to multiples of 0.005" in text
