"""Keeps programs running until it is told to stop, then stops all of them.

Each child is started with a parent-death signal, so that even `kill -9` of the supervisor leaves nothing behind. A
child that ends is started again, after a pause that grows while it keeps ending.
"""

import fcntl
import logging
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from competitions.processes.commands import Program

log = logging.getLogger(__name__)
STOP_SECONDS = 10
LOOK_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 30.0


class AlreadyRunning(Exception):
    """Another process serves this state folder."""


@dataclass
class Child:
    """A program, its process, and when it may be started again."""

    program: Program
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_not_before: float = 0.0
    pause_seconds: float = 0.5


@dataclass
class Supervisor:
    programs: Sequence[Program]
    log_folder: Path
    stopping: threading.Event = field(default_factory=threading.Event)
    children: list[Child] = field(default_factory=list)

    def start(self) -> None:
        self.children = [Child(program) for program in self.programs]
        for child in self.children:
            self._spawn(child)

    def watch(self) -> None:
        """Restart what ends, until a signal says stop. Call it in the main thread."""
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, self._told_to_stop)
        while not self.stopping.wait(LOOK_SECONDS):
            for child in self.children:
                self._look_after(child)

    def stop(self) -> None:
        """Ask all to end, last started first; kill what does not."""
        running = [child for child in reversed(self.children) if child.process and child.process.poll() is None]
        for child in running:
            _signal_group(child, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for child in running:
            _wait(child, deadline)
        for child in self.children:
            _signal_group(child, signal.SIGKILL)

    def _told_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping.set()

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is not None and child.process.poll() is not None:
            ran_seconds = now - child.started_at
            child.pause_seconds = 0.5 if ran_seconds > 60 else min(child.pause_seconds * 2, LONGEST_PAUSE_SECONDS)
            child.start_not_before = now + child.pause_seconds
            log.warning("%s ended with %s; starting it again", child.program.name, child.process.returncode)
            _signal_group(child, signal.SIGKILL)  # what it had started must not run beside its successor
            child.process = None
        if child.process is None and now >= child.start_not_before:
            self._spawn(child)

    def _spawn(self, child: Child) -> None:
        with (self.log_folder / f"{child.program.name}.log").open("ab") as output:
            child.process = subprocess.Popen(
                [*_dies_with_us(), *child.program.argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        child.started_at = time.monotonic()


def _dies_with_us() -> list[str]:
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []


def _signal_group(child: Child, number: signal.Signals) -> None:
    if child.process is None:
        return
    try:
        os.killpg(child.process.pid, number)
    except ProcessLookupError:
        return


def _wait(child: Child, deadline: float) -> None:
    if child.process is None:
        return
    try:
        child.process.wait(timeout=max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        log.warning("%s does not stop; killing it", child.program.name)


@contextmanager
def only_one(folder: Path, name: str = "up.lock") -> Iterator[None]:
    """Two supervisors on one state folder would fight over its socket and its port."""
    with (folder / name).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(f"another process already serves {folder}") from None
        yield
