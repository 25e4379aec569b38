"""A code worker's turn, with boxes that are scripted: what is recorded, what is told, what is given back."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from competitions.models import Competition, Execution, Runtime, Submission, Team, WorkerReport
from competitions.programs import CodeRules
from competitions.services import executions, moves, program_runs, scoring_runs, slots, submissions
from competitions.services.program_boxes import ProgramJob
from competitions.services.program_runs import Progress
from competitions.status import FailureKind
from competitions.store import Store
from sandbox import Outcome, Run, RunRequest, SandboxError, Stage, layout
from sandbox.fake import Answer, FakeRunner, make_run
from sandbox.runtimes import BuiltRuntime
from tests import makers
from tests.runtimes import make_built_runtime

pytestmark = pytest.mark.django_db
PREDICTION = b"id,y\na,1\n"


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And a machine of its own, quiet but for the test. A heartbeat would look through a connection of its own, which
    does not see the test's transaction."""
    monkeypatch.setattr(program_runs, "BEAT_SECONDS", 3600)
    monkeypatch.setattr(scoring_runs, "PAUSE_AFTER_FAULT_SECONDS", 0)
    monkeypatch.setattr(scoring_runs, "_fitness", None)
    monkeypatch.setattr(slots, "_lock_folder", lambda: tmp_path)


@pytest.fixture
def built(tmp_path: Path) -> BuiltRuntime:
    return make_built_runtime(tmp_path / "runtimes")


@pytest.fixture
def inputs(tmp_path: Path, store: Store) -> str:
    (tmp_path / "inputs").mkdir()
    (tmp_path / "inputs" / "scene.csv").write_text("id\na\n")
    return store.put_inputs(tmp_path / "inputs")


@pytest.fixture
def program(competition: Competition, team: Team, built: BuiltRuntime, inputs: str) -> Submission:
    """Without trial inputs, so that the one run is the run that counts."""
    runtime = makers.make_runtime(built.digest)
    makers.make_code_task(competition, runtime=runtime, inputs_digest=inputs, trial_inputs_digest="")
    return makers.make_program_submission(team)


# -- answers of boxes -------------------------------------------------------------------------------------------------


def unpacked(entry: str = "main.py", problems: tuple[Mapping[str, Any], ...] = ()) -> Answer:
    def answer(request: RunRequest, folder: Path | None) -> Run:
        assert request.stage is Stage.NORMALISE
        assert folder is not None
        (folder / "program").mkdir(parents=True)
        (folder / "program" / entry).write_text("pass")
        status = "invalid" if problems else "ok"
        report = {"status": status, "problems": list(problems), "total": len(problems), "entry": entry}
        (folder / "report.json").write_text(json.dumps(report))
        return make_run(cpu_seconds=9.0)  # our own program's time is nobody's

    return answer


def wrote(files: Mapping[str, bytes] | None = None, **fields: Any) -> Answer:
    def answer(request: RunRequest, folder: Path | None) -> Run:
        assert request.stage is Stage.PREDICT
        assert folder is not None
        for name, content in (files or {"submission/p.csv": PREDICTION}).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        return make_run(**{"stdout": b"worked\n", "wall_seconds": 2.0, "cpu_seconds": 1.0, **fields})

    return answer


def ended(outcome: Outcome, **fields: Any) -> Run:
    return make_run(outcome, **fields)


def broken_disk(request: RunRequest, folder: Path | None) -> Run:
    raise OSError("the disk is broken")


def turn(store: Store, built: BuiltRuntime, *script: Answer) -> tuple[Execution, FakeRunner]:
    """One claimed run is worked on."""
    claim = makers.claim_run(runtimes=(built.digest,))
    runner = FakeRunner(script)
    program_runs.work(claim, runner=runner, store=store, built={built.digest: built})
    return Execution.objects.get(pk=claim.pk), runner


# -- what becomes of it -----------------------------------------------------------------------------------------------


def test_what_a_program_wrote_is_kept_and_its_use_is_told(program, store, built) -> None:
    use = {"wall_seconds": 2.5, "cpu_seconds": 1.25, "peak_memory_mib": 44.0, "stderr": b"warned\n"}
    execution, _ = turn(store, built, unpacked(), wrote(**use))
    assert (execution.status, execution.outcome, execution.failure_kind) == ("done", "ok", "")
    assert (execution.wall_seconds, execution.cpu_seconds, execution.peak_memory_mib) == (2.5, 1.25, 44.0)
    assert execution.log == "worked\nwarned\n"
    assert execution.prediction_name == "p.csv"
    assert store.blob_path(execution.prediction.sha256).read_bytes() == PREDICTION
    assert program.evaluations.get().status == "queued"


