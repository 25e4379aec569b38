"""What a reader sees written in a PDF file of the site, without a library for PDF.

The site's files set each text as numbers of glyphs, `[<00290036>-12<0051>] TJ`, and each font brings a map from its
glyphs to characters (ISO 32000-1, 9.10.3). Which text is set in which font is not followed: every text is read with
every map, so that what was written in any one font is found, among much that nobody wrote.
"""

import re
import zlib
from collections.abc import Iterator

STREAM = re.compile(rb"stream\r?\n(.*?)\nendstream", re.DOTALL)  # a carriage return may be the last of the data
SHOWN = re.compile(rb"\[([^\]]*)\]\s*TJ|(<[0-9a-fA-F\s]+>)\s*Tj")
HEX = re.compile(rb"<([0-9a-fA-F]+)>")
PAIR = re.compile(rb"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>")
GLYPH_DIGITS = 4


def pdf_texts(pdf: bytes) -> list[str]:
    """All that is shown, once for each font's map."""
    assert pdf.startswith(b"%PDF-"), pdf[:20]
    parts = list(_streams(pdf))
    shown = [b"".join(HEX.findall(one or other)).decode() for part in parts for one, other in SHOWN.findall(part)]
    return ["\n".join(_read(text, glyphs) for text in shown) for part in parts if (glyphs := _glyphs(part))]


def pdf_says(pdf: bytes, words: str) -> bool:
    return any(words in text for text in pdf_texts(pdf))


def _streams(pdf: bytes) -> Iterator[bytes]:
    for packed in STREAM.findall(pdf):
        try:
            yield zlib.decompressobj().decompress(packed)  # whatever comes after it
        except zlib.error:
            yield packed


def _glyphs(part: bytes) -> dict[str, str]:
    """A font's map, {} where this part of the file is something else."""
    blocks = re.findall(rb"beginbfchar(.*?)endbfchar", part, re.DOTALL)
    pairs = [pair for block in blocks for pair in PAIR.findall(block)]
    return {glyph.decode().lower(): bytes.fromhex(text.decode()).decode("utf-16-be") for glyph, text in pairs}


def _read(text: str, glyphs: dict[str, str]) -> str:
    numbers = (text[place : place + GLYPH_DIGITS].lower() for place in range(0, len(text), GLYPH_DIGITS))
    return "".join(glyphs.get(number, "�") for number in numbers)
