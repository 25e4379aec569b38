"""Boxes made by bubblewrap on this machine: as root (one uid per slot) or as a plain user, with or without cgroups.

The steps of a run, in order (`BubblewrapRunner.run`):

1. *Prepare* the control group, pipes, the argument list and the system-call filters, all in descriptors: nothing about
   a run is on disk.
2. *Hand over* to the launcher (launch.py), which stages the mounts, enters control groups of version 1, sets limits,
   drops to the slot's uid and becomes bubblewrap. bubblewrap makes the namespaces and mounts, tells us its first
   process, and waits.
3. *Meet*: wait until that process has no capability left, open /output, /tmp and /dev/shm through it, look that the
   program is there, and put it into its control group of version 2.
4. *Release*: one byte lets the program start; the clock runs.
5. *Watch* streams, clock, processor, memory, files; kill at a limit.
6. *Reap*: the launcher answers when no process of the box is left, so nobody can change files while we look.
7. *Judge* what happened, and *collect* the output.

Without cgroups memory is polled every 20 to 100 ms, the more often the less is left (with a limit on address space in
between), processes are counted per uid, and the processor share is not limited. Without root all slots share one uid
and with it the process limit.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from sandbox import profile as profiles
from sandbox import runtimes, seccomp, selftest
from sandbox.cgroups import Cgroups, Group, Usage
from sandbox.cgroups import find as find_cgroups
from sandbox.handover import Launcher, Plan
from sandbox.judging import exit_of, final_usage, judge
from sandbox.meeting import (
    START_SECONDS,
    StartedBox,
    abandon,
    check_program,
    count_processes_of_the_box_only,
    first_process,
    handle_of,
    wait_until_harmless,
)
from sandbox.profile import Profile
from sandbox.run import Finding, Limits, OnLog, Run, RunRequest, SandboxError, Stage
from sandbox.runtime import Runtime
from sandbox.tree import tasks_of
from sandbox.watch import Report, Stream, Verdict, Watch, Watched

PROGRAM = "/usr/bin/bwrap"
COPIES = "tidemark-copies-"


class BubblewrapRunner:
    """See the module. `venv` is the environment shown at /venv where a request names no runtime; a weaker `profile` is
    for tests of the tests only."""

    name: ClassVar[str] = "bubblewrap"

    def __init__(
        self,
        *,
        venv: Path | None = None,
        use_cgroups: bool = True,
        profile: Profile | None = None,
        program: str = PROGRAM,
    ) -> None:
        self._own = Runtime.of(venv)
        self._runtimes: dict[Path, tuple[Runtime, str]] = {}
        self._profile = profile or Profile()
        self._cgroups: Cgroups | None = find_cgroups() if use_cgroups else None
        self._program = program
        self._launcher = Launcher()
        self._slots: dict[int, threading.Lock] = {}
        self._slots_lock = threading.Lock()
        self.profile_digest, self._local_digest = self._digest(local=False), self._digest(local=True)

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
            runtime, runtime_digest = self._runtime_of(request)
            group = self._group(request, held)
            box = self._hand_over(request, runtime, slot, stdin_fd, stdout_fd, group, held)
            try:
                watched = self._meet(request, box, group, held)
                if on_start:
                    on_start()
                os.write(box.release, b"1")
                watch = Watch(watched, request.limits, cancel, on_log)
                report = watch.until_reaped()
            except BaseException as error:
                abandon(box)
                if isinstance(error, OSError):
                    raise SandboxError(f"the box was lost: {error}") from error
                raise
            usage = final_usage(watched.group, watch, report)
            verdict, files = judge(request, watched, watch, report, usage, collect_to)
            run = self._result(verdict, files, box, watch, report, usage)
            profile = self._local_digest if request.local_sockets else self.profile_digest
            return replace(run, profile_digest=profile, runtime_digest=runtime_digest)

    # ---- steps 1 and 2 ----------------------------------------------------------------------------------------------

    def _runtime_of(self, request: RunRequest) -> tuple[Runtime, str]:
        """What is shown at /venv, and its digest. Built runtimes never change, so each is looked at once."""
        if request.runtime is None:
            return self._own, ""
        if request.runtime not in self._runtimes:
            built = runtimes.load(request.runtime)
            self._runtimes[request.runtime] = Runtime.of(built.path), built.digest
        return self._runtimes[request.runtime]

    def _hand_over(
        self,
        request: RunRequest,
        runtime: Runtime,
        slot: int,
        stdin_fd: int | None,
        stdout_fd: int | None,
        group: Group | None,
        held: contextlib.ExitStack,
    ) -> StartedBox:
        shown, staged = self._shown(request, runtime)
        arguments = self._arguments(request, runtime, shown)
        filter_ = self._filter(local=request.local_sockets)
        with contextlib.ExitStack() as theirs:
            streams: dict[int, Stream] = {}
            stdin = stdin_fd if stdin_fd is not None else _opened(os.devnull, theirs)
            stdout = stdout_fd
            if stdout is None:
                stdout = _pipe_for(streams, Stream("stdout", request.limits.stdout_kib << 10), held, theirs)
            stderr = _pipe_for(streams, Stream("stderr", request.limits.stderr_kib << 10), held, theirs)
            status, status_there = _pipe(held, theirs)
            block_there, release = _pipe(theirs, held)
            texts = ["\0".join([*arguments, ""]).encode(), runtime.configuration.encode(), filter_]
            memory = [_memory_file(text, theirs) for text in texts]
            entrances = _entrances(group, theirs)
            descriptors = [*entrances, stdin, stdout, stderr, memory[0], status_there, block_there, *memory[1:]]
            plan = self._plan(request, slot, staged, len(entrances))
            control = held.enter_context(self._launcher.start(plan, descriptors))
        return StartedBox(control, status, release, streams)

    def _shown(self, request: RunRequest, runtime: Runtime) -> tuple[dict[str, str], list[tuple[str, bool]]]:
        """Place in the box to the path bound there, and the sources to be staged for that (as root)."""
        sources = {place: path for path, place in runtime.binds}
        for mount in request.mounts:
            sources[mount.at] = _resolved(mount.source)
        if os.geteuid() != 0:
            if request.local_sockets:
                _refuse_sockets(sources[mount.at] for mount in request.mounts)
            return {place: str(path) for place, path in sources.items()}, []
        shown: dict[str, str] = {}
        staged: list[tuple[str, bool]] = []
        ready = {place for _, place in runtime.binds}
        for place, path in sources.items():
            if str(path) == place:  # a part of the system, where everybody finds it
                shown[place] = place
                continue
            shown[place] = f"/tmp/{len(staged)}"  # noqa: S108  # see launch.stage
            staged.append((str(path), place in ready))
        return shown, staged

    def _plan(self, request: RunRequest, slot: int, staged: list[tuple[str, bool]], entrances: int) -> Plan:
        is_root = os.geteuid() == 0
        others = 0 if is_root else tasks_of(os.geteuid())
        return Plan(
            argv=(self._program, "--args", str(profiles.ARGUMENTS_FD), "--", *request.argv),
            environment=self._profile.launcher_environment,
            uid=profiles.FIRST_SLOT_UID + slot if is_root else None,
            binds=staged,
            copies=f"{COPIES}{secrets.token_hex(8)}",
            groups=entrances,
            rlimits=profiles.rlimits(request.limits, has_cgroup=self._cgroups is not None, others=others),
        )

    # ---- step 3 -----------------------------------------------------------------------------------------------------

    def _meet(self, request: RunRequest, box: StartedBox, group: Group | None, held: contextlib.ExitStack) -> Watched:
        to_be_moved = None if group is None or group.entrances() else group
        if self._cgroups is not None and to_be_moved is not None:
            self._cgroups.prepare_move()
        first = box.first = first_process(box)
        pidfd = _held(handle_of(first, box), held)
        wait_until_harmless(first, box)
        try:
            root = _held(os.open(f"/proc/{first}/root", os.O_PATH | os.O_DIRECTORY), held)
            check_program(root, request)
            folders = {
                place: os.open(place[1:], os.O_RDONLY | os.O_DIRECTORY, dir_fd=root) for place in profiles.WRITABLE
            }
        except OSError as error:
            raise SandboxError(f"the folders of the box cannot be opened: {error.strerror}") from error
        for folder in folders.values():
            held.callback(os.close, folder)
        box.control.send(b"1")  # made: copies are no longer needed by name
        if to_be_moved is not None:
            to_be_moved.add(first)
        elif group is not None:
            group.start_counting()
        if os.geteuid() != 0:
            count_processes_of_the_box_only(first, request.limits)
        return Watched(box.control, pidfd, first, folders, group, box.streams)

    def _group(self, request: RunRequest, held: contextlib.ExitStack) -> Group | None:
        if self._cgroups is None:
            return None
        group = self._cgroups.create(request.run_id, request.limits)
        held.callback(_close_after_failure, group)
        return group

    # ---- step 7 -----------------------------------------------------------------------------------------------------

    def _result(
        self, verdict: Verdict, files: tuple[str, ...], box: StartedBox, watch: Watch, report: Report, usage: Usage
    ) -> Run:
        code, number = exit_of(report)
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

    def _digest(self, *, local: bool) -> str:
        """16 hexadecimal digits over everything that makes the box, apart from runtime, request and host paths."""
        plain = RunRequest(
            "profile", Stage.PREDICT, ("true",), (), Limits(wall_seconds=1, cpu_seconds=1, memory_mib=64)
        )
        bare = Runtime((), (), "", "")
        parts = (
            self._arguments(plain, bare, {}),
            self._filter(local=local),
            sorted(self._profile.launcher_environment),
            self._cgroups and self._cgroups.version,
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    def _arguments(self, request: RunRequest, runtime: Runtime, shown: Mapping[str, str]) -> list[str]:
        return profiles.bubblewrap_arguments(request, runtime, self._profile, shown, has_network=os.geteuid() != 0)

    def _filter(self, *, local: bool) -> bytes:
        try:
            return seccomp.program(local_sockets=local) if self._profile.seccomp else b""
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


def _held(descriptor: int, owner: contextlib.ExitStack) -> int:
    owner.callback(os.close, descriptor)
    return descriptor


def _opened(path: str | Path, owner: contextlib.ExitStack, flags: int = os.O_RDONLY) -> int:
    return _held(os.open(path, flags), owner)


def _entrances(group: Group | None, owner: contextlib.ExitStack) -> list[int]:
    try:
        return [_opened(path, owner, os.O_WRONLY) for path in (group.entrances() if group else ())]
    except OSError as error:
        raise SandboxError(f"the run's control group cannot be entered: {error}") from error


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


def _refuse_sockets(sources: Iterable[Path]) -> None:
    """A socket of the host in a folder that is shown would answer. (As root, staging leaves them out.)"""
    for source in sources:
        for path in (source, *source.rglob("*")):
            if path.is_socket():
                raise SandboxError(f"{path} is a socket; a box with local sockets must not be shown one")


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
