"""What a program left in /output, taken out without trusting any of it.

Called with a descriptor of the folder, opened before the program started, and only after every process of the box has
been reaped: nothing can change under our hands, and no path of the host is ever followed. Links, devices, odd names and
unreadable entries are refused whole: an honest program writes plain files.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.run import Limits, Outcome, OutputSpec, SandboxError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class BadOutput(Exception):  # a verdict on what the program wrote, not an error of ours
    """The output is refused: `outcome` is OUTPUT or VIOLATION, the text one sentence for a person."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Found:
    name: str
    size: int


def collect(folder: int, to: Path, limits: Limits, outputs: Sequence[OutputSpec]) -> tuple[str, ...]:
    """Copy the plain files below the descriptor `folder` into `to`, which is made when absent; their relative names,
    sorted.

    Raises:
        BadOutput: too many or too large files, a link, device, odd name or unreadable entry, a required file missing.
        SandboxError: `to` cannot be written.
    """
    found = check(folder, limits, outputs)
    made: list[Path] = []
    try:
        for file in found:
            _copy(folder, file, to, made)
    except (OSError, BadOutput) as error:
        for path in made:
            with contextlib.suppress(OSError):
                path.unlink()
        if isinstance(error, BadOutput):
            raise
        raise SandboxError(f"the output could not be stored: {error.strerror} ({error.filename})") from error
    return tuple(file.name for file in found)


def check(folder: int, limits: Limits, outputs: Sequence[OutputSpec]) -> list[_Found]:
    """What is to be kept, by name; raises BadOutput as `collect` does."""
    found: list[_Found] = []
    try:
        for file in _walk(folder, "", 1, [0], limits):
            found.append(file)
            if len(found) > limits.output_files:
                raise BadOutput(Outcome.OUTPUT, f"The program wrote more than {limits.output_files} files.")
    except OSError as error:
        raise BadOutput(Outcome.VIOLATION, "The program left an entry in /output that cannot be read.") from error
    if sum(file.size for file in found) > limits.output_mib << 20:  # sparse files can be larger than what holds them
        raise BadOutput(Outcome.OUTPUT, f"The program's files are larger than {limits.output_mib} MiB together.")
    return sorted(_declared(found, outputs) if outputs else found, key=lambda file: file.name)


def _declared(found: list[_Found], outputs: Sequence[OutputSpec]) -> list[_Found]:
    by_name = {file.name: file for file in found}
    for output in outputs:
        file = by_name.get(output.name)
        if file is None and output.required:
            raise BadOutput(Outcome.OUTPUT, f"The program ended without writing /output/{output.name}.")
        if file is not None and file.size > output.max_bytes:
            raise BadOutput(
                Outcome.OUTPUT, f"/output/{output.name} has {file.size} bytes; at most {output.max_bytes} are allowed."
            )
    names = {output.name for output in outputs}
    return [file for file in found if file.name in names]


def _walk(folder: int, prefix: str, depth: int, folders: list[int], limits: Limits) -> Iterator[_Found]:
    with os.scandir(folder) as entries:
        for entry in entries:
            status = entry.stat(follow_symlinks=False)
            if not NAME.match(entry.name):
                raise BadOutput(Outcome.VIOLATION, "A name in /output has characters other than A-Z a-z 0-9 . _ -")
            name = prefix + entry.name
            if stat.S_ISDIR(status.st_mode):
                folders[0] += 1
                if depth == limits.output_depth or folders[0] > limits.output_folders:
                    raise BadOutput(Outcome.OUTPUT, "The program wrote too many folders, or folders too deep.")
                yield from _descend(folder, entry.name, name, depth, folders, limits)
            elif stat.S_ISREG(status.st_mode) and status.st_nlink == 1:
                yield _Found(name, status.st_size)
            else:
                raise BadOutput(Outcome.VIOLATION, f"/output/{name} is a link or device; only plain files are taken.")


def _descend(folder: int, entry: str, name: str, depth: int, folders: list[int], limits: Limits) -> Iterator[_Found]:
    inner = os.open(entry, _OPEN | os.O_DIRECTORY, dir_fd=folder)
    try:
        yield from _walk(inner, f"{name}/", depth + 1, folders, limits)
    finally:
        os.close(inner)


def _copy(folder: int, file: _Found, to: Path, made: list[Path]) -> None:
    target = to / file.name
    source = _open_plain(folder, file)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        made.append(target)
        try:
            sent = 0
            while sent < file.size:
                step = os.sendfile(copy, source, sent, min(file.size - sent, 1 << 30))
                if step == 0:
                    raise BadOutput(Outcome.VIOLATION, f"/output/{file.name} changed while it was read.")
                sent += step
        finally:
            os.close(copy)
    finally:
        os.close(source)


def _open_plain(folder: int, file: _Found) -> int:
    """Open part by part, following nothing, and look again at what was opened."""
    *parents, last = file.name.split("/")
    opened = [folder]
    try:
        for parent in parents:
            opened.append(os.open(parent, _OPEN | os.O_DIRECTORY, dir_fd=opened[-1]))
        source = os.open(last, _OPEN, dir_fd=opened[-1])
    except OSError as error:
        raise BadOutput(Outcome.VIOLATION, f"/output/{file.name} cannot be read.") from error
    finally:
        for descriptor in opened[1:]:
            os.close(descriptor)
    status = os.fstat(source)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1 or status.st_size != file.size:
        os.close(source)
        raise BadOutput(Outcome.VIOLATION, f"/output/{file.name} is not the plain file it was.")
    return source
