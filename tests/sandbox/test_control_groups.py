"""Finding and using control groups, on machines laid out as folders."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import Limits, Outcome, SandboxError, cgroups
from sandbox.bubblewrap import BubblewrapRunner
from sandbox.cgroups import Cgroups
from tests.sandbox.makers import make_limits, make_request

SLOT = 39
PIPES = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
LIMITS_OF_BOX = make_limits(wall_seconds=20, cpu_seconds=5, memory_mib=64)
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


# ---- version 2 from the making of a group to its end, on a made-up tree ---------------------------------------------


class MadeUpKernel(Cgroups):
    """Version 2 laid out as files: what the kernel puts into a new group is there, and removing takes the files too."""

    def create(self, run_id: str, limits: Limits) -> cgroups.Group:
        name = f"{cgroups.PREFIX}.{os.getpid()}.{cgroups._start_time(os.getpid())}.{run_id}"
        folder = self.parents["memory"] / name
        folder.mkdir()
        for file, text in {
            "memory.peak": str(10 << 20),
            "memory.events": "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n",
            "cpu.stat": "usage_usec 250000\nuser_usec 1\nsystem_usec 1\n",
            "memory.swap.max": "max",
            "memory.oom.group": "0",
            "cgroup.kill": "",
        }.items():
            (folder / file).write_text(text)
        return super().create(run_id, limits)


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MadeUpKernel:
    monkeypatch.setattr(cgroups, "_removed", lambda folder: shutil.rmtree(folder, ignore_errors=True) or True)
    parent = tmp_path / "cg"
    parent.mkdir()
    return MadeUpKernel(2, dict.fromkeys(("memory", "pids", "cpu"), parent), parent)


def test_version_2_forbids_swap_and_ends_the_whole_group_for_memory(kernel: MadeUpKernel) -> None:
    folder = kernel.create("run-1", LIMITS).folders["memory"]

    assert (folder / "memory.swap.max").read_text() == "0"
    assert (folder / "memory.oom.group").read_text() == "1"


@pytest.mark.sandbox
def test_a_kill_for_memory_that_version_2_tells_of_is_the_outcome(kernel: MadeUpKernel) -> None:
    """A real box, beside a group whose counters are ours to set."""
    runner = BubblewrapRunner()
    runner._cgroups = kernel

    def oom() -> None:
        (folder,) = kernel.own.glob("tidemark.*")
        (folder / "memory.peak").write_text(str(64 << 20))
        (folder / "memory.events").write_text("low 0\noom 1\noom_kill 1\n")

    run = runner.run(make_request("import time; time.sleep(30)", limits=LIMITS_OF_BOX), slot=SLOT, on_start=oom)
    again = runner.run(make_request("pass", limits=LIMITS_OF_BOX), slot=SLOT)
    runner.close()

    assert (run.outcome, run.reason) == (Outcome.MEMORY, "The program used more than 64 MiB of memory.")
    assert (run.peak_memory_mib, run.cpu_seconds) == (64.0, 0.25)
    assert run.wall_seconds < 10
    assert again.outcome is Outcome.OK
    assert list(kernel.own.glob("tidemark.*")) == []


@pytest.mark.sandbox
def test_processor_time_that_version_2_counts_is_the_limit(kernel: MadeUpKernel) -> None:
    runner = BubblewrapRunner()
    runner._cgroups = kernel

    def use() -> None:
        (folder,) = kernel.own.glob("tidemark.*")
        (folder / "cpu.stat").write_text("usage_usec 5100000\n")

    run = runner.run(make_request("import time; time.sleep(30)", limits=LIMITS_OF_BOX), slot=SLOT, on_start=use)
    runner.close()

    assert (run.outcome, run.reason) == (Outcome.TIME, "The program used more than 5 seconds of processor time.")


def test_a_group_is_killed_by_its_switch_and_process_by_process(kernel: MadeUpKernel) -> None:
    group = kernel.create("run-1", LIMITS)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    group.add(child.pid)

    group.kill()

    assert (group.folders["memory"] / "cgroup.kill").read_text() == "1"
    assert child.wait(10) == -9
    child.communicate()


def test_a_group_that_does_not_empty_is_our_fault(tmp_path: Path) -> None:
    folder = tmp_path / "group"
    folder.mkdir()
    (folder / "cgroup.procs").touch()  # a folder of files cannot be removed, as a group of processes cannot

    with pytest.raises(SandboxError, match="not empty although its processes have been reaped"):
        cgroups.Group(2, {"memory": folder}).close()


def test_the_groups_of_a_dead_worker_are_killed_and_removed(kernel: MadeUpKernel) -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    kernel.create("run-1", LIMITS)
    dead = kernel.own / "tidemark.4194304.5.run-2"
    dead.mkdir()
    (dead / "cgroup.procs").write_text(f"{child.pid}\n")

    assert kernel.collect_garbage() == 1
    assert child.wait(10) == -9
    assert [path.name.rpartition(".")[2] for path in kernel.own.iterdir()] == ["run-1"]
    child.communicate()


@pytest.mark.sandbox
def test_in_version_1_what_made_the_box_is_inside_but_its_processor_time_is_not_the_program_s() -> None:
    found = cgroups.find()
    if found is None or found.version != 1:
        pytest.skip("no control groups of version 1 here")
    group = found.create("run-1", LIMITS)
    burn = "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass\n"
    inside = f"for path in {[str(path) for path in group.entrances()]}: open(path, 'w').write('0')\n"
    child = subprocess.Popen([sys.executable, "-c", inside + burn + "print('.', flush=True); input()"], **PIPES)
    child.stdout.read(1)

    members = {(folder / "cgroup.procs").read_text().strip() for folder in group.folders.values()}
    before = group.usage().cpu_seconds
    group.start_counting()
    after = group.usage().cpu_seconds
    child.communicate(b"\n")
    group.close()

    assert members == {str(child.pid)}
    assert before >= 0.3
    assert after < 0.1


# ---- and the part of version 2 that this machine may have -----------------------------------------------------------


@pytest.mark.sandbox
def test_a_real_group_of_version_2_is_filled_killed_and_removed() -> None:
    folder = _real_group()
    group = cgroups.Group(2, {"memory": folder})
    children = [subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) for _ in range(3)]
    for child in children:
        group.add(child.pid)

    assert len((folder / "cgroup.procs").read_text().split()) == 3
    group.kill()
    assert [child.wait(10) for child in children] == [-9, -9, -9]
    group.close()
    assert not folder.exists()
    assert group.closed
    for child in children:
        child.communicate()


def _real_group() -> Path:
    for root in (Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup")):
        folder = root / f"tidemark-test-{os.getpid()}"
        if (root / "cgroup.controllers").exists() and os.access(root, os.W_OK):
            with contextlib.suppress(OSError):
                folder.mkdir()
                if (folder / "cgroup.kill").exists():
                    return folder
    pytest.skip("this machine has no control groups of version 2 that we may write to")