@pytest.mark.parametrize("outcome", [Outcome.CRASHED, Outcome.TIME, Outcome.MEMORY, Outcome.OUTPUT, Outcome.VIOLATION])
def test_however_a_program_ends_badly_its_team_reads_one_sentence_and_it_counts(
    program, store, built, outcome: Outcome
) -> None:
    execution, _ = turn(store, built, unpacked(), ended(outcome, reason="One sentence.", stdout=b"so far\n"))
    assert (execution.status, execution.failure_kind) == ("failed", FailureKind.PROGRAM)
    assert (execution.outcome, execution.reason, execution.log) == (outcome, "One sentence.", "so far\n")
    assert program.evaluations.get().failure_kind == FailureKind.PROGRAM


def test_an_archive_that_is_refused_is_told_and_the_program_never_runs(program, store, built) -> None:
    problem = {"code": "program_no_main", "where": "", "params": {"expected": ["main.py"]}, "message": "no main.py"}
    execution, runner = turn(store, built, unpacked(problems=(problem,)))
    assert (execution.failure_kind, execution.problems) == (FailureKind.INVALID, [problem])
    assert [request.stage for request in runner.requests] == [Stage.NORMALISE]
    assert program.evaluations.get().problems == [problem]


@pytest.mark.parametrize("outcome", [Outcome.TIME, Outcome.MEMORY, Outcome.OUTPUT, Outcome.VIOLATION])
def test_an_archive_that_brings_its_reader_down_is_invalid(program, store, built, outcome: Outcome) -> None:
    execution, _ = turn(store, built, ended(outcome))
    assert execution.failure_kind == FailureKind.INVALID
    assert execution.problems[0]["code"].startswith("file_")


@pytest.mark.parametrize(
    "script",
    [
        [SandboxError("no box")],
        [make_run(Outcome.CRASHED, exit_code=1)],
        [unpacked(), SandboxError("no box")],
        [make_run()],
        [unpacked(), broken_disk],
    ],
    ids=["no box for the archive", "our unpacker crashed", "no box for the program", "no report", "disk"],
)
def test_what_breaks_on_our_side_goes_back_into_the_queue(program, store, built, script: list[Answer]) -> None:
    execution, _ = turn(store, built, *script)
    assert (execution.status, execution.failure_kind, execution.reason) == ("queued", "", "")
    assert program.evaluations.get().status == "waiting"
    assert execution.events.last().detail.startswith(("SandboxError: ", "OSError: "))
    assert not execution.runs.exists()


def test_a_program_that_writes_nothing_is_told_so(program, store, built) -> None:
    execution, _ = turn(store, built, unpacked(), wrote({"elsewhere.csv": b"x"}))
    assert (execution.outcome, execution.failure_kind) == ("output", "program")
    assert execution.reason == "The program ended without writing a file to submission/."


def test_several_files_become_one_zip_and_the_same_files_the_same_bytes(program, store, built, team: Team) -> None:
    files = {f"submission/{name}": name.encode() for name in ("b/two.tif", "one.tif")}
    execution, _ = turn(store, built, unpacked(), wrote(files))
    assert execution.prediction_name == "prediction.zip"
    makers.make_program_submission(team, content=b"# other\n")
    again, _ = turn(store, built, unpacked(), wrote(dict(reversed(files.items()))))
    assert again.prediction == execution.prediction


# -- what the boxes are asked for -------------------------------------------------------------------------------------


def test_the_box_of_a_program_sees_its_inputs_and_nothing_of_ours(program, store, built, inputs: str) -> None:
    _, runner = turn(store, built, unpacked(), wrote())
    unpack, predict = runner.requests
    assert {mount.kind for mount in unpack.mounts} == {"library", "prediction"}
    assert {mount.at: mount.kind for mount in predict.mounts} == {
        "/inside": "library",
        "/code": "code",
        "/input": "input",
    }
    assert next(mount.source for mount in predict.mounts if mount.at == "/input") == store.inputs_path(inputs)
    assert (predict.runtime, predict.workdir, predict.env) == (built.path, "/code", {})
    assert not predict.local_sockets


def test_a_notebook_is_run_by_the_notebook_s_runner(program, store, built) -> None:
    _, runner = turn(store, built, unpacked("main.ipynb"), wrote())
    predict = runner.requests[1]
    assert predict.argv[-2:] == ("/inside/run_notebook.py", "main.ipynb")
    assert predict.local_sockets


