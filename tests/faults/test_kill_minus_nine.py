"""Workers and brokers are killed while a hundred uploads wait: none is lost, none is scored twice."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contest_files import make_table_contest, offset_prediction
from tests.launching import PUBLISH_ON_SITE
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


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path / "home", {"TIDEMARK_LEASE_SECONDS": "6", "TIDEMARK_SWEEP_SECONDS": "2"})
    site.manage("migrate", "--verbosity=0")
    contest = make_table_contest(tmp_path / "contest", per_day=0)
    site.python(
        "from competitions.services import people\nanswer = str(people.create_verified_user("
        "username='owner', email='owner@example.org', password=None))"
    )
    site.manage("import_competition", str(contest), "--owner=owner")
    site.python(PUBLISH_ON_SITE.format(slug="tide-levels"))
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
    def finished() -> dict | None:
        state = site.python(STATE)
        return state if state["states"] == {"scored": count} else None

    state = wait_until(finished, seconds=400, every=3, what=f"{count} uploads scored")
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
