"""Content-addressed files on disk: written once under their SHA-256, never changed, never overwritten.

    blobs/ab/abcdef...       uploads and data files
    truth/<digest>/          normalised truth; only a score box ever opens it
    inputs/<digest>/         what contestants' programs are given to predict from
    originals/ab/abcdef...   what organisers put into a contest's workspace, hidden truth included: apart from blobs, so
                             that no code that serves a blob can reach it
    incoming/                what is still being written; a crash leaves it here, and the sweeper clears it away

Files are 0644 below folders that are 0700: nobody but us reaches them by path, and a box that one file is mounted into
can read it whatever user the box runs as.
"""

import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

SHA256 = re.compile(r"[0-9a-f]{64}")
HELD = re.compile(r"held-[A-Za-z0-9_]+")
CHUNK_BYTES = 1024 * 1024
LEFT_OVER_SECONDS = 24 * 3600


class FileTooLarge(Exception):
    """More bytes came than are allowed."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"the file is larger than {max_bytes} bytes")
        self.max_bytes = max_bytes


@dataclass(frozen=True, slots=True)
class StoredFile:
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Store:
    root: Path

    def blob_path(self, sha256: str) -> Path:
        _check_digest(sha256)
        return self.root / "blobs" / sha256[:2] / sha256

    def truth_path(self, digest: str) -> Path:
        _check_digest(digest)
        return self.root / "truth" / digest

    def inputs_path(self, digest: str) -> Path:
        _check_digest(digest)
        return self.root / "inputs" / digest

    def original_path(self, sha256: str) -> Path:
        _check_digest(sha256)
        return self.root / "originals" / sha256[:2] / sha256

    def put(self, chunks: Iterable[bytes], *, max_bytes: int | None = None) -> StoredFile:
        """Write a stream under its digest. Nothing is left behind when it is too large or breaks off."""
        return self._put(chunks, self.blob_path, max_bytes)

    def put_original(self, chunks: Iterable[bytes], *, max_bytes: int | None = None) -> StoredFile:
        """Likewise, among the originals."""
        return self._put(chunks, self.original_path, max_bytes)

    def _put(self, chunks: Iterable[bytes], path_of: Callable[[str], Path], max_bytes: int | None) -> StoredFile:
        incoming = self._folder("incoming")
        descriptor, name = tempfile.mkstemp(dir=incoming)
        partial = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                stored = _copy_hashing(chunks, file, max_bytes)
                file.flush()
                os.fsync(file.fileno())
            partial.chmod(0o644)
            self._publish(partial, path_of(stored.sha256))
        finally:
            partial.unlink(missing_ok=True)
        return stored

    def put_file(self, path: Path, *, max_bytes: int | None = None) -> StoredFile:
        with path.open("rb") as file:
            return self.put(iter(lambda: file.read(CHUNK_BYTES), b""), max_bytes=max_bytes)

    @contextmanager
    def held(self, chunks: Iterable[bytes], *, max_bytes: int) -> Iterator[Path]:
        """A file for the length of a block, that a worker can reach by its name; then it is gone."""
        descriptor, name = tempfile.mkstemp(dir=self._folder("incoming"), prefix="held-")
        path = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                _copy_hashing(chunks, file, max_bytes)
            path.chmod(0o644)
            yield path
        finally:
            path.unlink(missing_ok=True)

    def held_path(self, name: str) -> Path:
        """Where a held file lies; it may be gone already."""
        if not HELD.fullmatch(name):
            raise ValueError(f"'{name[:80]}' is not the name of a held file")
        return self.root / "incoming" / name

    @contextmanager
    def laid_out(self, files: Mapping[str, str]) -> Iterator[Path]:
        """A folder with originals under their names, to be read only; gone afterwards.

        Links cost no space. A file that occurs twice is copied the second time: equal files of different names must
        not look like one file, which is how a leak of the truth is found.
        """
        folder = Path(tempfile.mkdtemp(dir=self._folder("incoming"), prefix="workspace-"))
        linked: set[str] = set()
        try:
            for name, sha256 in files.items():
                target = folder / name
                target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
                if sha256 in linked:
                    shutil.copyfile(self.original_path(sha256), target)
                else:
                    os.link(self.original_path(sha256), target)
                linked.add(sha256)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def put_truth(self, folder: Path) -> str:
        """Copy a folder of normalised truth in under the digest of its names and contents."""
        return self._put_folder(folder, "truth")

    def put_inputs(self, folder: Path) -> str:
        """Copy a folder of inputs in, likewise. What stays the same is kept once."""
        return self._put_folder(folder, "inputs")

    def _put_folder(self, folder: Path, kind: str) -> str:
        digest = folder_digest(folder)
        target = self.root / kind / digest
        if target.exists():
            return digest
        staging = Path(tempfile.mkdtemp(dir=self._folder("incoming")))
        copy = staging / kind
        shutil.copytree(folder, copy)
        for path in copy.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
        copy.chmod(0o755)
        self._folder(kind)
        try:
            copy.rename(target)
        except OSError:
            if not target.exists():
                raise
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        return digest

    def clear_left_overs(self, *, older_than_seconds: float = LEFT_OVER_SECONDS) -> int:
        """Delete what broken uploads left behind. Returns how many."""
        oldest = time.time() - older_than_seconds
        left = [path for path in self._folder("incoming").iterdir() if path.stat().st_mtime < oldest]
        for path in left:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
        return len(left)

    def _folder(self, name: str) -> Path:
        folder = self.root / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def _publish(self, partial: Path, target: Path) -> None:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            os.link(partial, target)  # unlike a rename it never replaces what is there
        except FileExistsError:
            return


def _check_digest(digest: str) -> None:
    if not SHA256.fullmatch(digest):
        raise ValueError(f"'{digest[:80]}' is not a SHA-256 in hexadecimal")


def _copy_hashing(chunks: Iterable[bytes], file: BinaryIO, max_bytes: int | None) -> StoredFile:
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        size += len(chunk)
        if max_bytes is not None and size > max_bytes:
            raise FileTooLarge(max_bytes)
        digest.update(chunk)
        file.write(chunk)
    return StoredFile(digest.hexdigest(), size)


def folder_digest(folder: Path) -> str:
    """SHA-256 over the sorted relative names and contents of a folder's files."""
    found: dict[str, str] = {}
    for path in (path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            found[path.relative_to(folder).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    return files_digest(found)


def files_digest(files: Mapping[str, str]) -> str:
    """folder_digest of a folder that is not there yet: relative name -> SHA-256 of the content."""
    digest = hashlib.sha256()
    for name in sorted(files, key=PurePosixPath):
        digest.update(f"{name}\0{files[name]}\n".encode())
    return digest.hexdigest()
