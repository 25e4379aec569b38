"""A run is repeated from its record, in a real box: the same bytes, or every file that is not the same."""

import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from competitions.models import Competition, Execution, Task, Team
from competitions.services import boxes, program_runs, scoring_runs
from competitions.store import Store
from sandbox import Runner
from sandbox.runtimes import BuiltRuntime
from tests import makers
from tests.runtimes import make_built_runtime

pytestmark = [pytest.mark.sandbox, pytest.mark.django_db]
HONEST = b"""
words = open("data/scene.txt").read()
open("submission/a.csv", "w").write(words)
open("submission/b.csv", "w").write(words * 2)
"""
RANDOM = b"""
import os
open("submission/same.csv", "w").write("same")
open("submission/other.csv", "wb").write(os.urandom(8))
open("submission/" + os.urandom(4).hex(), "w").write("x")
"""
STEPS = b"""
import os
step = os.environ["TIDEMARK_STEP"]
open("submission/p.csv", "w").write("id,y\\n" + step + ",1\\n")
open("new_state/s", "wb").write(os.urandom(4) if step == "2" else b"")
"""
UNDONE = b"raise SystemExit(3)"


@pytest.fixture(autouse=True)
def _fit(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The boxes of this machine are proved by tests of their own; and a heartbeat would look through a connection of
    its own, which does not see the test's transaction."""
    monkeypatch.setattr(program_runs, "BEAT_SECONDS", 3600)
    runner = boxes.make_runner()
    monkeypatch.setattr(scoring_runs, "examine", lambda _: scoring_runs.Fitness(runner, (), 0.0))
    yield
    runner.close()


@pytest.fixture
def built(tmp_path: Path, settings: Any) -> BuiltRuntime:
    settings.RUNTIMES_DIR = tmp_path / "runtimes"
    return make_built_runtime(settings.RUNTIMES_DIR)


@pytest.fixture
def task(competition: Competition, built: BuiltRuntime, store: Store, tmp_path: Path) -> Task:
    for name in ("plain/scene.txt", "stepped/1/x", "stepped/2/x"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(name)
    digest = store.put_inputs(tmp_path / "plain")
    runtime = makers.make_runtime(built.digest)
    return makers.make_code_task(competition, runtime=runtime, inputs_digest=digest, trial_inputs_digest="")


def ran(team: Team, built: BuiltRuntime, store: Store, content: bytes) -> Execution:
    """A worker has run the program."""
    submission = makers.make_program_submission(team, content=content)
    runner: Runner = boxes.make_runner()
    claim = makers.claim_run(runtimes=(built.digest,))
    program_runs.work(claim, runner=runner, store=store, built={built.digest: built})
    runner.close()
    execution = submission.executions.get()
    assert execution.status in {"done", "failed"}, execution.events.last().detail
    return execution


def repeated(execution: Execution, *options: str) -> tuple[int, str]:
    """Exit status, and what was printed or complained about."""
    out = io.StringIO()
    try:
        call_command("repeat_run", str(execution.pk), *options, stdout=out)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    except CommandError as error:
        return error.returncode, str(error)
    return 0, out.getvalue()


def test_a_deterministic_program_writes_the_same_bytes_again(task: Task, team: Team, built, store) -> None:
    execution = ran(team, built, store, HONEST)
    assert repeated(execution) == (0, "bit-identical: 2 files\n")
    task.code = {**task.code, "accepts": ["zip"], "limits": {"wall_seconds": 0.001}}  # as of today; it was otherwise
    task.save()
    status, text = repeated(execution, "--json")
    told = json.loads(text)
    assert (status, told["verdict"], told["differences"], told["outcome"]) == (0, "bit-identical", [], "ok")
    assert told["same_box"]
    execution.refresh_from_db()
    assert (execution.status, execution.attempt, execution.runs.count()) == ("done", 1, 2)


def test_a_program_that_writes_random_bytes_is_found_out(task: Task, team: Team, built, store) -> None:
    status, text = repeated(ran(team, built, store, RANDOM))
    lines = text.splitlines()
    assert (status, lines[0]) == (1, "different:")
    assert sorted(line.split(":")[0].strip() for line in lines[1:]) == ["differs", "differs", "extra", "missing"]
    assert sum("submission/other.csv" in line for line in lines) == 1
    assert sum("prediction.zip" in line for line in lines) == 1
    assert "same.csv" not in text


def test_a_time_step_that_differs_is_named(task: Task, team: Team, built, store, tmp_path: Path) -> None:
    task.code = {**task.code, "steps": {"by": "folder"}}
    task.save()
    task.current_version.inputs_digest = store.put_inputs(tmp_path / "stepped")
    task.current_version.save()
    status, text = repeated(ran(team, built, store, STEPS), "--json")
    (difference,) = json.loads(text)["differences"]
    assert status == 1
    assert (difference["what"], difference["name"], difference["step"]) == ("differs", "new_state/s", "2")
    assert len(difference["was"]) == len(difference["now"]) == 64


def test_a_failure_is_repeated_too(task: Task, team: Team, built, store) -> None:
    execution = ran(team, built, store, UNDONE)
    assert repeated(execution) == (0, "bit-identical: 0 files\n")
    execution.runs.filter(stage="predict").update(outcome="memory")
    assert repeated(execution) == (1, "different:\n  the program ended as crashed; it was memory\n")


def test_what_is_gone_is_named(task: Task, team: Team, built, store, settings: Any, tmp_path: Path) -> None:
    execution = ran(team, built, store, HONEST)
    inputs = store.inputs_path(execution.inputs_digest)
    (inputs / "scene.txt").write_text("other")
    status, text = repeated(execution)
    assert (status, f"the inputs {execution.inputs_digest} are gone" in text) == (2, True)
    shutil.rmtree(inputs)
    assert repeated(execution)[0] == 2
    store.put_inputs(tmp_path / "plain")
    blob = store.blob_path(execution.submission.blob.sha256)
    blob.rename(tmp_path / "blob")
    status, text = repeated(execution)
    assert (status, "the upload" in text) == (2, True)
    (tmp_path / "blob").rename(blob)
    settings.RUNTIMES_DIR = tmp_path / "nowhere"
    status, text = repeated(execution)
    assert (status, f"the runtime {execution.runtime} ({built.digest}) is not in" in text) == (2, True)


def test_there_must_have_been_a_run(task: Task, team: Team, built) -> None:
    waiting = makers.make_program_submission(team).executions.get()
    assert repeated(waiting) == (
        2,
        f"not repeated: run {waiting.pk} is queued, and no box of its program was recorded",
    )
    assert repeated(Execution(pk=999_999)) == (2, "not repeated: there is no run 999999")


def test_a_machine_whose_boxes_do_not_hold_repeats_nothing(task: Task, team: Team, monkeypatch) -> None:
    waiting = makers.make_program_submission(team).executions.get()
    unfit = scoring_runs.Fitness(boxes.make_runner(), ["the network is reachable"], 0.0)
    monkeypatch.setattr(scoring_runs, "examine", lambda _: unfit)
    assert repeated(waiting) == (2, "no program is run here: the network is reachable")
