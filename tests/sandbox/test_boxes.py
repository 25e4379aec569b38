"""Real boxes: outcomes, output, pipes, staging, the traps that were met on the way, and what is left behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox import Half, Limits, Mount, Outcome, OutputSpec, Run, Runner, RunRequest, SandboxError, Stage, run_joined
from sandbox.bubblewrap import BubblewrapRunner
from sandbox.profile import FIRST_SLOT_UID, Profile

pytestmark = pytest.mark.sandbox
ROOT = Path(__file__).parents[2]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has a uid per slot and stages mounts")


@pytest.fixture(scope="module")
def runner() -> Iterator[BubblewrapRunner]:
    made = BubblewrapRunner()
    yield made
    made.close()


def make_limits(**changes: float) -> Limits:
    return Limits(**({"wall_seconds": 10, "cpu_seconds": 10, "memory_mib": 512} | changes))  # type: ignore[arg-type]


def make_request(code: str, *mounts: Mount, stage: Stage = Stage.NORMALISE, **changes: object) -> RunRequest:
    limits = changes.pop("limits", make_limits())
    argv = ("python", "-c", textwrap.dedent(code))
    return RunRequest(f"test-{time.monotonic_ns()}", stage, argv, mounts, limits, **changes)  # type: ignore[arg-type]


# ---- results --------------------------------------------------------------------------------------------------------


def test_a_program_s_output_and_use_are_told(runner: Runner, tmp_path: Path) -> None:
    code = """
        import os, sys
        os.mkdir("/output/maps")
        open("/output/maps/a.tif", "w").write("a" * 10)
        open("/output/b.csv", "w").write("b")
        print("said"); print("complained", file=sys.stderr)
        data = bytearray(50 << 20)
        for place in range(0, len(data), 4096): data[place] = 1
        import time
        end = time.process_time() + 0.2
        while time.process_time() < end: pass
    """
    run = runner.run(make_request(code), collect_to=tmp_path / "output")

    assert (run.outcome, run.exit_code, run.signal, run.ok) == (Outcome.OK, 0, None, True)
    assert (run.stdout, run.stderr) == (b"said\n", b"complained\n")
    assert run.files == ("b.csv", "maps/a.tif")
    assert (tmp_path / "output/maps/a.tif").read_text() == "a" * 10
    assert 50 <= run.peak_memory_mib < 100
    assert 0.2 <= run.cpu_seconds < 1.5
    assert 0.2 <= run.wall_seconds < 5


def test_only_declared_files_are_kept_and_a_missing_one_is_told(runner: Runner, tmp_path: Path) -> None:
    declared = (OutputSpec("b.csv", max_bytes=10),)
    both = "open('/output/b.csv', 'w').write('b'); open('/output/c.csv', 'w')"

    kept = runner.run(make_request(both, outputs=declared), collect_to=tmp_path / "kept")
    missing = runner.run(make_request("pass", outputs=declared), collect_to=tmp_path / "missing")
    large = runner.run(make_request("open('/output/b.csv', 'w').write('b' * 11)", outputs=declared))

    assert kept.files == ("b.csv",)
    assert (missing.outcome, missing.reason) == (Outcome.OUTPUT, "The program ended without writing /output/b.csv.")
    assert (large.outcome, large.reason) == (Outcome.OUTPUT, "/output/b.csv has 11 bytes; at most 10 are allowed.")


def test_a_log_can_be_followed_live_up_to_its_limit(runner: Runner) -> None:
    seen: list[tuple[float, bytes]] = []
    code = "import time; print('first'); time.sleep(0.4); print('second')"

    run = runner.run(make_request(code), on_log=lambda data: seen.append((time.monotonic(), data)))

    assert b"".join(data for _, data in seen) == run.stdout == b"first\nsecond\n"
    assert seen[-1][0] - seen[0][0] > 0.2


def test_a_run_can_be_cancelled(runner: Runner) -> None:
    cancel = threading.Event()
    threading.Timer(0.3, cancel.set).start()

    run = runner.run(make_request("import time; time.sleep(30)"), cancel=cancel)

    assert (run.outcome, run.reason) == (Outcome.OURS, "The run was cancelled.")
    assert run.wall_seconds < 3


def test_a_box_that_cannot_be_made_is_our_fault(runner: Runner, tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="is missing"):
        runner.run(make_request("pass", Mount(tmp_path / "gone", "/input", "input")))
    request = RunRequest("x", Stage.PREDICT, ("no-such-program",), (), make_limits())
    with pytest.raises(SandboxError, match="no program 'no-such-program'"):
        runner.run(request)
    broken = BubblewrapRunner(program="/usr/bin/no-bwrap")
    with pytest.raises(SandboxError, match="No such file or directory: /usr/bin/no-bwrap"):
        broken.run(make_request("pass"))
    assert broken.self_test()[0].what.startswith("no box can be made")
    broken.close()


def test_bubblewrap_s_own_failure_is_told_in_its_words() -> None:
    broken = BubblewrapRunner(program="/bin/false")
    try:
        with pytest.raises(SandboxError, match="the box could not be made"):
            broken.run(make_request("pass"))
    finally:
        broken.close()


def test_output_that_cannot_be_stored_is_our_fault_and_overwrites_nothing(runner: Runner, tmp_path: Path) -> None:
    (tmp_path / "b").write_text("ours")

    with pytest.raises(SandboxError, match="could not be stored"):
        runner.run(make_request("[open(f'/output/{n}', 'w') for n in 'abc']"), collect_to=tmp_path)

    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("b", "ours")]


def test_a_slot_has_one_run_at_a_time(runner: Runner) -> None:
    started, cancel = threading.Event(), threading.Event()
    first = threading.Thread(
        target=runner.run,
        args=(make_request("import time; time.sleep(30)"),),
        kwargs={"slot": 1, "cancel": cancel, "on_start": started.set},
    )
    first.start()
    started.wait(5)
    with pytest.raises(SandboxError, match="slot 1 already has a run"):
        runner.run(make_request("pass"), slot=1)
    cancel.set()
    first.join()


def test_the_self_test_is_quiet_about_a_good_box_and_loud_about_weak_ones(runner: Runner) -> None:
    runner.run(make_request("pass"))
    started = time.monotonic()
    assert runner.self_test() == []
    took = time.monotonic() - started
    assert took < 4  # it is below 1 on an idle machine; others may be using this one
    for weak, word in (
        (Profile(seccomp=False), "network"),
        (Profile(read_only_root=False), "written"),
        (Profile(proc=True, launcher_environment=os.environ | {"X": "y"}), "/proc can be seen"),
    ):
        made = BubblewrapRunner(profile=weak)
        found = [finding.what for finding in made.self_test()]
        made.close()
        assert any(word in what for what in found), found


def test_profiles_are_told_apart_in_the_record(runner: BubblewrapRunner) -> None:
    weak = BubblewrapRunner(profile=Profile(seccomp=False))

    assert weak.profile_digest != runner.profile_digest == BubblewrapRunner().profile_digest


# ---- the scientific runtime -----------------------------------------------------------------------------------------


def test_numpy_rasterio_and_our_own_modules_work_in_the_box(runner: Runner, tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours/__init__.py").write_text("")
    (tmp_path / "ours/__main__.py").write_text(
        textwrap.dedent("""
        import numpy as np, numpy.random, rasterio, sys
        from rasterio.crs import CRS
        from rasterio.transform import from_origin
        profile = dict(driver="GTiff", height=8, width=8, count=1, dtype="uint8", crs=CRS.from_epsg(32654),
                       transform=from_origin(0, 0, 10, 10), compress="deflate")
        with rasterio.open("/tmp/a.tif", "w", **profile) as file:
            file.write(np.ones((1, 8, 8), "uint8"))
        with rasterio.open("/tmp/a.tif") as file:
            print(int(file.read(1).sum()), file.crs.to_epsg(), sys.argv[1:])
    """)
    )
    mount = Mount(tmp_path, "/app", "library")
    argv = ("/venv/bin/python", "-P", "-s", "-m", "ours", "--flag")
    request = RunRequest("numpy", Stage.SCORE, argv, (mount,), make_limits(), {"PYTHONPATH": "/app"})

    run = runner.run(request)

    assert run.stdout.decode() == "64 32654 ['--flag']\n", run.stderr.decode()


@needs_root
def test_an_interpreter_outside_usr_below_a_closed_folder_works_and_its_path_stays_unknown(tmp_path: Path) -> None:
    prefix = tmp_path / "closed" / "prefix"
    (prefix / "bin").mkdir(parents=True)
    (tmp_path / "closed").chmod(0o700)
    version = f"python3.{sys.version_info.minor}"
    shutil.copy(os.path.realpath(sys.executable), prefix / "bin" / version)
    ignored = shutil.ignore_patterns("__pycache__", "test", "idlelib", "ensurepip", "lib2to3", "dist-packages")
    shutil.copytree(sysconfig.get_path("stdlib"), prefix / "lib" / version, ignore=ignored, symlinks=True)
    venv = tmp_path / "closed" / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "lib" / version / "site-packages").mkdir(parents=True)
    (venv / "lib" / version / "site-packages" / "extra.py").write_text("value = 7")
    (venv / "pyvenv.cfg").write_text(f"home = {prefix}/bin\n")
    (venv / "bin/python").symlink_to(prefix / "bin" / version)
    made = BubblewrapRunner(venv=venv)

    run = made.run(make_request("import extra, json, sys; print(extra.value, sys.base_prefix, sys.prefix, sys.path)"))
    made.close()

    assert run.stdout.startswith(b"7 /runtime /venv"), run.stderr.decode()
    assert str(tmp_path) not in run.stdout.decode()


# ---- staging --------------------------------------------------------------------------------------------------------


@needs_root
def test_inputs_below_closed_folders_are_shown_without_being_copied(runner: Runner, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "open").mkdir(parents=True)
    (closed / "open/data").write_text("data")
    (closed / "single").write_text("single")
    closed.chmod(0o700)
    code = "import os; [print(open(p).read(), os.stat(p).st_ino) for p in ('/input/data', '/single')]"

    run = runner.run(
        make_request(code, Mount(closed / "open", "/input", "input"), Mount(closed / "single", "/single", "input"))
    )

    same = [(closed / "open/data").stat().st_ino, (closed / "single").stat().st_ino]
    assert run.stdout.decode() == f"data {same[0]}\nsingle {same[1]}\n", run.stderr


@needs_root
def test_files_that_only_root_may_read_are_copied_for_the_run_and_only_they(runner: Runner, tmp_path: Path) -> None:
    source = tmp_path / "input"
    (source / "sub").mkdir(parents=True)
    for name, mode in (("open", 0o644), ("sub/secret", 0o600)):
        (source / name).write_text(name)
        (source / name).chmod(mode)
    (source / "link").symlink_to("open")
    (source / "sub").chmod(0o700)
    single = tmp_path / "single"
    single.write_text("single")
    single.chmod(0o600)
    names = "('/input/open', '/input/sub/secret', '/input/link', '/single')"
    code = f"import os; [print(open(p).read(), os.stat(p).st_ino) for p in {names}]"
    before = sorted(Path("/var/tmp").iterdir())

    run = runner.run(make_request(code, Mount(source, "/input", "input"), Mount(single, "/single", "input")))

    rows = [line.split() for line in run.stdout.decode().splitlines()]
    assert [row[0] for row in rows] == ["open", "sub/secret", "open", "single"], run.stderr
    assert rows[0][1] == str((source / "open").stat().st_ino)
    assert rows[1][1] != str((source / "sub/secret").stat().st_ino)
    assert (source / "sub/secret").stat().st_mode & 0o777 == 0o600
    assert sorted(Path("/var/tmp").iterdir()) == before


def test_the_host_s_paths_are_not_in_the_command_line(tmp_path: Path) -> None:
    """The arguments go through a descriptor: with /proc in the box, its first process would tell them."""
    made = BubblewrapRunner(profile=Profile(proc=True))
    code = "print(open('/proc/1/cmdline').read().split(chr(0)))"

    run = made.run(make_request(code, Mount(tmp_path, "/input", "input")))
    made.close()

    assert run.ok
    assert str(tmp_path) not in run.stdout.decode()
    assert b"--ro-bind" not in run.stdout


# ---- two boxes and a pipe -------------------------------------------------------------------------------------------

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


# ---- traps ----------------------------------------------------------------------------------------------------------


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
    for pid in _wardens_of(made):
        os.kill(pid, signal.SIGKILL)
    thread.join(10)

    assert [str(error) for error in failure] == ["the launcher of the box died"]
    _wait_for(lambda: not _pids_with("time.sleep(62)"), "the box to die")
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
        target=runner.run, args=(request,), kwargs={"slot": 0, "cancel": cancel, "on_start": started.set}
    )
    thread.start()
    started.wait(10)
    time.sleep(0.3)
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'pass'], check=True)"
    runs = [runner.run(make_request(code), slot=1) for _ in range(2)]
    cancel.set()
    thread.join()

    assert [run.outcome for run in runs] == [Outcome.OK, Outcome.OK]


def test_killing_the_worker_leaves_nothing_behind() -> None:
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
    launchers = [int(entry.name) for entry in _processes() if "sandbox/launch.py" in _command(entry.name)]
    return [pid for pid in launchers if _parent(pid) == runner._launcher._pid]


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


# ---- the command ----------------------------------------------------------------------------------------------------


def test_a_person_runs_a_program_as_the_platform_would(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code/main.py").write_text("import model\nprint(model.answer())\nopen('/output/y.csv', 'w').write('y')")
    (tmp_path / "code/model.py").write_text("def answer(): return open('/input/x').read()")
    (tmp_path / "input").mkdir()
    (tmp_path / "input/x").write_text("x!")
    words = ["run", "--code", "code", "--input", "input", "--output", "out", "--memory-mib", "256", "--json"]

    done = _command_line(tmp_path, *words, "--", "python", "main.py")

    document = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert {key: document[key] for key in ("outcome", "exit_code", "stdout", "stderr", "files")} == {
        "outcome": "ok",
        "exit_code": 0,
        "stdout": "x!\n",
        "stderr": "",
        "files": ["y.csv"],
    }
    assert document.keys() >= {"reason", "signal", "wall_seconds", "cpu_seconds", "peak_memory_mib"}
    assert (tmp_path / "out/y.csv").read_text() == "y"

    again = _command_line(tmp_path, *words, "--", "python", "main.py")
    assert again.returncode == 2
    assert "out is not an empty folder" in again.stderr


def test_a_program_that_fails_is_told_with_exit_status_1(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("print('log line')\nwhile True: pass")

    done = _command_line(tmp_path, "run", "--code", ".", "--wall-seconds", "0.3", "--", "python", "main.py")

    assert (done.returncode, done.stdout) == (1, "log line\n")
    assert done.stderr.startswith("time: The program ran longer than 0.3 seconds.")


def test_the_check_says_that_boxes_hold_here(tmp_path: Path) -> None:
    done = _command_line(tmp_path, "check")

    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith("Boxes can be made here, and they hold.\n")


def _command_line(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
