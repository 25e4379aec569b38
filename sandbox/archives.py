"""A reader of the tar in which an engine hands out a folder that a program wrote: strict, and of our own making.

Only plain files and folders below that folder exist here. A link, device or odd name is a violation, a name given in an
extended header or a second entry of one name is refused, and sizes are added up before a byte is read. What was read is
looked at once more by files.py, which also decides what is kept.

Source: POSIX.1-1988 "ustar" interchange format; POSIX.1-2001 "pax" extended headers.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sandbox.files import NAME, BadOutput
from sandbox.run import Limits, Outcome, SandboxError

BLOCK = 512
CHUNK = 1 << 20
LARGEST_EXTENSION = 1 << 16
FILE, OLD_FILE, FOLDER, EXTENSION = b"0", b"\0", b"5", b"x"
RENAMING = ("path", "linkpath", "GNU.sparse")


class Source(Protocol):
    """Anything that is read from front to back."""

    def read(self, size: int, /) -> bytes:
        """At most that many bytes; none at the end."""


@dataclass(slots=True)
class _Reader:
    source: Source
    root: str
    to: Path
    limits: Limits
    seen: set[str] = field(default_factory=set)
    files: int = 0
    folders: int = 0
    size: int = 0


def unpack(source: Source, root: str, to: Path, limits: Limits) -> None:
    """Write the plain files below the entry `root` of a tar into the empty folder `to`.

    Raises:
        BadOutput: too many or too large files, a link, device, odd name or second entry of one name.
        SandboxError: this is no tar, it is cut short, or `to` cannot be written.
    """
    reader = _Reader(source, root, to, limits)
    try:
        while _take_entry(reader):
            pass
    except OSError as error:
        raise SandboxError(f"the output could not be stored: {error.strerror} ({error.filename})") from error


def _take_entry(reader: _Reader) -> bool:
    head = _exactly(reader.source, BLOCK)
    if head == bytes(BLOCK):
        return False
    if head[257:262] != b"ustar" or _number(head[148:156]) != sum(head[:148]) + 8 * 32 + sum(head[156:]):
        raise SandboxError("the engine's archive of the output is no tar")
    kind, size = head[156:157], _number(head[124:136])
    if kind == EXTENSION:
        _check_extension(reader.source, size)
        return True
    name = _name(head, reader.root)
    if kind == FOLDER:
        _make_folder(reader, name)
    elif kind in (FILE, OLD_FILE):
        _take_file(reader, name, size)
    else:
        raise BadOutput(Outcome.VIOLATION, f"/output/{name} is a link or device; only plain files are taken.")
    return True


def _name(head: bytes, root: str) -> str:
    """The entry's path below the root; empty for the root itself."""
    prefix, name = (part.split(b"\0", 1)[0] for part in (head[345:500], head[:100]))
    path = (prefix + b"/" + name if prefix else name).decode("utf-8", "replace")
    if path.rstrip("/") == root:
        return ""
    parts = path.removesuffix("/").split("/")
    if parts[0] != root:
        raise SandboxError("the engine's archive has an entry outside of the output")
    if not all(map(NAME.match, parts[1:])):
        raise BadOutput(Outcome.VIOLATION, "A name in /output has characters other than A-Z a-z 0-9 . _ -")
    return "/".join(parts[1:])


def _make_folder(reader: _Reader, name: str) -> None:
    if not name:
        return
    _claim(reader, name)
    reader.folders += 1
    limits = reader.limits
    if name.count("/") + 1 >= limits.output_depth or reader.folders > limits.output_folders:
        raise BadOutput(Outcome.OUTPUT, "The program wrote too many folders, or folders too deep.")
    (reader.to / name).mkdir()


def _take_file(reader: _Reader, name: str, size: int) -> None:
    if not name:
        raise SandboxError("the engine's archive says that the output is a file")
    _claim(reader, name)
    reader.files += 1
    reader.size += size
    if reader.files > reader.limits.output_files:
        raise BadOutput(Outcome.OUTPUT, f"The program wrote more than {reader.limits.output_files} files.")
    if reader.size > reader.limits.output_mib << 20:
        raise BadOutput(Outcome.OUTPUT, f"The program's files are larger than {reader.limits.output_mib} MiB together.")
    # The folder was made here, by us, from names without dots in front: no link can be in the way.
    copy = os.open(reader.to / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(copy, "wb") as file:
        left = size
        while left:
            data = _exactly(reader.source, min(left, CHUNK))
            file.write(data)
            left -= len(data)
    _exactly(reader.source, -size % BLOCK)


def _claim(reader: _Reader, name: str) -> None:
    if name in reader.seen:
        raise BadOutput(Outcome.VIOLATION, f"/output/{name} is there twice.")
    reader.seen.add(name)


def _check_extension(source: Source, size: int) -> None:
    """Times and attributes in an extended header are ignored; a name or a size in one is refused."""
    if size > LARGEST_EXTENSION:
        raise BadOutput(Outcome.VIOLATION, "An entry in /output has attributes that are too long.")
    text = _exactly(source, size)
    _exactly(source, -size % BLOCK)
    while text:
        length, _, _ = text.partition(b" ")
        if not length.isdigit() or not len(length) < int(length) <= len(text):
            raise SandboxError("the engine's archive has a broken extended header")
        record, text = text[: int(length)], text[int(length) :]
        key = record[len(length) + 1 :].split(b"=", 1)[0].decode("utf-8", "replace")
        if key == "size":  # written for files of 8 GiB and more
            raise BadOutput(Outcome.OUTPUT, "The program wrote a file of 8 GiB or more.")
        if key.startswith(RENAMING):
            raise BadOutput(Outcome.VIOLATION, "A name in /output is too long, or not of A-Z a-z 0-9 . _ -")


def _number(field: bytes) -> int:
    text = field.rstrip(b"\0 ").lstrip(b" ")
    try:
        return int(text or b"0", 8)
    except ValueError:
        raise SandboxError("the engine's archive has a number that is none") from None


def _exactly(source: Source, size: int) -> bytes:
    found = bytearray()
    while len(found) < size:
        data = source.read(size - len(found))
        if not data:
            raise SandboxError("the engine's archive of the output is cut short")
        found += data
    return bytes(found)
