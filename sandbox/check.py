"""What this machine lacks for boxes, and how to mend it. Looks only; the canaries of selftest.py try."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from sandbox import cgroups, seccomp
from sandbox.profile import FIRST_SLOT_UID
from sandbox.run import Finding, Severity

OLDEST = (0, 8)
USERNS_SETTINGS = {
    "kernel/unprivileged_userns_clone": ("0", "sysctl -w kernel.unprivileged_userns_clone=1"),
    "user/max_user_namespaces": ("0", "sysctl -w user.max_user_namespaces=15000"),
    "kernel/apparmor_restrict_unprivileged_userns": (
        "1",
        "install an AppArmor profile that lets /usr/bin/bwrap make user namespaces (package apparmor-profiles: "
        "bwrap-userns-restrict), or sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    ),
}


def check(*, slots: int = 2, proc: Path = Path("/proc")) -> list[Finding]:
    """Everything wrong at once; ERROR means that boxes cannot be made. `proc` can be another machine's, for tests."""
    if sys.platform != "linux":
        return [_error(f"boxes need Linux; this is {sys.platform}", "run the worker on Linux")]
    return [*_kernel(), *_bubblewrap(proc), *_filter(), *_control_groups(proc), *_user(slots), *_environment()]


def _kernel() -> Iterator[Finding]:
    if not hasattr(os, "pidfd_open"):
        yield _error("this Python has no os.pidfd_open", "use a Python 3.11 built on Linux 5.3 or newer")
        return
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError as error:
        yield _error(f"the kernel has no pidfd_open: {error.strerror}", "use Linux 5.3 or newer")


def _bubblewrap(proc: Path) -> Iterator[Finding]:
    program = shutil.which("bwrap", path="/usr/bin")
    if program is None:
        yield _error("bubblewrap (bwrap) is not installed", "apt-get install bubblewrap")
        return
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, env={}).stdout
    version = tuple(int(part) for part in said.split()[-1].split(".")[:2]) if said else (0, 0)
    if version < OLDEST:
        yield _error(f"bubblewrap is {said.strip() or 'broken'}; 0.8 or newer is needed", "apt-get install bubblewrap")
    if Path(program).stat().st_mode & 0o4000:
        yield _error(f"{program} is setuid; its options differ then", f"chmod u-s {program}")
    problem = _trial(program)
    if problem:
        yield _error(f"bubblewrap cannot make a box: {problem}", _userns_mend(proc))


def _trial(program: str) -> str:
    """Empty when a box with all namespaces can be made by the user who would make it."""
    words = [program, "--unshare-all", "--unshare-user", "--disable-userns", "--ro-bind", "/", "/", "/bin/true"]
    user = {"user": FIRST_SLOT_UID, "group": FIRST_SLOT_UID, "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run(words, capture_output=True, text=True, check=False, env={}, cwd="/", **user)  # type: ignore[call-overload]
    return "" if done.returncode == 0 else done.stderr.strip() or f"exit status {done.returncode}"


def _userns_mend(proc: Path) -> str:
    """The setting that forbids it, or where to look when none does."""
    for setting, (bad, mend) in USERNS_SETTINGS.items():
        path = proc / "sys" / setting
        if path.exists() and path.read_text().strip() == bad:
            return mend
    return "allow user namespaces and mounts here (in a container: its seccomp and AppArmor profiles forbid them)"


def _filter() -> Iterator[Finding]:
    problem = seccomp.available()
    if problem:
        yield _error(
            f"the filter of system calls cannot be built: {problem}",
            "apt-get install libseccomp2, and pyseccomp in the virtual environment",
        )


def _control_groups(proc: Path) -> Iterator[Finding]:
    found = cgroups.find(proc)
    if found is None:
        yield Finding(
            Severity.WARNING,
            "no control groups: memory is polled instead of limited, and the processor share is not limited",
            "run the worker as a systemd service with Delegate=memory pids cpu, or as root",
        )
        if not Path("/proc/self/task", str(os.getpid()), "children").exists():
            yield _error("without control groups the kernel must list children in /proc", "CONFIG_PROC_CHILDREN=y")


def _user(slots: int) -> Iterator[Finding]:
    if os.geteuid() != 0:
        yield Finding(
            Severity.WARNING,
            "not root: all slots run as one user and share its process limit",
            "run the worker as root, which drops to one uid per slot; or give each worker one slot and its own user",
        )
        return
    for slot in range(slots):
        try:
            name = pwd.getpwuid(FIRST_SLOT_UID + slot).pw_name
        except KeyError:
            continue
        yield Finding(
            Severity.WARNING,
            f"uid {FIRST_SLOT_UID + slot}, which boxes of slot {slot} run as, is the account {name!r}",
            "give that account another uid",
        )


def _environment() -> Iterator[Finding]:
    packages = Path(sys.prefix, "lib")
    if os.geteuid() == 0 and packages.stat().st_mode & 0o5 != 0o5:
        yield _error(f"{packages} is not readable for other users, so not in a box", f"chmod -R o+rX {packages}")


def _error(what: str, mend: str) -> Finding:
    return Finding(Severity.ERROR, what, mend)
