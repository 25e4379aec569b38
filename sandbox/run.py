"""What a run is: the request, the limits, the result, and the interface that every back end offers.

Only values and one protocol; nothing here starts anything. Whose fault it was is in the types: what a program did is a
`Run` with an `Outcome`; what we did wrong is a `SandboxError`.
"""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import ClassVar, Literal, Protocol

MountKind = Literal["code", "input", "prediction", "truth", "library"]
OnLog = Callable[[bytes], None]


class SandboxError(Exception):
    """We failed: the box could not be made, was lost, or could not be read. Never the program's fault; try again."""


class Outcome(StrEnum):
    """What happened in the box, worst news first where several are true."""

    OURS = "ours"  # the platform ended it: cancelled by the caller
    TIME = "time"  # wall clock or processor time used up
    MEMORY = "memory"
    OUTPUT = "output"  # too much on a stream or in /output, or a required file is missing
    VIOLATION = "violation"  # a forbidden system call, or something that is no plain file in /output
    CRASHED = "crashed"  # ended by itself with a signal or an exit status other than 0
    OK = "ok"


class Stage(StrEnum):
    """Which of the three boxes; decides which mounts are legal."""

    PREDICT = "predict"
    NORMALISE = "normalise"
    SCORE = "score"


FORBIDDEN_MOUNTS: Mapping[Stage, Mapping[str, str]] = {
    Stage.PREDICT: {"truth": "a contestant's program never runs beside the truth"},
    Stage.NORMALISE: {
        "truth": "a contestant's file is never parsed beside the truth",
        "code": "a contestant's program does not run where files are normalised",
    },
    Stage.SCORE: {
        "prediction": "a contestant's file is never opened beside the truth; send plain cells through stdin",
        "code": "a contestant's program never runs beside the truth",
    },
}

# What the box itself lays out; a mount there would hide the interpreter or the scratch space.
RESERVED = frozenset(
    {"usr", "lib", "lib64", "bin", "sbin", "etc", "dev", "proc", "sys", "tmp", "output", "venv", "runtime"}
)
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}\Z")
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}\Z")
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Limits:
    """Hard limits of one run; units are in the names (MiB = 2**20 bytes, KiB = 2**10 bytes).

    Memory counts the whole tree of processes, with /tmp, /dev/shm and /output where a cgroup does the counting.
    """

    wall_seconds: float
    cpu_seconds: float
    memory_mib: int
    processes: int = 64
    cpus: float = 1.0
    open_files: int = 256
    file_mib: int = 64
    tmp_mib: int = 64
    shm_mib: int = 16
    output_mib: int = 64
    output_files: int = 16
    output_folders: int = 64
    output_depth: int = 3  # of folders below /output, /output itself counted
    stdout_kib: int = 64
    stderr_kib: int = 64
    inodes: int = 20_000  # files and folders in /tmp, /dev/shm and /output together

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if not 0 < value < 2**40:
                raise ValueError(f"limit {name} is {value!r}; it must be above 0")


@dataclass(frozen=True, slots=True)
class Mount:
    """A file or folder of ours, shown read-only in the box at `at` (an absolute path of plain names)."""

    source: Path
    at: str
    kind: MountKind

    def __post_init__(self) -> None:
        path = PurePosixPath(self.at)
        parts = path.parts[1:]
        if not path.is_absolute() or not parts or str(path) != self.at or not all(map(_PART.match, parts)):
            raise ValueError(f"mount point {self.at!r} is not an absolute path of plain names such as /input")
        if parts[0] in RESERVED:
            raise ValueError(
                f"mount point {self.at!r} belongs to the box itself; use another top folder such as /input"
            )


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """A file that the program is to write in /output; with any declared, no other file is kept."""

    name: str
    max_bytes: int
    required: bool = True

    def __post_init__(self) -> None:
        if not all(map(_PART.match, PurePosixPath(self.name).parts)) or not self.name:
            raise ValueError(f"output name {self.name!r} is not a relative path of plain names")


