"""What every back end owes its caller: bubblewrap shows it with real boxes, Docker and Kubernetes with exchanges that
are written after their API's documentation (tests/sandbox/exchanges). No live engine or cluster has been asked."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox import Mount, Outcome, OutputSpec, Run, RunRequest, SandboxError, Stage
from sandbox.exchange import RunFolder
from tests.sandbox.makers import make_limits, make_request
from tests.sandbox.replayed_backends import SLOT, Backend

pytestmark = pytest.mark.sandbox


@pytest.fixture(params=["bubblewrap", "docker", "kubernetes"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    return Backend(request.param, tmp_path)


def run(backend: Backend, scenario: str, code: str, **options: object) -> Run:
    limits = options.pop("limits", make_limits())
    outputs = options.pop("outputs", ())
    with backend.runner(scenario) as runner:
        return runner.run(make_request(code, limits=limits, outputs=outputs), slot=SLOT, **options)  # type: ignore[arg-type]


def test_a_program_that_ends_well_leaves_its_files_and_its_words(backend: Backend, tmp_path: Path) -> None:
    code = """
        import os, sys
        os.mkdir("/output/maps")
        open("/output/maps/a.tif", "w").write("a" * 10)
        open("/output/b.csv", "w").write("b")
        print("said"); print("complained", file=sys.stderr)
    """
    done = run(backend, "ok", code, collect_to=tmp_path / "kept")

    assert (done.outcome, done.exit_code, done.signal, done.ok) == (Outcome.OK, 0, None, True), done
    assert (done.stdout, done.stderr, done.files) == (b"said\n", b"complained\n", ("b.csv", "maps/a.tif"))
    assert (tmp_path / "kept/maps/a.tif").read_text() == "a" * 10
    assert (done.backend, len(done.profile_digest)) == (backend.name, 16)


def test_only_declared_files_are_kept(backend: Backend, tmp_path: Path) -> None:
    code = "import os; os.mkdir('/output/maps'); open('/output/maps/a.tif', 'w'); open('/output/b.csv', 'w').write('b')"

    done = run(backend, "ok", code, outputs=(OutputSpec("b.csv", 10),), collect_to=tmp_path / "kept")

    assert done.files == ("b.csv",)
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["b.csv"]


def test_a_required_file_that_is_missing_is_told(backend: Backend, tmp_path: Path) -> None:
    done = run(backend, "empty", "pass", outputs=(OutputSpec("b.csv", 10),), collect_to=tmp_path / "kept")

    assert (done.outcome, done.reason) == (Outcome.OUTPUT, "The program ended without writing /output/b.csv.")


def test_a_crash_is_told_with_its_exit_status_and_last_words(backend: Backend) -> None:
    done = run(backend, "crash", "import sys; print('Traceback', file=sys.stderr); sys.exit(3)")

    assert (done.outcome, done.exit_code, done.signal) == (Outcome.CRASHED, 3, None)
    assert done.reason == "The program ended with exit status 3."
    assert done.stderr == b"Traceback\n"


def test_a_signal_is_told_by_its_name(backend: Backend) -> None:
    done = run(backend, "signal", "import os; os.kill(os.getpid(), 11)" if backend.is_replayed else SEGFAULT)

    assert (done.outcome, done.exit_code, done.signal) == (Outcome.CRASHED, None, 11)
    assert "SIGSEGV" in done.reason


SEGFAULT = "import ctypes; ctypes.string_at(0)"


def test_a_program_that_runs_too_long_is_ended(backend: Backend) -> None:
    code = "print('log line', flush=True)\nwhile True: pass"
    started = time.monotonic()

    done = run(backend, "time", code, limits=make_limits(wall_seconds=1))

    assert (done.outcome, done.reason) == (Outcome.TIME, "The program ran longer than 1 seconds.")
    assert done.stdout == b"log line\n"
    assert 1 <= done.wall_seconds < 5
    assert time.monotonic() - started < 10


def test_too_much_memory_is_told(backend: Backend) -> None:
    code = "data = bytearray(512 << 20)\nfor place in range(0, len(data), 4096): data[place] = 1"

    done = run(backend, "memory", code, limits=make_limits(memory_mib=128))

    assert (done.outcome, done.reason) == (Outcome.MEMORY, "The program used more than 128 MiB of memory.")


def test_a_flood_on_stdout_is_cut_and_ends_the_program(backend: Backend) -> None:
    code = "import sys\nwhile True: sys.stdout.write('x' * 65536)"

    done = run(backend, "flood", code, limits=make_limits(stdout_kib=64))

    assert (done.outcome, done.reason) == (Outcome.OUTPUT, "The program wrote more than 64 KiB to stdout.")
    assert done.stdout == b"x" * (64 << 10)


def test_a_link_in_the_output_is_a_violation_and_nothing_is_kept(backend: Backend, tmp_path: Path) -> None:
    done = run(backend, "link", "import os; os.symlink('/etc/passwd', '/output/link')", collect_to=tmp_path / "kept")

    assert (done.outcome, done.files) == (Outcome.VIOLATION, ())
    assert done.reason == "/output/link is a link or device; only plain files are taken."
    assert not (tmp_path / "kept").exists()


def test_a_forbidden_system_call_is_a_violation(backend: Backend) -> None:
    done = run(backend, "violation", "import ctypes; ctypes.CDLL(None).syscall(101, 0, 1, 0, 0)")

    assert (done.outcome, done.reason) == (Outcome.VIOLATION, "The program made a forbidden system call.")


def test_a_run_can_be_cancelled(backend: Backend) -> None:
    cancel = threading.Event()
    started = threading.Timer(0.5, cancel.set)
    started.start()

    done = run(backend, "time", "import time; time.sleep(30)", cancel=cancel)

    assert (done.outcome, done.reason) == (Outcome.OURS, "The run was cancelled.")


def test_a_log_can_be_followed_while_the_program_runs(backend: Backend) -> None:
    seen: list[tuple[float, bytes]] = []
    code = "import time; print('first'); time.sleep(0.5); print('second')"

    done = run(backend, "log", code, on_log=lambda data: seen.append((time.monotonic(), data)))

    assert b"".join(data for _, data in seen) == done.stdout == b"first\nsecond\n"
    assert seen[-1][0] - seen[0][0] > 0.2


def test_a_program_that_is_not_there_is_our_fault(backend: Backend) -> None:
    request = RunRequest("x", Stage.PREDICT, ("no-such-program",), (), make_limits())

    with backend.runner("missing-program") as runner, pytest.raises(SandboxError, match="no-such-program"):
        runner.run(request, slot=SLOT)


def test_a_source_that_is_missing_is_our_fault(backend: Backend, tmp_path: Path) -> None:
    request = make_request("pass", Mount(tmp_path / "gone", "/input", "input"))

    with backend.runner("ok") as runner, pytest.raises(SandboxError, match="is missing"):
        runner.run(request, slot=SLOT)


def test_a_contestant_s_program_beside_the_truth_is_refused_before_any_back_end_hears_of_it(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="never runs beside the truth"):
        make_request("pass", Mount(tmp_path, "/truth", "truth"), stage=Stage.PREDICT)


def test_a_slot_has_one_run_at_a_time(backend: Backend) -> None:
    started, cancel = threading.Event(), threading.Event()
    with backend.runner("time") as runner:
        options = {"slot": SLOT, "cancel": cancel, "on_start": started.set}
        request = make_request("import time; time.sleep(30)")
        first = threading.Thread(target=runner.run, args=(request,), kwargs=options)
        first.start()
        assert started.wait(10)
        with pytest.raises(SandboxError, match=f"slot {SLOT} already has a run"):
            runner.run(request, slot=SLOT)
        cancel.set()
        first.join()


def test_what_a_program_writes_can_go_to_a_descriptor_whole(backend: Backend) -> None:
    read_end, write_end = os.pipe()
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(_read_all(read_end)))
    reader.start()
    code = "import sys; sys.stdout.write('0123456789' * 20000); sys.stdout.flush(); print('note', file=sys.stderr)"

    done = run(backend, "stdout-to-descriptor", code, stdout_fd=write_end, on_start=lambda: os.close(write_end))
    reader.join(10)
    os.close(read_end)

    assert (done.outcome, done.stdout, done.stderr) == (Outcome.OK, b"", b"note\n")
    assert got == [b"0123456789" * 20000]


def test_a_program_reads_what_a_descriptor_gives(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    spooled = _remember_spooled(monkeypatch)
    read_end, write_end = os.pipe()
    writer = threading.Thread(target=lambda: (os.write(write_end, b"cells " * 9), os.close(write_end)))
    writer.start()

    done = run(backend, "stdin-from-descriptor", "print(input())", stdin_fd=read_end)
    writer.join()
    os.close(read_end)

    assert done.outcome is Outcome.OK
    if backend.name == "kubernetes":  # the pod is not there to read it
        assert spooled == [b"cells " * 9]
    else:
        assert done.stdout.strip() == (b"cells " * 9).strip()


def _remember_spooled(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    found: list[bytes] = []
    spool = RunFolder.spool

    def remembering(self: RunFolder, descriptor: int, most: int, is_over: Callable[[], bool]) -> bool:
        done = spool(self, descriptor, most, is_over)
        found.append((self.path / "stdin").read_bytes())
        return done

    monkeypatch.setattr(RunFolder, "spool", remembering)
    return found


def _read_all(descriptor: int) -> bytes:
    found = b""
    while data := os.read(descriptor, 1 << 16):
        found += data
        time.sleep(0.001)
    return found


def test_nothing_is_left_behind_by_runs_and_what_dead_workers_left_is_removed(backend: Backend) -> None:
    with backend.runner("garbage") as runner:
        if backend.name == "kubernetes":
            for name in ("box-1.1700000000", "box-2.99999999999"):
                (backend.folder / "exchange/predict" / name / "output/deep").mkdir(parents=True)
        removed = runner.collect_garbage()
    assert removed == 2 if backend.is_replayed else removed >= 0  # the machine may have dead workers of its own
    if backend.name == "docker":
        deleted = [asked.line for asked in backend.replay.requests if asked.line.startswith("DELETE")]
        assert deleted == ["DELETE /v1.44/containers/box?force=1", "DELETE /v1.44/volumes/tidemark-x?force=1"]
    if backend.name == "kubernetes":
        assert len(backend.replay.asked("DELETE .*/jobs/box-0")) == 1
        assert [path.name for path in (backend.folder / "exchange/predict").iterdir()] == ["box-2.99999999999"]
