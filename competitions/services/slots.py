"""What boxes of one machine must not share: the slots, each with a user id of its own, and folders beside them."""

import fcntl
import os
import shutil
import tempfile
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
    try:
        for number in SLOTS:
            descriptor = _try_lock(_lock_folder() / str(number))
            if descriptor is not None:
                held.append((number, descriptor))
            if len(held) == count:
                break
        if len(held) < count:
            raise SandboxError(f"all {len(SLOTS)} sandbox slots of this machine are in use")
        yield [number for number, _ in held]
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
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


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
