"""Workers and brokers are killed while a hundred uploads wait: none is lost, none is scored twice."""

import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contest_files import make_table_contest, offset_prediction
from tests.journeys.contestants import import_contest, make_owner
from tests.site import Site, wait_until

pytestmark = [pytest.mark.fault, pytest.mark.sandbox, pytest.mark.timeout(600)]

TEAMS = 4
WORKER, BROKER = "-Q evaluations", "redis-server"
STATE = """
from collections import Counter
from competitions.models import Evaluation, EvaluationEvent, Score, Standing
answer = {
    "states": Counter(Evaluation.objects.values_list("status", flat=True)),
    "scored_events": Counter(EvaluationEvent.objects.filter(new="scored").values_list("evaluation", flat=True)),
    "scores": Score.objects.count(),
    "requeued": EvaluationEvent.objects.filter(old="running", new="queued").count(),
    "best": list(Standing.objects.filter(board__kind="public").order_by("team").values_list("value", flat=True)),
}
"""
PEOPLE = """
from django.utils import timezone
from competitions.models import Competition
from competitions.services import people, teams
now, contest, answer = timezone.now(), Competition.objects.get(), []
for number in range({teams}):
    user = people.create_verified_user(username=f"t{{number}}", email=f"t{{number}}@example.org", password=None)
    teams.join(user=user, competition=contest, team_name=f"Team {{number}}", terms=contest.terms.last(), now=now)
    answer.append(people.create_token(user=user, name="test", now=now)[1])
"""


@pytest.fixture(scope="module")
def prepared(blank_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site with the contest that was never started: each test has a copy of its folder."""
    folder = tmp_path_factory.mktemp("prepared")
    site = Site(folder / "home")
    site.begin_as(blank_site)
    make_owner(site, "owner")
    import_contest(site, make_table_contest(folder / "contest", per_day=0), owner="owner")
    return site


@pytest.fixture
def site(prepared: Site, tmp_path: Path) -> Iterator[Site]:
    shutil.copytree(prepared.home, tmp_path / "home")
    site = Site(tmp_path / "home", {"TIDEMARK_LEASE_SECONDS": "6", "TIDEMARK_SWEEP_SECONDS": "2"})
    site.start()
    yield site
    site.stop()
    assert site.children("") == []


def upload_all(site: Site, count: int) -> list[float]:
    """Uploads by several teams; returns the best (smallest) offset of each team."""
    tokens = site.python(PEOPLE.format(teams=TEAMS))
    rng, best = random.Random(5), [float("inf")] * TEAMS
    for number in range(count):
        team, offset = number % TEAMS, rng.randrange(1, 64) / 8
        best[team] = min(best[team], offset)
        answer = site.send(
            "POST",
            "/api/v1/competitions/tide-levels/submissions/?name=p.csv",
            body=offset_prediction(offset),
            token=tokens[team],
            headers={"Content-Type": "application/octet-stream"},
        )
        assert answer.status == 201, answer.body
    return best


def assert_all_scored_once(site: Site, count: int, best: list[float]) -> None:
    def is_finished() -> bool:
        return site.counts("competitions_evaluation", "status") == {"scored": count}

    wait_until(is_finished, seconds=400, every=1, what=f"{count} uploads scored")
    state = site.python(STATE)
    assert state["states"] == {"scored": count}
    assert Counter(state["scored_events"].values()) == {1: count}
    assert state["scores"] == count * 4
    assert state["best"] == best


@pytest.mark.parametrize("victims", [(WORKER,), (BROKER,), (WORKER, BROKER)], ids=["worker", "broker", "both"])
def test_a_hundred_uploads_survive_kill_minus_nine(site: Site, victims: tuple[str, ...]) -> None:
    """W3, W8: every upload is scored, and scored once."""
    count = 100
    best = upload_all(site, count)
    for _ in range(3):
        time.sleep(2)
        for victim in victims:
            wait_until(lambda victim=victim: site.kill(victim), seconds=30, what=f"{victim} runs, to be killed")
    assert_all_scored_once(site, count, best)
