"""What a box uses, measured from outside where no control group does the counting."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class TreeUsage:
    """Of all living processes of the tree together; cpu includes children that ended and were waited for."""

    cpu_seconds: float
    memory_mib: float
    tasks: int  # processes and threads


def usage(root: int, limit_mib: float) -> TreeUsage:
    """Add up the tree below `root`. Everything in a box descends from its first process: orphans are adopted by it.

    Memory is the sum of anonymous pages; forked children share pages and would count them twice, so a sum above
    `limit_mib` is added up again in proportional shares, which is exact but slower.
    """
    pids = _descendants(root)
    memory = sum(_rss_anon(pid) for pid in pids)
    if memory > limit_mib * MIB:
        memory = sum(_pss_anon(pid) for pid in pids)
    return TreeUsage(sum(map(_cpu, pids)), memory / MIB, sum(map(_tasks, pids)))


def tasks_of(uid: int) -> int:
    """How many tasks (processes and threads) a user has now; what the kernel counts against the process limit."""
    total = 0
    with os.scandir("/proc") as entries:
        for entry in entries:
            with contextlib.suppress(OSError):  # ended meanwhile
                if entry.name.isdigit() and entry.stat().st_uid == uid:
                    total += len(os.listdir(f"/proc/{entry.name}/task"))  # noqa: PTH208  # half the cost of Path
    return total


def _descendants(root: int) -> list[int]:
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting.extend(_children(pid))
    return found


def _children(pid: int) -> list[int]:
    children: list[int] = []
    with contextlib.suppress(OSError), os.scandir(f"/proc/{pid}/task") as tasks:  # ended meanwhile
        for task in tasks:
            children.extend(map(int, Path(task.path, "children").read_text().split()))
    return children


def _rss_anon(pid: int) -> int:
    return _kib(pid, "status", "RssAnon:") * 1024


def _pss_anon(pid: int) -> int:
    return _kib(pid, "smaps_rollup", "Pss_Anon:") * 1024


def _kib(pid: int, file: str, label: str) -> int:
    try:
        for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
            if line.startswith(label):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def _cpu(pid: int) -> float:
    return sum(map(int, _stat(pid)[11:15])) / _TICKS


def _tasks(pid: int) -> int:
    return int((_stat(pid)[17:18] or ["0"])[0])


def _stat(pid: int) -> list[str]:
    """The fields after the name, which may itself contain anything; none when the process has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
