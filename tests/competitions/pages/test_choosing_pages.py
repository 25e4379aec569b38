"""Choosing for the end on the pages, without JavaScript."""

import pytest
from django.test import Client

from competitions.models import Competition, FinalChoice, Submission, Team
from competitions.services import final_choices
from tests import makers
from tests.competitions.pages.conftest import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def competition(db: None) -> Competition:
    return makers.make_competition(final_select=2)


@pytest.fixture
def entry(team: Team) -> Submission:
    return makers.make_scored(team, 1.0, 7.25)


def press(client: Client, url: str, entry: Submission, word: str, back: str = "list"):
    return client.post(f"{url}submissions/{entry.pk}/choose/", {"choose": word, "back": back}, follow=True)


def test_the_list_says_how_many_are_chosen_and_what_counts_otherwise(contestants, url, entry):
    page = text_of(contestants.get(f"{url}submissions/"))
    assert "0/2" in page
    assert "your submission with the best public score counts" in page
    assert "It can be changed until" in page


def test_a_person_chooses_and_takes_back_with_a_button(contestants, url, entry):
    page = text_of(press(contestants, url, entry, "yes"))
    assert f"Submission #{entry.pk} is chosen for the end." in page
    assert "1/2" in page
    assert FinalChoice.objects.get().submission == entry
    page = text_of(press(contestants, url, entry, "no", back=""))
    assert f"Submission #{entry.pk} is no longer chosen for the end." in page
    assert FinalChoice.objects.count() == 0


def test_a_third_choice_is_refused_with_the_numbers_of_the_two(contestants, url, team, entry):
    others = [makers.make_scored(team, content=b"id,y\na,%d\n" % number) for number in (5, 6)]
    for one in (entry, *others):
        page = text_of(press(contestants, url, one, "yes"))
    assert f"2 of 2 are chosen (#{entry.pk}, #{others[0].pk})" in page


def test_a_rival_finds_no_button_and_no_address(rivals, url, entry):
    assert press(rivals, url, entry, "yes").status_code == 404
    assert FinalChoice.objects.count() == 0


def test_an_organiser_sees_the_submission_without_a_button(organisers, url, entry):
    assert "Choose for the end" not in text_of(organisers.get(f"{url}submissions/{entry.pk}/"))


def test_after_the_deadline_the_page_says_what_counted(contestants, url, competition, entry, contestant, now, later):
    final_choices.choose(entry, user=contestant, now=now)
    competition.phases.update(ends_at=now)
    final_choices.lock_due(now=later)
    page = text_of(contestants.get(f"{url}submissions/"))
    assert f"Chosen by the team: #{entry.pk}." in page
    assert "Choose for the end" not in page


def test_no_page_tells_a_private_score_to_those_who_choose(contestants, url, team, entry, contestant, now):
    better = makers.make_scored(team, 2.0, 3.75, content=b"id,y\na,5\n")
    for one in (entry, better):
        final_choices.choose(one, user=contestant, now=now)
    for address in ("submissions/", f"submissions/{entry.pk}/", f"submissions/{better.pk}/", "leaderboard/"):
        page = text_of(contestants.get(url + address))
        assert "7.25" not in page
        assert "3.75" not in page


def test_a_contest_without_a_choice_shows_nothing_of_it(contestants, url, competition, entry):
    Competition.objects.update(final_select=0)
    assert "At the end" not in text_of(contestants.get(f"{url}submissions/"))


def test_the_choice_in_japanese(contestants, url, entry, compiled_catalogue):
    page = text_of(contestants.get(f"{url}submissions/", headers={"accept-language": "ja"}))
    assert '選択 <span class="number">0/2</span>' in page
    assert "最終評価に選ぶ" in page
