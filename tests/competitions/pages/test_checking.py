"""The button "Check only" beside the upload."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from competitions.models import Submission
from competitions.services import file_checks
from tests.competitions.pages.conftest import text_of
from tests.competitions.plain_runner import PlainRunner

pytestmark = pytest.mark.django_db
GOOD = b"id,y\na,1\nb,2\nc,3\nd,4\n"


def form(content=GOOD, name="prediction.csv"):
    return {"note": "first try", "key": "k1", "file": SimpleUploadedFile(name, content)}


@pytest.fixture
def address(url):
    return f"{url}submit/check/"


@pytest.fixture
def _worker(monkeypatch, store):
    monkeypatch.setattr(file_checks, "look", lambda: file_checks.work_off(runner=PlainRunner(), store=store))


def test_the_button_stands_beside_the_upload(contestants, url):
    assert 'formaction="/competitions/tide-table/submit/check/?phase=main&amp;task=levels"' in text_of(
        contestants.get(f"{url}submit/")
    )


@pytest.mark.usefixtures("_worker")
def test_a_plain_form_gets_the_page_back_with_the_answer_and_the_note(contestants, address):
    text = text_of(contestants.post(address, form()))
    assert "“prediction.csv” fits the contract." in text
    assert "Whether it has all the right ids shows when it is submitted." in text
    assert 'value="first try"' in text
    assert Submission.objects.count() == 0


@pytest.mark.usefixtures("_worker")
def test_problems_are_listed_and_what_the_file_says_cannot_become_markup(contestants, address):
    answer = contestants.post(address, form(b"id,y\na,<b>\nb,2\nc,3\nd,4\n", name="<i>.csv"))
    text = text_of(answer)
    assert answer.status_code == 200
    assert "would be refused: 1 problem." in text
    assert "&lt;b&gt;&#x27; is not a number" in text
    assert "<i>.csv" not in text


@pytest.mark.usefixtures("_worker")
def test_the_upload_module_gets_the_answer_to_put_in_place(contestants, address):
    answer = contestants.post(address, form(), headers={"accept": "application/json"})
    assert "fits the contract" in answer.json()["checked"]


@pytest.mark.usefixtures("_worker")
def test_long_lists_are_cut_and_counted(contestants, address):
    rows = b"".join(b"r%d,x\n" % number for number in range(30))
    text = text_of(contestants.post(address, form(b"id,y\n" + rows)))
    assert "and " in text
    assert text.count("is not a number") <= 20


def test_a_form_without_a_file_says_so(contestants, address):
    answer = contestants.post(address, {"note": ""})
    assert (answer.status_code, "Choose a file first." in text_of(answer)) == (400, True)


def test_a_busy_site_says_so_in_the_form(contestants, address):
    answer = contestants.post(address, form(), headers={"accept": "application/json"})
    assert answer.status_code == 503
    assert "All workers are busy" in answer.json()["error"]


def test_whoever_has_no_quota_left_gets_a_form_that_only_checks(contestants, url, competition, team):
    competition.phases.update(max_submissions=1)
    contestants.post(f"{url}submit/", form())
    text = text_of(contestants.get(f"{url}submit/"))
    assert 'id="upload"' not in text
    assert 'id="check-button"' in text


def test_visitors_get_no_button(visitors, url):
    assert 'id="check-button"' not in text_of(visitors.get(f"{url}submit/"))
