"""Every program of tests/sandbox/programs, in every mode that this machine offers; and proof that the suite can see."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Runner, make_runner
from sandbox.bubblewrap import BubblewrapRunner
from sandbox.profile import FIRST_SLOT_UID, Profile
from tests.sandbox import suite
from tests.sandbox.suite import Host, Program

pytestmark = pytest.mark.sandbox
PLAIN_UID = 64123
SLOT = 30  # nobody else's: its user must have no process afterwards
PROGRAMS = suite.programs()
NO_FILTER = Profile(seccomp=False)


@pytest.fixture(scope="module")
def around() -> Iterator[Host]:
    with suite.host() as found:
        yield found


@pytest.fixture(scope="module", params=["with control groups", "without control groups"])
def runner(request: pytest.FixtureRequest) -> Iterator[Runner]:
    made = make_runner(use_cgroups=request.param == "with control groups")
    yield made
    made.close()


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_a_hostile_program_achieves_nothing(runner: Runner, around: Host, program: Program) -> None:
    run, problems = suite.run_program(runner, program, around, slot=SLOT)

    assert problems == [], program.must
    assert _processes_of(FIRST_SLOT_UID + SLOT) == []
    assert run.backend == "bubblewrap"
    assert len(run.profile_digest) == 16


def test_the_same_programs_achieve_nothing_when_the_worker_is_a_plain_user() -> None:
    if os.geteuid() != 0:
        pytest.skip("this whole lane runs as a plain user already")
    closed = [folder for folder in Path(sys.executable).parents if not folder.stat().st_mode & 0o001]
    if closed:
        pytest.skip(f"a plain user cannot reach this checkout: {closed[0]} is closed to others")
    done = subprocess.run(
        [sys.executable, "-B", "-m", "tests.sandbox.suite"],
        user=PLAIN_UID,
        group=PLAIN_UID,
        extra_groups=[],
        env={"PATH": os.environ["PATH"]},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    problems = json.loads(done.stdout)
    assert len(problems) == len(PROGRAMS) + 1
    assert {name: found for name, found in problems.items() if found} == {}


@pytest.mark.parametrize(
    "program", [program for program in PROGRAMS if program.control == "seccomp"], ids=lambda program: program.name
)
def test_the_suite_notices_when_the_system_call_filter_is_off(around: Host, program: Program) -> None:
    assert _problems(BubblewrapRunner(profile=NO_FILTER), program, around)


def test_the_suite_notices_when_boxes_get_the_worker_s_environment(around: Host) -> None:
    program = _named("env-variables")
    profile = Profile(proc=True, launcher_environment=dict(os.environ))

    problems = _problems(BubblewrapRunner(profile=profile), program, around)

    assert "ESCAPED a variable of the worker can be read" in problems


def test_an_empty_environment_of_bubblewrap_is_what_hides_the_worker_s(around: Host) -> None:
    """With /proc there and the box's own list cleared, only bubblewrap's environment makes the difference."""
    problems = _problems(BubblewrapRunner(profile=Profile(proc=True)), _named("env-variables"), around)

    assert problems == []


def test_the_suite_notices_a_writable_root(around: Host) -> None:
    problems = _problems(BubblewrapRunner(profile=Profile(read_only_root=False)), _named("fs-write"), around)

    assert "ESCAPED a folder can be made in /" in problems


def test_the_suite_notices_processes_that_can_be_seen(around: Host) -> None:
    assert _problems(BubblewrapRunner(profile=Profile(proc=True)), _named("proc-hidden"), around)


def test_the_suite_is_large_and_covers_every_group() -> None:
    groups = {program.group for program in PROGRAMS}

    assert len(PROGRAMS) >= 60
    assert sum(max(program.checks, 1) for program in PROGRAMS) >= 500
    assert groups == {
        "files",
        "environment",
        "processes",
        "memory",
        "disk",
        "descriptors",
        "output",
        "system calls",
        "network",
        "channels",
        "python",
    }


def _named(name: str) -> Program:
    return next(program for program in PROGRAMS if program.name == name)


def _problems(runner: BubblewrapRunner, program: Program, around: Host) -> list[str]:
    try:
        return suite.run_program(runner, program, around, slot=SLOT + 1)[1]
    finally:
        runner.close()


def _processes_of(uid: int) -> list[str]:
    if os.geteuid() != 0:
        return []
    return [entry.name for entry in os.scandir("/proc") if entry.name.isdigit() and _uid(entry) == uid]


def _uid(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_uid
    except OSError:
        return -1
