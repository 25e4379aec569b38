"""Meeting a box that is being made: its first process, whether it has given up its powers, and why there is none."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sandbox.profile import SPARE_PROCESSES
from sandbox.run import Limits, RunRequest, SandboxError
from sandbox.watch import Stream, read_report

START_SECONDS = 60.0  # copying a large unreadable input into staging is part of the start


@dataclass(slots=True)
class StartedBox:
    """The supervisor's ends of one box; all are closed when the run is over."""

    control: socket.socket
    status: int
    release: int
    streams: dict[int, Stream]
    first: int = 0


def first_process(box: StartedBox) -> int:
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


def handle_of(first: int, box: StartedBox) -> int:
    try:
        return os.pidfd_open(first)
    except ProcessLookupError:
        raise _not_made(box) from None


def wait_until_harmless(first: int, box: StartedBox) -> None:
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


def count_processes_of_the_box_only(first: int, limits: Limits) -> None:
    """Where slots share a uid: since Linux 5.14 processes are counted per user namespace too, so once the box has its
    own a tight limit is about the box alone. On older kernels, and if it is refused, the watch counts now and then.
    """
    if tuple(map(int, os.uname().release.split("-")[0].split(".")[:2])) < (5, 14):
        return
    most = limits.processes + SPARE_PROCESSES
    with contextlib.suppress(OSError):
        resource.prlimit(first, resource.RLIMIT_NPROC, (most, most))


def _not_made(box: StartedBox) -> SandboxError:
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


def check_program(root: int, request: RunRequest) -> None:
    """A missing interpreter is our fault; found out here, the program cannot fake it."""
    name = request.argv[0]
    places = [name] if "/" in name else [f"{folder}/{name}" for folder in ("/venv/bin", "/usr/bin")]
    for place in places:
        absolute = PurePosixPath(request.workdir, place).relative_to("/")
        with contextlib.suppress(OSError):
            os.stat(absolute, dir_fd=root, follow_symlinks=False)
            return
    raise SandboxError(f"the box has no program {name!r}")


def abandon(box: StartedBox) -> None:
    """Have the box killed, and wait until it is gone, so that its group and slot are free.

    A warden that is gone cannot kill. Then we must, before we close the pipe that the box's first process waits at.
    """
    with contextlib.suppress(OSError):
        box.control.shutdown(socket.SHUT_WR)
        box.control.settimeout(5.0)
        if box.control.recv(1 << 16):
            return
    with contextlib.suppress(OSError, ValueError, KeyError, SandboxError):
        first = box.first or first_process(box)
        os.kill(first, signal.SIGKILL)
