"""The command for people."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

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


def test_the_filter_is_printed_as_a_profile_for_container_engines(tmp_path: Path) -> None:
    profile = json.loads(_command_line(tmp_path, "filter").stdout)

    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    assert "ptrace" in next(rule for rule in profile["syscalls"] if rule["action"] == "SCMP_ACT_KILL_PROCESS")["names"]


def test_the_help_says_which_back_ends_no_live_server_has_seen(tmp_path: Path) -> None:
    said = " ".join(_command_line(tmp_path, "run", "--help").stdout.split())

    assert "not against a live engine or cluster" in said


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--backend", "docker"], 2, "must be named with its digest"),
        (["--backend", "docker", "--image", f"x@sha256:{'0' * 64}", "--socket", "/none"], 1, "cannot be reached"),
        (["--backend", "kubernetes"], 2, "needs --settings FILE.toml"),
        (["--backend", "kubernetes", "--settings", "none.toml"], 2, "No such file"),
        (["--backend", "kubernetes", "--settings", "cluster.toml"], 1, "error: "),
    ],
)
def test_a_check_of_another_back_end_says_what_is_missing(
    tmp_path: Path, words: list[str], status: int, said: str
) -> None:
    settings = f'image = "x@sha256:{"0" * 64}"\nexchange = "{tmp_path}/exchange"\ntoken_file = "/none"\n[volumes]\n'
    (tmp_path / "cluster.toml").write_text(settings)

    done = _command_line(tmp_path, "check", *words)

    assert (done.returncode, said in done.stdout + done.stderr) == (status, True), done


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
