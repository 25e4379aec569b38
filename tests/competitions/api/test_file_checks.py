"""Checking a file through the API, with a worker beside it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from competitions.models import FileCheck, Submission
from competitions.services import file_checks
from tests.competitions.plain_runner import PlainRunner

pytestmark = pytest.mark.django_db
GOOD = b"id,y\na,1\nb,2\nc,3\nd,4\n"


@pytest.fixture
def address(contest_url):
    return f"{contest_url}tasks/levels/check/"


@pytest.fixture
def _worker(monkeypatch, store):
    """A worker that comes while the request waits."""
    monkeypatch.setattr(file_checks, "look", lambda: file_checks.work_off(runner=PlainRunner(), store=store))


def form(content=GOOD):
    return {"file": SimpleUploadedFile("prediction.csv", content)}


def raw(client, address, content=GOOD):
    return client.post(f"{address}?name=p.csv", content, content_type="application/octet-stream")


@pytest.mark.usefixtures("_worker")
@pytest.mark.parametrize("way", ["form", "raw"])
def test_a_file_that_fits_is_told_so(api, address, way):
    answer = api.post(address, form()) if way == "form" else raw(api, address)
    assert answer.status_code == 200
    assert answer.json() == {"fits": True, "problems": [], "problem_count": 0}
    assert (Submission.objects.count(), FileCheck.objects.count()) == (0, 0)


@pytest.mark.usefixtures("_worker")
def test_a_file_that_does_not_fit_is_told_what_and_where_in_the_readers_language(api, address):
    answer = raw(api, address, b"id,y\na,1\nb,x\nc,3\nd,4\n").json()
    assert (answer["fits"], answer["problem_count"]) == (False, 1)
    assert answer["problems"][0]["code"] == "csv_not_number"
    assert answer["problems"][0]["message"] == "Line 3, column 'y': 'x' is not a number such as -12.5 or 3e-4."


@pytest.mark.usefixtures("_worker")
def test_a_person_without_quota_left_may_still_check(api, address, competition):
    competition.phases.update(max_submissions_per_day=1, max_submissions=1)
    upload = f"/api/v1/competitions/{competition.slug}/submissions/"
    assert raw(api, upload).status_code == 201
    assert raw(api, upload).status_code == 429
    assert raw(api, address).json()["fits"]


def test_a_busy_site_says_when_to_try_again(api, address):
    answer = raw(api, address)
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert answer.json()["error"]["code"] == "busy"


def test_too_many_checks_are_refused_with_the_time_to_wait(api, address, settings):
    settings.CHECKS_PER_HOUR = 0
    answer = raw(api, address)
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 3600
    assert answer.json()["error"]["code"] == "too_many_checks"


def test_a_file_too_large_is_refused_while_it_comes(api, address, competition):
    competition.phases.update(max_file_bytes=10)
    assert raw(api, address).status_code == 413
    assert api.post(address, form()).status_code == 413


def test_a_request_without_a_file_says_what_to_send(api, address):
    assert api.post(address, {"note": "x"}).json()["error"]["code"] == "file_missing"


def test_an_unknown_task_is_not_found(api, contest_url):
    assert raw(api, f"{contest_url}tasks/level/check/").json()["error"]["details"] == {"did_you_mean": "levels"}


def test_who_has_not_joined_is_told_how(visitors_api, address):
    assert raw(visitors_api, address).json()["error"]["code"] == "not_joined"
