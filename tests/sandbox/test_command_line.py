"""The command for people."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.__main__ import main
from sandbox.fake import FakeRunner, make_run
from tests.sandbox.makers import ROOT

pytestmark = pytest.mark.sandbox


def test_a_person_runs_a_program_as_the_platform_would(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code/main.py").write_text("import model\nprint(model.answer())\nopen('/output/y.csv', 'w').write('y')")
    (tmp_path / "code/model.py").write_text("def answer(): return open('/input/x').read()")
    (tmp_path / "input").mkdir()
    (tmp_path / "input/x").write_text("x!")
    words = ["run", "--code", "code", "--input", "input", "--output", "out", "--memory-mib", "256", "--json"]

    done = _command_line(tmp_path, *words, "--", "python", "main.py")

    document = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert {key: document[key] for key in ("outcome", "exit_code", "stdout", "stderr", "files")} == {
        "outcome": "ok",
        "exit_code": 0,
        "stdout": "x!\n",
        "stderr": "",
        "files": ["y.csv"],
    }
    assert document.keys() >= {"reason", "signal", "wall_seconds", "cpu_seconds", "peak_memory_mib"}
    assert (tmp_path / "out/y.csv").read_text() == "y"

    again = _command_line(tmp_path, *words, "--", "python", "main.py")
    assert again.returncode == 2
    assert "out is not an empty folder" in again.stderr


def test_a_program_that_fails_is_told_with_exit_status_1(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("print('log line')\nwhile True: pass")

    done = _command_line(tmp_path, "run", "--code", ".", "--wall-seconds", "0.3", "--", "python", "main.py")

    assert (done.returncode, done.stdout) == (1, "log line\n")
    assert done.stderr.startswith("time: The program ran longer than 0.3 seconds.")


def test_the_check_says_that_boxes_hold_here(tmp_path: Path) -> None:
    done = _command_line(tmp_path, "check")

    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith("Boxes can be made here, and they hold.\n")


def _command_line(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_person_s_notebook_is_run_as_the_platform_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runner = FakeRunner([make_run()])
    monkeypatch.setattr("sandbox.__main__.make_runner", lambda **_: runner)
    words = ["run", "--code", str(tmp_path), "--runtime", str(tmp_path), "--notebook", "--", "main.ipynb"]

    status = main(words)

    (request,) = runner.requests
    assert (status, request.argv) == (0, ("python", "/inside/run_notebook.py", "main.ipynb"))
    assert (request.runtime, request.local_sockets) == (tmp_path, True)
    assert [mount.at for mount in request.mounts] == ["/code", "/inside"]
