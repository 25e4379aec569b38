"""The traps about processes that were met on the way, and what a worker leaves behind."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from sandbox import Mount, Outcome, Run, Runner, RunRequest, SandboxError, Stage
from sandbox.bubblewrap import BubblewrapRunner
from tests.sandbox.makers import ROOT, make_limits, make_request, needs_root
from tests.sandbox.traces import all_traces, children

pytestmark = pytest.mark.sandbox
SLOTS = range(34, 38)
FREE: queue.SimpleQueue[int] = queue.SimpleQueue()
for _slot in SLOTS:
    FREE.put(_slot)


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


def test_fifty_runs_leave_nothing_behind(tmp_path: Path) -> None:
    _assert_runs_leave_nothing(tmp_path, 50)


@pytest.mark.slow
def test_a_thousand_runs_leave_nothing_behind(tmp_path: Path) -> None:
    """Counted: no process, control group, mount, file, descriptor or thread more than before."""
    _assert_runs_leave_nothing(tmp_path, 1000)


def test_whatever_is_left_behind_is_counted(tmp_path: Path) -> None:
    before = all_traces(SLOTS)
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    copies = Path("/var/tmp", f"tidemark-copies-{os.urandom(8).hex()}")
    copies.mkdir()
    after = all_traces(SLOTS)
    copies.rmdir()
    child.communicate()
    stop.set()
    thread.join()

    assert {what for what in before if before[what] != after[what]} == {"descriptors", "threads", "children", "files"}


def _assert_runs_leave_nothing(folder: Path, number: int) -> None:
    """With an input that has to be copied, scratch files, an output that is collected, an orphan, and now and then an
    end by force."""
    folder.chmod(0o755)
    (folder / "input").mkdir()
    (folder / "input/closed.txt").write_text("input")
    (folder / "input/closed.txt").chmod(0o600)
    traces = partial(all_traces, SLOTS, but=children())
    made = BubblewrapRunner()
    work = partial(_run_once, made, folder)
    work(0)
    _settle(lambda: True)
    before = traces()
    with ThreadPoolExecutor(len(SLOTS)) as pool:
        outcomes = Counter(pool.map(work, range(1, number + 1)))
    _settle(lambda: traces() == before)
    after = traces()
    made.close()

    assert outcomes == {Outcome.OK: number - number // 50, Outcome.TIME: number // 50}
    assert after == before


def _run_once(runner: Runner, folder: Path, number: int) -> Outcome:
    slot = FREE.get()
    is_endless = number % 50 == 1
    code = "import os; open('/input/closed.txt'); open('/tmp/b', 'w'); open('/output/a', 'w')"
    code += "; os.fork()" if number % 10 == 0 else ""
    request = RunRequest(
        f"many-{number}",
        Stage.PREDICT,
        ("/venv/bin/python", "-I", "-S", "-c", code + ("\nwhile True: pass" if is_endless else "")),
        (Mount(folder / "input", "/input", "input"),),
        make_limits(wall_seconds=0.3 if is_endless else 60),
    )
    try:
        with tempfile.TemporaryDirectory(dir=folder) as output:
            return runner.run(request, slot=slot, collect_to=Path(output)).outcome
    finally:
        FREE.put(slot)


def _settle(is_done: Callable[[], bool]) -> None:
    """The pair of processes that waits for the next run is made while the last one ends, and threads end by and by."""
    deadline = time.monotonic() + 10
    time.sleep(0.3)
    while not is_done() and time.monotonic() < deadline:
        time.sleep(0.1)


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
