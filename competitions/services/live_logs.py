"""What a program writes while it runs, made fit to be read: capped, and without what a terminal would obey.

A hostile program chooses these bytes, and the thread that reads them keeps the lease: every step takes time in
proportion to their number, whatever they are.
"""

import codecs
import re
import threading

# A sequence that the end of the log cuts off is left out as well.
ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*(?:[@-~]|\Z)|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
UNSHOWN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def readable(data: bytes) -> str:
    """Bytes of a program as text: escape sequences, control and direction characters are gone, and so is a character
    of which only the beginning has come."""
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(data)
    lines = ESCAPES.sub("", text).replace("\r\n", "\n").split("\n")
    return UNSHOWN.sub("", "\n".join(map(_as_drawn_last, lines)))


def _as_drawn_last(line: str) -> str:
    """A progress bar draws its line again and again."""
    return line.rstrip("\r").rpartition("\r")[2]


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
