"""Overnight guests of 14 cities on a real site: one upload, four boards, one of the day's five."""

from http import HTTPStatus

import pytest

from tests.contests.tourism import contest as tourism
from tests.journeys.contestants import Contestant, import_contest, make_contestants
from tests.journeys.test_contests_of_masks import check_scores, send
from tests.site import Site

pytestmark = [pytest.mark.journey, pytest.mark.sandbox]


@pytest.fixture(scope="module")
def people(site: Site, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Contestant]:
    import_contest(site, tourism.make_contest(tmp_path_factory.mktemp("tourism") / "contest"), owner="organiser")
    names = ("generalist", "northerner")
    return dict(zip(names, make_contestants(site, *names, slug="tourism"), strict=True))


def test_one_upload_is_ranked_in_four_divisions_by_its_own_numbers(people: dict[str, Contestant], site: Site) -> None:
    guesses = {
        "generalist": tourism.guess(off=0.05),
        "northerner": tourism.guess(off=0.2, sapporo=0.01, hakodate=0.01, sendai=0.01),
    }
    for name, guess in guesses.items():
        check_scores(send(people[name], tourism.as_csv(guess), "guests.csv"), tourism.expected(guess))
    for division in tourism.DIVISIONS:
        answer = site.get(f"/api/v1/competitions/tourism/leaderboard/?division={division}")
        assert answer.status == HTTPStatus.OK
        board = answer.json()
        assert board["board"]["metric"] == division
        first = "Northerner" if division == "north" else "Generalist"
        assert board["results"][0]["team"] == first
        value = tourism.expected(guesses[first.lower()])[division, "public"]
        assert board["results"][0]["value"] == pytest.approx(value, abs=0.0005)
    assert people["generalist"].allowance()["used_today"] == 1
    assert "One submission is scored once and ranked in all 4 divisions." in people["generalist"].page("submit/")
    assert "1件の投稿が1回だけ採点" in people["generalist"].page("submit/", "ja")
