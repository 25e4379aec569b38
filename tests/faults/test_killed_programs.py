"""A worker is killed while a contestant's program runs, or can make no box at all: that is never the contestant's
fault, leaves nothing behind, and the program is run again, once."""

import textwrap
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from competitions.models import Competition, Execution, Submission, Team, WorkerReport
from competitions.queries.submissions import used_by
from competitions.services import boxes, program_runs, queueing, scoring_runs
from competitions.store import Store
from sandbox import Runner
from sandbox.bubblewrap import BubblewrapRunner
from sandbox.runtimes import BuiltRuntime
from tests import makers
from tests.contest_files import csv_of, make_table_contest, truth
from tests.journeys.contestants import import_contest
from tests.processes import processes_with
from tests.runtimes import make_built_runtime
from tests.site import Site, wait_until

pytestmark = [pytest.mark.fault, pytest.mark.sandbox, pytest.mark.timeout(300)]
SAMPLE = "    sample_submission: data/sample_submission.csv\n"
CODE = """\
    code:
      runtime: python-geo
      accepts: [script]
      inputs: inputs
      trial: trial
      limits: {wall_seconds: 60, memory_mib: 256}
"""
PERSON = """
from django.utils import timezone
from competitions.models import Competition
from competitions.services import people, teams
now, contest = timezone.now(), Competition.objects.get()
user = people.create_verified_user(username="t", email="t@example.org", password=None)
teams.join(user=user, competition=contest, team_name="Team", terms=contest.terms.last(), now=now)
answer = people.create_token(user=user, name="test", now=now)[1]
"""
BEFORE = """
from competitions.services import people, program_runs
program_runs.announce(program_runs.offered_runtimes())
answer = str(people.create_verified_user(username="owner", email="owner@example.org", password=None))
"""
STATE = """
from competitions.models import Evaluation, EvaluationEvent, Execution, ExecutionEvent, RunRecord, Submission
from competitions.queries.submissions import allowance_for
from django.utils import timezone
submission = Submission.objects.get()
allowance = allowance_for(submission.team, submission.phase, now=timezone.now())
answer = {
    "evaluation": Evaluation.objects.get().status,
    "runs": list(Execution.objects.order_by("pk").values_list("kind", "status", "attempt")),
    "moves": list(ExecutionEvent.objects.filter(execution__kind="full").values_list("new", flat=True)),
    "scored": EvaluationEvent.objects.filter(new="scored").count(),
    "records": list(RunRecord.objects.filter(execution__kind="full").values_list("stage", "attempt")),
    "log": Execution.objects.order_by("pk").last().log,
    "used": [allowance.used.today, allowance.used.rejected_today],
}
"""


@pytest.fixture
def built(tmp_path: Path) -> BuiltRuntime:
    return make_built_runtime(tmp_path / "runtimes")


# -- killed -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def site(blank_site: Site, tmp_path: Path, built: BuiltRuntime) -> Iterator[Site]:
    variables = {
        "TIDEMARK_LEASE_SECONDS": "6",
        "TIDEMARK_SWEEP_SECONDS": "2",
        "TIDEMARK_CODE_SLOTS": "1",
        "TIDEMARK_WORKER_SLOTS": "1",
        "TIDEMARK_RUNTIMES": str(built.path.parent),
    }
    site = Site(tmp_path / "home", variables)
    site.begin_as(blank_site)
    contest = make_table_contest(tmp_path / "contest")
    for name in ("inputs", "trial"):
        (contest / name).mkdir()
        (contest / name / "which.txt").write_text(name)
    text = (
        (contest / "competition.yaml").read_text().replace("    sample_submission: data/sample_submission.csv\n", CODE)
    )
    (contest / "competition.yaml").write_text(text)
    site.python(BEFORE)
    import_contest(site, contest, owner="owner")
    site.start()
    yield site
    site.stop()
    assert site.children("") == []


def slow_program(mark: str) -> bytes:
    """Quick in its trial; on the test inputs it starts a child that the host can find by its mark."""
    prediction = csv_of([value + 0.5 for value in truth()])
    code = f"""
        import subprocess, sys
        print("started", flush=True)
        if open("data/which.txt").read() == "inputs":
            subprocess.run([sys.executable, "-c", "import time; time.sleep(4)", "{mark}"])
        open("submission/p.csv", "wb").write({prediction!r})
    """
    return textwrap.dedent(code).encode()


