"""What a program wrote, cut in the middle: the beginning and the end tell most, and a flood must not fill memory."""

from __future__ import annotations

from typing import Final

LOG_BYTES: Final = 64 * 1024
_CUT: Final = "\n[... {} bytes left out ...]\n"


class CappedLog:
    """Takes any amount of bytes and keeps the first and the last of them."""

    def __init__(self, limit: int = LOG_BYTES) -> None:
        self._half = limit // 2
        self._head = bytearray()
        self._tail = bytearray()
        self._total = 0

    def add(self, data: bytes) -> None:
        self._total += len(data)
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        if len(self._tail) > 2 * self._half:
            del self._tail[: -self._half]

    @property
    def text(self) -> str:
        """Control characters but for line ends and tabs are spelt out: a terminal may show this."""
        tail = bytes(self._tail[-self._half :])
        left_out = self._total - len(self._head) - len(tail)
        middle = _CUT.format(left_out) if left_out else ""
        return _plain(bytes(self._head)) + middle + _plain(tail)


def _plain(data: bytes) -> str:
    text = data.decode("utf-8", errors="backslashreplace").replace("\r\n", "\n")
    return "".join(one if one.isprintable() or one in "\n\t" else f"\\x{ord(one):02x}" for one in text)
