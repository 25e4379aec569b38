"""The supervisor's side of the launcher: starts it, hands plans and descriptors over, and notices when it is gone."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import threading
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox.run import SandboxError

PROGRAM = Path(__file__).with_name("launch.py")


@dataclass(frozen=True, slots=True)
class Plan:
    """What the launcher is told about one box; see launch.py. `uid` None: stay who we are, and stage nothing.
    `copies` names the folder for copies; `groups` is how many of the descriptors are entrances of control groups.
    """

    argv: Sequence[str]
    environment: Mapping[str, str]
    uid: int | None
    binds: Sequence[tuple[str, bool]]
    copies: str
    groups: int
    rlimits: Mapping[str, tuple[int, int]]


class Launcher:
    """One launcher process, started when first needed, again when it was lost, and anew in a forked child."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pid = 0
        self._requests: socket.socket | None = None
        self._end: weakref.finalize[..., Launcher] | None = None
        _every_launcher.add(self)

    def start(self, plan: Plan, descriptors: Sequence[int]) -> socket.socket:
        """Have a box made; what follows the entrances in `descriptors` becomes 0, 1, 2, ... in it. Returns the run's
        socket: closing it kills the box.

        Raises:
            SandboxError: the launcher cannot be started.
        """
        control, far_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        message = json.dumps(asdict(plan)).encode()
        with far_end, self._lock:
            for fresh in (False, True):
                try:
                    socket.send_fds(self._connected(anew=fresh), [message], [far_end.fileno(), *descriptors])
                except OSError as error:
                    problem = error
                else:
                    return control
        control.close()
        raise SandboxError(f"the launcher of boxes does not answer: {problem}")

    def close(self) -> None:
        """End the launcher. Boxes that still run go on under their wardens."""
        with self._lock:
            self._disconnect()

    def _connected(self, *, anew: bool) -> socket.socket:
        if anew:
            self._disconnect()
        if self._requests is None:
            self._spawn()
        assert self._requests is not None  # noqa: S101  # for the type checker
        return self._requests

    def _spawn(self) -> None:
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        with far:
            self._pid = os.posix_spawn(
                sys.executable,
                [sys.executable, "-I", "-S", str(PROGRAM)],
                {},  # a box could read the environment its launcher was started with
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, far.fileno(), 0),
                    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                ],
                setsid=True,  # Ctrl-C on our terminal is for us to handle
                setsigmask=(),  # a box is not to inherit what this thread blocks or this process ignores
                setsigdef=sorted(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}),
            )
        self._requests = near
        self._end = weakref.finalize(self, _end, near, self._pid)

    def _disconnect(self) -> None:
        if self._end is not None:
            self._end()
        self._requests = self._end = None

    def forget(self) -> None:
        """In a forked child: the parent's launcher is not ours, and holding its socket would keep it alive."""
        self._lock = threading.Lock()
        if self._end is not None and self._requests is not None:
            self._end.detach()
            self._requests.close()
        self._requests = self._end = None


def _end(requests: socket.socket, pid: int) -> None:
    """The launcher ends by itself when its socket is closed."""
    requests.close()
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


_every_launcher: weakref.WeakSet[Launcher] = weakref.WeakSet()


def _forget_all() -> None:
    for launcher in list(_every_launcher):
        launcher.forget()


os.register_at_fork(after_in_child=_forget_all)
