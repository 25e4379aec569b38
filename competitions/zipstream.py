"""A ZIP file that is never written down: its layout is computed, and any range of its bytes is produced when asked for.

Entries are stored, not compressed: data files are compressed already, sizes are known beforehand, and the same entries
give the same bytes every time. So a broken download of a whole set goes on where it stopped, like that of a plain file.
The one thing that is not known beforehand is each entry's CRC-32, which its local header carries; it is computed when
the header is first sent and remembered under the content's SHA-256.

Format: PKWARE APPNOTE 6.3.10, sections 4.3 and 4.5 (ZIP64 for what does not fit in 32 bits).
"""

import hashlib
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import accumulate
from pathlib import Path

from django.core.cache import cache

FORMAT = "stored-1"  # part of the ETag: change it whenever the bytes for the same entries change
BLOCK_BYTES = 1024 * 1024
CRC_REMEMBERED_SECONDS = 90 * 24 * 3600
LIMIT_32 = 0xFFFFFFFF
LIMIT_16 = 0xFFFF
UTF8_NAMES = 0x0800
REGULAR_0644 = (0o100644) << 16
MADE_ON_UNIX = 3 << 8
VERSION_PLAIN, VERSION_ZIP64 = 20, 45


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """A stored file under the name it has in the archive."""

    name: str
    path: Path
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of the archive: how long it is, and how to produce bytes start to stop of it."""

    size: int
    produce: Callable[[int, int], Iterator[bytes]]


class ZipLayout:
    """The archive of some entries. `size` and `digest` cost no reading; `read` produces any range."""

    def __init__(self, entries: Sequence[ZipEntry], *, modified_at: datetime) -> None:
        self.entries = list(entries)
        self.stamp = _dos_stamp(modified_at)
        self.sizes = [len(self._local_header(entry, crc=0)) + entry.size_bytes for entry in self.entries]
        self.offsets = [0, *accumulate(self.sizes)]
        self.parts = [*self._file_parts(), self._directory_part()]
        self.size = sum(part.size for part in self.parts)

    @property
    def digest(self) -> str:
        """Changes exactly when the bytes do."""
        lines = [f"{entry.sha256} {entry.size_bytes} {entry.name}" for entry in self.entries]
        return hashlib.sha256("\n".join([FORMAT, str(self.stamp), *lines]).encode()).hexdigest()

    def read(self, start: int, stop: int) -> Iterator[bytes]:
        offset = 0
        for part in self.parts:
            first, last = max(start - offset, 0), min(stop - offset, part.size)
            if first < last:
                yield from part.produce(first, last)
            offset += part.size

    def _file_parts(self) -> Iterator[_Part]:
        for entry in self.entries:
            yield _Part(len(self._local_header(entry, crc=0)), partial(self._produce_header, entry))
            yield _Part(entry.size_bytes, partial(read_file, entry.path))

    def _directory_part(self) -> _Part:
        size = len(self._directory([0] * len(self.entries)))
        return _Part(size, self._produce_directory)

    def _produce_header(self, entry: ZipEntry, start: int, stop: int) -> Iterator[bytes]:
        yield self._local_header(entry, crc=crc32_of(entry))[start:stop]

    def _produce_directory(self, start: int, stop: int) -> Iterator[bytes]:
        yield self._directory([crc32_of(entry) for entry in self.entries])[start:stop]

    def _local_header(self, entry: ZipEntry, *, crc: int) -> bytes:
        name, is_big = entry.name.encode(), entry.size_bytes >= LIMIT_32
        size = LIMIT_32 if is_big else entry.size_bytes
        extra = struct.pack("<HHQQ", 1, 16, entry.size_bytes, entry.size_bytes) if is_big else b""
        version = VERSION_ZIP64 if is_big else VERSION_PLAIN
        fields = (version, UTF8_NAMES, 0, *self.stamp, crc, size, size, len(name), len(extra))
        return struct.pack("<4sHHHHHLLLHH", b"PK\x03\x04", *fields) + name + extra

    def _directory(self, crcs: Sequence[int]) -> bytes:
        start = self.offsets[-1]
        rows = zip(self.entries, crcs, self.offsets, strict=False)  # one offset more than entries: where the last ends
        records = b"".join(self._directory_record(entry, crc, offset) for entry, crc, offset in rows)
        count = len(self.entries)
        needs_zip64 = count >= LIMIT_16 or start >= LIMIT_32 or len(records) >= LIMIT_32
        far = _zip64_end(count, len(records), start) if needs_zip64 else b""
        counts = (min(count, LIMIT_16),) * 2
        end = struct.pack(
            "<4sHHHHLLH", b"PK\x05\x06", 0, 0, *counts, min(len(records), LIMIT_32), min(start, LIMIT_32), 0
        )
        return records + far + end

    def _directory_record(self, entry: ZipEntry, crc: int, offset: int) -> bytes:
        name = entry.name.encode()
        far = [entry.size_bytes] * 2 if entry.size_bytes >= LIMIT_32 else []
        far += [offset] if offset >= LIMIT_32 else []
        extra = struct.pack(f"<HH{len(far)}Q", 1, 8 * len(far), *far) if far else b""
        version = VERSION_ZIP64 if far else VERSION_PLAIN
        size = min(entry.size_bytes, LIMIT_32)
        fields = (MADE_ON_UNIX | version, version, UTF8_NAMES, 0, *self.stamp, crc, size, size)
        places = (len(name), len(extra), 0, 0, 0, REGULAR_0644, min(offset, LIMIT_32))
        return struct.pack("<4sHHHHHHLLLHHHHHLL", b"PK\x01\x02", *fields, *places) + name + extra


def read_file(path: Path, start: int, stop: int) -> Iterator[bytes]:
    """Bytes start to stop of a file, by blocks."""
    with path.open("rb") as file:
        file.seek(start)
        left = stop - start
        while left > 0 and (block := file.read(min(BLOCK_BYTES, left))):
            left -= len(block)
            yield block


def crc32_of(entry: ZipEntry) -> int:
    """The CRC-32 of an entry's content, remembered under its SHA-256: the content never changes."""
    key = f"crc32:{entry.sha256}"
    known: int | None = cache.get(key)
    if known is None:
        known = 0
        for block in read_file(entry.path, 0, entry.size_bytes):
            known = zlib.crc32(block, known)
        cache.set(key, known, CRC_REMEMBERED_SECONDS)
    return known


def _zip64_end(count: int, directory_size: int, directory_start: int) -> bytes:
    versions = (MADE_ON_UNIX | VERSION_ZIP64, VERSION_ZIP64)
    record = struct.pack(
        "<4sQHHLLQQQQ", b"PK\x06\x06", 44, *versions, 0, 0, count, count, directory_size, directory_start
    )
    return record + struct.pack("<4sLQL", b"PK\x06\x07", 0, directory_start + directory_size, 1)


def _dos_stamp(at: datetime) -> tuple[int, int]:
    """Time and date as DOS kept them: two-second steps from 1980 on, here always in UTC."""
    utc = at.astimezone(UTC)
    time = utc.hour << 11 | utc.minute << 5 | utc.second // 2
    date = (max(utc.year, 1980) - 1980) << 9 | utc.month << 5 | utc.day
    return time, date
