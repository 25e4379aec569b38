"""A runner for tests of what stands around the boxes. It isolates nothing: only tests construct it.

Without a script it runs the request as a plain process of ours: places in the box that appear in arguments and
environment are replaced by the host paths mounted there, so the programs that the platform itself runs in boxes work
unchanged. With a script it answers what it is told, one answer per run.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from sandbox import runtimes
from sandbox.files import BadOutput, collect
from sandbox.run import Finding, OnLog, Outcome, Run, RunRequest, SandboxError

Answer = Run | SandboxError | Callable[[RunRequest, Path | None], Run]


def make_run(outcome: Outcome = Outcome.OK, **fields: Any) -> Run:
    """A run as a script may answer it; keyword arguments override its fields."""
    exit_code = {Outcome.OK: 0, Outcome.CRASHED: 1}.get(outcome)
    values: dict[str, Any] = {
        "outcome": outcome,
        "reason": "The program ended." if outcome is Outcome.OK else f"The run ended with {outcome}.",
        "exit_code": exit_code,
        "signal": None,
        "wall_seconds": 0.1,
        "cpu_seconds": 0.1,
        "peak_memory_mib": 10.0,
        "stdout": b"",
        "stderr": b"",
        "files": (),
        "backend": FakeRunner.name,
        "profile_digest": "0" * 16,
        "runtime_digest": "",
    }
    return Run(**(values | fields))


class FakeRunner:
    """`requests` lists what was asked for; `problems` is what the self-test finds."""

    name: ClassVar[str] = "fake"

    def __init__(self, script: Iterable[Answer] | None = None, *, problems: Iterable[Finding] = ()) -> None:
        self._script = None if script is None else deque(script)
        self._problems = list(problems)
        self.requests: list[RunRequest] = []

    def self_test(self) -> list[Finding]:
        """The problems it was given."""
        return list(self._problems)

    def collect_garbage(self) -> int:
        """Nothing is left behind."""
        return 0

    def close(self) -> None:
        """Nothing is held."""

    def run(
        self,
        request: RunRequest,
        *,
        slot: int = 0,
        stdin_fd: int | None = None,
        stdout_fd: int | None = None,
        collect_to: Path | None = None,
        cancel: threading.Event | None = None,
        on_log: OnLog | None = None,
        on_start: Callable[[], None] | None = None,
    ) -> Run:
        """Answer from the script, or run the request as a plain process, with our own packages in any runtime."""
        self.requests.append(request)
        if self._script is not None:
            run = _scripted(self._script, request, collect_to, on_start)
            if on_log:
                on_log(run.stdout + run.stderr)
            return run
        with tempfile.TemporaryDirectory(prefix="fake-box-") as scratch:
            process = _start(request, Path(scratch), stdin_fd, stdout_fd)
            if on_start:
                on_start()
            run = _finish(process, request, Path(scratch), collect_to, cancel, on_log)
            return replace(run, runtime_digest=runtimes.load(request.runtime).digest if request.runtime else "")


def _scripted(
    script: deque[Answer], request: RunRequest, collect_to: Path | None, on_start: Callable[[], None] | None
) -> Run:
    if not script:
        raise AssertionError(f"the fake runner's script has no answer left for run {request.run_id}")
    answer = script.popleft()
    if isinstance(answer, SandboxError):
        raise answer
    if on_start:
        on_start()
    return answer if isinstance(answer, Run) else answer(request, collect_to)


def _start(request: RunRequest, scratch: Path, stdin_fd: int | None, stdout_fd: int | None) -> subprocess.Popen[bytes]:
    places = {mount.at: str(mount.source) for mount in request.mounts}
    for name in ("output", "tmp"):
        (scratch / name).mkdir()
        places[f"/{name}"] = str(scratch / name)
    places["/venv/bin/python"] = sys.executable
    words = [_on_host(word, places) for word in request.argv]
    if words[0] in ("python", "python3"):
        words[0] = sys.executable
    return subprocess.Popen(
        words,
        env={"PATH": os.defpath} | {name: _on_host(value, places) for name, value in request.env.items()},
        cwd=_on_host(request.workdir, places),
        stdin=subprocess.DEVNULL if stdin_fd is None else stdin_fd,
        stdout=subprocess.PIPE if stdout_fd is None else stdout_fd,
        stderr=subprocess.PIPE,
    )


def _on_host(text: str, places: dict[str, str]) -> str:
    """Replace places in the box where they stand as a path: at the start, or after = : , and the like."""
    longest_first = sorted(places, key=len, reverse=True)
    pattern = rf"(?<![\w./-])({'|'.join(map(re.escape, longest_first))})(?![\w.-])"
    return re.sub(pattern, lambda match: places[match[1]], text)


def _finish(
    process: subprocess.Popen[bytes],
    request: RunRequest,
    scratch: Path,
    collect_to: Path | None,
    cancel: threading.Event | None,
    on_log: OnLog | None,
) -> Run:
    started = time.monotonic()
    ended, stdout, stderr = _wait(process, started + request.limits.wall_seconds, cancel)
    if on_log:
        on_log((stdout or b"") + stderr)
    took: dict[str, Any] = {"wall_seconds": time.monotonic() - started, "stdout": stdout or b"", "stderr": stderr}
    if ended is not None:
        return make_run(ended, **took)
    if process.returncode:
        reason = f"The program ended with exit status {process.returncode}."
        return make_run(Outcome.CRASHED, exit_code=process.returncode, reason=reason, **took)
    return _collected(request, scratch / "output", collect_to, took)


def _wait(
    process: subprocess.Popen[bytes], deadline: float, cancel: threading.Event | None
) -> tuple[Outcome | None, bytes | None, bytes]:
    """Both streams, and the outcome when we ended it."""
    while True:
        try:
            return None, *process.communicate(timeout=0.05)
        except subprocess.TimeoutExpired:
            ended = Outcome.OURS if cancel is not None and cancel.is_set() else None
            if time.monotonic() > deadline:
                ended = Outcome.TIME
            if ended is not None:
                process.kill()
                return ended, *process.communicate()


def _collected(request: RunRequest, output: Path, collect_to: Path | None, took: dict[str, Any]) -> Run:
    if collect_to is None:
        return make_run(**took)
    folder = os.open(output, os.O_RDONLY | os.O_DIRECTORY)
    try:
        files = collect(folder, collect_to, request.limits, request.outputs)
    except BadOutput as refused:
        return make_run(refused.outcome, reason=refused.reason, **took)
    finally:
        os.close(folder)
    return make_run(files=files, **took)
