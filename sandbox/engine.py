"""A client of the Docker Engine API, over its Unix socket: the few calls that boxes need.

Source: the Engine's OpenAPI document ("swagger.yaml"), version 1.44, which engines from 25 (2024) on speak.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
from collections.abc import Iterator
from urllib.parse import quote, urlencode

from sandbox.api import ANSWER_SECONDS, Api, Refused

VERSION = "v1.44"


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("docker", timeout=ANSWER_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Engine(Api):
    """The engine behind a socket."""

    def __init__(self, path: str) -> None:
        super().__init__(f"the Docker engine at {path}", f"/{VERSION}")
        self._path = path

    def connection(self) -> http.client.HTTPConnection:
        """Over the Unix socket."""
        return _Connection(self._path)

    @contextlib.contextmanager
    def archive(self, container: str, path: str) -> Iterator[http.client.HTTPResponse]:
        """The tar of a folder in a container, to be read as it comes; its entries begin with the folder's own name."""
        with self.call("GET", f"/containers/{quote(container)}/archive", None, {"path": path}) as response:
            yield response

    def attach(self, container: str, *, stdin: bool) -> socket.socket:
        """The streams of a container that is not started yet: what is sent is its stdin, what comes are frames.

        Raises:
            SandboxError: the engine refuses or cannot be reached.
        """
        query = urlencode({"stream": 1, "stdout": 1, "stderr": 1} | ({"stdin": 1} if stdin else {}))
        request = (
            f"POST /{VERSION}/containers/{quote(container)}/attach?{query} HTTP/1.1\r\nHost: docker\r\n"
            "Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n"
        )
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(ANSWER_SECONDS)
            connection.connect(self._path)
            connection.sendall(request.encode())
            status, words = _status_of(connection)
            if status not in (101, 200):  # 200: an engine that does not upgrade, and streams all the same
                raise Refused(self.server, status, words)
        except BaseException as error:
            connection.close()
            if isinstance(error, OSError):
                raise self.unreachable(error) from error
            raise
        return connection


def _status_of(connection: socket.socket) -> tuple[int, str]:
    """Read the head of an answer byte by byte: what comes after it is not HTTP."""
    head = bytearray()
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte or len(head) > 1 << 14:
            raise ConnectionResetError("no answer to attach")
        head += byte
    line = head.decode("latin-1").partition("\r\n")[0].split(" ", 2)
    if len(line) < 2 or not line[1].isdecimal():
        raise ConnectionResetError("the answer to attach is not HTTP")
    return int(line[1]), line[-1]
