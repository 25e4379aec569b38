"""What there is, for whom, and the files themselves."""

import io
import zipfile

import pytest

from tests import makers
from tests.competitions.pages.conftest import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def release(competition):
    return makers.make_data_release(competition, content=b"train,me\n")


@pytest.fixture
def files(release, competition, url):
    task = competition.tasks.get()
    task.sample_submission, task.sample_submission_name = makers.make_blob(b"id,y\na,0\n"), "sample.csv"
    task.starting_kit = makers.make_blob(b"kit")
    task.save()
    data = f"{url}data/1/"
    return [
        f"{data}files/train.csv",
        f"{data}all.zip",
        f"{url}tasks/levels/sample-submission",
        f"{url}tasks/levels/starting-kit",
    ]


def test_everybody_sees_what_there_is_and_what_to_do_to_get_it(nobody, release, url):
    page = text_of(nobody.get(f"{url}data/"))
    assert release.files.get().blob.sha256 in page
    assert "CC0-1.0" in page
    assert "Log in and join" in page
    assert "files/train.csv" not in page


def test_a_contestant_finds_links_and_commands(contestants, files, url):
    page = text_of(contestants.get(f"{url}data/"))
    assert all(address in page for address in files)
    assert "curl" in page
    assert "/api/v1/competitions/tide-table/data/1/train.csv" in page


def test_a_contestant_gets_the_very_bytes_and_can_resume(contestants, files):
    whole = contestants.get(files[0])
    assert whole.getvalue() == b"train,me\n"
    assert "attachment" in whole["Content-Disposition"]
    part = contestants.get(files[0], headers={"range": "bytes=6-", "if-range": whole["ETag"]})
    assert (part.status_code, part.getvalue()) == (206, b"me\n")


def test_the_whole_release_comes_as_one_zip(contestants, files):
    answer = contestants.get(files[1])
    archive = zipfile.ZipFile(io.BytesIO(answer.getvalue()))
    assert archive.read("tide-table-1/train.csv") == b"train,me\n"


def test_everybody_may_compare_checksums(nobody, release, url):
    assert text_of(nobody.get(f"{url}data/1/SHA256SUMS")) == f"{release.files.get().blob.sha256}  train.csv\n"


@pytest.mark.parametrize("who", ["nobody", "visitors"])
def test_who_has_not_joined_gets_no_file_but_is_told_the_way(request, who, files, url):
    client = request.getfixturevalue(who)
    for address in files:
        answer = client.get(address)
        assert answer.status_code == 403
        assert "oin" in text_of(answer)


def test_whoever_has_not_accepted_the_new_rules_gets_no_file(contestants, competition, files, now):
    makers.make_terms(competition, "2", created_at=now)
    assert {contestants.get(address).status_code for address in files} == {403}


def test_an_organiser_needs_not_join(organisers, files):
    assert {organisers.get(address).status_code for address in files} == {200}


def test_what_does_not_exist_is_not_there(contestants, files, url):
    for path in ("data/2/all.zip", "data/1/files/other.csv", "data/1/files/../train.csv", "tasks/none/starting-kit"):
        assert contestants.get(url + path).status_code == 404
