"""Control groups: one per run, below the worker's own group, so that a box's memory, processes and processor are its
own.

Version 2 where the memory controller is there (systemd: `Delegate=memory pids cpu`), else version 1, else none: then
the supervisor measures by itself and the limits are the softer ones described in `bubblewrap.py`.

A group's name carries the process id and start time of the worker that made it, so that `collect_garbage` knows which
groups are of workers that no longer live.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.run import Limits, SandboxError

MIB = 1 << 20
PREFIX = "tidemark"
_NAME = re.compile(rf"{PREFIX}\.(\d+)\.(\d+)\.[A-Za-z0-9-]+\Z")
LEAF = "supervisor"
_PERIOD = 100_000  # microseconds
WANTED = ("memory", "pids", "cpu")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a group has used so far; peak and cpu of the whole tree of processes."""

    cpu_seconds: float
    peak_mib: float
    oom_kills: int


@dataclass(slots=True)
class Group:
    """The control group of one run: one folder in version 2, one per controller in version 1."""

    version: int
    folders: dict[str, Path]
    closed: bool = field(default=False)

    def add(self, pid: int) -> None:
        """Move a process in; what it starts afterwards is inside too."""
        for folder in dict.fromkeys(self.folders.values()):
            (folder / "cgroup.procs").write_text(str(pid))

    def entrances(self) -> list[Path]:
        """Version 1: files by which a process of one thread goes in itself, writing 0 to each; none in version 2.

        Of all ways in this alone takes no lock that waits for all processors (Linux 5.5 and later): 0.7 ms, not 10.
        """
        return [folder / "tasks" for folder in dict.fromkeys(self.folders.values())] if self.version == 1 else []

    def start_counting(self) -> None:
        """Take off what the making of the box has used of the processor, where that was inside."""
        if "cpuacct" in self.folders:
            (self.folders["cpuacct"] / "cpuacct.usage").write_text("0")

    def usage(self) -> Usage:
        """Read the counters; cheap enough to be polled."""
        return self._usage_v2() if self.version == 2 else self._usage_v1()

    def _usage_v1(self) -> Usage:
        memory = self.folders["memory"]
        oom = _fields(memory / "memory.oom_control").get("oom_kill", 0)
        peak = int((memory / "memory.max_usage_in_bytes").read_text())
        cpu = int((self.folders["cpuacct"] / "cpuacct.usage").read_text()) / 1e9 if "cpuacct" in self.folders else 0.0
        return Usage(cpu, peak / MIB, oom)

    def _usage_v2(self) -> Usage:
        folder = self.folders["memory"]
        peak = folder / "memory.peak"  # Linux 5.19; before that the largest value seen by polling
        used = peak if peak.exists() else folder / "memory.current"
        oom = _fields(folder / "memory.events").get("oom_kill", 0)
        cpu = _fields(folder / "cpu.stat").get("usage_usec", 0) / 1e6
        return Usage(cpu, int(used.read_text()) / MIB, oom)

    def kill(self) -> None:
        """Kill what is inside; for groups whose namespace can no longer be named."""
        for folder in dict.fromkeys(self.folders.values()):
            with contextlib.suppress(OSError):
                _write_if_there(folder / "cgroup.kill", "1")
            with contextlib.suppress(OSError):
                for pid in (folder / "cgroup.procs").read_text().split():
                    os.kill(int(pid), signal.SIGKILL)

    def close(self) -> None:
        """Remove the group. It must be empty; the kernel may need a moment after the last process was reaped.

        Raises:
            SandboxError: something still lives in it after a second.
        """
        deadline = time.monotonic() + 1.0
        for folder in dict.fromkeys(self.folders.values()):
            while not _removed(folder):
                if time.monotonic() > deadline:
                    raise SandboxError("the run's control group is not empty although its processes have been reaped")
                time.sleep(0.001)
        self.closed = True


