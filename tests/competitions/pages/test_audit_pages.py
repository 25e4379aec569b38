"""The audit log on its page, as CSV and through the API: for organisers, with a filter."""

import csv
import io
from datetime import timedelta

import pytest

from competitions.services import audit
from tests.competitions.pages.conftest import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(competition, organiser, contestant, now):
    audit.note("deadline moved", now=now, actor=organiser, competition=competition, reason="a storm", before=1, after=2)
    audit.note("joined", now=now - timedelta(days=3), actor=contestant, competition=competition, subject="=team 9")
    audit.note("token created", now=now, actor=organiser)


def table(client, url, query=""):
    text = client.get(f"{url}organiser/audit.csv{query}").content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_an_organiser_reads_who_did_what_when_and_why(organisers, url, log):
    page = text_of(organisers.get(f"{url}organiser/audit/"))
    for shown in ("deadline moved", "a storm", "organiser", "joined", "contestant"):
        assert shown in page
    assert "token created" not in page


def test_acts_are_told_in_the_reader_s_language_and_what_has_no_words_is_marked(
    organisers, url, log, compiled_catalogue
):
    page = organisers.get(f"{url}organiser/audit/", headers={"accept-language": "ja"}).content.decode()
    assert ">コンペに参加</td>" in page
    assert '<option value="joined">コンペに参加</option>' in page
    assert ' lang="en">deadline moved</td>' in page


def test_the_filter_narrows_page_and_csv_alike(organisers, url, log, now):
    told = {"joined": ">joined the contest", "deadline moved": ' lang="en">deadline moved'}
    for query, acts in (
        ("?verb=joined", ["joined"]),
        ("?person=ORGAN", ["deadline moved"]),
        ("?text=storm", ["deadline moved"]),
        (f"?last_day={now - timedelta(days=2):%Y-%m-%d}", ["joined"]),
        (f"?first_day={now - timedelta(days=1):%Y-%m-%d}", ["deadline moved"]),
        ("?text=nothing", []),
    ):
        assert [row["act"] for row in table(organisers, url, query)] == acts
        page = text_of(organisers.get(f"{url}organiser/audit/{query}"))
        assert all(f'data-label="Act"{told[act]}</td>' in page for act in acts)
        assert page.count('data-label="Act"') == len(acts)


def test_the_csv_is_safe_to_open_and_holds_the_chain(organisers, url, log):
    rows = table(organisers, url)
    assert [row["number"] for row in rows] == ["2", "1"]
    assert rows[0]["subject"] == "'=team 9"
    assert rows[0]["previous"] == rows[1]["hash"]


def test_a_filter_that_cannot_be_understood_is_named(organisers, url, log):
    answer = organisers.get(f"{url}organiser/audit/?first_day=soon")
    assert answer.status_code == 400
    assert "Enter a valid date." in text_of(answer)


def test_a_long_log_goes_on_on_the_next_page(organisers, url, competition, organiser, now):
    for number in range(60):
        audit.note(f"act {number}", now=now, actor=organiser, competition=competition)
    first = text_of(organisers.get(f"{url}organiser/audit/?person=organiser"))
    assert "?person=organiser&amp;before=11" in first
    second = text_of(organisers.get(f"{url}organiser/audit/?person=organiser&before=11"))
    assert 'lang="en">act 9</td>' in second
    assert 'lang="en">act 10</td>' not in second
    answer = organisers.get(f"/api/v1/competitions/{competition.slug}/audit/?before=11").json()
    assert [row["number"] for row in answer["results"]] == list(range(10, 0, -1))
    assert answer["before"] is None
    assert organisers.get(f"/api/v1/competitions/{competition.slug}/audit/?before=x").status_code == 422
