"""The traps about processes that were met on the way, and what a worker leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox import Outcome, Run, Runner, SandboxError
from sandbox.bubblewrap import BubblewrapRunner
from sandbox.profile import FIRST_SLOT_UID
from tests.sandbox.makers import ROOT, make_limits, make_request, needs_root

pytestmark = pytest.mark.sandbox


def test_a_box_started_from_a_short_lived_thread_lives_as_long_as_it_needs() -> None:
    """The kernel kills children of a *thread* that ends; the launcher's one thread does not end."""
    made, runs = BubblewrapRunner(), []
    for _ in range(2):
        thread = threading.Thread(target=lambda: runs.append(made.run(make_request("import time; time.sleep(0.2)"))))
        thread.start()
        thread.join()
    made.close()

    assert [run.outcome for run in runs] == [Outcome.OK, Outcome.OK]


def test_a_forked_worker_uses_a_launcher_of_its_own(runner: BubblewrapRunner) -> None:
    runner.run(make_request("pass"))
    code = textwrap.dedent(f"""
        import os, sys
        sys.path.insert(0, {str(ROOT)!r})
        from sandbox import *
        runner = make_runner()
        request = lambda n: RunRequest(n, Stage.PREDICT, ("python", "-c", "pass"), (), Limits(5, 5, 128))
        runner.run(request("parent"))
        child = os.fork()
        if child == 0:
            ok = runner.run(request("child")).ok
            runner.close()
            os._exit(0 if ok else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert runner.run(request("again")).ok
        runner.close()
    """)
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


def test_a_run_goes_on_when_the_launcher_is_lost_and_the_next_has_a_new_one() -> None:
    made, started = BubblewrapRunner(), threading.Event()
    runs: list[Run] = []
    request = make_request("import time; time.sleep(0.5)")
    thread = threading.Thread(target=lambda: runs.append(made.run(request, on_start=started.set)))
    thread.start()
    assert started.wait(10)
    lost = made._launcher._pid
    os.kill(lost, signal.SIGKILL)
    thread.join(10)

    assert [run.outcome for run in runs] == [Outcome.OK]
    assert made.run(make_request("pass")).ok
    assert made._launcher._pid != lost
    made.close()


def test_a_lost_warden_is_our_fault_and_takes_its_box_along() -> None:
    made, started = BubblewrapRunner(), threading.Event()
    failure: list[SandboxError] = []

    def run() -> None:
        try:
            made.run(make_request("import time; time.sleep(62)"), on_start=started.set)
        except SandboxError as error:
            failure.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert started.wait(10)
    _wait_for(lambda: _pids_with("time.sleep(62)"), "the program to start")
    lost = _wardens_of(made)
    waiting = [pid for pid in _launchers() if _parent(pid) in lost]
    for pid in lost:
        os.kill(pid, signal.SIGKILL)
    thread.join(10)

    assert [str(error) for error in failure] == ["the launcher of the box died"]
    _wait_for(lambda: not _pids_with("time.sleep(62)"), "the box to die")
    # The pair that waits for the next request was killed, too. While it dies it could still take one with it.
    _wait_for(lambda: not set(waiting) & set(_launchers()), "the pair that waited to die")
    assert made.run(make_request("pass")).ok
    made.close()


def test_a_box_that_has_not_been_released_does_not_start_when_the_worker_is_killed() -> None:
    """bubblewrap takes the end of the pipe it waits at for the release, and is not yet bound to its parent."""
    code = textwrap.dedent(f"""
        import sys, time
        sys.path.insert(0, {str(ROOT)!r})
        from sandbox import *
        argv = ("python", "-c", "import time; time.sleep(63)")
        request = RunRequest("early", Stage.PREDICT, argv, (), Limits(60, 60, 128))
        def wait():
            print("waiting", flush=True)
            time.sleep(60)
        make_runner().run(request, on_start=wait)
    """)
    worker = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert worker.stdout is not None
    assert worker.stdout.readline() == b"waiting\n"
    assert _pids_with("time.sleep(63)")  # bubblewrap, not yet the program
    worker.kill()
    worker.wait()
    worker.stdout.close()

    _wait_for(lambda: not _pids_with("time.sleep(63)"), "the box to die")
    made = BubblewrapRunner()
    made.collect_garbage()
    made.close()


