"""What an operator is told about a machine that cannot make boxes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from sandbox import Finding, Severity, cgroups, check, seccomp


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A machine without control groups."""
    folder = tmp_path / "proc"
    (folder / "self").mkdir(parents=True)
    (folder / "self/mountinfo").write_text("")
    (folder / "self/cgroup").write_text("")
    return folder


def errors(found: list[Finding]) -> list[Finding]:
    return [finding for finding in found if finding.severity is Severity.ERROR]


def test_a_machine_without_bubblewrap_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, proc: Path) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)

    found = errors(check.check(proc=proc))

    assert Finding(Severity.ERROR, "bubblewrap (bwrap) is not installed", "apt-get install bubblewrap") in found


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"),
        ("user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "AppArmor profile"),
        ("kernel/apparmor_restrict_unprivileged_userns", "0", "in a container"),
    ],
)
def test_the_setting_that_forbids_user_namespaces_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, proc: Path, setting: str, value: str, words: str
) -> None:
    make_program(tmp_path, monkeypatch, version="bubblewrap 0.8.0", trial="No permissions to create a new namespace")
    path = proc / "sys" / setting
    path.parent.mkdir(parents=True)
    path.write_text(value + "\n")

    (found,) = errors(check.check(proc=proc))

    assert found.what == "bubblewrap cannot make a box: No permissions to create a new namespace"
    assert words in found.mend


def test_an_old_bubblewrap_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, proc: Path) -> None:
    make_program(tmp_path, monkeypatch, version="bubblewrap 0.4.1", trial="")

    assert "bubblewrap is bubblewrap 0.4.1; 0.8 or newer is needed" in [found.what for found in check.check(proc=proc)]


def test_a_missing_filter_library_is_told(monkeypatch: pytest.MonkeyPatch, proc: Path) -> None:
    monkeypatch.setattr(seccomp, "available", lambda: "Unable to find libseccomp")

    found = errors(check.check(proc=proc))

    assert any("Unable to find libseccomp" in finding.what and "libseccomp2" in finding.mend for finding in found)


def test_missing_control_groups_are_a_warning_only(proc: Path) -> None:
    found = [finding for finding in check.check(proc=proc) if finding.what.startswith("no control groups")]

    assert cgroups.find(proc) is None
    assert [finding.severity for finding in found] == [Severity.WARNING]
    assert "Delegate=memory pids cpu" in found[0].mend


def make_program(folder: Path, monkeypatch: pytest.MonkeyPatch, *, version: str, trial: str) -> None:
    """A stand-in for bwrap that anybody may run."""
    program = Path("/usr/bin/env")
    real = subprocess.run

    def run(words: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        if words[0] != str(program):
            return real(words, **options)  # type: ignore[call-overload,no-any-return]
        if words[1] == "--version":
            return subprocess.CompletedProcess(words, 0, version, "")
        return subprocess.CompletedProcess(words, 1 if trial else 0, "", trial)

    monkeypatch.setattr(shutil, "which", lambda *_, **__: str(program))
    monkeypatch.setattr(subprocess, "run", run)
