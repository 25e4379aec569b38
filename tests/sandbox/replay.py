"""A server that answers as a Docker engine or a Kubernetes API server would: from exchanges that are written down.

They are written after the documentation of the two APIs, not recorded from a live server.

An exchange is a request (method and path with query, as a regular expression) and its answer. The first exchange in the
file that fits a request and is not used up answers it; with `after` it fits only once such a request has been served,
with `repeat` it is never used up. Answers: `status` and `json`, `text`, or one of

    "frames"   a stream of a container, as [1 or 2, text] or {"sleep": seconds} or {"hold": request to wait for}
    "echo"     a stream that sends back on stdout all that it got, when its input has ended
    "tar"      an archive, as entries with name, type ("0" file, "5" folder, "1" hard link, "2" link, ...) and content

`writes` are files that a pod has written by then, relative to its exchange folder, as text or [text, times]. What
nobody wrote down is answered with 501 and kept in `unexpected`; `requests` lists everything that was asked.
"""

from __future__ import annotations

import json
import re
import socketserver
import struct
import tarfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from pathlib import Path
from typing import Any

EXCHANGES = Path(__file__).with_name("exchanges")
PATIENCE_SECONDS = 20


@dataclass
class Asked:
    """One request that was served."""

    line: str
    body: Any


@dataclass
class Replay:
    """The exchanges of a scenario; `folders` is where the exchange folders of pods are."""

    exchanges: list[dict[str, Any]]
    folders: Path | None = None
    requests: list[Asked] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)

    @classmethod
    def of(cls, backend: str, scenario: str, folders: Path | None = None) -> Replay:
        """A scenario's own exchanges, before those that all scenarios of the back end share."""
        names = (f"{backend}/{scenario}.json", f"{backend}/common.json")
        return cls([one for name in names for one in json.loads((EXCHANGES / name).read_text())], folders)

    def answer(self, line: str, body: Any) -> Mapping[str, Any]:
        with self._news:
            self.requests.append(Asked(line, body))
            found = next((one for one in self.exchanges if self._fits(one, line)), None)
            if found is None:
                self.unexpected.append(line)
                found = {"status": 501, "json": {"message": f"nobody wrote down {line}"}}
            elif not found.get("repeat"):
                found["used"] = True
            self._write(found)
            self._news.notify_all()
        return found

    def asked(self, pattern: str) -> list[Any]:
        """The bodies of all requests that fit."""
        return [asked.body for asked in self.requests if re.search(pattern, asked.line)]

    def wait_for(self, pattern: str) -> None:
        with self._news:
            self._news.wait_for(lambda: self.asked(pattern), PATIENCE_SECONDS)

    def _fits(self, exchange: Mapping[str, Any], line: str) -> bool:
        if exchange.get("used") or not re.fullmatch(exchange["request"], line):
            return False
        return not exchange.get("after") or bool(self.asked(exchange["after"]))

    def _write(self, exchange: Mapping[str, Any]) -> None:
        for name, text in exchange.get("writes", {}).items():
            assert self.folders is not None
            (folder,) = self.folders.glob("*/box-*.*")
            path = folder / name
            if path.name == "link":
                path.symlink_to(text)
                continue
            path.parent.mkdir(exist_ok=True)
            with path.open("a") as file:
                file.write(text if isinstance(text, str) else text[0] * text[1])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def address_string(self) -> str:
        return "here"

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        text = self.rfile.read(length)
        found = self.server.replay.answer(f"{self.command} {self.path}", json.loads(text) if text else None)
        if "frames" in found or "echo" in found:
            self._stream(found)
            return
        data = _archive(found["tar"]) if "tar" in found else found.get("text", "").encode()
        if "json" in found:
            data = json.dumps(found["json"]).encode()
        self.send_response(found.get("status", 200))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815  # the names that http.server looks for

    def _stream(self, found: Mapping[str, Any]) -> None:
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
        self.server.replay.wait_for("POST .*/containers/box/start")
        if "echo" in found:
            self._frame(1, self.rfile.read())
            return
        for step in found["frames"]:
            if isinstance(step, list):
                self._frame(step[0], step[1].encode() * (step[2] if len(step) > 2 else 1))
            elif "sleep" in step:
                time.sleep(step["sleep"])
            else:
                self.server.replay.wait_for(step["hold"])

    def _frame(self, kind: int, data: bytes) -> None:
        self.wfile.write(struct.pack(">B3xI", kind, len(data)) + data)
        self.wfile.flush()


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    replay: Replay

    def handle_error(self, *_: object) -> None:
        """A client that hangs up in the middle of a stream is no news."""


class NetworkServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    replay: Replay

    def handle_error(self, *_: object) -> None:
        """As above."""


class Serving:
    """A replay behind a Unix socket (`socket_path`) or a port of this machine (`url`), as a context."""

    def __init__(self, replay: Replay, socket_path: Path | None = None) -> None:
        self.replay = replay
        self._server: Server | NetworkServer
        if socket_path is not None:
            self._server = Server(str(socket_path), _Handler)
        else:
            self._server = NetworkServer(("127.0.0.1", 0), _Handler)
        self._server.replay = replay
        self.url = "" if socket_path else f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Replay:
        self._thread.start()
        return self.replay

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _archive(entries: list[Mapping[str, str]]) -> bytes:
    whole = BytesIO()
    with tarfile.open(fileobj=whole, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for entry in entries:
            info = tarfile.TarInfo(entry["name"])
            info.type = entry.get("type", "0").encode()
            data = entry.get("content", "").encode()
            info.size = len(data)
            info.linkname = entry.get("to", "")
            archive.addfile(info, BytesIO(data))
    return whole.getvalue()
