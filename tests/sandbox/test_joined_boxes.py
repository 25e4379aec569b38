"""Two boxes and a pipe."""

from __future__ import annotations

import os
import time

import pytest

from sandbox import Half, Outcome, Run, Runner, RunRequest, SandboxError, Stage, run_joined
from tests.sandbox.makers import make_limits, make_request

pytestmark = pytest.mark.sandbox


WRITE = "import sys\nfor _ in range(100): sys.stdout.buffer.write(bytes(1 << 20))"
READ = "import sys\nn = 0\nwhile data := sys.stdin.buffer.read(1 << 20): n += len(data)\nprint(n)"


def test_two_boxes_are_joined_by_a_pipe_that_no_limit_of_stdout_cuts(runner: Runner) -> None:
    written, read = _joined(runner, WRITE, READ)

    assert (written.outcome, read.outcome) == (Outcome.OK, Outcome.OK)
    assert read.stdout == b"104857600\n"
    assert written.stdout == b""


def test_the_reader_sees_the_end_when_the_writer_crashes(runner: Runner) -> None:
    written, read = _joined(runner, "print('x' * 9); import sys; sys.stdout.flush(); 1 / 0", READ)

    assert (written.outcome, read.outcome, read.stdout) == (Outcome.CRASHED, Outcome.OK, b"10\n")


def test_the_writer_is_not_left_waiting_when_the_reader_crashes(runner: Runner) -> None:
    written, read = _joined(runner, WRITE, "import sys; sys.exit(4)")

    assert (written.outcome, read.outcome) == (Outcome.CRASHED, Outcome.CRASHED)
    assert b"Broken" in written.stderr
    assert written.wall_seconds < 5


def test_when_one_box_cannot_be_made_the_other_is_ended(runner: Runner) -> None:
    broken = RunRequest("broken", Stage.SCORE, ("nothing",), (), make_limits())

    started = time.monotonic()
    with pytest.raises(SandboxError, match="no program"):
        run_joined(runner, Half(make_request("import time; time.sleep(30)"), 0), Half(broken, 1))

    assert time.monotonic() - started < 5


def test_descriptors_stay_the_caller_s(runner: Runner) -> None:
    read_end, write_end = os.pipe()
    run = runner.run(make_request("print('through')"), stdout_fd=write_end)
    os.close(write_end)

    assert os.read(read_end, 100) == b"through\n"
    assert os.read(read_end, 100) == b""
    os.close(read_end)
    assert run.stdout == b""


def test_two_boxes_that_run_at_once_share_nothing(runner: Runner) -> None:
    """C4: temporary folders and shared memory."""
    leave = (
        "import os, time\nfor p in ('/dev/shm', '/tmp'): open(p + '/mark', 'w')\nprint('x', flush=True); time.sleep(1)"
    )
    look = """
        import os, sys
        sys.stdin.read(1)
        print([p for p in ('/dev/shm/mark', '/tmp/mark') if os.path.exists(p)], len(os.listdir('/tmp')))
    """
    _, read = _joined(runner, leave, look)

    assert read.stdout == b"[] 0\n"


def _joined(runner: Runner, writer: str, reader: str) -> tuple[Run, Run]:
    return run_joined(runner, Half(make_request(writer), 0), Half(make_request(reader, stage=Stage.SCORE), 1))
