"""What boxes of one machine must not share: the slots, each with a user id of its own, and folders beside them."""

import fcntl
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from sandbox import SandboxError

SLOTS = range(4, 64)  # the first four belong to the self-test
SELF_TEST_TURN_SECONDS = 60


@contextmanager
def slots(count: int) -> Iterator[list[int]]:
    """Numbers that no other box on this machine uses now; the kernel gives them back even when we are killed."""
    held: list[tuple[int, int]] = []
    with _machine(fcntl.LOCK_SH, None), _taken(count, held):
        yield [number for number, _ in held]


@contextmanager
def quiet_slot(*, cancel: threading.Event | None = None) -> Iterator[int]:
    """One slot, while no other box runs on this machine: for times that are fair to rank by.

    It waits until the boxes there are have ended, and lets none begin before it is done itself. Take it while holding
    no other slot, or two of these would wait for each other. SandboxError when `cancel` is set meanwhile.
    """
    held: list[tuple[int, int]] = []
    with _machine(fcntl.LOCK_EX, cancel), _taken(1, held):
        yield held[0][0]


@contextmanager
def _machine(how: int, cancel: threading.Event | None) -> Iterator[None]:
    """Boxes share the machine; who wants it alone holds the gate, so that the stream of others does not go on."""
    gate, machine = (_opened(_lock_folder() / name) for name in ("gate", "machine"))
    try:
        _wait_for(gate, how, cancel)
        _wait_for(machine, how, cancel)
        if how == fcntl.LOCK_SH:
            fcntl.flock(gate, fcntl.LOCK_UN)
        yield
    finally:
        os.close(machine)
        os.close(gate)


def _wait_for(descriptor: int, how: int, cancel: threading.Event | None) -> None:
    while not _try_flock(descriptor, how):
        if cancel is not None and cancel.is_set():
            raise SandboxError("cancelled while waiting for a quiet machine")
        time.sleep(0.02)


@contextmanager
def _taken(count: int, held: list[tuple[int, int]]) -> Iterator[None]:
    try:
        for number in SLOTS:
            descriptor = _try_lock(_lock_folder() / str(number))
            if descriptor is not None:
                held.append((number, descriptor))
            if len(held) == count:
                break
        if len(held) < count:
            raise SandboxError(f"all {len(SLOTS)} sandbox slots of this machine are in use")
        yield
    finally:
        for _, descriptor in held:
            os.close(descriptor)


@contextmanager
def alone_in_self_test() -> Iterator[None]:
    """The self-test counts processes in slots of its own, so two workers of a machine take turns.

    A worker that was stopped in its turn must not hold up the others for good: SandboxError, and they try again.
    """
    deadline = time.monotonic() + SELF_TEST_TURN_SECONDS
    while (lock := _try_lock(_lock_folder() / "self-test")) is None:
        if time.monotonic() > deadline:
            raise SandboxError(
                f"another worker of this machine has been in its self-test for {SELF_TEST_TURN_SECONDS} s"
            )
        time.sleep(0.05)
    try:
        yield
    finally:
        os.close(lock)


def _lock_folder() -> Path:
    folder = Path(tempfile.gettempdir()) / f"tidemark-slots-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _try_lock(path: Path) -> int | None:
    descriptor = _opened(path)
    if _try_flock(descriptor, fcntl.LOCK_EX):
        return descriptor
    os.close(descriptor)
    return None


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _try_flock(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def scratch() -> Iterator[Path]:
    """A fresh folder of ours; gone afterwards."""
    folder = Path(tempfile.mkdtemp(dir=_scratch_root()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def clear_scratch(*, older_than_seconds: float) -> int:
    """Delete the folders of workers that were killed. Returns how many."""
    oldest = time.time() - older_than_seconds
    left = [folder for folder in _scratch_root().iterdir() if folder.stat().st_mtime < oldest]
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)
    return len(left)


def _scratch_root() -> Path:
    root: Path = settings.TIDEMARK_HOME / "scratch"
    root.mkdir(mode=0o700, exist_ok=True)
    return root
