"""Runs the hostile programs of tests/sandbox/programs in boxes and says what went wrong.

A folder has a `main.py` and an `expect.toml` with what must happen. With `with = "other.py"` that program is started
first, in a slot of its own, and main.py runs beside it: other.py prints READY, and its stdin ends when main.py has
ended. With `then = "after.py"` that program runs in main.py's slot afterwards.

As a program (`python -m tests.sandbox.suite`) it runs all of them as whoever started it and prints the problems as
JSON: that is how the suite is run as a plain user.
"""

from __future__ import annotations

import json
import os
import queue
import secrets
import sys
import tempfile
import threading
import time
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox import Limits, Mount, Outcome, Run, Runner, RunRequest, SandboxError, Stage, make_runner, seccomp
from tests.sandbox.canaries import Host, host
from tests.sandbox.traces import living_in_boxes

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
DEFAULTS: dict[str, Any] = {
    "wall_seconds": 8,
    "cpu_seconds": 8,
    "memory_mib": 256,
    "tmp_mib": 16,
    "shm_mib": 4,
    "output_mib": 8,
}
GRACE_SECONDS = 2.5
SIDE_BY_SIDE = 3
START_SECONDS = 20.0  # of the program beside, on a machine where others are busy


@dataclass(frozen=True)
class Program:
    """A hostile program and what must happen; see any expect.toml.

    `notices` are the weaknesses, of those in test_hostile_programs.py, in which the program must find something.
    `residual` says why it finds something even in the real box: a hole that is known and written down.
    """

    name: str
    group: str
    must: str
    outcomes: tuple[str, ...]
    file: str = "main.py"
    checks: int = 0
    notices: tuple[str, ...] = ()
    limits: dict[str, Any] = field(default_factory=dict)
    files: tuple[str, ...] | None = None
    reason: str = ""
    numbers: str = ""
    max_seconds: float | None = None
    residual: str = ""
    beside: str = ""
    beside_outcomes: tuple[str, ...] = ("ok",)
    beside_limits: dict[str, Any] = field(default_factory=dict)
    then: str = ""

    @property
    def other(self) -> Program:
        """The program that runs beside this one."""
        limits = self.limits | self.beside_limits
        return Program(self.name, self.group, self.must, self.beside_outcomes, self.beside, limits=limits)

    @property
    def after(self) -> Program:
        """The program that runs in the same slot afterwards."""
        return Program(self.name, self.group, self.must, ("ok",), self.then, limits=self.limits)


def programs() -> list[Program]:
    found = []
    for folder in sorted(path.parent for path in PROGRAMS.glob("*/main.py")):
        values = tomllib.loads((folder / "expect.toml").read_text())
        values["beside"] = values.pop("with", "")
        values = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
        found.append(Program(folder.name, **values))
    return found


def run_program(runner: Runner, program: Program, around: Host, *, slot: int = 0) -> tuple[Run, list[str]]:
    """The run, and every way in which it was not what must happen. Takes `slot`, and `slot + 1` for one beside."""
    if program.beside:
        run, problems = _run_two(runner, program, around, slot)
    else:
        run, problems = _run_one(runner, program, around, slot)
    if program.then:
        problems += [f"afterwards: {problem}" for problem in _run_one(runner, program.after, around, slot)[1]]
    if os.geteuid() == 0:  # for a plain user all slots are one; see the end of main
        problems += [f"{process} lives on" for process in living_in_boxes({slot, slot + 1})]
    return run, problems + around.harm()


def _run_two(runner: Runner, program: Program, around: Host, slot: int) -> tuple[Run, list[str]]:
    reading, writing = os.pipe()
    is_ready = threading.Event()
    log = bytearray()

    def listen(data: bytes) -> None:
        log.extend(data)
        if b"READY" in log:
            is_ready.set()

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(_run_one, runner, program.other, around, slot + 1, stdin_fd=reading, on_log=listen)
        other.add_done_callback(lambda _: is_ready.set())
        is_ready.wait(START_SECONDS)
        was_beside = b"READY" in log
        try:
            run, problems = _run_one(runner, program, around, slot)
        finally:
            os.close(writing)
        _, theirs = other.result()
    os.close(reading)
    if not was_beside:
        problems.append("the program beside it was not ready")
    return run, problems + [f"beside it: {problem}" for problem in theirs]


def _run_one(runner: Runner, program: Program, around: Host, slot: int, **options: Any) -> tuple[Run, list[str]]:
    with tempfile.TemporaryDirectory(prefix="collected-") as folder:
        started = time.monotonic()
        run = runner.run(_request(program, around), slot=slot, collect_to=Path(folder) / "output", **options)
        took = time.monotonic() - started
        collected = sorted(path.name for path in Path(folder).glob("output/*"))
    return run, list(_problems(program, run, took, collected))


def _request(program: Program, around: Host) -> RunRequest:
    mounts = (
        Mount(PROGRAMS / program.name, "/code", "code"),
        Mount(HERE / "probe", "/probe", "library"),
        Mount(around.folder / "input", "/input", "input"),
    )
    numbers = ",".join(f"{name}:{number}" for name, number in _numbers(program.numbers))
    argv = ("python", f"/code/{program.file}", around.canary, str(os.getpid()), numbers, str(around.port))
    return RunRequest(
        f"{program.name}-{secrets.token_hex(4)}",
        Stage.PREDICT,
        argv,
        mounts,
        Limits(**(DEFAULTS | program.limits)),
        {"PYTHONPATH": "/probe"},
    )


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
    wall = program.max_seconds or (DEFAULTS | program.limits)["wall_seconds"]
    if took > wall + GRACE_SECONDS:
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


def run_all(runner: Runner, chosen: Sequence[Program], around: Host, *, first_slot: int) -> dict[str, list[str]]:
    """The problems of every program, several at a time, each in two slots of its own from `first_slot` on."""
    free: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(SIDE_BY_SIDE):
        free.put(first_slot + 2 * number)

    def problems_of(program: Program) -> list[str]:
        slot = free.get()
        try:
            return run_program(runner, program, around, slot=slot)[1]
        except SandboxError as error:
            return [f"our fault: {error}"]
        finally:
            free.put(slot)

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        return dict(zip((program.name for program in chosen), pool.map(problems_of, chosen), strict=True))


def main() -> None:
    runner = make_runner()
    problems = {"self-test": [finding.what for finding in runner.self_test()]}
    with host() as around:
        problems |= run_all(runner, [program for program in programs() if not program.residual], around, first_slot=0)
    problems["the end"] = living_in_boxes(())
    runner.close()
    json.dump(problems, sys.stdout)


if __name__ == "__main__":
    main()
