"""ZIP archives of strangers. One entry at a time is unpacked, under a name of ours, with every byte counted.

The directory of the archive is judged before anything is unpacked, and one bad entry refuses the whole archive: unsafe
names, links, names that collide on another file system, encryption, overlapping entries, more entries than any task
needs. What an entry says about its size is not believed; the stream is cut off at the limit.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import struct
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Final

from scoring.errors import InvalidPrediction, Problem, Problems, quoted

MAX_ENTRIES: Final = 20_000
MAX_DIRECTORY_BYTES: Final = 8 * 1024 * 1024
MAX_NAME: Final = 255
CHUNK_BYTES: Final = 1024 * 1024
NO_ROOM: Final = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
_END_OF_DIRECTORY: Final = b"PK\x05\x06"
_END_SIZE: Final = 22
_ENCRYPTED: Final = 0x1
_LOCAL_HEADER_BYTES: Final = 30
_CLUTTER: Final = re.compile(r"(^|/)(__MACOSX(/|$)|\.DS_Store$|Thumbs\.db$|desktop\.ini$)")


@dataclass(frozen=True, slots=True)
class Entry:
    """A plain file of an archive; `name` is without the one folder that may enclose all."""

    name: str
    info: zipfile.ZipInfo


class Unpacking:
    """The bytes of an entry, unpacked as they are asked for, and never more than its header says."""

    def __init__(self, name: str, source: IO[bytes], size: int) -> None:
        self._name, self._source, self._left = name, source, size

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; none at the end, where the checksum has been held against all of them."""
        try:
            data = self._source.read(size)
        except DAMAGED as error:
            raise _refused("zip_member_damaged", name=quoted(self._name)) from error
        self._left -= len(data)
        if self._left < 0 or (not data and size and self._left):
            raise _refused("zip_member_damaged", name=quoted(self._name))
        return data


class Archive:
    """An open ZIP whose directory has been found harmless."""

    def __init__(self, archive: zipfile.ZipFile, entries: tuple[Entry, ...]) -> None:
        self._archive = archive
        self.entries = entries

    @contextmanager
    def unpacked(self, entry: Entry, max_bytes: int) -> Iterator[Path]:
        """One entry as a file of ours in a fresh folder, deleted afterwards.

        Raises:
            InvalidPrediction: damaged, or more than `max_bytes` come out of it, whatever its header says.
        """
        with tempfile.TemporaryDirectory(prefix="scene-") as folder:
            path = Path(folder) / "cells"
            with path.open("xb") as file:
                self.copy(entry, file, max_bytes)
            yield path

    def stream(self, entry: Entry) -> IO[bytes]:
        """One entry, unpacked as it is read; the reader says how much it wants and meets whatever is damaged."""
        return self._archive.open(entry.info)

    @contextmanager
    def opened(self, entry: Entry, max_bytes: int) -> Iterator[Unpacking]:
        """One entry to be read from the front to the back, without a file of ours. Raises as `unpacked` does."""
        if entry.info.file_size > max_bytes:
            raise _refused("zip_member_too_large", name=quoted(entry.name), max_bytes=max_bytes)
        try:
            source = self._archive.open(entry.info)
        except DAMAGED as error:
            raise _refused("zip_member_damaged", name=quoted(entry.name)) from error
        with source:
            yield Unpacking(entry.name, source, entry.info.file_size)

    def copy(self, entry: Entry, file: BinaryIO, max_bytes: int) -> None:
        """One entry into an open file. Raises as `unpacked` does."""
        left = max_bytes
        try:
            with self._archive.open(entry.info) as source:
                while chunk := source.read(CHUNK_BYTES):
                    left -= len(chunk)
                    if left < 0:
                        raise _refused("zip_member_too_large", name=quoted(entry.name), max_bytes=max_bytes)
                    file.write(chunk)
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            # The box has no room for it: a limit of the place, and no reason to try the same file again.
            raise _refused("zip_member_too_large", name=quoted(entry.name), max_bytes=max_bytes - left) from error
        except DAMAGED as error:
            raise _refused("zip_member_damaged", name=quoted(entry.name)) from error
        if max_bytes - left != entry.info.file_size:
            raise _refused("zip_member_damaged", name=quoted(entry.name))


def _refused(code: str, **params: str | int) -> InvalidPrediction:
    return InvalidPrediction([Problem(code, "", params)])


