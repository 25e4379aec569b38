"""The list of contests, their head, rules, joining."""

from datetime import timedelta

import pytest
from django.utils import timezone

from competitions.models import Acceptance, Team
from competitions.status import CompetitionStatus
from tests import makers
from tests.competitions.pages.conftest import browser_of, text_of

pytestmark = pytest.mark.django_db


def test_the_list_shows_open_contests_first_and_the_next_deadline_on_top(nobody, competition):
    later = makers.make_competition("later")
    later.phases.update(ends_at=timezone.now() + timedelta(days=200))
    closed = makers.make_competition("closed-long-ago")
    closed.phases.update(ends_at=timezone.now() - timedelta(days=1))
    cards = nobody.get("/").context["cards"]
    assert [card.competition.slug for card in cards] == ["tide-table", "later", "closed-long-ago"]
    assert [card.state for card in cards] == ["open", "open", "closed"]


def test_the_list_can_show_only_contests_that_one_has_joined(contestants, competition):
    makers.make_competition("other")
    cards = contestants.get("/?show=joined").context["cards"]
    assert [card.competition.slug for card in cards] == ["tide-table"]


def test_a_draft_is_in_nobodys_list_but_its_organisers(nobody, organiser, competition):
    competition.status, competition.published_at = CompetitionStatus.DRAFT, None
    competition.save()
    assert nobody.get("/").context["cards"] == []
    cards = browser_of(organiser).get("/").context["cards"]
    assert [card.is_draft for card in cards] == [True]
    assert nobody.get("/competitions/tide-table/").status_code == 404


def test_the_head_shows_deadline_teams_and_what_is_left_today(contestants, url, team):
    makers.make_submission(team)
    page = text_of(contestants.get(url))
    assert "4 of 5" in page
    assert "JST" in page
    assert 'datetime="' in page


def test_the_organisers_page_is_shown_as_it_was_rendered(nobody, url):
    page = text_of(nobody.get(url))
    assert "<p>About.</p>" in page


def test_an_unknown_page_and_an_unknown_contest_do_not_exist(nobody, url):
    assert nobody.get(f"{url}pages/nothing/").status_code == 404
    assert nobody.get("/competitions/nothing/").status_code == 404


def test_the_deadlines_can_be_put_into_a_calendar(nobody, url):
    answer = nobody.get(f"{url}deadlines.ics")
    lines = text_of(answer).split("\r\n")
    assert answer["Content-Type"].startswith("text/calendar")
    assert lines.count("BEGIN:VEVENT") == 2
    assert all(len(line.encode()) <= 75 for line in lines)


# -- rules and joining ------------------------------------------------------------------------------------------------


def test_an_organiser_is_told_before_joining_that_their_team_wins_no_prize(organisers, visitors, url):
    told = "your team is marked on the boards and wins no prize"
    assert told in text_of(organisers.get(f"{url}join/"))
    assert told not in text_of(visitors.get(f"{url}join/"))


def test_a_visitor_joins_with_a_team_name_and_the_rules_in_one_form(visitors, visitor, url):
    answer = visitors.post(f"{url}join/", {"team_name": "Gulls", "accept": "on"}, follow=True)
    assert answer.redirect_chain[-1][0] == f"{url}data/"
    assert Team.objects.get(name="Gulls").members.get().user == visitor
    assert Acceptance.objects.filter(user=visitor).exists()


def test_the_form_offers_the_persons_name_as_team_name(visitors, url):
    assert visitors.get(f"{url}join/").context["form"]["team_name"].value() == "visitor"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"team_name": "Gulls"}, "accept the rules"),
        ({"team_name": "", "accept": "on"}, "required"),
        ({"team_name": "rival team", "accept": "on"}, "choose another name"),
        ({"team_name": "a\u202eb", "accept": "on"}, "visible characters"),
    ],
)
def test_a_form_that_is_wrong_says_what_and_joins_nobody(visitors, visitor, rival, url, fields, message):
    answer = visitors.post(f"{url}join/", fields)
    assert answer.status_code == 400
    assert message in text_of(answer)
    assert not Team.objects.filter(members__user=visitor).exists()


def test_who_is_not_logged_in_is_sent_to_log_in_and_back(nobody, url):
    answer = nobody.get(f"{url}join/")
    assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={url}join/")


def test_who_has_not_verified_an_address_is_told_so(visitors, visitor, url):
    visitor.emailaddress_set.update(verified=False)
    assert "Verify your e-mail address" in text_of(visitors.get(f"{url}join/"))
    answer = visitors.post(f"{url}join/", {"team_name": "Gulls", "accept": "on"})
    assert answer.status_code == 400
    assert not Team.objects.filter(name="Gulls").exists()


def test_a_closed_contest_cannot_be_joined(visitors, competition, url):
    competition.phases.update(ends_at=timezone.now() - timedelta(days=1))
    assert "over" in text_of(visitors.get(f"{url}join/"))
    assert visitors.post(f"{url}join/", {"team_name": "Gulls", "accept": "on"}).status_code == 400


def test_a_new_version_of_the_rules_is_accepted_on_their_page(contestants, contestant, competition, url, now):
    terms = makers.make_terms(competition, "2", created_at=now)
    assert contestants.get(f"{url}rules/").context["contest"].obstacle == "terms_not_accepted"
    answer = contestants.post(f"{url}rules/", {"version": "2", "accept": "on"})
    assert answer.status_code == 302
    assert Acceptance.objects.filter(user=contestant, terms=terms).exists()


def test_rules_that_changed_while_one_read_are_not_accepted(contestants, contestant, competition, url, now):
    terms = makers.make_terms(competition, "2", created_at=now)
    answer = contestants.post(f"{url}rules/", {"version": "1", "accept": "on"})
    assert answer.status_code == 400
    assert not Acceptance.objects.filter(user=contestant, terms=terms).exists()


def test_a_juror_is_not_asked_to_join(juror, url):
    """Who judges does not take part, and is told so where others are asked to join."""
    browser = browser_of(juror)
    assert f"{url}join/" not in text_of(browser.get(url))
    page = text_of(browser.get(f"{url}submit/"))
    assert "You are a juror of this contest; jurors do not take part in it." in page
    assert f"{url}join/" not in page