@dataclass(frozen=True, slots=True)
class Cgroups:
    """Where groups can be made: the version, and the folder below which, per controller."""

    version: int
    parents: dict[str, Path]
    own: Path

    def prepare_move(self) -> None:
        """Pay for the next `Group.add` now, while the box is being made: about 10 ms of waiting in the kernel.

        Moving a process takes a lock whose first writer waits for all processors to pass a quiet point; moves soon
        after do not. So this moves the worker to where it is, which changes nothing.
        """
        with contextlib.suppress(OSError):  # the real move will tell
            (self.own / "cgroup.procs").write_text(str(os.getpid()))

    def create(self, run_id: str, limits: Limits) -> Group:
        """Make the group of a run with its limits in force.

        Raises:
            SandboxError: the kernel refused the group or a limit.
        """
        name = f"{PREFIX}.{os.getpid()}.{_start_time(os.getpid())}.{run_id}"
        group = Group(self.version, {controller: parent / name for controller, parent in self.parents.items()})
        try:
            for folder in dict.fromkeys(group.folders.values()):
                folder.mkdir(exist_ok=True)  # cpu and cpuacct may be one folder
            self._limit(group, limits)
        except OSError as error:
            group.close()
            raise SandboxError(f"the run's control group could not be made: {error}") from error
        return group

    def _limit(self, group: Group, limits: Limits) -> None:
        memory, quota = limits.memory_mib * MIB, int(limits.cpus * _PERIOD)
        pids = group.folders["pids"] / "pids.max"
        own = 1 if self.version == 2 else 2  # the box's first process, and in version 1 bubblewrap, which starts it
        pids.write_text(str(limits.processes + own))
        if self.version == 2:
            folder = group.folders["memory"]
            (folder / "memory.max").write_text(str(memory))
            _write_if_there(folder / "memory.swap.max", "0")
            _write_if_there(folder / "memory.oom.group", "1")
            (folder / "cpu.max").write_text(f"{quota} {_PERIOD}")
            return
        (group.folders["memory"] / "memory.limit_in_bytes").write_text(str(memory))
        _write_if_there(group.folders["memory"] / "memory.memsw.limit_in_bytes", str(memory))
        (group.folders["cpu"] / "cpu.cfs_period_us").write_text(str(_PERIOD))
        (group.folders["cpu"] / "cpu.cfs_quota_us").write_text(str(quota))

    def collect_garbage(self) -> int:
        """Kill and remove the groups of workers that no longer live; returns how many runs they were."""
        stale: dict[str, dict[str, Path]] = {}
        for controller, parent in self.parents.items():
            for folder in parent.glob(f"{PREFIX}.*"):
                if _is_stale(folder.name):
                    stale.setdefault(folder.name, {})[controller] = folder
        for folders in stale.values():
            group = Group(self.version, folders)
            group.kill()
            with contextlib.suppress(SandboxError):
                group.close()
        return len(stale)


def find(proc: Path = Path("/proc")) -> Cgroups | None:
    """The control groups this process may use; None when there are none that it can write to.

    `proc` is where /proc is looked for, so that a test can lay out another machine.
    """
    mounts = _mounts((proc / "self/mountinfo").read_text())
    own = _own_groups((proc / "self/cgroup").read_text())
    try:
        return _find_v2(mounts, own) or _find_v1(mounts, own)
    except OSError:
        return None


def _find_v2(mounts: list[tuple[Path, set[str]]], own: dict[str, str]) -> Cgroups | None:
    for mount, options in mounts:
        if "cgroup2" not in options or "" not in own:
            continue
        leaf = mount / own[""].lstrip("/")
        if not set(WANTED) <= set((leaf / "cgroup.controllers").read_text().split()):
            continue
        parent = leaf if leaf == mount else _parent_v2(leaf)
        enabled = parent / "cgroup.subtree_control"
        if not set(WANTED) <= set(enabled.read_text().split()):
            enabled.write_text(" ".join(f"+{controller}" for controller in WANTED))
        if _can_make_groups(parent):
            return Cgroups(2, dict.fromkeys(WANTED, parent), leaf if parent != leaf or leaf == mount else leaf / LEAF)
    return None


def _parent_v2(own: Path) -> Path:
    """Version 2 lets no group have both processes and limited children, so the worker must sit in a leaf beside its
    runs.

    A worker that systemd has put in a leaf (`DelegateSubgroup=worker`) is there already; else it moves into one of
    its own.
    """
    if own.name in ("worker", LEAF):
        return own.parent
    leaf = own / LEAF
    leaf.mkdir(exist_ok=True)
    for pid in (own / "cgroup.procs").read_text().split():
        (leaf / "cgroup.procs").write_text(pid)
    return own


def _find_v1(mounts: list[tuple[Path, set[str]]], own: dict[str, str]) -> Cgroups | None:
    parents: dict[str, Path] = {}
    for mount, options in mounts:
        for controller in options & {*WANTED, "cpuacct"} if "cgroup" in options else ():
            names = next((names for names in own if controller in names.split(",")), None)
            if names is not None:
                parents[controller] = mount / own[names].lstrip("/")
    if not set(WANTED) <= set(parents) or not all(map(_can_make_groups, set(parents.values()))):
        return None
    return Cgroups(1, parents, parents["memory"])


def _mounts(mountinfo: str) -> list[tuple[Path, set[str]]]:
    """Mount point, and file system type with super-block options, of every control-group mount."""
    found = []
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        kind, _, rest = right.partition(" ")
        if kind in ("cgroup", "cgroup2"):
            found.append((Path(left.split()[4]), {kind, *rest.split()[-1].split(",")}))
    return found


def _own_groups(cgroup: str) -> dict[str, str]:
    """Controllers (comma separated, empty for version 2) to the group of this process, relative to the mount."""
    rows = (line.split(":", 2) for line in cgroup.splitlines())
    return {controllers: path for _, controllers, path in rows}


def _can_make_groups(folder: Path) -> bool:
    return os.access(folder, os.W_OK) and os.access(folder / "cgroup.procs", os.W_OK)


def _is_stale(name: str) -> bool:
    match = _NAME.match(name)
    return match is not None and _start_time(int(match[1])) != int(match[2])


def _start_time(pid: int) -> int:
    """Clock ticks after boot when the process started; -1 when there is none. With the pid it names a process for
    good.
    """
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except OSError:
        return -1


def _removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _fields(path: Path) -> dict[str, int]:
    pairs = (line.split() for line in path.read_text().splitlines())
    return {name: int(value) for name, value in pairs}


def _write_if_there(path: Path, text: str) -> None:
    if path.exists():
        path.write_text(text)