@contextmanager
def open_archive(path: Path, *, with_folders: bool = False) -> Iterator[Archive]:
    """Open a ZIP and judge its directory. Only some archives may have folders within.

    Raises:
        InvalidPrediction: with everything that is wrong with the archive as such.
    """
    _check_size_of_directory(path)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, UnicodeError) as error:
        raise _refused("zip_damaged", reason="its directory cannot be read") from error
    with archive:
        problems = Problems()
        _check_entries(archive, path, problems)
        problems.raise_if_any(InvalidPrediction)
        yield Archive(archive, _plain_files(archive, problems, with_folders=with_folders))


def _check_size_of_directory(path: Path) -> None:
    """Read the end record ourselves: zipfile would build a million objects before anybody could say no."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _END_SIZE - 65_535))
        tail = file.read()
    at = tail.rfind(_END_OF_DIRECTORY)
    if at < 0 or len(tail) - at < _END_SIZE:
        raise _refused("zip_damaged", reason="its end is missing")
    disk, start_disk, here, entries, directory_bytes, _offset, _comment = struct.unpack_from("<4H2IH", tail, at + 4)
    if 0xFFFF in (disk, here, entries) or directory_bytes == 0xFFFFFFFF or disk or start_disk or here != entries:
        raise _refused("zip_damaged", reason="it is of the zip64 or the many-disks kind")
    if entries > MAX_ENTRIES or directory_bytes > MAX_DIRECTORY_BYTES:
        raise _refused("zip_too_many_entries", entries=entries, max_entries=MAX_ENTRIES)


def _check_entries(archive: zipfile.ZipFile, path: Path, problems: Problems) -> None:
    seen: dict[str, str] = {}
    for info in archive.infolist():
        name = info.orig_filename
        if not is_safe_name(name):
            problems.add("zip_unsafe_name", "", name=quoted(name))
            continue
        _check_kind(info, problems)
        key = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()).rstrip("/")
        if key in seen:
            problems.add("zip_duplicate_name", "", name=quoted(name), other=quoted(seen[key]))
        seen.setdefault(key, name)
    if _overlap(archive.infolist(), path.stat().st_size):
        problems.add("zip_damaged", "", reason="its entries overlap")


def is_safe_name(name: str) -> bool:
    """A relative path of plain names: no way out, no control or direction characters, no backslash or drive."""
    if not name or len(name.encode("utf-8", "replace")) > MAX_NAME or "\\" in name or ":" in name:
        return False
    if any(unicodedata.category(character)[0] == "C" or character in "\u2028\u2029" for character in name):
        return False
    return all(part not in ("", ".", "..") for part in name.removesuffix("/").split("/"))


def _check_kind(info: zipfile.ZipInfo, problems: Problems) -> None:
    mode = info.external_attr >> 16
    is_folder = info.is_dir()
    if stat.S_IFMT(mode) not in ((0, stat.S_IFDIR) if is_folder else (0, stat.S_IFREG)):
        problems.add("zip_special_entry", "", name=quoted(info.filename))
    if info.flag_bits & _ENCRYPTED:
        problems.add("zip_encrypted", "", name=quoted(info.filename))
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        problems.add("zip_method", "", name=quoted(info.filename))


def _overlap(infos: list[zipfile.ZipInfo], size: int) -> bool:
    """Whether two entries share bytes of the file, by which a small archive claims to hold far more than it does."""
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            return True
        end = info.header_offset + _LOCAL_HEADER_BYTES + len(os.fsencode(info.orig_filename)) + info.compress_size
    return end > size


def _plain_files(archive: zipfile.ZipFile, problems: Problems, *, with_folders: bool) -> tuple[Entry, ...]:
    """The files, without the clutter that file managers add and without one enclosing folder."""
    infos = [info for info in archive.infolist() if not info.is_dir() and not _CLUTTER.search(info.filename)]
    folders = {info.filename.split("/", 1)[0] for info in infos if "/" in info.filename}
    is_enclosed = len(folders) == 1 and all("/" in info.filename for info in infos)
    entries = [Entry(info.filename.split("/", 1)[1] if is_enclosed else info.filename, info) for info in infos]
    for entry in entries:
        if "/" in entry.name and not with_folders:
            problems.add("zip_folders", "", name=quoted(entry.name))
    problems.raise_if_any(InvalidPrediction)
    return tuple(entries)