def test_a_run_keeps_the_limits_that_it_was_queued_with(program, store, built) -> None:
    task = program.task
    task.code = {**task.code, "limits": {"wall_seconds": 5}}
    task.save()
    _, runner = turn(store, built, unpacked(), wrote())
    assert runner.requests[1].limits.wall_seconds == 600


def test_every_box_leaves_its_proof(program, store, built, inputs: str) -> None:
    execution, _ = turn(store, built, unpacked(), wrote(runtime_digest=built.digest))
    unpack, predict = execution.runs.all()
    assert (unpack.stage, unpack.input_digest, unpack.outputs) == ("unpack", program.blob.sha256, {})
    assert (predict.stage, predict.input_digest, predict.code_digest) == ("predict", inputs, program.blob.sha256)
    assert predict.runtime_digest == built.digest
    assert list(predict.outputs) == ["submission/p.csv"]
    assert predict.limits["wall_seconds"] == 600


# -- time steps -------------------------------------------------------------------------------------------------------


@pytest.fixture
def stepped(program: Submission, store: Store, tmp_path: Path) -> Submission:
    for day in ("2026-01-02", "2026-01-01", "2026-01-03"):
        (tmp_path / "days" / day).mkdir(parents=True)
        (tmp_path / "days" / day / "x.csv").write_text(day)
    digest = store.put_inputs(tmp_path / "days")
    task = program.task
    task.code = {**task.code, "steps": {"by": "folder"}, "limits": {"wall_seconds": 10, "cpu_seconds": 8}}
    task.submission = {**task.submission, "kind": "table"}
    task.save()
    program.executions.update(inputs_digest=digest, limits=CodeRules.of(task.code).limits.as_dict())
    task.current_version.inputs_digest = digest
    task.current_version.save()
    return program


def joined(status: str = "ok", **fields: Any) -> Answer:
    def answer(request: RunRequest, folder: Path | None) -> Run:
        assert folder is not None
        folder.mkdir()
        parts = next(mount.source for mount in request.mounts if mount.kind == "prediction")
        table = b"".join(path.read_bytes() for path in sorted(parts.iterdir()))
        (folder / "prediction.csv").write_bytes(table)
        (folder / "report.json").write_text(json.dumps({"status": status, "problems": [], "total": 0, **fields}))
        return make_run()

    return answer


def step(text: str, **fields: Any) -> Answer:
    return wrote({"submission/p.csv": f"{text}\n".encode(), "new_state/memory": text.encode()}, **fields)


def test_each_step_sees_its_own_inputs_and_what_the_last_one_left(stepped, store, built) -> None:
    seen: list[str] = []

    def remembering(request: RunRequest, folder: Path | None) -> Run:
        state = next(mount.source for mount in request.mounts if mount.at == "/state")
        seen.append(" ".join(path.read_text() for path in state.iterdir()))
        answer = step(request.env["TIDEMARK_STEP"])
        assert callable(answer)
        return answer(request, folder)

    execution, runner = turn(store, built, unpacked(), remembering, remembering, remembering, joined())
    days = ["2026-01-01", "2026-01-02", "2026-01-03"]
    predictions = runner.requests[1:4]
    shown = [next(mount.source for mount in one.mounts if mount.at == "/input") for one in predictions]
    assert [path.name for path in shown] == days
    assert seen == ["", "2026-01-01", "2026-01-02"]
    assert store.blob_path(execution.prediction.sha256).read_text().split() == days
    assert [run.step for run in execution.runs.all()] == ["", *days, ""]
    assert [run.stage for run in execution.runs.all()] == ["unpack", "predict", "predict", "predict", "join"]
    assert all("--step" in one.argv for one in predictions)


def test_the_times_are_for_all_steps_together(stepped, store, built) -> None:
    use = {"wall_seconds": 4.0, "cpu_seconds": 3.0}
    execution, runner = turn(
        store, built, unpacked(), step("1", **use), step("2", **use), step("3", wall_seconds=1.0), joined()
    )
    assert [request.limits.wall_seconds for request in runner.requests[1:4]] == [10, 6, 2]
    assert [request.limits.cpu_seconds for request in runner.requests[1:4]] == [8, 5, 2]
    assert (execution.wall_seconds, execution.cpu_seconds) == (9.0, 7.0)


def test_a_step_that_fails_ends_the_run_and_is_named(stepped, store, built) -> None:
    execution, runner = turn(store, built, unpacked(), step("1"), ended(Outcome.CRASHED, reason="It crashed."))
    assert execution.reason == "It crashed. (time step 2026-01-02)"
    assert execution.failure_kind == "program"
    assert len(runner.requests) == 3


