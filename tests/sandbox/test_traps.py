"""The traps that boxes of this kind have, each met by somebody before; one test each.

Others are elsewhere: a launcher's thread that ends, a worker that is killed, a fork bomb in one slot (test_lifetimes);
the launcher's environment (test_hostile_programs: a weak box); late writers (the programs proc-late-writer,
out-mapped-late and out-held-open).
"""

from __future__ import annotations

import ast
import socket
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox import Mount, Outcome, Runner
from sandbox.bubblewrap import BubblewrapRunner
from sandbox.profile import FIRST_SLOT_UID, Profile
from sandbox.tree import tasks_of
from tests.sandbox.makers import ROOT, make_limits, make_request, needs_root

SLOT = 38


@pytest.mark.sandbox
def test_the_command_line_of_the_first_process_names_nothing_of_the_host(tmp_path: Path) -> None:
    """bubblewrap's arguments would be there for the box to read if they were not passed through a descriptor."""
    (tmp_path / "telling-name").mkdir()
    mount = Mount(tmp_path / "telling-name", "/input", "input")
    runner = BubblewrapRunner(profile=Profile(proc=True))
    run = runner.run(make_request("print(open('/proc/1/cmdline').read().split(chr(0)))", mount), slot=SLOT)
    runner.close()

    words = ast.literal_eval(run.stdout.decode())
    assert words[:4] == ["/usr/bin/bwrap", "--args", "3", "--"]
    assert words[4:6] == ["python", "-c"]
    assert "telling-name" not in run.stdout.decode()


@pytest.mark.sandbox
@needs_root
def test_each_box_has_a_network_of_its_own_even_where_every_call_is_let_through() -> None:
    """As root it is not bubblewrap that makes it; a request that found it missing would have to be refused."""
    code = """
        import os, socket
        print(os.readlink("/proc/self/ns/net"), [name for _, name in socket.if_nameindex()])
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            try:
                socket.socket(socket.AF_INET, kind).connect(("127.0.0.1", PORT))
            except OSError as error:
                print(error.strerror)
        open("/output/ready", "w")
        time.sleep(0.5)
    """
    runner = BubblewrapRunner(profile=Profile(seccomp=False, proc=True))
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(2) as pool:
        text = "import time" + textwrap.dedent(code).replace("PORT", str(listening.getsockname()[1]))
        runs = list(pool.map(lambda slot: runner.run(make_request(text), slot=slot), (SLOT, SLOT + 1)))
    runner.close()

    said = [run.stdout.decode().splitlines() for run in runs]
    networks = {str(Path("/proc/self/ns/net").readlink()), *(lines[0].split()[0] for lines in said)}
    assert len(networks) == 3, [run.stderr for run in runs]
    assert [lines[0].partition(" ")[2] for lines in said] == ["['lo']"] * 2
    assert [lines[1:] for lines in said] == [["Network is unreachable"] * 2] * 2


@pytest.mark.sandbox
@needs_root
def test_orphans_are_reaped_and_take_no_process_from_the_next_run(runner: Runner) -> None:
    """Zombies that nobody waits for count against their user until boxes cannot be made any more."""
    code = """
        import os
        for _ in range(20):
            if os.fork() == 0:
                if os.fork() == 0:
                    os._exit(0)
                os._exit(0)
    """
    request = make_request(code, limits=make_limits(processes=48))
    runs = [runner.run(request, slot=SLOT) for _ in range(8)]

    assert [run.outcome for run in runs] == [Outcome.OK] * 8
    assert tasks_of(FIRST_SLOT_UID + SLOT) == 0


def test_a_call_that_fails_for_another_reason_is_no_merit_of_the_box(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`io_uring_setup(8, NULL)` fails everywhere; only the box's own errno counts."""
    monkeypatch.syspath_prepend(str(ROOT / "tests/sandbox/probe"))
    import probe

    def fail(code: int) -> None:
        raise OSError(code, "")

    probe.refused("wrong errno", lambda: fail(14), 1)
    probe.refused("no failure", lambda: None, 1)
    probe.killed("exit status 1", lambda: fail(1))
    probe.expect("not so", False)
    probe.refused("right errno", lambda: fail(1), 1)
    probe.done()

    said = capsys.readouterr().out.splitlines()
    assert said == [
        "ESCAPED wrong errno: failed with EFAULT, so the box did not refuse it",
        "ESCAPED no failure",
        "ESCAPED exit status 1: was not killed (status 256)",
        "ESCAPED not so",
        "DONE 1",
    ]
    for name in ("probe", "calls"):
        sys.modules.pop(name)


@pytest.mark.parametrize("call", ["extractall", "extract", "unpack_archive", "make_archive"])
def test_no_archive_is_unpacked_or_packed_by_what_trusts_it(call: str) -> None:
    """Python 3.11.2 has no filter for tar files, zip files are unpacked without a limit, and packing a folder stores
    what its links point at.
    """
    found = []
    for package in ("sandbox", "competitions", "scoring"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == call:
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")

    assert found == []


@pytest.mark.sandbox
def test_a_library_that_loads_its_parts_late_finds_them(runner: Runner) -> None:
    """The environment is at one place from the start of the program to its end."""
    code = "import numpy, importlib; print(importlib.import_module('numpy.random').default_rng(1).random() > 0)"

    assert runner.run(make_request(code), slot=SLOT).stdout == b"True\n"
