"""What boxes leave on a machine: processes, control groups, mounts, files, descriptors."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from sandbox.profile import FIRST_SLOT_UID

FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")


def living_in_boxes(slots: Iterable[int]) -> list[str]:
    """Processes of these slots, alive or not yet reaped; for a plain user those in a namespace below ours."""
    if os.geteuid() == 0:
        uids = {FIRST_SLOT_UID + slot for slot in slots}
        return sorted(f"process {pid}" for pid, uid in _owners() if uid in uids)
    depth = _depth("self")
    return sorted(f"process {pid}" for pid, uid in _owners() if uid == os.geteuid() and _depth(pid) > depth)


def children() -> frozenset[int]:
    """The processes that this one has started and that live: servers and browsers of other tests."""
    return frozenset(_children(os.getpid()))


def all_traces(slots: Iterable[int], *, but: Collection[int] = ()) -> dict[str, object]:
    """Everything that could be left behind, to be compared for equality; without the children `but` and theirs."""
    slots = list(slots)
    return {
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "threads": threading.active_count(),
        "children": _below(os.getpid(), but),
        "processes": living_in_boxes(slots),
        "groups": sorted(str(path) for path in Path("/sys/fs/cgroup").rglob(f"tidemark.{os.getpid()}.*")),
        "mounts": Path("/proc/self/mountinfo").read_text(),
        "files": sorted(_files({FIRST_SLOT_UID + slot for slot in slots})),
    }


def _files(uids: set[int]) -> Iterator[str]:
    """Entries that a slot owns or that carry our name; others may be using the machine."""
    for folder in FOLDERS:
        for entry in os.scandir(folder):
            try:
                owner = entry.stat(follow_symlinks=False).st_uid
            except FileNotFoundError:
                continue
            if owner in uids or entry.name.startswith("tidemark-copies-"):
                yield entry.path


def _owners() -> Iterator[tuple[str, int]]:
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                yield entry.name, entry.stat().st_uid
            except OSError:  # ended meanwhile
                continue


def _depth(pid: str) -> int:
    """How many process namespaces deep a process is."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((len(line.split()) - 1 for line in lines if line.startswith("NSpid:")), 0)


def _below(pid: int, but: Collection[int] = ()) -> list[int]:
    """Of every process below one, how many descriptors it has open: the launcher and the pair that waits."""
    found = []
    for child in _children(pid):
        if child not in but:
            found += [_descriptors(child), *_below(child)]
    return sorted(found)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):  # ended meanwhile
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def _descriptors(pid: int) -> int:
    try:
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    except OSError:  # ended, and not yet reaped
        return 0