def test_a_step_without_a_table_or_with_two_is_named(stepped, store, built, team: Team) -> None:
    none, two = wrote({"new_state/x": b""}), wrote({"submission/a": b"", "submission/b": b""})
    execution, _ = turn(store, built, unpacked(), step("1"), none, step("3"))
    assert execution.reason == "The program ended without writing a file to submission/. (time step 2026-01-02)"
    makers.make_program_submission(team, content=b"#\n")
    execution, _ = turn(store, built, unpacked(), step("1"), step("2"), two)
    assert execution.reason == "A time step must write one table to submission/. (time step 2026-01-03)"


def test_tables_that_do_not_join_are_told_and_count_for_the_program_has_seen_the_inputs(stepped, store, built) -> None:
    problem = {"code": "step_empty", "where": "", "params": {"step": 2}, "message": "Time step 2: ..."}
    refused = joined("invalid", problems=[problem], total=1)
    execution, _ = turn(store, built, unpacked(), step("1"), step("2"), step("3"), refused)
    assert (execution.outcome, execution.failure_kind, execution.problems) == ("output", "program", [problem])
    assert program_cost(stepped) == "program"
    assert stepped.evaluations.get().problems == [problem]


def program_cost(submission: Submission) -> str:
    return submission.evaluations.get().failure_kind


def test_files_of_steps_that_are_no_tables_are_put_together(stepped, store, built, team: Team) -> None:
    task = stepped.task
    task.submission = {**task.submission, "kind": "raster"}
    task.save()
    maps = [wrote({f"submission/{number}.tif": b"map"}) for number in range(3)]
    execution, _ = turn(store, built, unpacked(), *maps)
    assert execution.prediction_name == "prediction.zip"
    makers.make_program_submission(team, content=b"#\n")
    execution, _ = turn(store, built, unpacked(), *[wrote({"submission/map.tif": b"map"})] * 3)
    assert execution.reason == "Two time steps wrote map.tif; name files after their step."


def test_inputs_without_steps_are_the_organiser_s_mistake(stepped, store, built, inputs: str) -> None:
    stepped.executions.update(inputs_digest=inputs)
    execution, _ = turn(store, built, unpacked())
    assert execution.status == "queued"
    assert "one for each time step" in execution.events.last().detail


# -- timing -----------------------------------------------------------------------------------------------------------


def timed(program: Submission, **code: Any) -> None:
    task = program.task
    task.code = {**task.code, **code}
    task.save()


def test_a_timed_program_counts_by_its_fastest_run_on_a_quiet_machine(program, store, built) -> None:
    timed(program, timing_runs=3)
    first, slow, fast = wrote(wall_seconds=1.0), wrote(wall_seconds=5.0), wrote(wall_seconds=3.0, cpu_seconds=2.0)
    execution, runner = turn(store, built, unpacked(), first, slow, fast, slow)
    assert (execution.wall_seconds, execution.cpu_seconds) == (3.0, 2.0)
    assert [run.stage for run in execution.runs.all()] == ["unpack", "predict", "timing", "timing", "timing"]
    assert [request.limits.wall_seconds for request in runner.requests[1:]] == [600] * 4
    assert len({request.run_id for request in runner.requests}) == 5


def test_a_timed_run_that_fails_takes_nothing_away(program, store, built) -> None:
    timed(program, timing_runs=2)
    failing = ended(Outcome.TIME)
    execution, _ = turn(store, built, unpacked(), wrote(wall_seconds=2.0), failing, failing)
    assert (execution.status, execution.wall_seconds) == ("done", 2.0)


def test_a_trial_is_not_timed(competition: Competition, team: Team, store, built, inputs: str) -> None:
    runtime = makers.make_runtime(built.digest)
    makers.make_code_task(competition, runtime=runtime, trial_inputs_digest=inputs, timing_runs=3)
    makers.make_program_submission(team)
    execution, runner = turn(store, built, unpacked(), wrote())
    assert (execution.kind, execution.status) == ("trial", "done")
    assert runner.requests[1].limits.wall_seconds == 60


# -- cancelled and lost -----------------------------------------------------------------------------------------------


def test_a_run_that_is_stopped_is_neither_recorded_nor_given_back(program, store, built) -> None:
    def stopped(request: RunRequest, folder: Path | None) -> Run:
        submissions.cancel(program, user=program.user, now=timezone.now())
        return make_run(Outcome.OURS)

    execution, _ = turn(store, built, unpacked(), stopped)
    assert (execution.status, execution.log) == ("cancelled", "")
    assert [event.new for event in execution.events.all()] == ["queued", "running", "cancelled"]
    assert program.evaluations.get().failure_kind == FailureKind.STOPPED


