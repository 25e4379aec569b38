"""What a team sees of its submissions while they wait, run and end; and what a rival does not."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from competitions.models import Evaluation
from competitions.queries.submissions import is_genuine
from competitions.services import evaluations
from competitions.services.board_releases import release_due
from competitions.status import EvaluationStatus
from tests import makers
from tests.competitions.pages.conftest import text_of

pytestmark = pytest.mark.django_db
PRIVATE = 7654.321
SCENES = [{"name": "east", "split": "public", "metrics": {"rmse": 0.5, "mae": 0.25}}]
HIDDEN_SCENES = [{"name": "hidden-west", "split": "private", "metrics": {"rmse": PRIVATE, "mae": PRIVATE}}]


@pytest.fixture
def submission(team):
    return makers.make_submission(team)


@pytest.fixture
def scored(team):
    submission = makers.make_submission(team)
    result = makers.make_result(0.5, PRIVATE, public_scenes=SCENES, private_scenes=HIDDEN_SCENES)
    evaluations.record(makers.claim_of(submission), result, now=timezone.now())
    return submission


@pytest.fixture
def page(url):
    return lambda submission, rest="": f"{url}submissions/{submission.pk}/{rest}"


def test_a_waiting_submission_is_watched_and_can_be_cancelled(contestants, submission, page):
    text = text_of(contestants.get(page(submission)))
    assert 'hx-trigger="every 2s"' in text
    assert "place 1 in the queue" in text
    contestants.post(page(submission, "cancel/"))
    assert Evaluation.objects.get().status == EvaluationStatus.CANCELLED


def score_after(team, seconds):
    submission = makers.make_submission(team)
    claim, end = makers.claim_of(submission), submission.submitted_at + timedelta(seconds=seconds)
    evaluations.record(claim, makers.make_result(0.5, PRIVATE), now=end)


def test_who_waits_is_told_how_long_it_usually_takes(contestants, team, competition, page):
    others = makers.make_team(competition, "swift")
    for seconds in (1, 33, 34, 7 * 60):
        score_after(others, seconds)
    submission = makers.make_submission(team)
    assert "Usually" not in text_of(contestants.get(page(submission)))  # four say too little
    for seconds in (35, 64, 64, 90 * 60):
        score_after(others, seconds)
    text = text_of(contestants.get(page(submission)))
    # 1, 33, [34, 35, 64, 64], 420, 5400: rounded up to fives
    assert "Usually 35 s to 65 s from upload to score (the middle half of the last 8)." in text
    evaluations.record(makers.claim_of(submission), makers.make_result(0.5, PRIVATE), now=timezone.now())
    assert "Usually" not in text_of(contestants.get(page(submission)))


def test_a_submission_that_is_being_scored_cannot_be_cancelled(contestants, submission, page):
    makers.claim_of(submission)
    answer = contestants.post(page(submission, "cancel/"), follow=True)
    assert "too late to cancel" in text_of(answer)
    assert Evaluation.objects.get().status == EvaluationStatus.RUNNING


@pytest.mark.parametrize("part", ["state/", "row/"])
def test_a_watching_page_gets_an_answer_only_when_something_is_new(contestants, submission, page, part):
    state = contestants.get(page(submission)).context["detail"].state
    address = page(submission, f"{part}?seen={state.seen}")
    assert contestants.get(address).status_code == 204
    makers.claim_of(submission)
    answer = contestants.get(address)
    assert answer.status_code == 200
    assert 'data-state="running"' in text_of(answer)


def test_a_finished_submission_is_watched_no_more(contestants, scored, page):
    text = text_of(contestants.get(page(scored)))
    assert "hx-get" not in text
    assert "0.500" in text
    assert "east" in text


def test_a_watching_page_whose_session_ended_loads_itself_again(nobody, submission, page):
    answer = nobody.get(page(submission, "state/"), headers={"hx-request": "true"})
    assert answer["HX-Refresh"] == "true"


def test_a_refused_file_is_explained_and_the_whole_list_can_be_fetched(contestants, team, page):
    submission = makers.make_submission(team)
    params = {"line": 7, "column": "y", "value": "'-'"}
    problems = [{"code": "csv_not_number", "where": "line 7", "params": params, "message": "?"}]
    evaluations.reject(makers.claim_of(submission), problems * 30, total=1204, now=timezone.now())
    text = text_of(contestants.get(page(submission)))
    # The apostrophes are escaped on the page: whatever a file says is text, never markup.
    assert "Line 7, column y: &#x27;-&#x27; is not a number" in text
    assert "and 1184 more." in text
    assert text_of(contestants.get(page(submission, "problems.txt"))).count("Line 7, column y: '-'") == 30


def test_the_receipt_is_signed_and_the_file_comes_back_as_it_was_sent(contestants, submission, page):
    receipt = json.loads(text_of(contestants.get(page(submission, "receipt.json"))))
    assert receipt["sha256"] == submission.blob.sha256
    assert is_genuine(receipt)
    assert contestants.get(page(submission, "file")).getvalue() == b"id,y\na,1\n"


@pytest.mark.parametrize("who", ["rivals", "visitors", "nobody"])
def test_nobody_else_sees_a_teams_submission(request, who, scored, page):
    client = request.getfixturevalue(who)
    for rest in ("", "state/", "row/", "file", "receipt.json", "problems.txt"):
        assert client.get(page(scored, rest)).status_code in {302, 404}
    assert client.post(page(scored, "cancel/")).status_code in {302, 404}


def test_an_organiser_sees_private_scores_but_cannot_cancel_for_a_team(organisers, submission, scored, page):
    text = text_of(organisers.get(page(scored)))
    assert f"{PRIVATE}" in text
    assert "hidden-west" in text
    assert organisers.post(page(submission, "cancel/")).status_code == 404


def test_the_team_sees_no_private_score_before_the_release_and_does_after(contestants, scored, page, url, later):
    for address in (page(scored), page(scored, "state/"), f"{url}submissions/", page(scored, "row/")):
        text = text_of(contestants.get(address))
        assert "7654" not in text
        assert "hidden-west" not in text
    scored.phase.ends_at = timezone.now()
    scored.phase.save()
    release_due(now=later)
    scored.phase.boards.update(released_at=timezone.now())
    assert "7654" in text_of(contestants.get(page(scored)))


def test_the_list_has_every_submission_of_the_team_and_no_other(contestants, rival, team, competition, url):
    own = [makers.make_scored(team), makers.make_rejected(team), makers.make_submission(team)]
    makers.make_submission(competition.teams.get(name="rival team"))
    rows = contestants.get(f"{url}submissions/").context["rows"]
    assert [row.submission for row in rows] == own[::-1]
    assert [row.label for row in rows] == ["waiting", "invalid file", "scored"]


def test_a_long_list_costs_no_more_queries_than_a_short_one(contestants, team, url, django_assert_max_num_queries):
    for _ in range(12):
        makers.make_scored(team)
    with django_assert_max_num_queries(40):
        contestants.get(f"{url}submissions/")
