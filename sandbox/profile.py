"""The box as bubblewrap is told to make it: namespaces, file system, limits. Nothing here runs anything.

What is changed from bubblewrap's defaults, and why, is beside each line; most were found by a program that got through.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sandbox.run import Limits, RunRequest
from sandbox.runtime import Runtime

MIB = 1 << 20
# The descriptors that bubblewrap is started with, after stdin, stdout and stderr.
ARGUMENTS_FD, STATUS_FD, BLOCK_FD, CONFIGURATION_FD, FILTER_FD = 3, 4, 5, 6, 7
DEVICES = ("null", "zero", "full", "random", "urandom")
BOX_UID = 1000
FIRST_SLOT_UID = 60001
WRITABLE = ("/output", "/tmp", "/dev/shm")  # noqa: S108  # places in the box
SPARE_PROCESSES = 4  # bubblewrap's own
OTHER_SLOTS = 200  # what may start beside us where slots share a uid; the box is counted by itself there

NAMESPACES = (
    "--unshare-user --unshare-ipc --unshare-pid --unshare-uts --unshare-cgroup --disable-userns"
    f" --uid {BOX_UID} --gid {BOX_UID} --hostname sandbox --cap-drop ALL --die-with-parent --new-session --clearenv"
).split()
NETWORK = ("--unshare-net",)  # as root the launcher has seen to it before the request came


@dataclass(frozen=True, slots=True)
class Profile:
    """How strong the box is. Anything but the default is for tests, which show that the attack suite notices."""

    seccomp: bool = True
    proc: bool = False
    read_only_root: bool = True
    launcher_environment: Mapping[str, str] = field(default_factory=dict)


def bubblewrap_arguments(
    request: RunRequest, runtime: Runtime, profile: Profile, shown: Mapping[str, str], *, has_network: bool
) -> list[str]:
    """All arguments of bubblewrap. They are passed through a descriptor: a command line can be read in the box's /proc.

    `shown` gives for each place in the box the path that is bound there; `has_network` says that the launcher's network
    is still the host's.
    """
    return [
        *NAMESPACES,
        *(NETWORK if has_network else ()),
        *_binds(shown),
        *_links(runtime),
        *_devices(request.limits),
        *(("--proc", "/proc") if profile.proc else ()),
        *_scratch(request.limits),
        *_environment(request, runtime),
        *("--chdir", request.workdir),
        # The root is a tmpfs of half the memory; without this a program may fill it.
        *(("--remount-ro", "/") if profile.read_only_root else ()),
        *("--json-status-fd", str(STATUS_FD), "--block-fd", str(BLOCK_FD)),
        *(("--seccomp", str(FILTER_FD)) if profile.seccomp else ()),
    ]


def rlimits(limits: Limits, *, has_cgroup: bool, others: int) -> dict[str, tuple[int, int]]:
    """Limits per process or per uid, as (soft, hard). `others` is how many tasks the uid has besides this box."""
    cpu = math.ceil(limits.cpu_seconds) + 1  # the tree's time is watched by the supervisor; this is for one process
    processes = limits.processes + SPARE_PROCESSES + (others and others + OTHER_SLOTS)
    table = {
        "CORE": (0, 0),
        "CPU": (cpu, cpu + 1),
        "FSIZE": (limits.file_mib * MIB,) * 2,
        "NOFILE": (limits.open_files,) * 2,
        "NPROC": (processes, processes),
        "STACK": (64 * MIB, 64 * MIB),
        "MEMLOCK": (64 * 1024, 64 * 1024),
        "MSGQUEUE": (0, 0),
        "SIGPENDING": (256, 256),
        "NICE": (0, 0),
        "RTPRIO": (0, 0),
    }
    if not has_cgroup:
        # Address space is not memory: libraries and thread stacks reserve far more than they use. The room on top lets
        # numpy and GDAL load; what is really used is polled.
        table["AS"] = ((limits.memory_mib + 1024) * MIB,) * 2
    return table


def _binds(shown: Mapping[str, str]) -> Iterator[str]:
    for place, path in shown.items():
        yield from ("--ro-bind", path, place)


def _links(runtime: Runtime) -> Iterator[str]:
    for target, place in runtime.links:
        yield from ("--symlink", target, place)
    if runtime.configuration:
        yield from ("--perms", "0444", "--file", str(CONFIGURATION_FD), "/venv/pyvenv.cfg")


def _devices(limits: Limits) -> Iterator[str]:
    """Five harmless devices: bubblewrap's --dev would add a terminal and a writable tmpfs of half the memory."""
    yield from ("--size", "65536", "--perms", "0755", "--tmpfs", "/dev")
    for name in DEVICES:
        yield from ("--dev-bind", f"/dev/{name}", f"/dev/{name}")
    yield from _tmpfs("/dev/shm", limits.shm_mib, "1777")  # noqa: S108
    yield from ("--remount-ro", "/dev")


def _scratch(limits: Limits) -> Iterator[str]:
    yield from _tmpfs("/tmp", limits.tmp_mib, "0700")  # noqa: S108
    yield from _tmpfs("/output", limits.output_mib, "0700")


def _tmpfs(place: str, mib: int, mode: str) -> tuple[str, ...]:
    return ("--size", str(mib * MIB), "--perms", mode, "--tmpfs", place)


def _environment(request: RunRequest, runtime: Runtime) -> Iterator[str]:
    for name, value in (environment(request.limits, runtime) | dict(request.env)).items():
        yield from ("--setenv", name, value)


def environment(limits: Limits, runtime: Runtime) -> dict[str, str]:
    """What every program finds in its environment; the request's own variables come on top."""
    threads = str(max(1, math.floor(limits.cpus)))
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    fixed = {
        "PATH": "/venv/bin:/usr/bin",
        "HOME": "/tmp",  # noqa: S108
        "TMPDIR": "/tmp",  # noqa: S108
        "USER": "sandbox",
        "LOGNAME": "sandbox",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
    }
    fixed["LOKY_MAX_CPU_COUNT"] = threads  # or joblib starts a worker for each processor of the host
    library = {"LD_LIBRARY_PATH": runtime.library_path} if runtime.library_path else {}
    return fixed | library | dict.fromkeys(names, threads)
