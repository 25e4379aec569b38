"""Finding and using control groups, on machines laid out as folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sandbox import Limits, SandboxError, cgroups
from sandbox.cgroups import Cgroups

LIMITS = Limits(wall_seconds=1, cpu_seconds=1, memory_mib=64, processes=10, cpus=1.5)


def make_machine(folder: Path, *, mounts: list[tuple[str, str]], own: str) -> Path:
    """/proc of a machine with these control-group mounts: (path below the folder, file system type and options)."""
    proc = folder / "proc"
    (proc / "self").mkdir(parents=True)
    lines = [f"30 20 0:1 / {folder}/{path} rw,relatime - {kind}" for path, kind in mounts]
    (proc / "self/mountinfo").write_text("\n".join(["20 1 8:1 / / rw - ext4 /dev/sda rw", *lines]))
    (proc / "self/cgroup").write_text(own)
    return proc


def make_v2(folder: Path, *, controllers: str = "cpuset cpu io memory pids", enabled: str = "") -> Path:
    own = folder / "cg/system.slice/tidemark.service"
    own.mkdir(parents=True)
    for group in (folder / "cg", own):
        (group / "cgroup.controllers").write_text(controllers)
        (group / "cgroup.subtree_control").write_text(enabled)
        (group / "cgroup.procs").write_text("")
    return own


def test_a_service_with_delegated_groups_gets_version_2(tmp_path: Path) -> None:
    own = make_v2(tmp_path)
    proc = make_machine(
        tmp_path, mounts=[("cg", "cgroup2 cgroup2 rw,nsdelegate")], own="0::/system.slice/tidemark.service\n"
    )
    (own / "cgroup.procs").write_text("11\n12\n")

    found = cgroups.find(proc)

    assert found is not None
    assert (found.version, set(found.parents.values())) == (2, {own})
    assert (own / "cgroup.subtree_control").read_text() == "+memory +pids +cpu"
    assert (own / "supervisor/cgroup.procs").read_text() == "12"  # each was written in turn; the kernel moves each


def test_a_worker_in_a_leaf_makes_groups_beside_itself(tmp_path: Path) -> None:
    own = make_v2(tmp_path, enabled="cpu memory pids")
    leaf = own / "worker"
    leaf.mkdir()
    (leaf / "cgroup.controllers").write_text("cpu memory pids")
    proc = make_machine(
        tmp_path, mounts=[("cg", "cgroup2 cgroup2 rw")], own="0::/system.slice/tidemark.service/worker\n"
    )

    found = cgroups.find(proc)

    assert found is not None
    assert (set(found.parents.values()), found.own) == ({own}, leaf)
    assert not (own / "supervisor").exists()


def test_without_the_memory_controller_there_is_no_version_2(tmp_path: Path) -> None:
    make_v2(tmp_path, controllers="hugetlb")
    proc = make_machine(tmp_path, mounts=[("cg", "cgroup2 cgroup2 rw")], own="0::/system.slice/tidemark.service\n")

    assert cgroups.find(proc) is None


def test_a_machine_with_version_1_uses_its_four_controllers(tmp_path: Path) -> None:
    for path in ("memory/own", "pids", "cpu,cpuacct"):
        (tmp_path / path).mkdir(parents=True)
        (tmp_path / path / "cgroup.procs").touch()
    proc = make_machine(
        tmp_path,
        mounts=[
            ("memory", "cgroup cgroup rw,memory"),
            ("pids", "cgroup cgroup rw,pids"),
            ("cpu,cpuacct", "cgroup cgroup rw,cpu,cpuacct"),
        ],
        own="4:memory:/own\n3:pids:/\n2:cpu,cpuacct:/\n0::/\n",
    )

    found = cgroups.find(proc)

    assert found is not None
    assert found.version == 1
    assert found.parents == {
        "memory": tmp_path / "memory/own",
        "pids": tmp_path / "pids",
        "cpu": tmp_path / "cpu,cpuacct",
        "cpuacct": tmp_path / "cpu,cpuacct",
    }


def test_a_machine_without_control_groups_has_none(tmp_path: Path) -> None:
    assert cgroups.find(make_machine(tmp_path, mounts=[], own="0::/\n")) is None


def test_version_2_limits_memory_swap_processes_and_processors(tmp_path: Path) -> None:
    """Files stand for the kernel's; those that a kernel may lack are written only where they are."""
    made = Cgroups(2, dict.fromkeys(("memory", "pids", "cpu"), tmp_path), tmp_path)
    group = made.create("run-1", LIMITS)
    folder = group.folders["memory"]

    written = {path.name: path.read_text() for path in folder.iterdir()}

    assert written == {"memory.max": str(64 << 20), "pids.max": "11", "cpu.max": "150000 100000"}
    (folder / "memory.peak").write_text(str(32 << 20))
    (folder / "memory.events").write_text("low 0\noom 2\noom_kill 1\n")
    (folder / "cpu.stat").write_text("usage_usec 1500000\nuser_usec 1\n")
    assert group.usage() == cgroups.Usage(1.5, 32.0, 1)
    group.add(77)
    assert (folder / "cgroup.procs").read_text() == "77"


def test_a_limit_that_the_kernel_refuses_is_our_fault(tmp_path: Path) -> None:
    made = Cgroups(2, dict.fromkeys(("memory", "pids", "cpu"), tmp_path / "gone"), tmp_path)

    with pytest.raises(SandboxError, match="could not be made"):
        made.create("run-1", LIMITS)


def test_only_groups_of_dead_workers_are_garbage(tmp_path: Path) -> None:
    made = Cgroups(2, {"memory": tmp_path}, tmp_path)
    start = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
    for name in (f"{os.getpid()}.{start}.mine", f"{os.getpid()}.{int(start) - 1}.reused", "4194304.5.dead"):
        (tmp_path / f"tidemark.{name}").mkdir()
    (tmp_path / "other").mkdir()

    assert made.collect_garbage() == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", f"tidemark.{os.getpid()}.{start}.mine"]
