"""The form, what it takes and what it refuses."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from competitions.models import Phase, Submission
from tests import makers
from tests.competitions.pages.conftest import text_of

pytestmark = pytest.mark.django_db
CONTENT = b"id,y\na,1.5\n"


def form(content=CONTENT, name="prediction.csv", **fields):
    return {"note": "first try", "key": "k1", **fields, "file": SimpleUploadedFile(name, content)}


@pytest.fixture
def page(url):
    return f"{url}submit/"


def test_everybody_may_read_what_a_submission_must_look_like(nobody, page):
    text = text_of(nobody.get(page))
    assert "id,y" in text
    assert "Exactly 4 rows" in text
    assert 'type="file"' not in text


def test_the_quota_stands_beside_the_button(contestants, team, page):
    makers.make_scored(team)
    makers.make_rejected(team)
    text = text_of(contestants.get(page))
    assert "Today 1 of 5 used; resets 00:00 JST (in " in text
    assert "At most 20 refused files a day (1 so far)." in text


def test_a_file_is_taken_in_and_its_page_shown(contestants, team, page, url):
    answer = contestants.post(page, form())
    submission = Submission.objects.get(team=team)
    assert answer["Location"] == f"{url}submissions/{submission.pk}/"
    assert (submission.file_name, submission.note) == ("prediction.csv", "first try")


def test_the_upload_module_is_told_where_to_go(contestants, team, page):
    answer = contestants.post(page, form(), headers={"accept": "application/json"})
    assert answer.json() == {"location": f"/competitions/tide-table/submissions/{Submission.objects.get().pk}/"}


def test_a_double_click_submits_once(contestants, page):
    first, second = contestants.post(page, form()), contestants.post(page, form())
    assert first["Location"] == second["Location"]
    assert Submission.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [({"file": ""}, "Choose a file first."), (form(content=b""), "The file is empty.")],
)
def test_a_form_without_a_file_says_so(contestants, page, fields, message):
    answer = contestants.post(page, fields)
    assert answer.status_code == 400
    assert message in text_of(answer)


def test_too_large_a_file_is_refused_with_the_limit(contestants, page):
    Phase.objects.update(max_file_bytes=1000)
    answer = contestants.post(page, form(content=b"x" * 1001), headers={"accept": "application/json"})
    assert answer.status_code == 413
    assert "1,000 B" in answer.json()["error"]
    assert not Submission.objects.exists()


def test_used_up_quota_is_refused_and_explained(contestants, team, page):
    Phase.objects.update(max_submissions_per_day=1)
    makers.make_submission(team)
    assert "used up" in text_of(contestants.get(page))
    answer = contestants.post(page, form())
    assert answer.status_code == 429
    assert Submission.objects.count() == 1


def test_who_has_not_joined_cannot_submit(visitors, nobody, page):
    assert visitors.post(page, form()).status_code == 403
    assert nobody.post(page, form()).status_code == 403
    assert not Submission.objects.exists()


def test_the_team_is_warned_of_a_file_it_sent_before(contestants, team, page):
    submission = makers.make_submission(team, content=CONTENT)
    assert f"{submission.blob.sha256}:{submission.pk}" in text_of(contestants.get(page))


def test_a_rivals_file_is_not_told_apart(rivals, team, page):
    submission = makers.make_submission(team, content=CONTENT)
    assert submission.blob.sha256 not in text_of(rivals.get(page))


# -- the sample -------------------------------------------------------------------------------------------------------


@pytest.fixture
def sample(competition):
    task = competition.tasks.get()
    task.sample_submission, task.sample_submission_name = makers.make_blob(CONTENT), "sample.csv"
    task.save()
    return task.sample_submission


def test_a_newcomer_sends_the_sample_with_one_click(contestants, sample, team, url):
    assert "Submit the sample" in text_of(contestants.get(f"{url}submissions/"))
    contestants.post(f"{url}submit/sample/")
    assert Submission.objects.get(team=team).blob == sample


def test_the_sample_needs_joining_too(visitors, sample, url):
    assert visitors.post(f"{url}submit/sample/").status_code == 403
    assert not Submission.objects.exists()
