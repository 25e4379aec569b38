"""Is this file a picture that a page may show? Told from its first bytes, without decoding it. Pure.

Only PNG, JPEG and WebP: an SVG file is a document that may hold scripts. The bytes decide, whatever the name says.
Sources: PNG (third edition) 11.2.1; ITU-T T.81 B.2.2; RFC 9649, 2.4 to 2.7
"""

import struct
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

MAX_BYTES: Final = 512 * 1024
MAX_SIDE: Final = 4000
MIN_SIDE: Final = 16
TYPES: Final = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
# Start of frame: the markers C0 to CF but DHT (C4), JPG (C8) and DAC (CC).
FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD9)})


class InvalidLogo(ValueError):
    """The file cannot be shown; the message says why and what would be right."""


@dataclass(frozen=True, slots=True)
class Logo:
    format: str
    width: int
    height: int


def inspect_logo(content: bytes) -> Logo:
    """Format and size in pixels. Raises InvalidLogo."""
    if len(content) > MAX_BYTES:
        text = _("it is %(bytes)s bytes, but at most %(most)s fit; save it smaller")
        raise InvalidLogo(text % {"bytes": len(content), "most": MAX_BYTES})
    try:
        logo = _measure(content)
    except (struct.error, IndexError):
        raise InvalidLogo(_("the picture breaks off in its header; save it again")) from None
    if not (MIN_SIDE <= logo.width <= MAX_SIDE and MIN_SIDE <= logo.height <= MAX_SIDE):
        text = _("it is %(width)s x %(height)s pixels; each side should be %(least)s to %(most)s")
        sides = {"width": logo.width, "height": logo.height, "least": MIN_SIDE, "most": MAX_SIDE}
        raise InvalidLogo(text % sides)
    return logo


def _measure(content: bytes) -> Logo:
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return Logo("png", *_png(content))
    if content.startswith(b"\xff\xd8\xff"):
        return Logo("jpeg", *_jpeg(content))
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return Logo("webp", *_webp(content))
    if b"<svg" in content[:4096].lower():
        raise InvalidLogo(_("it is an SVG file, which can hold scripts; save it as PNG, JPEG or WebP"))
    raise InvalidLogo(_("it is no picture that is known by its first bytes; save it as PNG, JPEG or WebP"))


def _png(content: bytes) -> tuple[int, int]:
    if content[12:16] != b"IHDR":
        raise InvalidLogo(_("the PNG file does not begin with its header (IHDR); save it again"))
    width, height = struct.unpack_from(">II", content, 16)
    return width, height


def _jpeg(content: bytes) -> tuple[int, int]:
    at = 2
    while True:
        while content[at] != 0xFF or content[at + 1] == 0xFF:
            if content[at] != 0xFF:
                raise InvalidLogo(_("the JPEG file is damaged before its size; save it again"))
            at += 1
        marker = content[at + 1]
        if marker in FRAMES:
            height, width = struct.unpack_from(">HH", content, at + 5)
            return width, height
        if marker in {0xD9, 0xDA}:  # the end, or the picture itself, before any size
            raise InvalidLogo(_("the JPEG file does not say its size; save it again"))
        at += 2 if marker in WITHOUT_LENGTH else 2 + struct.unpack_from(">H", content, at + 2)[0]


def _webp(content: bytes) -> tuple[int, int]:
    kind = content[12:16]
    if kind == b"VP8X":
        width, height = _bytes(content, 24, 3), _bytes(content, 27, 3)
        return 1 + int.from_bytes(width, "little"), 1 + int.from_bytes(height, "little")
    if kind == b"VP8L" and content[20] == 0x2F:
        bits = int.from_bytes(_bytes(content, 21, 4), "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and content[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", content, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise InvalidLogo(_("the WebP file does not say its size; save it again"))


def _bytes(content: bytes, start: int, count: int) -> bytes:
    found = content[start : start + count]
    if len(found) < count:
        raise IndexError
    return found