def test_a_killed_worker_leaves_no_orphan_and_the_program_is_run_again_once_and_scored(site: Site) -> None:
    """W3, W8: of programs, too."""
    mark = f"mark-{uuid.uuid4().hex}"
    answer = site.send(
        "POST",
        "/api/v1/competitions/tide-levels/submissions/?name=main.py",
        body=slow_program(mark),
        token=site.python(PERSON),
        headers={"Content-Type": "application/octet-stream"},
    )
    assert answer.status == 201, answer.body
    wait_until(lambda: processes_with(mark), seconds=90, what="the program runs on the test inputs")
    assert site.kill("-Q executions") > 0
    killed_at = time.monotonic()
    wait_until(lambda: not processes_with(mark), seconds=10, what="no process of the box is left")
    gone_after = time.monotonic() - killed_at

    def scored() -> Any:
        state = site.python(STATE)
        assert state["evaluation"] in {"waiting", "queued", "running", "scored"}, state
        return state if state["evaluation"] == "scored" else None

    state = wait_until(scored, seconds=120, every=2, what="the program was run again and scored")
    assert state["runs"] == [["trial", "done", 1], ["full", "done", 2]]
    assert state["moves"] == ["queued", "running", "queued", "running", "done"]
    assert state["records"] == [["unpack", 2], ["predict", 2]]
    assert (state["scored"], state["log"], state["used"]) == (1, "started\n", [1, 0])
    assert processes_with(mark) == []
    assert gone_after < 10


# -- no box -----------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["/bin/false", "/usr/bin/no-bwrap"], ids=["bubblewrap fails", "there is none"])
def broken(request: pytest.FixtureRequest) -> Iterator[Runner]:
    made = BubblewrapRunner(program=request.param)
    yield made
    made.close()


@pytest.fixture
def program(
    competition: Competition, team: Team, built: BuiltRuntime, store: Store, tmp_path: Path, settings: Any
) -> Submission:
    (tmp_path / "inputs").mkdir()
    (tmp_path / "inputs" / "which.txt").write_text("inputs")
    settings.RUNTIMES_DIR, settings.MAX_ATTEMPTS = built.path.parent, 2
    digest = store.put_inputs(tmp_path / "inputs")
    makers.make_code_task(
        competition, runtime=makers.make_runtime(built.digest), inputs_digest=digest, trial_inputs_digest=""
    )
    return makers.make_program_submission(team, content=b"open('submission/p.csv', 'w').write('x')")


@pytest.mark.django_db
def test_a_box_that_cannot_start_is_never_the_contestant_s_fault(
    program: Submission, built: BuiltRuntime, store: Store, broken: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring_runs, "PAUSE_AFTER_FAULT_SECONDS", 0)
    monkeypatch.setattr(program_runs, "BEAT_SECONDS", 3600)  # it would not see this test's transaction
    found = {built.digest: built}
    for status in ("queued", "failed"):
        program_runs.work(makers.claim_run(runtimes=(built.digest,)), runner=broken, store=store, built=found)
        assert Execution.objects.get().status == status
    evaluation = program.evaluations.get()
    assert (evaluation.failure_kind, evaluation.problems) == ("platform", [])
    used = used_by(program.team, program.phase, since=program.submitted_at)
    assert (used.today, used.in_all, used.rejected_today) == (0, 0, 0)

    queueing.retry(evaluation, now=timezone.now())
    mended = boxes.make_runner()
    program_runs.work(makers.claim_run(runtimes=(built.digest,)), runner=mended, store=store, built=found)
    mended.close()
    assert Execution.objects.get().status == "done"


@pytest.mark.django_db
def test_a_worker_that_can_make_no_box_takes_no_program_and_says_why(
    program: Submission, broken: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring_runs, "_fitness", None)
    scoring_runs.fitness(worker="code", now=timezone.now(), make_runner=lambda: broken)
    assert program_runs.work_off_the_queue(worker="code") == 0
    monkeypatch.setattr(scoring_runs, "_fitness", None)
    execution = program.executions.get()
    assert (execution.status, execution.attempt) == ("queued", 0)
    report = WorkerReport.objects.get()
    assert not report.is_fit
    assert "no box can be made" in report.findings[0]