def test_a_run_that_was_lost_meanwhile_is_dropped(program, store, built, now: datetime) -> None:
    def requeued(request: RunRequest, folder: Path | None) -> Run:
        assert executions.requeue_stuck(now=now + timedelta(hours=1)) == 1
        answer = wrote()
        assert callable(answer)
        return answer(request, folder)

    execution, _ = turn(store, built, unpacked(), requeued)
    assert (execution.status, execution.prediction) == ("queued", None)


def test_the_box_is_told_to_stop_when_the_heartbeat_finds_the_run_cancelled(program, now: datetime) -> None:
    claim = makers.claim_run(runtimes=(program.task.runtime.digest,))
    progress = Progress(claim)
    assert progress.beat()
    executions.cancel(program.evaluations.get(), now=now)
    assert not progress.beat()


def test_the_heartbeat_extends_the_lease_in_time(program, settings, monkeypatch, now: datetime) -> None:
    settings.LEASE_SECONDS = 3
    claim = makers.claim_run(runtimes=(program.task.runtime.digest,), now=now - timedelta(seconds=60))
    progress = Progress(claim)
    progress._leased_at -= 2
    assert progress.beat()
    assert Execution.objects.get().lease_expires_at > now


def test_a_team_sees_the_live_log_of_public_inputs_only(program, now: datetime) -> None:
    claim = makers.claim_run(runtimes=(program.task.runtime.digest,))
    for is_shown, expected in ((False, ""), (True, "halfway\n")):
        progress = Progress(claim, is_shown=is_shown)
        progress.take(b"halfway\n")
        progress.enter_step("3/9")
        assert progress.beat()
        execution = Execution.objects.get()
        assert (execution.log, execution.progress) == (expected, "3/9")


# -- the worker -------------------------------------------------------------------------------------------------------


def fit(monkeypatch: pytest.MonkeyPatch, runner: FakeRunner) -> None:
    monkeypatch.setattr(scoring_runs, "_fitness", scoring_runs.Fitness(runner, (), float("inf")))


def test_a_worker_announces_its_runtimes_and_works_off_the_queue(program, built, settings, monkeypatch) -> None:
    Runtime.objects.filter(pk=program.task.runtime_id).update(packages={"old": "1"})
    settings.RUNTIMES_DIR = built.path.parent
    other = make_built_runtime(built.path.parent, "python-torch", "2")
    fit(monkeypatch, FakeRunner([unpacked(), wrote()]))
    assert program_runs.work_off_the_queue(worker="code") == 1
    assert Runtime.objects.get(digest=other.digest).version == "2"
    assert Runtime.objects.get(digest=built.digest).packages == {"old": "1"}  # announced once, never changed
    assert Execution.objects.get().status == "done"


def test_a_worker_says_what_it_offers(db: None, built, settings, monkeypatch) -> None:
    settings.RUNTIMES_DIR, settings.CODE_SLOTS = built.path.parent, 3
    monkeypatch.setattr("competitions.services.boxes.make_runner", FakeRunner)
    state = scoring_runs.fitness(
        worker="code",
        now=timezone.now(),
        offer=scoring_runs.Offer("executions", 3, [{"name": built.name, "digest": built.digest}]),
        make_runner=FakeRunner,
    )
    assert state.is_fit
    report = WorkerReport.objects.get()
    assert (report.queues, report.capacity) == (["executions"], 3)
    assert report.runtimes == [{"name": built.name, "digest": built.digest}]


def test_a_worker_without_a_runtime_or_without_boxes_takes_nothing(program, built, settings, monkeypatch) -> None:
    settings.RUNTIMES_DIR = built.path.parent / "nowhere"
    fit(monkeypatch, FakeRunner([]))
    assert program_runs.work_off_the_queue(worker="code") == 0
    settings.RUNTIMES_DIR = built.path.parent
    unfit = scoring_runs.Fitness(FakeRunner([]), ["the network is reachable"], float("inf"))
    monkeypatch.setattr(scoring_runs, "_fitness", unfit)
    assert program_runs.work_off_the_queue(worker="code") == 0
    assert Execution.objects.get().attempt == 0


# -- the same job again -----------------------------------------------------------------------------------------------


def test_the_same_record_makes_the_same_job(program, store, built) -> None:
    execution = Execution.objects.select_related("submission__blob", "submission__task", "runtime").get()

    def job() -> ProgramJob:
        return replace(program_runs.job_of(execution, store=store, runtime=built), run_id="same")

    assert job() == job()
    assert job().limits.wall_seconds == 600
    assert moves.claimed_rows(Execution, moves.Claim(execution.pk, 1, "code")).count() == 0
    assert (layout.INSIDE.source / "start.py").is_file()
