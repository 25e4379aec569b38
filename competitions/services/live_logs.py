"""What a program writes while it runs, made fit to be read: capped, and without what a terminal would obey."""

import re
import threading

ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
UNSHOWN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LINE_RESTART = re.compile(r"[^\n]*\r(?=[^\n])")  # a progress bar draws its line again and again


def readable(data: bytes) -> str:
    """Bytes of a program as text: escape sequences, control and direction characters are gone."""
    text = ESCAPES.sub("", data.decode(errors="replace")).replace("\r\n", "\n")
    return UNSHOWN.sub("", LINE_RESTART.sub("", text).replace("\r", "\n"))


class LiveLog:
    """Collects up to a limit from the thread that watches the box; read by the heartbeat beside it."""

    def __init__(self, limit_kib: int) -> None:
        self._limit = limit_kib << 10
        self._kept = bytearray()
        self._lock = threading.Lock()
        self._shown = 0

    def take(self, data: bytes) -> None:
        with self._lock:
            self._kept += data[: max(0, self._limit - len(self._kept))]

    @property
    def has_news(self) -> bool:
        return len(self._kept) != self._shown

    def text(self) -> str:
        with self._lock:
            self._shown = len(self._kept)
            return readable(bytes(self._kept))
