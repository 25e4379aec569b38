"""Watching a running box: its streams, its clock, what it uses; and ending it when a limit is reached."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import threading
import time
from dataclasses import dataclass, field

from sandbox.cgroups import Group
from sandbox.profile import SPARE_PROCESSES
from sandbox.run import Limits, OnLog, Outcome, SandboxError
from sandbox.tree import usage

POLL_SECONDS = 0.02
REST_SECONDS = 0.1  # between two looks where nothing can go wrong sooner: a look takes a millisecond from the program
FILL_MIB = 5120 * (os.cpu_count() or 1)  # what a program can fill of memory in a second, at most
DEATH_SECONDS = 20.0  # a killed box that is not gone by then is stuck in the kernel
MIB = 1 << 20
CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why the supervisor ended a run."""

    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """The launcher's answer when every process of the box has been reaped."""

    status: int | None
    cpu_seconds: float
    largest_mib: float
    error: str


@dataclass(slots=True)
class Stream:
    """One output stream of the program, kept up to its limit."""

    name: str
    limit: int
    kept: bytearray = field(default_factory=bytearray)
    overflowed: bool = False

    def take(self, data: bytes, on_log: OnLog | None) -> None:
        """Keep what fits, and tell whoever watches live."""
        room = self.limit - len(self.kept)
        self.overflowed = self.overflowed or len(data) > room
        self.kept += data[:room]
        if on_log and room > 0:
            on_log(data[:room])


@dataclass(slots=True)
class Watched:
    """All that the watch needs to know about a started box."""

    control: socket.socket
    pidfd: int
    first_pid: int
    scratch: dict[str, int]
    group: Group | None
    streams: dict[int, Stream]


