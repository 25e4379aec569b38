"""What is shown in a box, and what of the host can be seen through it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox import Mount, Runner
from sandbox.bubblewrap import BubblewrapRunner
from sandbox.profile import Profile
from tests.sandbox.makers import make_request, needs_root

pytestmark = pytest.mark.sandbox


@needs_root
def test_inputs_below_closed_folders_are_shown_without_being_copied(runner: Runner, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "open").mkdir(parents=True)
    (closed / "open/data").write_text("data")
    (closed / "single").write_text("single")
    closed.chmod(0o700)
    code = "import os; [print(open(p).read(), os.stat(p).st_ino) for p in ('/input/data', '/single')]"

    run = runner.run(
        make_request(code, Mount(closed / "open", "/input", "input"), Mount(closed / "single", "/single", "input"))
    )

    same = [(closed / "open/data").stat().st_ino, (closed / "single").stat().st_ino]
    assert run.stdout.decode() == f"data {same[0]}\nsingle {same[1]}\n", run.stderr


@needs_root
def test_files_that_only_root_may_read_are_copied_for_the_run_and_only_they(runner: Runner, tmp_path: Path) -> None:
    source = tmp_path / "input"
    (source / "sub").mkdir(parents=True)
    for name, mode in (("open", 0o644), ("sub/secret", 0o600)):
        (source / name).write_text(name)
        (source / name).chmod(mode)
    (source / "link").symlink_to("open")
    (source / "sub").chmod(0o700)
    single = tmp_path / "single"
    single.write_text("single")
    single.chmod(0o600)
    names = "('/input/open', '/input/sub/secret', '/input/link', '/single')"
    code = f"import os; [print(open(p).read(), os.stat(p).st_ino) for p in {names}]"
    before = sorted(Path("/var/tmp").iterdir())

    run = runner.run(make_request(code, Mount(source, "/input", "input"), Mount(single, "/single", "input")))

    rows = [line.split() for line in run.stdout.decode().splitlines()]
    assert [row[0] for row in rows] == ["open", "sub/secret", "open", "single"], run.stderr
    assert rows[0][1] == str((source / "open").stat().st_ino)
    assert rows[1][1] != str((source / "sub/secret").stat().st_ino)
    assert (source / "sub/secret").stat().st_mode & 0o777 == 0o600
    assert sorted(Path("/var/tmp").iterdir()) == before


def test_the_host_s_paths_are_not_in_the_command_line(tmp_path: Path) -> None:
    """The arguments go through a descriptor: with /proc in the box, its first process would tell them."""
    made = BubblewrapRunner(profile=Profile(proc=True))
    code = "print(open('/proc/1/cmdline').read().split(chr(0)))"

    run = made.run(make_request(code, Mount(tmp_path, "/input", "input")))
    made.close()

    assert run.ok
    assert str(tmp_path) not in run.stdout.decode()
    assert b"--ro-bind" not in run.stdout
