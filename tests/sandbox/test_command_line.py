"""The command for people."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import Finding, SandboxError, Severity, __main__, box, make_trusted_runner
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


LEAK = Finding(Severity.ERROR, "network: a socket", "mend it")
FIELDS = {
    "outcome",
    "reason",
    "exit_code",
    "signal",
    "wall_seconds",
    "cpu_seconds",
    "peak_memory_mib",
    "stdout",
    "stderr",
    "files",
    "backend",
    "profile_digest",
    "runtime_digest",
}
ENDS = {
    "a crash": ("print('so far'); 1 / 0", "crashed", 1, None, "so far\n"),
    "a signal": ("import os; os.abort()", "crashed", None, 6, ""),
    "too long": ("print('so far', flush=True)\nwhile True: pass", "time", None, 9, "so far\n"),
    "a flood": ("while True: print('x' * 4096)", "output", None, 9, None),
    "bytes that are no text": (
        "import os; os.write(1, b'\\xff\\x00\\xe6\\xb5\\xb7\\n')",
        "ok",
        0,
        None,
        "\ufffd\0海\n",
    ),
    "a violation": ("import ctypes; ctypes.CDLL(None).syscall(101, 0, 0, 0, 0)", "violation", None, 31, ""),
    "a link": ("import os; os.symlink('/', '/output/x')", "violation", 0, None, ""),
    "a document of its own": ('print(\'{"outcome": "ok"}\')', "ok", 0, None, '{"outcome": "ok"}\n'),
}


@pytest.mark.parametrize("how", ENDS)
def test_json_is_one_document_however_the_program_ends(tmp_path: Path, how: str) -> None:
    code, outcome, exit_code, signal, said = ENDS[how]
    (tmp_path / "main.py").write_text(code)

    done = _command_line(tmp_path, "run", "--code", ".", "--json", "--wall-seconds", "1", "--", "python", "main.py")
    document = json.loads(done.stdout)

    assert document.keys() == FIELDS
    assert (document["outcome"], document["signal"]) == (outcome, signal)
    if outcome not in ("time", "output"):  # what was killed has no exit status, or bubblewrap's
        assert document["exit_code"] == exit_code
    assert document["reason"].endswith(".")
    assert said is None or document["stdout"] == said
    assert len(document["stdout"]) <= 64 * 1024
    assert document["wall_seconds"] > 0
    assert (done.returncode, done.stderr) == (0 if outcome == "ok" else 1, "")


def test_json_is_one_document_too_when_it_is_our_fault(tmp_path: Path) -> None:
    done = _command_line(tmp_path, "run", "--code", ".", "--json", "--", "no-such-program")
    document = json.loads(done.stdout)

    assert document.keys() == FIELDS
    assert (document["outcome"], document["reason"]) == ("ours", "the box has no program 'no-such-program'")
    assert (document["exit_code"], document["signal"], document["files"]) == (None, None, [])
    assert (done.returncode, done.stderr) == (3, "sandbox: the box has no program 'no-such-program'\n")


def test_a_runner_whose_canaries_got_out_is_given_to_nobody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    closed: list[str] = []
    monkeypatch.setattr(FakeRunner, "close", lambda _: closed.append("closed"))
    monkeypatch.setattr(box, "make_runner", lambda *_, **__: FakeRunner(problems=[LEAK]))

    with pytest.raises(SandboxError, match="do not hold, so nothing is run: network: a socket"):
        make_trusted_runner()
    code = __main__.main(["run", "--code", str(tmp_path), "--json", "--", "python", "-c", "print('ran')"])

    assert code == 3
    assert closed == ["closed", "closed"]
    assert json.loads(capfdbinary.readouterr().out)["outcome"] == "ours"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--code", "nowhere", "--", "python", "main.py"), "there is no folder nowhere (looked for /"),
        (("--code", "main.py", "--", "python", "main.py"), "main.py is not a folder"),
        (("--code", ".", "--input", "nowhere", "--", "python", "main.py"), "--input: there is no folder nowhere"),
        (("--code", ".", "--", "python", "mian.py"), "has no file mian.py; it has main.py"),
        (("--code", "empty", "--", "python", "main.py"), "has no file main.py; it has no Python file at its top"),
        (("--code", "."), "say after -- what is to be run"),
        (("--code", ".", "--"), "say after -- what is to be run"),
        (("--", "python", "main.py"), "the following arguments are required: --code"),
        (("--code", ".", "--output", "main.py/out", "--", "python", "main.py"), "main.py is not a folder"),
        (
            ("--code", ".", "--output", ".", "--", "python", "main.py"),
            ". is not an empty folder; nothing is overwritten",
        ),
        (("--code", ".", "--wall-seconds", "-1", "--", "python", "main.py"), "limit wall_seconds is -1.0; it must be"),
        (("--code", ".", "--memory-mib", "lots", "--", "python", "main.py"), "--memory-mib: invalid int value: 'lots'"),
        (("--code", ".", "python", "main.py", "--flag"), "unrecognized arguments: --flag"),
    ],
)
def test_wrong_usage_says_what_is_wrong_and_runs_nothing(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    said: str,
) -> None:
    (tmp_path / "main.py").write_text("print('ran')")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    try:
        status: object = __main__.main(["run", "--json", *words])
    except SystemExit as error:
        status = error.code

    printed = capfd.readouterr()
    assert (status, printed.out) == (2, "")
    assert said in printed.err


def test_everything_after_two_hyphens_is_the_program_s(tmp_path: Path) -> None:
    (tmp_path / "deep/er").mkdir(parents=True)
    (tmp_path / "deep/main.py").write_text("import os, sys; print(sys.argv, os.getcwd(), os.listdir('/input'))")
    words = ("--code", "../../deep", "--input", "..", "--json")

    done = _command_line(tmp_path / "deep/er", "run", *words, "--", "python", "main.py", "--json", "--", "-x", "--code")

    assert json.loads(done.stdout)["stdout"].startswith("['main.py', '--json', '--', '-x', '--code'] /code [")


def test_the_help_says_what_is_printed_and_returned(tmp_path: Path) -> None:
    done = _command_line(tmp_path, "run", "--help")

    assert done.returncode == 0
    assert {word for word in FIELDS if word not in done.stdout} == set()
    assert "exit status: 0 the program ended well; 1 it crashed" in done.stdout


def test_the_check_tells_everything_that_is_wrong_with_how_to_mend_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [
        Finding(Severity.ERROR, "bubblewrap (bwrap) is not installed", "apt-get install bubblewrap"),
        Finding(Severity.WARNING, "no control groups", "run the worker as a service"),
    ]
    monkeypatch.setattr(__main__, "check", lambda: list(found))

    assert __main__.main(["check"]) == 1
    assert capsys.readouterr().out == (
        "error: bubblewrap (bwrap) is not installed\n    to mend it: apt-get install bubblewrap\n"
        "warning: no control groups\n    to mend it: run the worker as a service\n"
    )


def test_the_check_tells_of_boxes_that_can_be_made_and_do_not_hold(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(__main__, "check", lambda: [Finding(Severity.WARNING, "not root", "be root")])
    monkeypatch.setattr(__main__, "make_runner", lambda: FakeRunner(problems=[LEAK]))

    assert __main__.main(["check"]) == 1
    assert "error: network: a socket" in capsys.readouterr().out

    monkeypatch.setattr(__main__, "make_runner", FakeRunner)
    assert __main__.main(["check"]) == 0
    assert capsys.readouterr().out.startswith("warning: not root\n")


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


def test_a_person_s_notebook_is_run_as_the_platform_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runner = FakeRunner([make_run()])
    monkeypatch.setattr("sandbox.__main__.make_trusted_runner", lambda **_: runner)
    words = ["run", "--code", str(tmp_path), "--runtime", str(tmp_path), "--notebook", "--", "main.ipynb"]

    status = main(words)

    (request,) = runner.requests
    assert (status, request.argv) == (0, ("python", "/inside/run_notebook.py", "main.ipynb"))
    assert (request.runtime, request.local_sockets) == (tmp_path, True)
    assert [mount.at for mount in request.mounts] == ["/code", "/inside"]
