"""Canaries: small programs that try to get out, run in a real box before a worker takes work.

One box tries everything that is merely refused, others each one thing that ends a program. What a canary finds is told
as a `Finding`; a worker with findings refuses work, because running without a box is never the lesser evil.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from sandbox.run import Finding, Limits, Mount, Outcome, Run, Runner, RunRequest, SandboxError, Severity, Stage

LIMITS = Limits(
    wall_seconds=5, cpu_seconds=5, memory_mib=128, processes=16, tmp_mib=2, shm_mib=1, output_mib=1, stdout_kib=256
)
MEND = "do not run submissions on this machine before `python -m sandbox check` and this test are clean"

# Prints one line for each thing that it should not have been able to do. It is shown as a file beside the secret's
# folder.
PROBE = """
import errno, os, socket, sys
secret_path, tag, families = sys.argv[1], sys.argv[2], map(int, sys.argv[3].split(","))

def escaped(what):
    print("ESCAPED", what)

for family in families:
    try:
        socket.socket(family, socket.SOCK_STREAM)
        escaped(f"network: a socket of family {family} could be made")
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOSYS):
            escaped(f"network: socket of family {family} failed with {error.strerror}, not by the filter")
for path in (secret_path, "/etc/passwd", "/etc/shadow", "/root", "/home", "/var", "/oldroot", "/newroot",
             "/proc", "/sys", "/run", "/bin/sh", "/usr/bin/env"):
    if os.path.lexists(path):
        escaped(f"files: {'the hidden file' if path == secret_path else path} can be seen")
seen = repr(os.environ)
for process in ("self", "1", "2"):
    try:
        with open(f"/proc/{process}/environ", "rb") as file:
            seen += repr(file.read())
    except OSError:
        pass
if tag in seen:
    escaped("environment: a variable of the worker can be read")
known = ("PYTHON", "LC_", "PATH", "HOME", "TMPDIR", "USER", "LOGNAME", "LANG", "TZ", "PWD", "LD_LIBRARY_PATH")
for name in os.environ:
    if not name.startswith(known) and not name.endswith("_NUM_THREADS"):
        escaped(f"environment: {name} is set")
for folder in ("/", "/dev", "/usr", "/usr/lib", "/venv", "/venv/lib", "/input", "/input/folder"):
    try:
        os.mkdir(folder + "/canary")
        escaped(f"files: {folder} can be written to")
    except OSError as error:
        if error.errno not in (errno.EROFS, errno.EACCES, errno.ENOENT, errno.EPERM):
            escaped(f"files: mkdir in {folder} failed with {error.strerror}")
for number in range(3, 64):
    try:
        os.fstat(number)
        escaped(f"descriptors: {number} was inherited")
    except OSError:
        pass
if os.getuid() == 0 or os.getgroups() not in ([], [os.getgid()], [65534], [65534, os.getgid()], [os.getgid(), 65534]):
    escaped(f"user: uid {os.getuid()}, groups {os.getgroups()}")
children = []
try:
    for _ in range(64):
        child = os.fork()
        if child == 0:
            import time
            time.sleep(20)
        children.append(child)
    escaped("processes: 64 children at a limit of 16")
except OSError:
    pass
for child in children:
    os.kill(child, 9)
    os.waitpid(child, 0)
