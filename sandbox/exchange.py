"""The folder through which a pod and the worker exchange files: one folder a run, on a volume that both mount.

    <root>/<stage>/<job>.<deadline>/output   what the program writes to /output
                                    stdout, stderr, stdin   its streams, as files

The worker opens everything before the pod exists and uses these descriptors to the end, so a name that a program
changes misleads nobody. A program can still cut or overwrite its own streams, which harms only its own log.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.relay import MOST_AT_ONCE
from sandbox.run import OnLog, SandboxError
from sandbox.watch import Stream

DEEPEST = 32
CHUNK = 1 << 20
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(slots=True)
class RunFolder:
    """The open folder of one run."""

    path: Path
    output: int
    tails: dict[str, int] = field(default_factory=dict)

    @classmethod
    def make(cls, path: Path, uid: int) -> RunFolder:
        """Made for a pod that runs as `uid`; a worker that is not root can only make it for its own.

        Raises:
            SandboxError: the volume cannot be written.
        """
        try:
            path.mkdir(mode=0o711, parents=True)
            path.chmod(0o711)
            (path / "output").mkdir(mode=0o700)
            for name in ("stdin", "stdout", "stderr"):
                os.close(os.open(path / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
            if os.geteuid() == 0:
                for name in ("output", "stdin", "stdout", "stderr"):
                    os.chown(path / name, uid, uid)
            made = cls(path, os.open(path / "output", _FOLDER))
            for name in ("stdout", "stderr"):
                made.tails[name] = os.open(path / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            raise SandboxError(f"the exchange folder cannot be made: {error.strerror} ({error.filename})") from error
        return made

    def spool(self, descriptor: int, most: int, is_over: Callable[[], bool]) -> bool:
        """Copy all of a descriptor into `stdin`, at most `most` bytes. False: `is_over` said so first.

        Raises:
            SandboxError: there is more, or it cannot be read or written.
        """
        waiting = select.poll()
        waiting.register(descriptor, select.POLLIN)
        size = 0
        with (self.path / "stdin").open("r+b") as file:
            while not is_over():
                if not waiting.poll(100):
                    continue
                data = os.read(descriptor, CHUNK)
                size += len(data)
                if size > most:
                    raise SandboxError(f"the input of the run is longer than {most >> 20} MiB; raise spool_mib")
                if not data:
                    return True
                file.write(data)
        return False

    def output_use(self, most: int) -> tuple[int, int]:
        """Bytes on disk and entries of the output as they are now; counting ends above `most` entries."""
        return _use(self.output, most, 1)

    def remove(self) -> None:
        """Close and delete it, however deep and closed what is in it; the pod must be gone."""
        for descriptor in (self.output, *self.tails.values()):
            os.close(descriptor)
        remove_tree(self.path)


def remove_tree(path: Path) -> None:
    """Delete a folder that a program wrote in, and that nobody writes in now."""
    with contextlib.suppress(OSError, RecursionError):
        shutil.rmtree(path)
    if path.exists():
        for words in (("chmod", "-R", "u+rwX"), ("rm", "-rf")):
            subprocess.run([*words, "--", str(path)], check=False, capture_output=True)


@dataclass(slots=True)
class Tail:
    """Follows a file that a program writes: into a stream that is kept, or into a descriptor of the caller's."""

    source: int
    to: Stream | int
    place: int = 0
    is_deaf: bool = False

    def follow(self, on_log: OnLog | None) -> bool:
        """Take what is new, up to one chunk; whether there was something."""
        if isinstance(self.to, Stream) and self.to.overflowed:
            return False
        data = os.pread(self.source, CHUNK, self.place)
        if isinstance(self.to, Stream):
            self.place += len(data)
            if data:
                self.to.take(data, on_log)
            return bool(data)
        sent = self._hand_on(self.to, data)
        self.place += sent
        return sent > 0

    def _hand_on(self, descriptor: int, data: bytes) -> int:
        """Write what the descriptor takes now, never waiting for long."""
        waiting = select.poll()
        waiting.register(descriptor, select.POLLOUT)
        sent, until = 0, time.monotonic() + 0.1
        while sent < len(data) and not self.is_deaf and time.monotonic() < until:
            if not waiting.poll(20):
                continue
            try:
                sent += os.write(descriptor, data[sent : sent + MOST_AT_ONCE])
            except BlockingIOError:
                continue
            except OSError:
                self.is_deaf = True
        return sent

    @property
    def is_behind(self) -> bool:
        """The file has more that somebody wants."""
        if self.is_deaf or (isinstance(self.to, Stream) and self.to.overflowed):
            return False
        return os.fstat(self.source).st_size > self.place


def _use(folder: int, most: int, depth: int) -> tuple[int, int]:
    size, entries = 0, 0
    if depth > DEEPEST:
        return 0, most + 1
    with os.scandir(folder) as found:
        for entry in found:
            entries += 1
            with contextlib.suppress(OSError):  # it was there a moment ago
                if entry.is_dir(follow_symlinks=False):
                    below = _use_below(folder, entry.name, most - entries, depth)
                    size, entries = size + below[0], entries + below[1]
                else:
                    size += entry.stat(follow_symlinks=False).st_blocks * 512
            if entries > most:
                break
    return size, entries


def _use_below(folder: int, name: str, most: int, depth: int) -> tuple[int, int]:
    inner = os.open(name, _FOLDER, dir_fd=folder)
    try:
        return _use(inner, most, depth + 1)
    finally:
        os.close(inner)
