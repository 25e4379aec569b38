"""The files of ours that a box is to show, where nothing lays them out anew for the box's user (see launch.stage)."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from sandbox.run import Mount, SandboxError


def source_of(mount: Mount) -> Path:
    """Where a mount's source really lies.

    Raises:
        SandboxError: it is missing.
    """
    try:
        return mount.source.resolve(strict=True)
    except OSError as error:
        raise SandboxError(f"{mount.source}, which is to be shown in the box, is missing: {error.strerror}") from error


def check_source(source: Path, *, for_everybody: bool = True) -> None:
    """See that it may be shown, all of it.

    Raises:
        SandboxError: it holds a socket, pipe or device, through which a box could reach somebody; or, with
            `for_everybody`, something that not every user can read: the program would fail, and be blamed for it.
    """
    try:
        for path, mode in _below(source, source.stat().st_mode):
            _check(path, mode, for_everybody=for_everybody)
    except OSError as error:
        raise SandboxError(f"{source}, which is to be shown in the box, cannot be read: {error.strerror}") from error


def _check(path: Path, mode: int, *, for_everybody: bool) -> None:
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise SandboxError(f"{path}, which is to be shown in the box, is neither a file nor a folder")
    needed = 0o5 if stat.S_ISDIR(mode) else stat.S_IROTH
    if for_everybody and mode & needed != needed:
        raise SandboxError(f"{path}, which is to be shown in the box, must be readable for everybody (chmod o+rX)")


def _below(path: Path, mode: int) -> Iterator[tuple[Path, int]]:
    """The path and all that is in it; links are shown as links, which lead nowhere out of the box."""
    yield path, mode
    if not stat.S_ISDIR(mode):
        return
    with os.scandir(path) as entries:
        for entry in entries:
            if not entry.is_symlink():
                yield from _below(Path(entry.path), entry.stat().st_mode)