print("DONE")
"""

KILLED = "import ctypes; ctypes.CDLL(None).syscall(101, 0, 1, 0, 0); print('ESCAPED ptrace')"
MEMORY = "data = bytearray(512 << 20)\nfor i in range(0, len(data), 4096): data[i] = 1\nprint('ESCAPED')"
SPINNING = "while True: pass"
FLOOD = "import sys\nwhile True: sys.stdout.write('x' * 65536)"

UNIX, NETWORK = 1, (2, 10, 16, 17, 40)  # IPv4, IPv6, kernel messages, raw packets, virtual machines


def findings(runner: Runner, *, inherent: Sequence[str] = (), scratch: Path | None = None) -> list[Finding]:
    """What the canaries found; empty when the box holds. `inherent` names places that a back end's boxes always have;
    `scratch` is where files that are shown in a box must lie.

    Takes about half a second: all but the first two run side by side in slots 0 to 3 of the runner, which must be idle.
    """
    tests = (_killed, _memory, _time, _output)
    try:
        # Alone: where slots share a uid it uses up everybody's processes.
        problems = [problem for local in (False, True) for problem in _probe(runner, 0, scratch, local=local)]
        with ThreadPoolExecutor(len(tests)) as pool:
            futures = [pool.submit(test, runner, slot) for slot, test in enumerate(tests)]
            problems += [problem for future in futures for problem in future.result()]
    except SandboxError as error:
        return [Finding(Severity.ERROR, f"no box can be made: {error}", "see `python -m sandbox check`")]
    known = {f"files: {place} can be seen" for place in inherent}
    return [Finding(Severity.ERROR, problem, MEND) for problem in problems if problem not in known]


def _probe(runner: Runner, slot: int, scratch: Path | None, *, local: bool) -> Iterator[str]:
    families = ",".join(map(str, NETWORK if local else (UNIX, *NETWORK)))
    tag = f"canary-{secrets.token_hex(8)}"
    os.environ["TIDEMARK_CANARY"] = tag
    try:
        with tempfile.TemporaryDirectory(prefix="tidemark-canary-", dir=scratch) as name:
            folder = Path(name)
            hidden, shown = folder / "truth.txt", folder / "shown"
            hidden.write_text(tag)
            shown.mkdir()
            (shown / "probe.py").write_text(PROBE)
            (shown / "folder").mkdir()
            mount = Mount(shown, "/input", "input")
            words = ("/input/probe.py", str(hidden), tag, families)
            run = _run(runner, slot, words, LIMITS, mount, local=local)
    finally:
        del os.environ["TIDEMARK_CANARY"]
    lines = run.stdout.decode(errors="replace").splitlines()
    yield from (line.removeprefix("ESCAPED ") for line in lines if line.startswith("ESCAPED"))
    if run.outcome is not Outcome.OK or not lines or lines[-1] != "DONE":
        last = run.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        yield f"the first canary did not finish: {run.reason} {last}"


def _killed(runner: Runner, slot: int) -> list[str]:
    run = _run(runner, slot, ("-c", KILLED), LIMITS)
    return _expect(run, Outcome.VIOLATION, "a forbidden system call did not end the program")


def _memory(runner: Runner, slot: int) -> list[str]:
    run = _run(runner, slot, ("-c", MEMORY), LIMITS)
    return _expect(run, Outcome.MEMORY, "512 MiB were used at a limit of 128 MiB")


def _time(runner: Runner, slot: int) -> list[str]:
    run = _run(runner, slot, ("-c", SPINNING), replace(LIMITS, wall_seconds=0.3))
    return _expect(run, Outcome.TIME, "a program ran longer than its limit of wall-clock time")


def _output(runner: Runner, slot: int) -> list[str]:
    run = _run(runner, slot, ("-c", FLOOD), replace(LIMITS, stdout_kib=64))
    return _expect(run, Outcome.OUTPUT, "a program wrote more to stdout than its limit")


def _expect(run: Run, outcome: Outcome, otherwise: str) -> list[str]:
    return [] if run.outcome is outcome else [f"{otherwise} (outcome {run.outcome}: {run.reason})"]


def _run(runner: Runner, slot: int, words: tuple[str, ...], limits: Limits, *mounts: Mount, local: bool = False) -> Run:
    name = f"selftest-{secrets.token_hex(6)}"
    argv = ("/venv/bin/python", "-I", *words)
    return runner.run(RunRequest(name, Stage.PREDICT, argv, mounts, limits, local_sockets=local), slot=slot)
