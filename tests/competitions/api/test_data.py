"""Data: listed for everybody, given to those who accepted the rules, resumed where they broke off."""

import hashlib
import io
import zipfile
from datetime import timedelta

import pytest

from competitions.queries.data import current_release, releases, snippets
from tests import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def release(competition):
    return makers.make_data_release(competition, content=b"HH,HV\n" * 1000)


@pytest.fixture
def task(competition):
    task = competition.tasks.get()
    task.sample_submission, task.sample_submission_name = makers.make_blob(b"id,y\na,0\n"), "sample.csv"
    task.starting_kit = makers.make_blob(b"PK kit")
    task.save()
    return task


def test_everybody_sees_what_there_is_to_download(release, contest_url, anonymous):
    (found,) = anonymous.get(f"{contest_url}data/").json()["releases"]
    (file,) = found["files"]
    assert (file["name"], file["size_bytes"]) == ("train.csv", 6000)
    assert file["sha256"] == hashlib.sha256(b"HH,HV\n" * 1000).hexdigest()
    assert (found["size_bytes"], found["licence"]) == (6000, "CC0-1.0")
    checksums = anonymous.get(found["checksums_url"])
    assert checksums.content.decode() == f"{file['sha256']}  train.csv\n"


def test_the_newest_release_comes_first(release, competition):
    newer = makers.make_data_release(competition, "2")
    newer.position = 1
    newer.save()
    assert current_release(competition) == newer
    assert list(releases(competition)) == [newer, release]


ADDRESSES = ["data/1/train.csv", "data/1.zip", "tasks/levels/sample_submission/", "tasks/levels/starting_kit/"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_files_are_for_those_who_joined_and_accepted_the_newest_rules(
    release, task, competition, contest_url, anonymous, visitors_api, api, organisers_api, now, address
):
    def code(client):
        answer = client.get(contest_url + address)
        return answer.status_code if answer.status_code == 200 else answer.json()["error"]["code"]

    assert code(anonymous) == "not_logged_in"
    assert code(visitors_api) == "not_joined"
    assert code(api) == 200
    assert code(organisers_api) == 200
    makers.make_terms(competition, "2", created_at=now + timedelta(seconds=1))
    assert code(api) == "terms_not_accepted"


def test_a_refusal_says_where_to_go(release, contest_url, visitors_api):
    details = visitors_api.get(f"{contest_url}data/1/train.csv").json()["error"]["details"]
    page = f"{contest_url.removeprefix('/api/v1')}join/"
    assert details == {"page": page, "join_url": f"{contest_url}join/", "terms_version": "1"}


def test_a_download_goes_on_where_it_broke_off(release, contest_url, api):
    whole = api.get(f"{contest_url}data/1/train.csv")
    assert whole["Cache-Control"].startswith("private")
    part = api.get(f"{contest_url}data/1/train.csv", headers={"range": "bytes=2000-", "if-range": whole["ETag"]})
    assert part.status_code == 206
    assert part.getvalue() == whole.getvalue()[2000:]
    assert api.get(f"{contest_url}data/1/train.csv", headers={"range": "bytes=6000-"}).status_code == 416


def test_a_whole_set_unpacks_into_its_own_folder(release, contest_url, api):
    answer = api.get(f"{contest_url}data/1.zip")
    assert answer["Content-Disposition"] == 'attachment; filename="tide-table-1.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as archive:
        assert archive.namelist() == ["tide-table-1/train.csv"]


@pytest.mark.parametrize(
    "address",
    ["data/9/train.csv", "data/1/other.csv", "data/1/../../secret_key", "data/9.zip", "tasks/no/starting_kit/"],
)
def test_what_is_not_in_a_release_is_404(release, contest_url, api, address):
    assert api.get(contest_url + address).status_code == 404


def test_a_task_without_a_kit_says_so(release, contest_url, api):
    assert api.get(f"{contest_url}tasks/levels/starting_kit/").status_code == 404


def test_everybody_reads_the_contract(competition, contest_url, anonymous):
    contract = anonymous.get(f"{contest_url}tasks/levels/contract/").json()
    assert (contract["kind"], contract["rows"]) == ("table", 4)


def test_snippets_resume_and_name_no_token():
    by_key = {snippet.key: snippet.text for snippet in snippets(["http://x/a b.zip"], set_url="http://x/all.zip")}
    assert "-C - --retry 5 -o 'a b.zip'" in by_key["curl"]
    assert "wget -c -O 'a b.zip'" in by_key["wget"]
    compile(by_key["python"], "snippet", "exec")
    assert all("TIDEMARK_TOKEN" in text and "tdm_" not in text for text in by_key.values())
