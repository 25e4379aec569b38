"""The files of ours that a box is to show, where nothing lays them out anew for the box's user (see launch.stage)."""

from __future__ import annotations

import os
import stat
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


def check_open(source: Path) -> None:
    """See that the box can read it.

    Raises:
        SandboxError: it holds something that not every user can read: the program would fail, and be blamed for it.
    """
    try:
        closed = _first_closed(source)
    except OSError as error:
        raise SandboxError(f"{source}, which is to be shown in the box, cannot be read: {error.strerror}") from error
    if closed is not None:
        raise SandboxError(f"{closed}, which is to be shown in the box, must be readable for everybody (chmod o+rX)")


def _first_closed(path: Path) -> Path | None:
    mode = path.stat().st_mode
    if not stat.S_ISDIR(mode):
        return None if mode & stat.S_IROTH else path
    if mode & 0o5 != 0o5:
        return path
    with os.scandir(path) as entries:
        for entry in entries:
            closed = None if entry.is_symlink() else _first_closed(Path(entry.path))
            if closed is not None:
                return closed
    return None
