"""Carrying bytes between a run's descriptors and a container that an engine runs for us.

An attached container sends frames: 8 bytes of head (1 stdout or 2 stderr, three zeros, the length as a big-endian
32-bit number), then that many bytes. Descriptors of the caller are never made non-blocking, since that would change
them for the caller, too; so at most as much is written as a pipe takes without blocking once it is ready.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct

from sandbox.run import OnLog, SandboxError
from sandbox.watch import Stream

CHUNK = 1 << 16
MOST_AT_ONCE = select.PIPE_BUF  # a pipe that poll calls writable takes this much
NAMES = {1: "stdout", 2: "stderr"}
HEAD = struct.Struct(">B3xI")
GONE = select.POLLHUP | select.POLLERR | select.POLLNVAL


class Frames:
    """Takes frames apart as they come, however they are cut. Holds at most one head."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._name = ""
        self._left = 0

    def feed(self, data: bytes) -> list[tuple[str, bytes]]:
        """What the bytes say, as (stream, data).

        Raises:
            SandboxError: these are no frames.
        """
        found, place = [], 0
        while place < len(data):
            if not self._left:
                place = self._take_head(data, place)
                continue
            piece = data[place : place + self._left]
            place += len(piece)
            self._left -= len(piece)
            found.append((self._name, piece))
        return found

    def _take_head(self, data: bytes, place: int) -> int:
        step = min(HEAD.size - len(self._head), len(data) - place)
        self._head += data[place : place + step]
        if len(self._head) == HEAD.size:
            kind, self._left = HEAD.unpack(self._head)
            if kind not in NAMES:
                raise SandboxError(f"the Docker engine sent a frame of the unknown kind {kind}")
            self._name = NAMES[kind]
            self._head.clear()
        return place + step


class Relay:
    """The streams of one attached container. `stdin` and `stdout` are descriptors of the caller's, or None."""

    def __init__(
        self, connection: socket.socket, streams: dict[str, Stream], stdin: int | None, stdout: int | None
    ) -> None:
        connection.setblocking(False)
        self._connection, self._streams, self._frames = connection, streams, Frames()
        self._stdin, self._stdout = stdin, stdout
        self._to_box, self._from_box = b"", b""
        self.ended = False  # the container has closed its streams
        self.is_deaf = False  # nobody reads what the program writes

    def step(self, seconds: float, on_log: OnLog | None) -> None:
        """Wait that long at most for something to move, and move it."""
        waiting = select.poll()
        for descriptor, events in self._interests():
            waiting.register(descriptor, events)
        for descriptor, event in waiting.poll(seconds * 1000):
            if descriptor == self._connection.fileno():
                self._serve_connection(event, on_log)
            elif descriptor == self._stdout and self._from_box:
                self._write_out()
            elif descriptor == self._stdin:
                self._read_in()

    def _interests(self) -> list[tuple[int, int]]:
        events = (0 if self._from_box else select.POLLIN) | (select.POLLOUT if self._to_box else 0)
        found = [(self._connection.fileno(), events)] if events and not self.ended else []
        if self._from_box and self._stdout is not None:
            found.append((self._stdout, select.POLLOUT))
        if self._stdin is not None and not self._to_box:
            found.append((self._stdin, select.POLLIN))
        return found

    def _serve_connection(self, event: int, on_log: OnLog | None) -> None:
        if event & select.POLLOUT and self._to_box:
            self._send()
        if event & (select.POLLIN | GONE) and not self._from_box:
            self._receive(on_log)

    def _receive(self, on_log: OnLog | None) -> None:
        try:
            data = self._connection.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self.ended = not data
        for name, piece in self._frames.feed(data):
            if name in self._streams:
                self._streams[name].take(piece, on_log)
            elif not self.is_deaf:
                self._from_box += piece

    def _write_out(self) -> None:
        assert self._stdout is not None  # noqa: S101  # for the type checker
        try:
            self._from_box = self._from_box[os.write(self._stdout, self._from_box[:MOST_AT_ONCE]) :]
        except BlockingIOError:
            return
        except OSError:
            self.is_deaf, self._from_box = True, b""

    def _read_in(self) -> None:
        assert self._stdin is not None  # noqa: S101  # for the type checker
        try:
            self._to_box = os.read(self._stdin, CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            raise SandboxError(f"the input of the run cannot be read: {error.strerror}") from error
        if not self._to_box:
            self._stdin = None
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_WR)

    def _send(self) -> None:
        try:
            self._to_box = self._to_box[self._connection.send(self._to_box) :]
        except BlockingIOError:
            return
        except OSError:  # the program no longer reads
            self._stdin, self._to_box = None, b""

    @property
    def is_idle(self) -> bool:
        """Nothing is left to hand on."""
        return self.ended and not self._from_box

    @property
    def waits_for_reader(self) -> bool:
        """Something is held until the caller's descriptor takes it."""
        return bool(self._from_box)
