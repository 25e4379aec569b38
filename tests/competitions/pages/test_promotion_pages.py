"""The page of a promotion: the rule for everybody, the list for organisers until they confirm it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from competitions.models import PromotionRule
from competitions.services import phase_releases
from tests import makers
from tests.competitions.api.conftest import client_of
from tests.competitions.pages.conftest import browser_of, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def rule(competition):
    source, division = competition.phases.get(), competition.divisions.get()
    final = makers.make_phase(competition, makers.make_task(competition, "later"), division, key="final", position=1)
    return PromotionRule.objects.create(phase=final, source=source, division=division, task=source.tasks.get(), first=1)


@pytest.fixture
def teams(competition, rule):
    found = {name: makers.make_team(competition, name) for name in ("ada", "ben")}
    makers.make_scored(found["ada"], 2.0, 1.0)
    makers.make_scored(found["ben"], 1.0, 2.0)
    return found


def release(rule):
    rule.source.ends_at = timezone.now() - timedelta(hours=1)
    rule.source.save()
    phase_releases.release_due(now=timezone.now())


@pytest.fixture
def address(url):
    return f"{url}phases/final/promotion/"


def test_before_the_release_everybody_reads_the_rule_and_both_deadlines(nobody, organisers, teams, address, url):
    for browser in (nobody, organisers):
        text = text_of(browser.get(address))
        assert "The first team of “Main phase” goes on." in text
        assert "confirmed once the boards of the phase before are released" in text
        assert text.count("<time") >= 3
    assert "Promoted teams only" in text_of(nobody.get(url))


def test_a_phase_that_everybody_enters_has_no_such_page(nobody, rule, url):
    assert nobody.get(f"{url}phases/main/promotion/").status_code == 404


def test_only_organisers_see_and_confirm_what_the_board_gives(nobody, organisers, teams, rule, address):
    release(rule)
    winner = f'name="team" value="{teams["ada"].pk}"'
    assert winner in text_of(organisers.get(address))
    assert winner not in text_of(nobody.get(address))
    assert nobody.post(address, {"team": teams["ada"].pk}).status_code == 302
    assert browser_of(teams["ben"].members.get().user).post(address, {"team": teams["ben"].pk}).status_code == 404
    assert organisers.post(address, {"team": teams["ben"].pk}).status_code == 409
    assert not rule.promotions.exists()
    assert "1 team is promoted." in text_of(organisers.post(address, {"team": teams["ada"].pk}, follow=True))
    text = text_of(nobody.get(address)).split("<tbody>")[1]
    assert "ada team" in text
    assert "ben team" not in text


def test_the_page_and_the_api_tell_a_team_that_it_is_not_promoted(organisers, teams, rule, address, url, competition):
    release(rule)
    organisers.post(address, {"team": teams["ada"].pk})
    ben = teams["ben"].members.get().user
    assert "Your team is not promoted." in text_of(browser_of(ben).get(address))
    assert "your team is not one of them" in text_of(browser_of(ben).get(f"{url}submit/?phase=final"))
    assert "Your team is promoted." in text_of(browser_of(teams["ada"].members.get().user).get(address))
    api, contest = client_of(ben), f"/api/v1/competitions/{competition.slug}/"
    assert api.get(f"{contest}allowance/?phase=final").json()["refusal"] == "not_promoted"
    answer = api.post(
        f"{contest}submissions/?phase=final&name=a.csv", b"id,y\na,1\n", content_type="application/octet-stream"
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_promoted")
    phases = {phase["key"]: phase["promotes_from"] for phase in api.get(contest).json()["phases"]}
    assert phases == {"main": None, "final": "main"}
