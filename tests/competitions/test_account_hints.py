"""Hints that several accounts may be one person: shown to organisers, and nothing is done about them."""

import pytest

from competitions.models import AuditEvent, User
from competitions.queries.account_hints import HintKind, account_hints, mailbox
from competitions.queries.teams import team_of
from tests import makers
from tests.competitions.pages.conftest import browser_of, text_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("email", "plain"),
    [
        ("Ann.Lee+2@Example.org", "annlee@example.org"),
        ("annlee@example.org", "annlee@example.org"),
        ("annlee@example.com", "annlee@example.com"),
        ("+@example.org", ""),
        ("", ""),
    ],
)
def test_an_address_is_compared_without_what_servers_ignore(email, plain):
    assert mailbox(email) == plain


def test_the_same_file_from_two_teams_is_a_hint_and_from_one_team_is_none(competition, team, rival):
    makers.make_submission(team, content=b"same")
    makers.make_submission(team_of(rival, competition), content=b"same")
    for _ in range(2):
        makers.make_submission(team, content=b"own")
    (hint,) = account_hints(competition)
    assert (hint.kind, hint.teams, hint.people) == (
        HintKind.SAME_FILE,
        ("contestant team", "rival team"),
        ("contestant", "rival"),
    )


def test_the_organisers_sample_is_sent_by_everybody_and_is_no_hint(competition, team, rival):
    task = competition.tasks.get()
    task.sample_submission = makers.make_blob(b"sample")
    task.save()
    for one in (team, team_of(rival, competition)):
        makers.make_submission(one, content=b"sample")
    assert account_hints(competition) == []


def test_two_spellings_of_one_mailbox_are_a_hint(competition, team, rival):
    User.objects.filter(username="contestant").update(email="Ann.Lee@example.org")
    User.objects.filter(username="rival").update(email="annlee+2@example.org")
    (hint,) = account_hints(competition)
    assert (hint.kind, hint.evidence, hint.people) == (
        HintKind.SAME_ADDRESS,
        "annlee@example.org",
        ("contestant", "rival"),
    )


def test_organisers_see_hints_and_nobody_else_does(competition, organiser, team, contestant, rival):
    makers.make_submission(team, content=b"same")
    makers.make_submission(team_of(rival, competition), content=b"same")
    address = f"/competitions/{competition.slug}/organiser/"
    page = text_of(browser_of(organiser).get(address))
    assert "Accounts that may be one person" in page
    assert "nothing is done by itself" in page
    assert browser_of(contestant).get(address).status_code == 404
    assert AuditEvent.objects.count() == 0
