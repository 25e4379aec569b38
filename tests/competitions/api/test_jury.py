"""Juried divisions over the API: handing in, results, and a juror's own sheets."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from competitions.models import Entry, Sheet
from competitions.services import jury_assignments, jury_results, sheets
from tests.competitions import jury
from tests.competitions.api.conftest import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def division(competition, now):
    return jury.make_division(competition, now=now, jurors_per_entry=1)


@pytest.fixture
def sheet(division, team, juror, organiser):
    jury.hand_in(team, division)
    jury.close(division)
    jury.declare(division, [juror])
    return jury_assignments.assign(Entry.objects.get(), juror=juror, actor=organiser, now=timezone.now())


def send(api, contest_url, content=jury.PDF, **headers):
    form = {"title": "Idea", "files": [SimpleUploadedFile("a.pdf", content)]}
    return api.post(f"{contest_url}divisions/ideas/entry/", form, headers=headers)


def test_a_program_hands_in_and_repeats_itself_safely(api, contest_url, division):
    answers = [send(api, contest_url, **{"idempotency-key": "k"}) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    (receipt,) = api.get(f"{contest_url}divisions/ideas/entry/").json()
    assert receipt["documents"][0]["file_name"] == "a.pdf"
    assert receipt["signature"]


def test_a_refusal_has_its_code(api, contest_url, division):
    answer = send(api, contest_url, b"MZ")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "wrong_kind")
    jury.close(division)
    answer = send(api, contest_url)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "closed")


def test_the_rules_of_a_division_are_public(anonymous, contest_url, division):
    (found,) = anonymous.get(f"{contest_url}divisions/").json()
    assert (found["key"], found["formula"], found["is_open"]) == ("ideas", "total = 1 × jury", True)
    assert [one["key"] for one in found["rubric"]] == ["insight", "form"]


def test_a_juror_reads_and_saves_own_sheets_and_a_stale_version_is_refused(juror, contest_url, sheet):
    client, address = client_of(juror), f"{contest_url}divisions/ideas/sheets/"
    (found,) = client.get(address).json()
    assert found["entry"] == sheet.entry.number
    assert "contestant" not in str(found)
    said = {"version": 0, "marks": {"insight": 4, "form": 5}, "comment": "Good."}
    saved = client.put(f"{address}{sheet.entry.number}/", said, content_type="application/json")
    assert saved.json()["version"] == 1
    stale = client.put(f"{address}{sheet.entry.number}/", said, content_type="application/json")
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "conflict_of_versions")
    wrong = {"version": 1, "marks": {"insight": 9}}
    answer = client.put(f"{address}{sheet.entry.number}/", wrong, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_mark")


def test_a_result_is_there_once_it_is_published(anonymous, juror, organiser, contest_url, division, sheet):
    address = f"{contest_url}divisions/ideas/results/"
    assert anonymous.get(address).status_code == 404
    jury.fill(Sheet.objects.get(), 5, 3)
    sheets.sign(division, juror=juror, name="J.", now=timezone.now())
    jury_results.publish(division, actor=organiser, has_comments=False, now=timezone.now())
    (row,) = anonymous.get(address).json()["results"]
    assert (row["rank"], row["team"]) == (1, "contestant team")
    assert row["total"] == pytest.approx((2 * 1 + 0.5) / 3)
