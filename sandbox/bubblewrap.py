"""Boxes made by bubblewrap on this machine: as root (one uid per slot) or as a plain user, with or without cgroups.

The steps of a run, in order (`BubblewrapRunner.run`):

1. *Prepare* pipes, the argument list and the system-call filters, all in descriptors: nothing about a run is on disk.
2. *Hand over* to the launcher (launch.py), which stages the mounts, sets limits, drops to the slot's uid and becomes
   bubblewrap. bubblewrap makes the namespaces and mounts, tells us its first process, and waits.
3. *Meet*: wait until that process has no capability left, open /output, /tmp and /dev/shm through it, look that the
   program is there, and put it into its control group.
4. *Release*: one byte lets the program start; the clock runs.
5. *Watch* streams, clock, processor, memory, files; kill at a limit.
6. *Reap*: the launcher answers when no process of the box is left, so nobody can change files while we look.
7. *Judge* what happened, and *collect* the output.

Without cgroups memory is polled every 20 ms (with a limit on address space in between), processes are counted per uid,
and the processor share is not limited. Without root all slots share one uid and with it the process limit.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import resource
import secrets
import select
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import ClassVar

from sandbox import profile as profiles
from sandbox import seccomp, selftest
from sandbox.cgroups import Cgroups, Group, Usage
from sandbox.cgroups import find as find_cgroups
from sandbox.files import BadOutput, check, collect
from sandbox.handover import Launcher, Plan
from sandbox.profile import Profile
from sandbox.run import Finding, Limits, OnLog, Outcome, Run, RunRequest, SandboxError, Stage
from sandbox.runtime import Runtime
from sandbox.tree import tasks_of
from sandbox.watch import Report, Stream, Verdict, Watch, Watched, cpu_verdict, is_full, memory_verdict, read_report

PROGRAM = "/usr/bin/bwrap"
COPIES = "tidemark-copies-"
START_SECONDS = 60.0  # copying a large unreadable input into staging is part of the start


@dataclass(slots=True)
class _Box:
    """The supervisor's ends of one box; all are closed when the run is over."""

    control: socket.socket
    status: int
    release: int
    streams: dict[int, Stream]
    first: int = 0


