"""Certificates: made by those who took part, proved by their code, revoked by organisers with a reason."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from competitions.models import AuditEvent, Certificate, Competition
from competitions.services import (
    board_releases,
)
from tests import makers
from tests.competitions.pages.conftest import browser_of, text_of

pytestmark = pytest.mark.django_db
NAME = "山田 花子"


@pytest.fixture
def ada(competition):
    team = makers.make_team(competition, "ada")
    makers.make_scored(team, 1.0, 2.0)
    makers.make_scored(makers.make_team(competition, "ben"), 2.0, 1.0)
    return browser_of(team.members.get().user)


@pytest.fixture
def over(ada, competition):
    competition.phases.update(ends_at=timezone.now() - timedelta(hours=1))
    board_releases.release_due(now=timezone.now())


def make(browser, url, name=NAME, **fields):
    page = text_of(browser.get(f"{url}certificate/"))
    board = re.search(r'<option value="(\d+)"', page)[1]
    return browser.post(f"{url}certificate/", {"name": name, "board": board, **fields}, follow=True)


def test_there_is_none_before_the_results(ada, url):
    assert ada.get(f"{url}certificate/").status_code == 404


def test_there_is_none_for_whom_nothing_was_scored(over, competition, organisers, url):
    team = makers.make_team(competition, "late")
    makers.make_rejected(team)
    assert browser_of(team.members.get().user).get(f"{url}certificate/").status_code == 404
    assert organisers.get(f"{url}certificate/").status_code == 404


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_contestant_gets_a_pdf_with_the_name_as_typed(over, ada, url, language):
    assert NAME in text_of(make(ada, url, shows_rank="on"))
    one = Certificate.objects.get()
    assert (one.team, one.rank, one.rank_of) == ("ada team", 2, 2)
    answer = ada.get(f"{url}certificate/{one.pk}.pdf?language={language}")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].endswith(f'certificate-{language}.pdf"')
    assert answer.content.startswith(b"%PDF-")
    assert answer.content.count(b"/Type /Page\n") <= 1


def test_the_rank_is_left_out_where_the_person_wants_so(over, ada, nobody, url):
    make(ada, url)
    one = Certificate.objects.get()
    assert one.rank is None
    assert "Place" not in text_of(nobody.get(f"/certificates/{one.code}/"))


def test_everybody_with_the_code_reads_what_was_certified_and_no_more(over, ada, nobody, url):
    make(ada, url)
    one = Certificate.objects.get()
    assert re.fullmatch(r"[0-9a-f]{32}", one.code)  # 128 bits
    answer = nobody.get(f"/certificates/{one.code}/")
    text = text_of(answer)
    assert "This certificate is genuine" in text
    assert NAME in text
    assert "ada@example.org" not in text
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert nobody.get(f"/certificates/{'0' * 32}/").status_code == 404


def test_it_says_what_it_said_though_team_and_contest_are_renamed(over, ada, nobody, competition, url):
    make(ada, url)
    Competition.objects.update(title=makers.both("Another"))
    competition.teams.filter(name="ada team").update(name="renamed")
    text = text_of(nobody.get(f"/certificates/{Certificate.objects.get().code}/"))
    assert "Tide table" in text
    assert "ada team" in text


def test_a_new_one_takes_the_place_of_the_old_and_the_name_is_remembered(over, ada, nobody, url):
    make(ada, url, "Old Name")
    make(ada, url, "Old Name")
    old = Certificate.objects.get()
    make(ada, url, "New Name")
    assert Certificate.objects.filter(revoked_at=None).count() == 1
    told = text_of(nobody.get(f"/certificates/{old.code}/"))
    assert "not valid any more" in told
    assert "Old Name" not in told
    assert 'value="New Name"' in text_of(ada.get(f"{url}certificate/"))
    assert ada.get(f"{url}certificate/{old.pk}.pdf").status_code == 404


def test_organisers_revoke_with_a_reason_that_the_code_then_tells(over, ada, organisers, nobody, url):
    make(ada, url)
    one = Certificate.objects.get()
    address = f"{url}organiser/certificates/{one.pk}/revoke/"
    assert ada.post(address, {"reason": "x"}).status_code == 404
    organisers.post(address, {"reason": " "})
    assert Certificate.objects.get().revoked_at is None
    organisers.post(address, {"reason": "copied from another team"})
    text = text_of(nobody.get(f"/certificates/{one.code}/"))
    assert "copied from another team" in text
    assert NAME not in text
    assert "revoked your certificate" in text_of(make(ada, url, "Again"))
    assert Certificate.objects.count() == 1
    assert AuditEvent.objects.get(verb="certificate revoked").reason == "copied from another team"
    assert "copied from another team" in text_of(organisers.get(f"{url}organiser/certificates/"))


def test_nobody_prints_the_certificate_of_another(over, ada, url, competition):
    make(ada, url)
    rival = browser_of(competition.teams.get(name="ben team").members.get().user)
    assert rival.get(f"{url}certificate/{Certificate.objects.get().pk}.pdf").status_code == 404


def test_markup_in_a_name_stays_text(over, ada, nobody, url):
    make(ada, url, "<img src=x>")
    assert "<img" not in text_of(nobody.get(f"/certificates/{Certificate.objects.get().code}/"))
