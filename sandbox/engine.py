"""A client of the Docker Engine API, over its Unix socket: the few calls that boxes need, with the standard library.

Source: the Engine's OpenAPI document ("swagger.yaml"), version 1.44, which engines from 25 (2024) on speak.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from sandbox.run import SandboxError

VERSION = "v1.44"
ANSWER_SECONDS = 60.0  # a busy engine may take long to start a container, never this long to say a word
LARGEST_ANSWER = 16 << 20  # bytes of JSON
NOT_FOUND, CONFLICT = 404, 409


class Refused(SandboxError):
    """The engine answered with an error; `status` is that of HTTP."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"the Docker engine answered {status}: {message}")
        self.status = status
        self.message = message


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("docker", timeout=ANSWER_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Engine:
    """The engine behind a socket. Holds nothing between calls, so it serves many threads."""

    def __init__(self, path: str) -> None:
        self._path = path

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str | int] | None = None,
    ) -> Any:  # whatever JSON says
        """One call; the answer's JSON, or None when it has none.

        Raises:
            Refused: the engine answered with an error.
            SandboxError: the engine cannot be reached, or answers no JSON.
        """
        with self._call(method, path, body, query or {}) as response:
            text = response.read(LARGEST_ANSWER + 1)
        if len(text) > LARGEST_ANSWER:
            raise SandboxError(f"the Docker engine's answer to {path} is longer than {LARGEST_ANSWER} bytes")
        try:
            return json.loads(text) if text.strip() else None
        except ValueError as error:
            raise SandboxError(f"the Docker engine's answer to {path} is no JSON: {error}") from error

    @contextlib.contextmanager
    def archive(self, container: str, path: str) -> Iterator[http.client.HTTPResponse]:
        """The tar of a folder in a container, to be read as it comes; its entries begin with the folder's own name."""
        with self._call("GET", f"/containers/{quote(container)}/archive", None, {"path": path}) as response:
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
                raise Refused(status, words)
        except BaseException as error:
            connection.close()
            if isinstance(error, OSError):
                raise self._unreachable(error) from error
            raise
        return connection

    @contextlib.contextmanager
    def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None, query: Mapping[str, str | int]
    ) -> Iterator[http.client.HTTPResponse]:
        connection = _Connection(self._path)
        words = f"?{urlencode(query)}" if query else ""
        data = None if body is None else json.dumps(body)
        try:
            connection.request(method, f"/{VERSION}{path}{words}", data, {"Content-Type": "application/json"})
            response = connection.getresponse()
            if response.status >= 400:
                raise Refused(response.status, _message_of(response.read(1 << 16)))
            yield response
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(error) from error
        finally:
            connection.close()

    def _unreachable(self, error: Exception) -> SandboxError:
        return SandboxError(f"the Docker engine at {self._path} cannot be reached: {error or type(error).__name__}")


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


def _message_of(answer: bytes) -> str:
    text = answer.decode(errors="replace").strip()
    with contextlib.suppress(ValueError, KeyError, TypeError):
        return str(json.loads(text)["message"]).strip()
    return text or "no reason given"
