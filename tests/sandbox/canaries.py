"""What hostile programs are let loose on: things that must stay as they are, and doors that nobody may knock at."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

SECRET = "TIDEMARK_SECRET"
AHEAD_SECONDS = 3600
ENTRIES = {"input", "input/data.txt", "input/shared.txt", "beside.txt"}


@dataclass
class Host:
    """A canary in names, environment and files, and services that wait for visitors."""

    canary: str
    port: int
    folder: Path
    visits: list[str] = field(default_factory=list)

    def harm(self) -> list[str]:
        """What has been done to the host since the last time it was asked."""
        visits = [f"{self.visits.pop()} was visited" for _ in range(len(self.visits))]
        return visits + [f"the host's {what} changed" for what in self._changed()]

    def _changed(self) -> Iterator[str]:
        if os.environ.get(SECRET) != self.canary:
            yield "environment"
        if {str(path.relative_to(self.folder)) for path in self.folder.rglob("*")} != ENTRIES:
            yield "folder"
        if {path.read_text() for path in (self.folder / "input").iterdir()} != {"input\n"}:
            yield "input"
        if (self.folder / "beside.txt").read_text() != self.canary:
            yield "file"


@contextmanager
def host() -> Iterator[Host]:
    canary = f"canary{secrets.token_hex(8)}"
    os.environ[SECRET] = canary
    with tempfile.TemporaryDirectory(prefix=f"{canary}-") as name, contextlib.ExitStack() as held:
        doors = _doors(canary)
        found = Host(canary, doors[0].getsockname()[1], Path(name))
        _lay_out(found)
        for door in doors:
            held.callback(_shut, door, _watch(door, found.visits))
        yield found
    del os.environ[SECRET]


def _lay_out(found: Host) -> None:
    """One input that only its owner may read, so that boxes get a copy, and one that all boxes share."""
    folder = found.folder / "input"
    folder.mkdir(mode=0o755)
    for name, mode in (("data.txt", 0o600), ("shared.txt", 0o644)):
        (folder / name).write_text("input\n")
        (folder / name).chmod(mode)
        # Read last in the future, so that `harm` reading them beside a run is no change of a time that its box sees.
        os.utime(folder / name, (time.time() + AHEAD_SECONDS, time.time()))
    (found.folder / "beside.txt").write_text(found.canary)


def _doors(canary: str) -> list[socket.socket]:
    """TCP and UDP on one port, and two sockets with a name but no file."""
    tcp = socket.create_server(("127.0.0.1", 0))
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(tcp.getsockname())
    stream, datagram = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    stream.bind("\0" + canary)
    stream.listen()
    datagram.bind("\0datagram" + canary)
    return [tcp, udp, stream, datagram]


def _watch(door: socket.socket, visits: list[str]) -> threading.Thread:
    wait = _wait_for_connection if door.type == socket.SOCK_STREAM else _wait_for_datagram
    thread = threading.Thread(target=wait, args=(door, visits), daemon=True)
    thread.start()
    return thread


def _wait_for_connection(door: socket.socket, visits: list[str]) -> None:
    with contextlib.suppress(OSError):
        while True:
            visitor, _ = door.accept()
            visitor.close()
            visits.append(str(door.getsockname()))


def _wait_for_datagram(door: socket.socket, visits: list[str]) -> None:
    with contextlib.suppress(OSError):
        while door.recv(100):  # nothing but the shutting of the door is empty
            visits.append(str(door.getsockname()))


def _shut(door: socket.socket, thread: threading.Thread) -> None:
    with contextlib.suppress(OSError):  # a datagram socket that is not connected says so, and is shut all the same
        door.shutdown(socket.SHUT_RDWR)
    thread.join()
    door.close()