@dataclass(frozen=True, slots=True)
class RunRequest:
    """One run, whole: there is no network field, and the mounts that would show the truth do not type-check at run
    time.

    `runtime` is the folder of a built runtime (runtimes.py), shown at /venv instead of the runner's own environment.
    `local_sockets` lets the processes of this one box talk through sockets in its own file system, as Jupyter's do.

    Raises:
        ValueError: a mount that the stage must not have, mount points that overlap, control characters, a bad name.
    """

    run_id: str
    stage: Stage
    argv: tuple[str, ...]
    mounts: tuple[Mount, ...]
    limits: Limits
    env: Mapping[str, str] = field(default_factory=dict)
    outputs: tuple[OutputSpec, ...] = ()
    workdir: str = "/tmp"  # noqa: S108  # a path in the box
    runtime: Path | None = None
    local_sockets: bool = False

    def __post_init__(self) -> None:
        if not _RUN_ID.match(self.run_id):
            raise ValueError(f"run_id {self.run_id!r} must be letters, digits and hyphens, 64 at most")
        if not self.argv or any("\0" in word for word in self.argv):
            raise ValueError("argv must name a program, and must not contain NUL characters")
        self._check_mounts()
        self._check_env()

    def _check_mounts(self) -> None:
        for mount in self.mounts:
            reason = FORBIDDEN_MOUNTS[self.stage].get(mount.kind)
            if reason:
                raise ValueError(f"a {self.stage} box must not mount {mount.kind} ({mount.at}): {reason}")
        points = sorted(PurePosixPath(mount.at) for mount in self.mounts)
        for upper, lower in itertools.pairwise(points):
            if lower.is_relative_to(upper):
                raise ValueError(f"mount points {upper} and {lower} overlap; give each mount a place of its own")

    def _check_env(self) -> None:
        for name, value in self.env.items():
            if not _ENV_NAME.match(name) or _CONTROL.search(value):
                raise ValueError(f"environment variable {name!r} has a bad name or control characters in its value")


@dataclass(frozen=True, slots=True)
class Run:
    """What happened. `reason` is one sentence for a person, about their program, without paths of ours.

    wall_seconds runs from the program's start; cpu_seconds and peak_memory_mib are of the whole tree of processes
    (without a cgroup the peak is the highest sum seen, sampled every 20 to 100 ms). runtime_digest is that of the
    runtime that was asked for, empty for the runner's own environment.
    """

    outcome: Outcome
    reason: str
    exit_code: int | None
    signal: int | None
    wall_seconds: float
    cpu_seconds: float
    peak_memory_mib: float
    stdout: bytes
    stderr: bytes
    files: tuple[str, ...]
    backend: str
    profile_digest: str
    runtime_digest: str = ""

    @property
    def ok(self) -> bool:
        """True when the program ended by itself with exit status 0 inside every limit."""
        return self.outcome is Outcome.OK


class Severity(StrEnum):
    """ERROR: boxes cannot be trusted or made. WARNING: they hold, with something weaker or missing."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong on this machine: what it is and how to mend it."""

    severity: Severity
    what: str
    mend: str


class Runner(Protocol):
    """A back end. One instance serves many threads; each slot has one run at a time."""

    name: ClassVar[str]

    def self_test(self) -> list[Finding]:
        """Run the canaries; no ERROR when the box holds. A worker refuses work when there is one."""

    def run(
        self,
        request: RunRequest,
        *,
        slot: int = 0,
        stdin_fd: int | None = None,
        stdout_fd: int | None = None,
        collect_to: Path | None = None,
        cancel: threading.Event | None = None,
        on_log: OnLog | None = None,
        on_start: Callable[[], None] | None = None,
    ) -> Run:
        """Run the request to its end and say what happened.

        Descriptors stay the caller's: the runner passes duplicates to the box, and keeps none once `on_start` has
        been called. So a reader at the other end sees end-of-file when the box has ended *and* the caller has closed
        its own; close it in `on_start`, or when `run` has returned.

        Raises:
            SandboxError: the box could not be made, was lost, or its output could not be stored.
        """

    def collect_garbage(self) -> int:
        """Remove what workers that died left behind; returns how many things were removed."""

    def close(self) -> None:
        """Give back what the runner holds between runs."""
