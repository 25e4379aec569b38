"""Asking a server that speaks HTTP and JSON, with the standard library: what engine.py and cluster.py share."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from sandbox.run import SandboxError

ANSWER_SECONDS = 60.0  # a busy server may take long to do something, never this long to say a word
LARGEST_ANSWER = 16 << 20  # bytes of JSON
DIGEST = re.compile(r"(.+@)?sha256:[0-9a-f]{64}\Z")  # of an image
NOT_FOUND, CONFLICT, FORBIDDEN = 404, 409, 403


class Refused(SandboxError):
    """The server answered with an error; `status` is that of HTTP."""

    def __init__(self, server: str, status: int, message: str) -> None:
        super().__init__(f"{server} answered {status}: {message}")
        self.status = status


class Api:
    """A server. Holds no connection between calls, so it serves many threads."""

    def __init__(self, server: str, prefix: str = "") -> None:
        self.server, self._prefix = server, prefix

    def connection(self) -> http.client.HTTPConnection:
        """A fresh connection."""
        raise NotImplementedError

    def headers(self) -> dict[str, str]:
        """What goes with every request."""
        return {"Content-Type": "application/json", "Accept": "application/json"}

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str | int] | None = None,
    ) -> Any:  # whatever JSON says
        """One call; the answer's JSON, or None when it has none.

        Raises:
            Refused: the server answered with an error.
            SandboxError: the server cannot be reached, or answers no JSON.
        """
        with self.call(method, path, body, query or {}) as response:
            text = response.read(LARGEST_ANSWER + 1)
        if len(text) > LARGEST_ANSWER:
            raise SandboxError(f"the answer of {self.server} to {path} is longer than {LARGEST_ANSWER} bytes")
        try:
            return json.loads(text) if text.strip() else None
        except ValueError as error:
            raise SandboxError(f"the answer of {self.server} to {path} is no JSON: {error}") from error

    @contextlib.contextmanager
    def call(
        self, method: str, path: str, body: Mapping[str, Any] | None, query: Mapping[str, str | int]
    ) -> Iterator[http.client.HTTPResponse]:
        """The answer, to be read as it comes. Raises as `ask` does."""
        connection = self.connection()
        words = f"?{urlencode(query)}" if query else ""
        data = None if body is None else json.dumps(body)
        try:
            connection.request(method, f"{self._prefix}{path}{words}", data, self.headers())
            response = connection.getresponse()
            if response.status >= 400:
                raise Refused(self.server, response.status, _message_of(response.read(1 << 16)))
            yield response
        except (OSError, http.client.HTTPException) as error:
            raise self.unreachable(error) from error
        finally:
            connection.close()

    def unreachable(self, error: Exception) -> SandboxError:
        """What to raise when the server is not there or breaks off."""
        return SandboxError(f"{self.server} cannot be reached: {error or type(error).__name__}")


def _message_of(answer: bytes) -> str:
    text = answer.decode(errors="replace").strip()
    with contextlib.suppress(ValueError, KeyError, TypeError):
        return str(json.loads(text)["message"]).strip()
    return text or "no reason given"
