"""Servers of ours that nobody may reach: they count who comes."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Listening:
    """`address` is a port of this machine, or the path of a socket; `visitors` are what each of them said first."""

    address: int | Path
    visitors: list[bytes] = field(default_factory=list)


@contextmanager
def listening(path: Path | None = None) -> Iterator[Listening]:
    """A server on a free port of 127.0.0.1, or on a socket in a folder."""
    family = socket.AF_INET if path is None else socket.AF_UNIX
    with socket.socket(family) as server:
        server.bind(("127.0.0.1", 0) if path is None else str(path))
        server.listen()
        found = Listening(path if path is not None else server.getsockname()[1])
        thread = threading.Thread(target=_serve, args=(server, found), daemon=True)
        thread.start()
        try:
            yield found
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(server: socket.socket, found: Listening) -> None:
    while True:
        try:
            visitor, _ = server.accept()
        except OSError:
            return  # closed: the test is over
        with visitor:
            visitor.settimeout(2)
            try:
                found.visitors.append(visitor.recv(1000))
            except OSError:
                found.visitors.append(b"")