@needs_root
def test_a_fork_bomb_in_one_slot_leaves_the_other_slots_alone(runner: Runner) -> None:
    bomb = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    cancel, started = threading.Event(), threading.Event()
    request = make_request(bomb, limits=make_limits(wall_seconds=20, cpu_seconds=40))
    thread = threading.Thread(
        target=runner.run, args=(request,), kwargs={"slot": 10, "cancel": cancel, "on_start": started.set}
    )
    thread.start()
    started.wait(10)
    time.sleep(0.3)
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'pass'], check=True)"
    runs = [runner.run(make_request(code), slot=11) for _ in range(2)]
    cancel.set()
    thread.join()

    assert [run.outcome for run in runs] == [Outcome.OK, Outcome.OK]


def test_killing_the_worker_leaves_nothing_behind() -> None:
    """W3: no process, control group or folder outlives the worker."""
    code = textwrap.dedent(f"""
        import sys
        sys.path.insert(0, {str(ROOT)!r})
        from sandbox import *
        fork = "import os, time; os.fork(); os.fork(); print('up', flush=True); time.sleep(61)"
        request = RunRequest("killed", Stage.PREDICT, ("python", "-c", fork), (), Limits(60, 60, 128))
        make_runner().run(request, on_log=lambda data: print("up", flush=True))
    """)
    mounts = Path("/proc/self/mountinfo").read_text()
    worker = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert worker.stdout is not None
    assert worker.stdout.readline() == b"up\n"
    assert len(_pids_with("time.sleep(61)")) >= 4
    worker.kill()
    worker.wait()
    worker.stdout.close()

    _wait_for(lambda: not _pids_with("time.sleep(61)") and not _orphaned_launchers(), "the box and its launcher to die")
    made = BubblewrapRunner()
    made.collect_garbage()
    assert _groups_of(worker.pid) == []
    assert made.collect_garbage() == 0
    assert Path("/proc/self/mountinfo").read_text() == mounts
    made.close()


def test_fifty_runs_leave_nothing_behind() -> None:
    made = BubblewrapRunner()
    made.run(make_request("pass"))
    before = _traces()
    for number in range(50):
        assert made.run(make_request("open('/output/a', 'w'); open('/tmp/b', 'w')"), slot=20 + number % 3).ok
    time.sleep(0.1)  # the pair that waits for the next run is being made

    assert _traces() == before
    made.close()


def _traces() -> dict[str, object]:
    names = [name for folder in ("/tmp", "/var/tmp", "/dev/shm") for name in map(str, Path(folder).iterdir())]
    return {
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "groups": _groups_of(os.getpid()),
        "mounts": Path("/proc/self/mountinfo").read_text(),
        "files": sorted(name for name in names if "/tidemark-copies-" in name),
        "processes": _box_processes(),
        "threads": threading.active_count(),
    }


def _box_processes() -> int:
    """Processes of the users of the slots used, alive or not yet reaped."""
    uids = {FIRST_SLOT_UID + slot for slot in range(20, 23)}
    count = 0
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                count += entry.stat().st_uid in uids
            except OSError:
                continue
    return count


def _wait_for(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)


def _pids_with(marker: str) -> list[int]:
    """Processes with the marker in their command line, apart from this and the worker that the test starts."""
    return [
        int(entry.name)
        for entry in _processes()
        if marker in (said := _command(entry.name)) and "RunRequest" not in said
    ]


def _orphaned_launchers() -> list[int]:
    """Launchers whose worker is gone have become children of the first process."""
    launchers = [int(entry.name) for entry in _processes() if "sandbox/launch.py" in _command(entry.name)]
    return [pid for pid in launchers if _parent(pid) == 1]


def _wardens_of(runner: BubblewrapRunner) -> list[int]:
    return [pid for pid in _launchers() if _parent(pid) == runner._launcher._pid]


def _launchers() -> list[int]:
    return [int(entry.name) for entry in _processes() if "sandbox/launch.py" in _command(entry.name)]


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return -1


def _processes() -> list[os.DirEntry[str]]:
    return [entry for entry in os.scandir("/proc") if entry.name.isdigit()]


def _command(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:
        return ""


def _groups_of(pid: int) -> list[str]:
    return [str(path) for path in Path("/sys/fs/cgroup").rglob(f"tidemark.{pid}.*")]
