"""Before its release the private split is for organisers only: nobody else finds it in an answer, mail or log.

The private scores have digits that appear nowhere else, and rank the teams the other way round than the public ones.
Everybody else asks every route in every way there is, and every answer is searched for them.
"""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from competitions.models import Evaluation, Phase, Submission, WinnerAudit
from competitions.services import (
    board_releases,
    evaluations,
)
from tests.competitions.questions import BOARDS, questions, readings
from tests.competitions.secret_contest import (
    INNARDS,
    NAMES,
    PRIVATE_MAE,
    PRIVATE_RMSE,
    SCORES,
    SECRETS,
    found_in,
    has_private_order,
    others,
    searched,
    set_up_secret,
)
from tests.competitions.stage import WITHOUT_PRIVILEGE, Stage, ask, taken_back

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker) -> Iterator[Stage]:
    """One stage for the whole file; each test is taken back."""
    with taken_back(django_db_blocker):
        yield set_up_secret()


@pytest.fixture
def last_submission(stage: Stage) -> Submission:
    """The contestant's, that was scored after a fault."""
    return stage.team.submissions.exclude(pk__in=[stage.submission.pk, stage.waiting.pk]).get()


# -- before the release -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", WITHOUT_PRIVILEGE)
def test_no_answer_tells_anything_private(stage: Stage, role: str):
    asked, leaks = 0, {}
    for route, method, address, content in questions(stage):
        answer = ask(stage.client(role, route), method, address, **content)
        assert answer.status_code not in {429, 500}, address
        if found := found_in(searched(answer)):
            leaks[f"{method} {address}"] = found
        asked += 1
    assert leaks == {}
    assert asked > 500
    assert [found_in(str(message.message())) for message in mail.outbox if found_in(str(message.message()))] == []


@pytest.mark.parametrize("role", WITHOUT_PRIVILEGE)
def test_a_fault_of_ours_tells_nothing_either(stage: Stage, last_submission: Submission, role: str):
    texts = {
        address: searched(ask(stage.client(role, route), "GET", address))
        for route, address in others(stage, last_submission)
    }
    assert {address: found for address, text in texts.items() if (found := found_in(text))} == {}
    assert ("a fault on our side" in "".join(texts.values())) == (role == "contestant")


@pytest.mark.parametrize("role", ["contestant", "rival"])
def test_the_api_tells_a_browsers_session_no_more_than_a_token(stage: Stage, role: str):
    for route, address, content in readings(stage):
        if route.startswith("api:"):
            assert found_in(searched(ask(stage.browsers[role], "GET", address, **content))) == set(), address


@pytest.mark.parametrize("route", BOARDS)
@pytest.mark.parametrize("kind", ["private", "final"])
def test_asking_for_a_board_that_waits_reads_no_standing_and_looks_as_if_it_did_not_exist(
    stage: Stage, route: str, kind: str
):
    for role in WITHOUT_PRIVILEGE:
        client, address = stage.client(role, route), reverse(route, args=[stage.competition.slug])
        asked = {name: _asked(client, f"{address}?kind={name}") for name in (kind, "imaginary")}
        assert asked[kind] == asked["imaginary"]
        plain = [sql.replace("scoringversion", "").replace("hides_scores", "") for sql in asked[kind][1]]
        assert not [sql for sql in plain if "standing" in sql or "score" in sql]


def _asked(client: Client, address: str) -> tuple[int, list[str]]:
    cache.clear()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        status = client.get(address).status_code
    statements = [re.sub(r"'[^']*'|\d+", "?", query["sql"]).lower() for query in queries]
    return status, [sql for sql in statements if not sql.startswith(("savepoint", "release", "update"))]


def test_an_organiser_who_looked_leaves_nothing_in_a_cache(stage: Stage):
    cache.clear()
    for route in BOARDS:
        address = f"{reverse(route, args=[stage.competition.slug])}?kind=private"
        shown = stage.client("organiser", route).get(address)
        assert found_in(searched(shown))
        assert "public" not in shown.get("Cache-Control", "")
        assert "Cookie" in shown["Vary"]
        for role in WITHOUT_PRIVILEGE:
            assert stage.client(role, route).get(address).status_code == 404
    assert found_in(str(getattr(cache, "_cache", {}))) == set()


# -- the search would find it ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["organiser", "operator"])
def test_organisers_find_it_in_the_same_search(stage: Stage, role: str):
    found: dict[str, set[str]] = {}
    for route, address, content in readings(stage):
        answer = ask(stage.client(role, route), "GET", address, **content)
        found[route] = found.get(route, set()) | found_in(searched(answer))
    for route in (*BOARDS, "pages:organiser", "pages:organiser_csv", "pages:submission"):
        assert any(SCORES.match(one) for one in found[route]), route
    assert "the private order" in found["pages:leaderboard"] & found["api:leaderboard"] & found["api:leaderboard_csv"]
    assert "hidden-scene" in found["pages:submission"]


# -- after the release ------------------------------------------------------------------------------------------------


@pytest.fixture
def released(stage: Stage) -> Stage:
    """The contest is over and everything is scored: the sweeper opens the boards."""
    now = timezone.now()
    Phase.objects.filter(competition=stage.competition).update(ends_at=now - timedelta(days=1))
    evaluations.cancel(Evaluation.objects.get(submission=stage.waiting), now=now)
    assert board_releases.release_due(now=now) == 0, "the winners are still being audited"
    WinnerAudit.objects.filter(competition=stage.competition).update(published_at=now)
    assert board_releases.release_due(now=now) == 1
    return stage


@pytest.mark.parametrize("role", WITHOUT_PRIVILEGE)
@pytest.mark.parametrize("route", BOARDS)
@pytest.mark.parametrize("kind", ["private", "final"])
def test_after_the_release_everybody_sees_the_private_board_as_it_is_shown(released: Stage, role, route, kind):
    address = reverse(route, args=[released.competition.slug])
    text = searched(ask(released.client(role, route), "GET", f"{address}?kind={kind}&phase=main"))
    assert has_private_order(text)
    for value in (*PRIVATE_RMSE.values(), *PRIVATE_MAE.values()):
        assert f"{value:.3f}" in text
        assert str(value)[:6] not in text
    assert not NAMES.search(text)
    assert not INNARDS.search(text)


def test_after_the_release_a_team_sees_its_own_private_scores_and_a_rival_still_nothing(released: Stage):
    route = "pages:submission"
    address = reverse(route, args=[released.competition.slug, released.submission.pk])
    mine = searched(ask(released.browsers["contestant"], "GET", address))
    assert f"{PRIVATE_RMSE[1]:.3f}" in mine
    assert "hidden-scene-77" in mine
    assert not INNARDS.search(mine)
    for role in ("rival", "visitor", "juror", "sponsor"):
        assert ask(released.browsers[role], "GET", address).status_code == 404


@pytest.mark.parametrize("role", ["anonymous", "rival"])
def test_after_the_release_nobody_else_learns_scenes_paths_or_further_digits(released: Stage, role: str):
    for route, address, content in readings(released):
        text = searched(ask(released.client(role, route), "GET", address, **content))
        assert not NAMES.search(text), address
        assert not INNARDS.search(text), address
        assert not [value for value in SECRETS if str(value)[:6] in text], address
