"""Runs the hostile programs of tests/sandbox/programs in boxes and says what went wrong.

As a program (`python -m tests.sandbox.suite`) it runs all of them as whoever started it and prints the problems as
JSON: that is how the suite is run as a plain user.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import sys
import tempfile
import threading
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox import Limits, Mount, Outcome, Run, Runner, RunRequest, Stage, make_runner, seccomp

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
DEFAULTS: dict[str, Any] = {
    "wall_seconds": 5,
    "cpu_seconds": 5,
    "memory_mib": 256,
    "tmp_mib": 16,
    "shm_mib": 4,
    "output_mib": 8,
}
GRACE_SECONDS = 2.5


@dataclass(frozen=True)
class Program:
    """A hostile program and what must happen; see any expect.toml."""

    name: str
    group: str
    must: str
    outcomes: tuple[str, ...]
    checks: int = 0
    control: str = ""
    limits: dict[str, Any] = field(default_factory=dict)
    files: tuple[str, ...] | None = None
    reason: str = ""
    numbers: str = ""
    max_seconds: float | None = None


def programs() -> list[Program]:
    found = []
    for folder in sorted(path.parent for path in PROGRAMS.glob("*/main.py")):
        values = tomllib.loads((folder / "expect.toml").read_text())
        values |= {key: tuple(values[key]) for key in ("outcomes", "files") if key in values}
        found.append(Program(folder.name, **values))
    return found


@dataclass
class Host:
    """What the programs are let loose on: a canary in names, memory and environment, and services that wait for
    visitors.
    """

    canary: str
    port: int
    visits: list[str]
    folder: Path


@contextmanager
def host() -> Iterator[Host]:
    canary = f"canary{secrets.token_hex(8)}"
    os.environ["TIDEMARK_SECRET"] = canary
    tcp, abstract = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX)
    abstract.bind("\0" + canary)
    abstract.listen()
    visits: list[str] = []
    with tempfile.TemporaryDirectory(prefix=f"{canary}-") as name, tcp, abstract:
        threads = [
            threading.Thread(target=_wait_for_visit, args=(door, visits), daemon=True) for door in (tcp, abstract)
        ]
        for thread in threads:
            thread.start()
        data = Path(name) / "input" / "data.txt"
        data.parent.mkdir(mode=0o755)
        data.write_text("input\n")
        data.chmod(0o600)
        yield Host(canary, tcp.getsockname()[1], visits, Path(name))
        for door in (tcp, abstract):
            door.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()
    del os.environ["TIDEMARK_SECRET"]


def _wait_for_visit(door: socket.socket, visits: list[str]) -> None:
    try:
        while True:
            visitor, _ = door.accept()
            visitor.close()
            visits.append(str(door.getsockname()))
    except OSError:
        return


def run_program(runner: Runner, program: Program, around: Host, *, slot: int = 0) -> tuple[Run, list[str]]:
    """The run, and every way in which it was not what must happen."""
    limits = Limits(**(DEFAULTS | program.limits))
    mounts = (
        Mount(PROGRAMS / program.name, "/code", "code"),
        Mount(HERE / "probe", "/probe", "library"),
        Mount(around.folder / "input", "/input", "input"),
    )
    numbers = ",".join(f"{name}:{number}" for name, number in _numbers(program.numbers))
    argv = ("python", "/code/main.py", around.canary, str(os.getpid()), numbers, str(around.port))
    request = RunRequest(
        f"{program.name}-{secrets.token_hex(4)}", Stage.PREDICT, argv, mounts, limits, {"PYTHONPATH": "/probe"}
    )
    with tempfile.TemporaryDirectory(prefix="collected-") as folder:
        started = time.monotonic()
        run = runner.run(request, slot=slot, collect_to=Path(folder) / "output")
        took = time.monotonic() - started
        collected = sorted(path.name for path in Path(folder).glob("output/*"))
    return run, [*_problems(program, run, took, collected), *(f"{visit} was visited" for visit in around.visits)]


def _problems(program: Program, run: Run, took: float, collected: list[str]) -> Iterator[str]:
    printed = (run.stdout + run.stderr).decode(errors="replace").splitlines()
    yield from (line for line in printed if line.startswith("ESCAPED"))
    if run.outcome not in program.outcomes:
        tail = "; ".join(printed[-3:])[-300:]
        yield f"the outcome is {run.outcome} ({run.reason}), not {' or '.join(program.outcomes)}: {tail}"
    done = [line for line in printed if line.startswith("DONE")]
    if run.outcome is Outcome.OK and program.outcomes[0] == "ok":
        if not done:
            yield "the program did not reach its end"
        elif int(done[-1].split()[1]) < program.checks:
            yield f"only {done[-1].split()[1]} of {program.checks} checks were made"
    if program.reason not in run.reason:
        yield f"the reason {run.reason!r} does not say {program.reason!r}"
    if took > (program.max_seconds or DEFAULTS["wall_seconds"]) + GRACE_SECONDS:
        yield f"it took {took:.1f} s"
    if program.files is not None and (run.files != program.files or collected != list(program.files)):
        yield f"the files are {run.files}, collected {collected}"
    if run.outcome is not Outcome.OK and (run.files or collected):
        yield f"a run that went wrong left files: {collected}"


def _numbers(which: str) -> list[tuple[str, int]]:
    if not which:
        return []
    import pyseccomp

    names = getattr(seccomp, which)
    pairs = [(name, pyseccomp.resolve_syscall(pyseccomp.system_arch(), name)) for name in names]
    return [(name, number) for name, number in pairs if number >= 0]


def main() -> None:
    runner = make_runner()
    problems: dict[str, list[str]] = {"self-test": [finding.what for finding in runner.self_test()]}
    with host() as around:
        for program in programs():
            problems[program.name] = run_program(runner, program, around)[1]
    runner.close()
    json.dump(problems, sys.stdout)


if __name__ == "__main__":
    main()
