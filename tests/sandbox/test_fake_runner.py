"""The fake behaves enough like a box for the tests of what stands around it."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from sandbox import Half, Limits, Mount, Outcome, OutputSpec, Runner, RunRequest, SandboxError, Stage, run_joined
from sandbox.fake import FakeRunner, make_run


def make_request(
    code: str, *mounts: Mount, stage: Stage = Stage.NORMALISE, wall: float = 10, **more: object
) -> RunRequest:
    limits = Limits(wall_seconds=wall, cpu_seconds=10, memory_mib=256)
    return RunRequest("run", stage, ("/venv/bin/python", "-c", code), mounts, limits, **more)  # type: ignore[arg-type]


def test_places_in_the_box_become_places_of_the_host(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/x").write_text("x!")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/ours.py").write_text("import sys\nopen(sys.argv[2], 'w').write(open(sys.argv[1]).read())")
    mounts = (Mount(tmp_path / "in", "/input", "input"), Mount(tmp_path / "lib", "/app", "library"))
    argv = ("python", "-m", "ours", "/input/x", "/output/y")
    limits = Limits(wall_seconds=10, cpu_seconds=10, memory_mib=256)
    runner: Runner = FakeRunner()

    request = RunRequest("run", Stage.SCORE, argv, mounts, limits, {"PYTHONPATH": "/app"}, (OutputSpec("y", 10),))
    run = runner.run(request, collect_to=tmp_path / "out")

    assert (run.outcome, run.files) == (Outcome.OK, ("y",)), run.stderr
    assert (tmp_path / "out/y").read_text() == "x!"


def test_outcomes_are_told_apart() -> None:
    runner = FakeRunner()

    crashed = runner.run(make_request("import sys; print('log'); sys.exit(3)"))
    slow = runner.run(make_request("import time; time.sleep(30)", wall=0.3))
    cancel = threading.Event()
    cancel.set()
    cancelled = runner.run(make_request("import time; time.sleep(30)"), cancel=cancel)
    missing = make_request("pass", outputs=(OutputSpec("y", 10),))

    assert (crashed.outcome, crashed.exit_code, crashed.stdout) == (Outcome.CRASHED, 3, b"log\n")
    assert slow.outcome is Outcome.TIME
    assert cancelled.outcome is Outcome.OURS
    assert runner.run(missing, collect_to=Path("/nowhere")).outcome is Outcome.OUTPUT
    assert len(runner.requests) == 4


def test_two_fakes_are_joined_by_a_pipe() -> None:
    started = time.monotonic()
    writer = make_request("import sys; sys.stdout.buffer.write(bytes(1 << 20))")
    reader = make_request("import sys; print(len(sys.stdin.buffer.read()))", stage=Stage.SCORE)

    written, read = run_joined(FakeRunner(), Half(writer, 0), Half(reader, 1))

    assert (written.ok, read.ok, read.stdout) == (True, True, b"1048576\n")
    assert time.monotonic() - started < 8


def test_a_script_is_answered_in_order_and_then_nothing_more() -> None:
    memory = make_run(Outcome.MEMORY, peak_memory_mib=99.0)
    runner = FakeRunner([memory, SandboxError("disk full"), lambda request, _: make_run(reason=request.run_id)])

    assert runner.run(make_request("pass")) is memory
    with pytest.raises(SandboxError, match="disk full"):
        runner.run(make_request("pass"))
    assert runner.run(make_request("pass")).reason == "run"
    with pytest.raises(AssertionError, match="no answer left for run run"):
        runner.run(make_request("pass"))
