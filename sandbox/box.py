"""Boxes: run an untrusted command where it can harm nobody, and say what happened. The package's front door.

A box is a process tree with nothing of ours in it: its own user, process, network, mount, IPC, host-name and
control-group namespaces; a file system of read-only mounts and three small folders in memory (/tmp, /dev/shm, /output);
no network, no /proc, no terminal, no shell, an environment made of a short list, three descriptors; a filter on system
calls; limits on time, memory, processes, files and output that are held from outside.

Three kinds of box exist (`Stage`), and the kinds decide what may be mounted: a contestant's program (predict) and a
contestant's file (normalise) never share a box with the truth, and where the truth is (score) only plain cells come in,
through a pipe from the box that parsed the file (`run_joined`).

A run ends with a `Run`, whatever the program did; a `SandboxError` says that we failed. There is no way to run
something without a box: a runner whose `self_test` has findings is not to be used.

What stays open, and is known: boxes on one machine share its processors and page cache, so two programs that agreed on
it can tell each other bits by how long things take, by what `sysinfo` says of the whole machine, and by waking a thread
that waits on a page of a file that both read. It takes a second program of the same people beside the first: do not run
a program whose log they see at the same time as one on hidden inputs, where that matters.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sandbox.bubblewrap import BubblewrapRunner
from sandbox.docker import DockerRunner, DockerSettings
from sandbox.kubernetes import KubernetesRunner, KubernetesSettings
from sandbox.run import OnLog, Run, Runner, RunRequest, SandboxError, Severity

BACKENDS = ("bubblewrap", "docker", "kubernetes")


def make_runner(
    backend: str = "bubblewrap",
    *,
    venv: Path | None = None,
    use_cgroups: bool = True,
    settings: DockerSettings | KubernetesSettings | None = None,
) -> Runner:
    """The back end of that name. `venv` is the environment that boxes of bubblewrap see at /venv, by default the
    caller's own; `settings` are those of the others, whose boxes have the environment of their image.

    Docker and Kubernetes are tested against exchanges written after the documentation of their APIs, not against a live
    engine or cluster; a worker's self-test is the proof.

    Raises:
        ValueError: no such back end, or not its settings. The fake is none: it isolates nothing, and tests construct
            it by themselves.
        SandboxError: the environment has no interpreter.
    """
    if backend == "bubblewrap" and settings is None:
        return BubblewrapRunner(venv=venv, use_cgroups=use_cgroups)
    if backend == "docker" and isinstance(settings, DockerSettings):
        return DockerRunner(settings)
    if backend == "kubernetes" and isinstance(settings, KubernetesSettings):
        return KubernetesRunner(settings)
    if backend in BACKENDS:
        raise ValueError(f"sandbox back end {backend!r} needs its own settings, not {type(settings).__name__}")
    raise ValueError(f"sandbox back end {backend!r} is unknown; there are {', '.join(map(repr, BACKENDS))}")


def make_trusted_runner(
    backend: str = "bubblewrap",
    *,
    venv: Path | None = None,
    use_cgroups: bool = True,
    settings: DockerSettings | KubernetesSettings | None = None,
) -> Runner:
    """`make_runner`, and the proof that the boxes hold: a back end that has not passed its self-test is not used.

    Takes about half a second; a worker that asks again only now and then calls `self_test` by itself.

    Raises:
        ValueError: no such back end, or not its settings.
        SandboxError: the environment has no interpreter, or a canary got out; the text says which.
    """
    runner = make_runner(backend, venv=venv, use_cgroups=use_cgroups, settings=settings)
    try:
        found = [finding.what for finding in runner.self_test() if finding.severity is Severity.ERROR]
    except BaseException:
        runner.close()
        raise
    if found:
        runner.close()
        raise SandboxError(f"the boxes of this machine do not hold, so nothing is run: {'; '.join(found)}")
    return runner


@dataclass(frozen=True, slots=True)
class Half:
    """One of two joined runs: what to run, in which slot, and where its output goes."""

    request: RunRequest
    slot: int
    collect_to: Path | None = None
    on_log: OnLog | None = None


def run_joined(runner: Runner, writer: Half, reader: Half, *, cancel: threading.Event | None = None) -> tuple[Run, Run]:
    """Run two boxes side by side, the stdout of the first being the stdin of the second; both results, in that order.

    When the writer ends the reader sees end-of-file; when the reader ends the writer sees a broken pipe, so of two bad
    outcomes the reader's comes first: judge it first. When one box cannot be made the other is ended.

    Raises:
        SandboxError: one of the boxes could not be made or was lost.
    """
    read_end, write_end = os.pipe()
    stop = _Either(cancel)
    with _Ends(read_end, write_end) as ends, ThreadPoolExecutor(2, thread_name_prefix="box") as pool:
        first = pool.submit(
            runner.run,
            writer.request,
            slot=writer.slot,
            stdout_fd=write_end,
            collect_to=writer.collect_to,
            cancel=stop,
            on_log=writer.on_log,
            on_start=ends.closer(write_end),
        )
        second = pool.submit(
            runner.run,
            reader.request,
            slot=reader.slot,
            stdin_fd=read_end,
            collect_to=reader.collect_to,
            cancel=stop,
            on_log=reader.on_log,
            on_start=ends.closer(read_end),
        )
        for future, end in ((first, write_end), (second, read_end)):
            future.add_done_callback(_stopper(stop, ends.closer(end)))
    return first.result(), second.result()


class _Either(threading.Event):
    """Set when it is set itself or the caller's event is."""

    def __init__(self, other: threading.Event | None) -> None:
        super().__init__()
        self._other = other

    def is_set(self) -> bool:
        return super().is_set() or (self._other is not None and self._other.is_set())


class _Ends:
    """The two ends of a pipe, each closed exactly once."""

    def __init__(self, *ends: int) -> None:
        self._open = set(ends)
        self._lock = threading.Lock()

    def __enter__(self) -> _Ends:
        return self

    def __exit__(self, *_: object) -> None:
        for end in tuple(self._open):
            self.close(end)

    def closer(self, end: int) -> Callable[[], None]:
        return lambda: self.close(end)

    def close(self, end: int) -> None:
        with self._lock:
            if end in self._open:
                self._open.discard(end)
                os.close(end)


def _stopper(stop: threading.Event, close: Callable[[], None]) -> Callable[[Future[Run]], None]:
    """When a run is over its end of the pipe is closed; when it could not be run the other need not go on."""

    def done(future: Future[Run]) -> None:
        with contextlib.suppress(OSError):
            close()
        if future.exception() is not None:
            stop.set()

    return done