class BubblewrapRunner:
    """See the module. `venv` is the environment shown at /venv; a weaker `profile` is for tests of the tests only."""

    name: ClassVar[str] = "bubblewrap"

    def __init__(
        self,
        *,
        venv: Path | None = None,
        use_cgroups: bool = True,
        profile: Profile | None = None,
        program: str = PROGRAM,
    ) -> None:
        self._runtime = Runtime.of(venv)
        self._profile = profile or Profile()
        self._cgroups: Cgroups | None = find_cgroups() if use_cgroups else None
        self._program = program
        self._launcher = Launcher()
        self._slots: dict[int, threading.Lock] = {}
        self._slots_lock = threading.Lock()
        self.profile_digest = self._digest()

    def self_test(self) -> list[Finding]:
        """Run the canaries; see selftest.py."""
        return selftest.findings(self)

    def collect_garbage(self) -> int:
        """Remove control groups of workers that died, and copies of inputs if they died while copying."""
        return (self._cgroups.collect_garbage() if self._cgroups else 0) + _remove_old_copies()

    def close(self) -> None:
        """End the launcher; a later run starts it again."""
        self._launcher.close()

    def run(
        self,
        request: RunRequest,
        *,
        slot: int = 0,
        stdin_fd: int | None = None,
        stdout_fd: int | None = None,
        collect_to: Path | None = None,
        cancel: threading.Event | None = None,
        on_log: OnLog | None = None,
        on_start: Callable[[], None] | None = None,
    ) -> Run:
        """See `sandbox.run.Runner.run`."""
        with self._only_run_in(slot), contextlib.ExitStack() as held:
            box = self._hand_over(request, slot, stdin_fd, stdout_fd, held)
            try:
                watched = self._meet(request, box, held)
                if on_start:
                    on_start()
                os.write(box.release, b"1")
                watch = Watch(watched, request.limits, cancel, on_log)
                report = watch.until_reaped()
            except BaseException as error:
                _abandon(box)
                if isinstance(error, OSError):
                    raise SandboxError(f"the box was lost: {error}") from error
                raise
            usage = _final_usage(watched.group, watch, report)
            verdict, files = _judge(request, watched, watch, report, usage, collect_to)
            return self._result(verdict, files, box, watch, report, usage)

    # ---- steps 1 and 2 ----------------------------------------------------------------------------------------------

    def _hand_over(
        self, request: RunRequest, slot: int, stdin_fd: int | None, stdout_fd: int | None, held: contextlib.ExitStack
    ) -> _Box:
        shown, staged = self._shown(request)
        arguments = profiles.bubblewrap_arguments(request, self._runtime, self._profile, shown)
        with contextlib.ExitStack() as theirs:
            streams: dict[int, Stream] = {}
            stdin = stdin_fd if stdin_fd is not None else _opened(os.devnull, theirs)
            stdout = stdout_fd
            if stdout is None:
                stdout = _pipe_for(streams, Stream("stdout", request.limits.stdout_kib << 10), held, theirs)
            stderr = _pipe_for(streams, Stream("stderr", request.limits.stderr_kib << 10), held, theirs)
            status, status_there = _pipe(held, theirs)
            block_there, release = _pipe(theirs, held)
            texts = ["\0".join([*arguments, ""]).encode(), self._runtime.configuration.encode(), self._filter()]
            memory = [_memory_file(text, theirs) for text in texts]
            descriptors = [stdin, stdout, stderr, memory[0], status_there, block_there, *memory[1:]]
            control = held.enter_context(self._launcher.start(self._plan(request, slot, staged), descriptors))
        return _Box(control, status, release, streams)

    def _shown(self, request: RunRequest) -> tuple[dict[str, str], list[tuple[str, bool]]]:
        """Place in the box to the path bound there, and the sources to be staged for that (as root)."""
        sources = {place: path for path, place in self._runtime.binds}
        for mount in request.mounts:
            sources[mount.at] = _resolved(mount.source)
        if os.geteuid() != 0:
            return {place: str(path) for place, path in sources.items()}, []
        shown: dict[str, str] = {}
        staged: list[tuple[str, bool]] = []
        runtime = {place for _, place in self._runtime.binds}
        for place, path in sources.items():
            if str(path) == place:  # a part of the system, where everybody finds it
                shown[place] = place
                continue
            shown[place] = f"/tmp/{len(staged)}"  # noqa: S108  # see launch.stage
            staged.append((str(path), place in runtime))
        return shown, staged

    def _plan(self, request: RunRequest, slot: int, staged: list[tuple[str, bool]]) -> Plan:
        is_root = os.geteuid() == 0
        others = 0 if is_root else tasks_of(os.geteuid())
        return Plan(
            argv=(self._program, "--args", str(profiles.ARGUMENTS_FD), "--", *request.argv),
            environment=self._profile.launcher_environment,
            uid=profiles.FIRST_SLOT_UID + slot if is_root else None,
            binds=staged,
            copies=f"{COPIES}{secrets.token_hex(8)}",
            rlimits=profiles.rlimits(request.limits, has_cgroup=self._cgroups is not None, others=others),
        )

    # ---- step 3 -----------------------------------------------------------------------------------------------------

    def _meet(self, request: RunRequest, box: _Box, held: contextlib.ExitStack) -> Watched:
        group = self._group(request, held)
        first = box.first = _first_process(box)
        pidfd = _held(_handle(first, box), held)
        _wait_until_harmless(first, box)
        try:
            root = _held(os.open(f"/proc/{first}/root", os.O_PATH | os.O_DIRECTORY), held)
            _check_program(root, request)
            folders = {
                place: os.open(place[1:], os.O_RDONLY | os.O_DIRECTORY, dir_fd=root) for place in profiles.WRITABLE
            }
        except OSError as error:
            raise SandboxError(f"the folders of the box cannot be opened: {error.strerror}") from error
        for folder in folders.values():
            held.callback(os.close, folder)
        box.control.send(b"1")  # made: copies are no longer needed by name
        if group is not None:
            group.add(first)
        if os.geteuid() != 0:
            _count_processes_of_the_box_only(first, request.limits)
        return Watched(box.control, pidfd, first, folders, group, box.streams)

    def _group(self, request: RunRequest, held: contextlib.ExitStack) -> Group | None:
        if self._cgroups is None:
            return None
        group = self._cgroups.create(request.run_id, request.limits)
        held.callback(_close_after_failure, group)
        self._cgroups.prepare_move()
        return group

    # ---- step 7 -----------------------------------------------------------------------------------------------------

    def _result(
        self, verdict: Verdict, files: tuple[str, ...], box: _Box, watch: Watch, report: Report, usage: Usage
    ) -> Run:
        code, number = _exit_of(report)
        kept = {stream.name: bytes(stream.kept) for stream in box.streams.values()}
        return Run(
            outcome=verdict.outcome,
            reason=verdict.reason,
            exit_code=None if number else code,
            signal=number,
            wall_seconds=watch.wall_seconds,
            cpu_seconds=usage.cpu_seconds,
            peak_memory_mib=usage.peak_mib,
            stdout=kept.get("stdout", b""),
            stderr=kept["stderr"],
            files=files,
            backend=self.name,
            profile_digest=self.profile_digest,
        )

    def _digest(self) -> str:
        """16 hexadecimal digits over everything that makes the box, apart from runtime, request and host paths."""
        plain = RunRequest(
            "profile", Stage.PREDICT, ("true",), (), Limits(wall_seconds=1, cpu_seconds=1, memory_mib=64)
        )
        bare = Runtime((), (), "", "")
        arguments = profiles.bubblewrap_arguments(plain, bare, self._profile, {})
        parts = (
            arguments,
            self._filter(),
            sorted(self._profile.launcher_environment),
            self._cgroups and self._cgroups.version,
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    def _filter(self) -> bytes:
        try:
            return seccomp.program() if self._profile.seccomp else b""
        except (ImportError, OSError, RuntimeError) as error:
            raise SandboxError(f"the filter of system calls cannot be built: {error}") from error

    @contextlib.contextmanager
    def _only_run_in(self, slot: int) -> Iterator[None]:
        if slot < 0:
            raise ValueError(f"slot {slot} is below 0")
        with self._slots_lock:
            lock = self._slots.setdefault(slot, threading.Lock())
        if not lock.acquire(blocking=False):
            raise SandboxError(f"slot {slot} already has a run; runs side by side need a slot each")
        try:
            yield
        finally:
            lock.release()


# ---- descriptors ----------------------------------------------------------------------------------------------------


def _held(descriptor: int, owner: contextlib.ExitStack) -> int:
    owner.callback(os.close, descriptor)
    return descriptor


def _opened(path: str, owner: contextlib.ExitStack) -> int:
    return _held(os.open(path, os.O_RDONLY), owner)


def _pipe(reader: contextlib.ExitStack, writer: contextlib.ExitStack) -> tuple[int, int]:
    ends = os.pipe()
    return _held(ends[0], reader), _held(ends[1], writer)


def _pipe_for(
    streams: dict[int, Stream], stream: Stream, ours: contextlib.ExitStack, theirs: contextlib.ExitStack
) -> int:
    near, far = _pipe(ours, theirs)
    os.set_blocking(near, False)
    streams[near] = stream
    return far


def _memory_file(data: bytes, owner: contextlib.ExitStack) -> int:
    descriptor = _held(os.memfd_create("box"), owner)
    os.write(descriptor, data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _resolved(source: Path) -> Path:
    try:
        return source.resolve(strict=True)
    except OSError as error:
        raise SandboxError(f"{source}, which is to be shown in the box, is missing: {error.strerror}") from error


# ---- meeting --------------------------------------------------------------------------------------------------------


def _first_process(box: _Box) -> int:
    """The host's number of the box's first process, which bubblewrap tells when the namespaces exist."""
    deadline = time.monotonic() + START_SECONDS
    told = b""
    while not told.endswith(b"\n"):
        ready, _, _ = select.select([box.status, box.control.fileno()], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise SandboxError(f"the box was not made within {START_SECONDS:g} seconds")
        piece = os.read(box.status, 4096) if box.status in ready else b""
        if not piece:
            raise _not_made(box)
        told += piece
    return int(json.loads(told.splitlines()[0])["child-pid"])


def _handle(first: int, box: _Box) -> int:
    try:
        return os.pidfd_open(first)
    except ProcessLookupError:
        raise _not_made(box) from None


def _wait_until_harmless(first: int, box: _Box) -> None:
    """The last thing bubblewrap does before it waits for us is to give up every capability."""
    deadline = time.monotonic() + START_SECONDS
    path = Path(f"/proc/{first}/status")
    while True:
        try:
            status = path.read_text()
        except OSError:
            raise _not_made(box) from None
        if "CapPrm:\t0000000000000000" in status and "NoNewPrivs:\t1" in status:
            return
        if "State:\tZ" in status or time.monotonic() > deadline:
            raise _not_made(box)
        time.sleep(0.0003)


def _count_processes_of_the_box_only(first: int, limits: Limits) -> None:
    """Where slots share a uid: since Linux 5.14 processes are counted per user namespace too, so once the box has its
    own a tight limit is about the box alone. On older kernels, and if it is refused, the watch counts every 20 ms.
    """
    if tuple(map(int, os.uname().release.split("-")[0].split(".")[:2])) < (5, 14):
        return
    most = limits.processes + profiles.SPARE_PROCESSES
    with contextlib.suppress(OSError):
        resource.prlimit(first, resource.RLIMIT_NPROC, (most, most))


def _not_made(box: _Box) -> SandboxError:
    """Why there is no box: the launcher's error, or what bubblewrap wrote (no program of a contestant has run yet)."""
    with contextlib.suppress(OSError):
        box.control.shutdown(socket.SHUT_WR)
    box.control.settimeout(START_SECONDS)
    try:
        problem = read_report(box.control.recv(1 << 16)).error
    except OSError:
        problem = "the launcher does not answer"
    written = next((descriptor for descriptor, stream in box.streams.items() if stream.name == "stderr"))
    with contextlib.suppress(BlockingIOError):
        problem = problem or os.read(written, 4096).decode(errors="replace").strip()
    return SandboxError(f"the box could not be made: {problem or 'bubblewrap ended without a word'}")


def _check_program(root: int, request: RunRequest) -> None:
    """A missing interpreter is our fault; found out here, the program cannot fake it."""
    name = request.argv[0]
    places = [name] if "/" in name else [f"{folder}/{name}" for folder in ("/venv/bin", "/usr/bin")]
    for place in places:
        absolute = PurePosixPath(request.workdir, place).relative_to("/")
        with contextlib.suppress(OSError):
            os.stat(absolute, dir_fd=root, follow_symlinks=False)
            return
    raise SandboxError(f"the box has no program {name!r}")


def _abandon(box: _Box) -> None:
    """Have the box killed, and wait until it is gone, so that its group and slot are free.

    A warden that is gone cannot kill. Then we must, before we close the pipe that the box's first process waits at.
    """
    with contextlib.suppress(OSError):
        box.control.shutdown(socket.SHUT_WR)
        box.control.settimeout(5.0)
        if box.control.recv(1 << 16):
            return
    with contextlib.suppress(OSError, ValueError, KeyError, SandboxError):
        first = box.first or _first_process(box)
        os.kill(first, signal.SIGKILL)


def _close_after_failure(group: Group) -> None:
    if group.closed:
        return
    group.kill()
    with contextlib.suppress(SandboxError):
        group.close()


def _remove_old_copies(folder: Path = Path("/var/tmp")) -> int:  # noqa: S108  # launch.SCRATCH
    """They live by name only until their box is made, so an old one is nobody's."""
    removed = 0
    for path in folder.glob(f"{COPIES}*"):
        with contextlib.suppress(OSError):
            if path.stat().st_uid == os.geteuid() and time.time() - path.stat().st_mtime > 2 * START_SECONDS:
                shutil.rmtree(path)
                removed += 1
    return removed


# ---- judging --------------------------------------------------------------------------------------------------------


def _final_usage(group: Group | None, watch: Watch, report: Report) -> Usage:
    """What the run used in all; the group is removed."""
    if group is None:
        return Usage(max(watch.cpu_seconds, report.cpu_seconds), max(watch.peak_mib, report.largest_mib), 0)
    used = group.usage()
    group.close()
    return Usage(used.cpu_seconds or report.cpu_seconds, max(used.peak_mib, watch.peak_mib), used.oom_kills)


def _judge(
    request: RunRequest, box: Watched, watch: Watch, report: Report, usage: Usage, collect_to: Path | None
) -> tuple[Verdict, tuple[str, ...]]:
    """The worst that is true, and the files kept; only a run that is good to its end leaves files."""
    if report.error or report.status is None:
        raise SandboxError(f"the box was lost: {report.error or 'no exit status'}")
    verdict = watch.verdict or _end_verdict(request.limits, box, report, usage)
    if verdict:
        return verdict, ()
    output = box.scratch["/output"]
    try:
        if collect_to is None:
            check(output, request.limits, request.outputs)
            return Verdict(Outcome.OK, "The program ended."), ()
        return Verdict(Outcome.OK, "The program ended."), collect(output, collect_to, request.limits, request.outputs)
    except BadOutput as refused:
        return Verdict(refused.outcome, refused.reason), ()


def _end_verdict(limits: Limits, box: Watched, report: Report, usage: Usage) -> Verdict | None:
    code, number = _exit_of(report)
    if number == signal.SIGXCPU or usage.cpu_seconds > limits.cpu_seconds:
        return cpu_verdict(limits)
    if usage.oom_kills or (box.group is None and usage.peak_mib > limits.memory_mib):
        return memory_verdict(limits)
    for stream in box.streams.values():
        if stream.overflowed:
            return Verdict(Outcome.OUTPUT, f"The program wrote more than {stream.limit >> 10} KiB to {stream.name}.")
    if number == signal.SIGXFSZ:
        return Verdict(Outcome.OUTPUT, f"The program wrote a file larger than {limits.file_mib} MiB.")
    if number == signal.SIGSYS:
        return Verdict(Outcome.VIOLATION, "The program made a forbidden system call.")
    if number:
        return Verdict(Outcome.CRASHED, f"The program was ended by signal {number} ({_signal_name(number)}).")
    if code and is_full(box.scratch["/output"]):
        return Verdict(Outcome.OUTPUT, f"The program failed with /output full ({limits.output_mib} MiB).")
    if code:
        return Verdict(Outcome.CRASHED, f"The program ended with exit status {code}.")
    return None


def _exit_of(report: Report) -> tuple[int | None, int | None]:
    """Exit status and signal of the program. bubblewrap reports a signal as 128 + its number."""
    if report.status is None:
        return None, None
    code = os.waitstatus_to_exitcode(report.status)
    if code < 0:
        return code, -code  # bubblewrap itself was killed, by us
    return (code, code - 128) if 128 < code <= 192 else (code, None)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "a real-time signal"