class Watch:
    """Follows one box from its release until all its processes are reaped."""

    def __init__(self, box: Watched, limits: Limits, cancel: threading.Event | None, on_log: OnLog | None) -> None:
        self._box, self._limits, self._cancel, self._on_log = box, limits, cancel, on_log
        self._started = time.monotonic()
        self._look_at = self._started + POLL_SECONDS
        self.verdict: Verdict | None = None
        self.peak_mib = 0.0
        self.cpu_seconds = 0.0
        self.tasks = 0
        self.oom_kills = 0  # the kernel ended one process of many; the run is over with it
        self.wall_seconds = 0.0

    def until_reaped(self) -> Report:
        """Read the streams and hold the limits until the box is no more.

        Raises:
            SandboxError: the launcher died, or the box outlives its own killing.
        """
        with selectors.DefaultSelector() as selector:
            selector.register(self._box.control, selectors.EVENT_READ)
            for descriptor in self._box.streams:
                selector.register(descriptor, selectors.EVENT_READ)
            message = self._loop(selector)
        self.wall_seconds = time.monotonic() - self._started
        for descriptor in self._box.streams:
            while self._read(descriptor):
                pass
        return read_report(message)

    def _loop(self, selector: selectors.BaseSelector) -> bytes:
        killed_at = None
        while True:
            for key, _ in selector.select(POLL_SECONDS if killed_at else self._rest()):
                if key.fileobj is self._box.control:
                    return self._box.control.recv(CHUNK)
                if not self._read(key.fd):
                    selector.unregister(key.fd)
            now = time.monotonic()
            if killed_at is None:
                self.verdict = self._judge(now)
                if self.verdict:
                    self.kill()
                    killed_at = now
            elif now - killed_at > DEATH_SECONDS:
                raise SandboxError("the box was killed, and is still there")

    def _read(self, descriptor: int) -> bool:
        """Take what is there; False at the end of the stream or when nothing is there now."""
        try:
            data = os.read(descriptor, CHUNK)
        except BlockingIOError:
            return False
        self._box.streams[descriptor].take(data, self._on_log)
        return bool(data)

    def kill(self) -> None:
        """End every process of the box: its first one takes all others of its namespace with it."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._box.pidfd, signal.SIGKILL)
        with contextlib.suppress(OSError):
            self._box.control.shutdown(socket.SHUT_WR)  # the launcher kills bubblewrap's own process too

    def _rest(self) -> float:
        """Until the next look or the end of the time, whichever is sooner."""
        soonest = min(self._look_at, self._started + self._limits.wall_seconds)
        return max(0.0, soonest - time.monotonic())

    def _judge(self, now: float) -> Verdict | None:
        limits = self._limits
        if self._cancel is not None and self._cancel.is_set():
            return Verdict(Outcome.OURS, "The run was cancelled.")
        if now - self._started > limits.wall_seconds:
            return Verdict(Outcome.TIME, f"The program ran longer than {limits.wall_seconds:g} seconds.")
        for stream in self._box.streams.values():
            if stream.overflowed:
                return Verdict(
                    Outcome.OUTPUT, f"The program wrote more than {stream.limit >> 10} KiB to {stream.name}."
                )
        return self._judge_use(now) if now >= self._look_at else None

    def _judge_use(self, now: float) -> Verdict | None:
        limits = self._limits
        used_mib = self._measure()
        self._look_at = now + self._pause(used_mib)
        if self.cpu_seconds > limits.cpu_seconds:
            return cpu_verdict(limits)
        if self.oom_kills or (self._box.group is None and self.peak_mib > limits.memory_mib):
            return memory_verdict(limits)
        if self.tasks > limits.processes + SPARE_PROCESSES:
            return Verdict(Outcome.CRASHED, f"The program started more than {limits.processes} processes and threads.")
        return inode_verdict(limits, self._box)

    def _pause(self, used_mib: float) -> float:
        """Seconds until a look is due: without a control group the more often the less memory is left."""
        if self._box.group is not None:
            return REST_SECONDS
        return min(max((self._limits.memory_mib - used_mib) / FILL_MIB, POLL_SECONDS), REST_SECONDS)

    def _measure(self) -> float:
        """Take down what is used so far; the memory in use now, in MiB."""
        if self._box.group is not None:
            used = self._box.group.usage()
            self.cpu_seconds, self.peak_mib = used.cpu_seconds, max(self.peak_mib, used.peak_mib)
            self.oom_kills = used.oom_kills
            return self.peak_mib
        files = sum(map(_used_mib, self._box.scratch.values()))
        tree = usage(self._box.first_pid, self._limits.memory_mib - files)
        self.cpu_seconds = max(self.cpu_seconds, tree.cpu_seconds)
        self.tasks = tree.tasks
        used_mib = tree.memory_mib + files
        self.peak_mib = max(self.peak_mib, used_mib)
        return used_mib


def cpu_verdict(limits: Limits) -> Verdict:
    """The processor time of all processes together is used up."""
    return Verdict(Outcome.TIME, f"The program used more than {limits.cpu_seconds:g} seconds of processor time.")


def memory_verdict(limits: Limits) -> Verdict:
    """The memory of all processes together is used up."""
    return Verdict(Outcome.MEMORY, f"The program used more than {limits.memory_mib} MiB of memory.")


def inode_verdict(limits: Limits, box: Watched) -> Verdict | None:
    """Files, folders and links in all places together where the program can make some."""
    if sum(map(_inodes, box.scratch.values())) > limits.inodes:
        return Verdict(Outcome.OUTPUT, f"The program made more than {limits.inodes} files and folders.")
    return None


def read_report(message: bytes) -> Report:
    """What the launcher answered; it answers nothing when it died itself.

    Raises:
        SandboxError: it died.
    """
    if not message:
        raise SandboxError("the launcher of the box died")
    answer = json.loads(message)
    return Report(
        answer.get("status"),
        answer.get("cpu_seconds", 0.0),
        answer.get("largest_kib", 0) / 1024,
        answer.get("error", ""),
    )


def is_full(descriptor: int) -> bool:
    """Whether the tmpfs of an open folder has no page left."""
    return os.fstatvfs(descriptor).f_bavail == 0


def _inodes(descriptor: int) -> int:
    status = os.fstatvfs(descriptor)
    return status.f_files - status.f_ffree


def _used_mib(descriptor: int) -> float:
    status = os.fstatvfs(descriptor)
    return (status.f_blocks - status.f_bfree) * status.f_frsize / MIB
