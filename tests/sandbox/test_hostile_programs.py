"""Every program of tests/sandbox/programs, in every mode that this machine offers; and proof that the suite can see.

The programs of a mode run side by side in one go, before the first test of that mode; each test tells of one program.
Slots 30 to 39 are nobody else's: their users must have no process afterwards.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from sandbox import Runner
from sandbox.bubblewrap import BubblewrapRunner
from sandbox.profile import Profile
from tests.sandbox import suite
from tests.sandbox.backends import BACKENDS, Backend
from tests.sandbox.canaries import Host, host
from tests.sandbox.suite import Program
from tests.sandbox.traces import living_in_boxes

pytestmark = pytest.mark.sandbox
PLAIN_UID = 64123
SLOT = 30
PROGRAMS = suite.programs()
ATTACKS = [program for program in PROGRAMS if not program.residual]
# How many programs find something when one thing is wrong with the box; below that the suite has lost its eyes.
WEAKNESSES = {"seccomp": 110, "environment": 2, "writable root": 4, "proc": 13}


@pytest.fixture(scope="module")
def around() -> Iterator[Host]:
    with host() as found:
        yield found


@pytest.fixture(scope="module", params=BACKENDS, ids=lambda backend: backend.name)
def fit(request: pytest.FixtureRequest) -> Iterator[Runner]:
    """A runner of each back end that is here. One whose own self-test finds something is used for nothing."""
    backend: Backend = request.param
    if reason := backend.missing():
        pytest.skip(reason)
    runner = backend.make()
    assert runner.self_test() == []
    yield runner
    runner.close()


@pytest.fixture(scope="module")
def problems(request: pytest.FixtureRequest, fit: Runner, around: Host) -> Mapping[str, list[str]]:
    """What went wrong with each program that is to be told of in this session."""
    chosen = {
        item.callspec.params["program"].name: item.callspec.params["program"]
        for item in request.session.items
        if "program" in getattr(getattr(item, "callspec", None), "params", ())
    }
    return suite.run_all(fit, list(chosen.values()), around, first_slot=SLOT)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_a_hostile_program_achieves_nothing(problems: Mapping[str, list[str]], program: Program) -> None:
    found = problems[program.name]
    if found and program.residual:
        pytest.xfail(program.residual)

    assert found == [], program.must


def test_no_process_of_a_hostile_program_is_left(problems: Mapping[str, list[str]]) -> None:
    assert problems
    assert living_in_boxes(range(SLOT, SLOT + 10)) == []


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
    assert problems.keys() == {program.name for program in ATTACKS} | {"self-test", "the end"}
    assert {name: found for name, found in problems.items() if found} == {}


@pytest.mark.parametrize("weakness", WEAKNESSES)
def test_the_suite_notices_a_weak_box(around: Host, weakness: str) -> None:
    """Without the filter, with the worker's environment, with a writable root, with /proc: each is found out."""
    profile = {
        "seccomp": Profile(seccomp=False),
        "environment": Profile(proc=True, launcher_environment=dict(os.environ)),
        "writable root": Profile(read_only_root=False),
        "proc": Profile(proc=True),
    }[weakness]
    expected = [program for program in PROGRAMS if weakness in program.notices]
    runner = BubblewrapRunner(profile=profile)
    problems = suite.run_all(runner, expected, around, first_slot=SLOT)
    runner.close()

    assert [name for name, found in problems.items() if not found] == []
    assert len(expected) >= WEAKNESSES[weakness]
    if weakness == "environment":
        assert "ESCAPED a variable of the worker can be read" in problems["env-variables"]


def test_an_empty_environment_of_bubblewrap_is_what_hides_the_worker_s(around: Host) -> None:
    """With /proc there and the box's own list cleared, only bubblewrap's environment makes the difference."""
    runner = BubblewrapRunner(profile=Profile(proc=True))
    _, problems = suite.run_program(runner, _named("env-variables"), around, slot=SLOT)
    runner.close()

    assert problems == []


def test_a_harness_that_is_harmed_says_so(around: Host) -> None:
    """The canaries themselves are looked at: a file that changed, and a door that somebody knocked at."""
    assert around.harm() == []
    (around.folder / "beside.txt").write_text("changed")
    around.visits.append("a door")
    assert around.harm() == ["a door was visited", "the host's file changed"]
    (around.folder / "beside.txt").write_text(around.canary)
    assert around.harm() == []


def test_the_suite_is_large_and_covers_every_group() -> None:
    groups = Counter(program.group for program in ATTACKS)

    assert len(ATTACKS) >= 290
    assert sum(max(program.checks, 1) for program in ATTACKS) >= 2000
    assert sum(bool(program.beside) for program in ATTACKS) >= 20
    assert groups.keys() == {
        "files",
        "environment",
        "/proc",
        "processes",
        "memory",
        "disk",
        "descriptors",
        "output",
        "system calls",
        "network",
        "channels",
        "residue",
        "python",
    }
    assert min(groups.values()) >= 6


def _named(name: str) -> Program:
    return next(program for program in PROGRAMS if program.name == name)
