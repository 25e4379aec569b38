"""Processes of this machine, as a test of what is left behind sees them."""

import contextlib
import os
from pathlib import Path


def processes_with(mark: str) -> list[int]:
    """Those whose command line holds the mark, in a box or not."""
    found = []
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if folder.name.isdigit() and mark.encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return [pid for pid in found if pid != os.getpid()]
