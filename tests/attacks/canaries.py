"""What must appear nowhere: words and numbers that stand for the truth and for all that a site keeps to itself."""

import base64
import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Final
from urllib.parse import quote

TRUTH: Final = "canary-truth-5e1f7a90"
SETTING: Final = "canary-setting-c41d8b62"
ENVIRONMENT: Final = "canary-environment-09af3e71"
DATABASE: Final = "canary-database-7b6620de"
WORDS: Final = (TRUTH, SETTING, ENVIRONMENT, DATABASE)
DIGITS: Final = "7283915"  # every hidden number of the contest is 0.7283915...
HIDDEN_NUMBERS: Final = {"a": 0.72839150461, "b": 0.72839150472, "c": 0.72839150483, "d": 0.72839150494}
ZIP_HEAD: Final = b"PK\x03\x04"


def forms(word: str) -> Iterator[str]:
    """A word as programs pass it on: as it is, as an identifier, turned round, in hexadecimal, in base64 at any place,
    in escapes of an address."""
    yield from {word, word.replace("-", "_"), word.upper(), word[::-1], quote(word, safe=""), word.encode().hex()}
    for shift in range(3):
        coded = base64.b64encode(bytes(shift) + word.encode()).decode()
        yield coded[4 if shift else 0 : len(coded) - 4]


PATTERNS: Final = {
    **{word: re.compile("|".join(re.escape(form) for form in forms(word))) for word in WORDS},
    "a hidden number": re.compile(f"{DIGITS[0]}[.,]?{DIGITS[1:]}"),
}


def canaries_in(text: str) -> set[str]:
    return {name for name, pattern in PATTERNS.items() if pattern.search(text)}


def unpacked(content: bytes) -> str:
    """Text as it is; of an archive, the texts of its members."""
    if not content.startswith(ZIP_HEAD):
        return content.decode("utf-8", "replace")
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return "\n".join([*archive.namelist(), *(unpacked(archive.read(name)) for name in archive.namelist())])
