"""The same code on PostgreSQL and a Redis server, named by two variables, with workers that were started elsewhere."""

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from tests.contest_files import make_table_contest, split_prediction
from tests.contests.day_ahead import contest as day_ahead
from tests.journeys.contestants import Contestant, import_contest, make_contestants, make_owner
from tests.servers import postgresql, redis_server
from tests.site import REPOSITORY, Site, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.sandbox, pytest.mark.slow]
SLUG = "tide-levels"
TEAMS, UPLOADS = ("north", "east", "south", "west"), 20
STATE = f"""
from collections import Counter
from django.db import connection
from competitions.models import Evaluation, EvaluationEvent, Score, Standing
evaluations = Evaluation.objects.filter(submission__phase__competition__slug="{SLUG}")
scored = EvaluationEvent.objects.filter(new="scored", evaluation__in=evaluations)
standings = Standing.objects.filter(board__phase__competition__slug="{SLUG}")
answer = {{
    "database": connection.vendor,
    "states": Counter(evaluations.values_list("status", flat=True)),
    "scored": Counter(scored.values_list("evaluation", flat=True)),
    "workers": Counter(scored.values_list("worker", flat=True)),
    "scores": Score.objects.filter(evaluation__in=evaluations).count(),
    "best": {{
        kind: dict(standings.filter(board__kind=kind).values_list("team__name", "value"))
        for kind in ("public", "private")
    }},
}}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("scaled-out")
    with postgresql() as database_url, redis_server() as redis_url:
        variables = {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "TIDEMARK_SWEEP_SECONDS": "2",
            "TIDEMARK_WORKER_SLOTS": "0",
            "TIDEMARK_CODE_SLOTS": "0",
        }
        site = Site(folder / "home", variables)
        site.manage("migrate", "--verbosity=0")
        make_owner(site, "owner")
        import_contest(site, make_table_contest(folder / "contest", slug=SLUG, per_day=0), owner="owner")
        site.start()
        yield site
        site.stop()
        assert site.children("") == []


@pytest.fixture(scope="module")
def contestants(site: Site) -> list[Contestant]:
    return make_contestants(site, *TEAMS, slug=SLUG)


@contextmanager
def worker_elsewhere(site: Site, name: str, *, queue: str = "evaluations", **variables: str) -> Iterator[None]:
    """What an operator starts on another machine that shares the database, the broker and the files."""
    command = ["-m", "celery", "-A", "competitions", "worker", "-Q", queue, "-c", "2", "-n", f"{name}@%h"]
    log = site.home / f"{name}.log"
    with log.open("ab") as output:
        worker = subprocess.Popen(
            [sys.executable, *command, "--loglevel", "INFO"],
            cwd=REPOSITORY,
            env={**site.environment, **variables},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        wait_until(lambda: b"ready." in log.read_bytes(), seconds=60, what=f"the worker {name} is ready")
        yield
    finally:
        worker.send_signal(signal.SIGTERM)
        try:
            worker.wait(timeout=30)
        finally:
            worker.kill()
            worker.wait()


def test_nothing_of_the_embedded_default_is_running(site: Site) -> None:
    assert site.children("redis-server") == []
    assert not (site.home / "tidemark.sqlite3").exists()
    assert site.get("/healthz").status == 200


def scored_by(site: Site, contestants: Sequence[Contestant], names: Sequence[str]) -> dict[str, Any]:
    """Upload while the workers run, and the state once all is scored."""
    with ExitStack() as workers:
        for name in names:
            workers.enter_context(worker_elsewhere(site, name))
        for number in range(UPLOADS):
            sent = contestants[number % len(TEAMS)].upload(prediction(number), f"p{number}.csv")
            assert sent["status"] in {"queued", "running", "scored"}

        def all_scored() -> Any:
            state = site.python(STATE)
            return state if not {"queued", "running"} & set(state["states"]) else None

        found: dict[str, Any] = wait_until(all_scored, seconds=120, every=1, what="all uploads are scored")
    return found


def prediction(number: int) -> bytes:
    """Later uploads are better."""
    public = (UPLOADS - number) / 8
    return split_prediction(public, private=public + 0.5)


def test_a_site_without_workers_queues_and_a_worker_elsewhere_takes_all_of_it(
    site: Site, contestants: list[Contestant]
) -> None:
    assert site.children("evaluations") == []
    sent = contestants[0].upload(split_prediction(9.0, private=9.5), "waits.csv")
    assert contestants[0].submission(sent["number"])["status"] == "queued"
    with worker_elsewhere(site, "only"):
        outcome = contestants[0].outcome(sent["number"])
    assert outcome["status"] == "scored"


def test_with_two_workers_each_upload_is_scored_once(site: Site, contestants: list[Contestant]) -> None:
    before = site.python(STATE)
    state = scored_by(site, contestants, ("first", "second"))
    best: dict[str, dict[str, float]] = {"public": {}, "private": {}}
    for number in range(UPLOADS):
        team, public = TEAMS[number % len(TEAMS)].title(), (UPLOADS - number) / 8
        best["public"][team], best["private"][team] = public, public + 0.5
    assert state["database"] == "postgresql"
    assert set(state["scored"].values()) == {1}
    assert len(state["scored"]) - len(before["scored"]) == UPLOADS
    assert state["scores"] - before["scores"] == UPLOADS * 4  # two metrics, two splits
    assert state["best"] == best
    board = site.get(f"/api/v1/competitions/{SLUG}/leaderboard/").json()
    ranked = sorted(best["public"].items(), key=lambda item: item[1])
    assert [(row["team"], row["value"]) for row in board["results"]] == ranked
    assert sum(row["entries"] for row in board["results"]) == state["states"]["scored"]


def test_a_refused_file_and_pages_work_as_on_one_machine(site: Site, contestants: list[Contestant]) -> None:
    """The path that the other test does not take: problems, allowance and pages, all from PostgreSQL."""
    contestant = contestants[0]
    before = contestant.allowance()["used_today"]
    number = contestant.upload(split_prediction(0.5, 0.5).replace(b"r0003,", b"r0003,nan", 1), "bad.csv")["number"]
    with worker_elsewhere(site, "checking"):
        outcome = contestant.outcome(number)
    assert (outcome["status"], outcome["failure_kind"]) == ("failed", "invalid")
    assert "Line 5, column 'y'" in outcome["problems"][0]["message"]
    assert contestant.allowance()["used_today"] == before
    assert "North" in contestant.page("leaderboard/") + contestant.page("submissions/")
    assert "bad.csv" in contestant.page("submissions/", "ja")


WORKERS = """
from competitions.models import WorkerReport
rows = WorkerReport.objects.filter(queues=["executions"])
answer = [[row.is_fit, row.capacity, [one["name"] for one in row.runtimes]] for row in rows]
"""


def test_a_program_waits_for_a_worker_that_has_its_runtime(
    site: Site, tmp_path_factory: pytest.TempPathFactory
) -> None:
    import_contest(site, day_ahead.make_contest(tmp_path_factory.mktemp("day-ahead") / "contest"), owner="owner")
    (contestant,) = make_contestants(site, "programmer", slug="day-ahead")
    number = contestant.upload(day_ahead.program("persistence"), "persistence.py")["number"]
    empty = str(tmp_path_factory.mktemp("no-runtimes"))
    with worker_elsewhere(site, "bare", queue="executions", TIDEMARK_RUNTIMES=empty):
        wait_until(lambda: [True, 0, []] in site.python(WORKERS), seconds=60, every=1, what="the bare worker reports")
        assert contestant.submission(number)["status"] == "waiting"
    with (
        worker_elsewhere(site, "scoring"),
        worker_elsewhere(site, "equipped", queue="executions", TIDEMARK_CODE_SLOTS="2"),
    ):
        outcome = contestant.outcome(number, seconds=120)
    assert outcome["status"] == "scored"
    expected = day_ahead.expected(day_ahead.persistence(0), 0)["mae", "public"]
    assert outcome["scores"]["mae"] == pytest.approx(expected, abs=5e-4)
    assert [True, 2, ["python-geo"]] in site.python(WORKERS)
