"""Sponsors and their numbers through the API."""

import pytest

from competitions.models import FirstDownload
from competitions.services import group_reports, people
from tests import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def sponsors_api(client, sponsor, now):
    _token, text = people.create_token(user=sponsor, name="api", now=now)
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {text}"
    return client


def test_everybody_reads_who_supports_the_contest(competition, contest_url, anonymous):
    makers.make_sponsor(competition)
    (found,) = anonymous.get(f"{contest_url}sponsors/").json()
    assert found["name"]["en"] == "Harbour Trust"
    assert anonymous.get(found["logo_url"]).content == makers.png_bytes()


def test_a_sponsor_reads_the_numbers(competition, contest_url, sponsors_api, now):
    for number in range(6):
        makers.make_scored(makers.make_team(competition, f"person{number}"), 2.0 - number / 10, 99.0)
    group_reports.publish(competition, now=now)
    found = sponsors_api.get(f"{contest_url}dashboard/").json()
    assert found["totals"]["submitted"] == 6
    assert sum(day["count"] for day in found["submissions_by_day"]) == 6
    (scores,) = found["best_scores"]
    assert (scores["metric"], scores["higher_is_better"], scores["points"][-1]["value"]) == ("rmse", False, 1.5)
    assert found["groups"][0]["groups"] == [{"name": "", "count": 6}]
    assert "person" not in str(found)
    assert "99" not in str(found["best_scores"])


def test_a_contestant_finds_no_numbers(contest_url, api):
    answer = api.get(f"{contest_url}dashboard/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_a_download_through_the_api_is_remembered_too(competition, contest_url, contestant, api):
    makers.make_data_release(competition)
    api.get(f"{contest_url}data/1/train.csv")
    api.get(f"{contest_url}data/1.zip")
    assert FirstDownload.objects.get().user == contestant
