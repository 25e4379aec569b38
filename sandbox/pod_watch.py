"""Watching a pod: its stream files, its clock, what it writes; ending it at a limit; and judging what happened."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sandbox import pods
from sandbox.cluster import Cluster
from sandbox.exchange import RunFolder, Tail
from sandbox.job import BOX_LABEL
from sandbox.judging import kept_output, stream_verdict
from sandbox.pods import PodState
from sandbox.profile import MIB
from sandbox.run import OnLog, Outcome, RunRequest, SandboxError
from sandbox.watch import Stream, Verdict

LOOK_SECONDS = 0.3  # between two looks at the pod
FOLLOW_SECONDS = 0.05
GONE_SECONDS = 60.0
LOST_LOOKS = 5  # how often in turn a pod must be missing: lists can lag behind
CANCELLED = Verdict(Outcome.OURS, "The run was cancelled.")


class PodWatch:
    """Follows one Job's pod from its creation until it is over."""

    def __init__(
        self,
        cluster: Cluster,
        namespace: str,
        name: str,
        request: RunRequest,
        folder: RunFolder,
        *,
        deadline: int,
        start_seconds: float,
    ) -> None:
        self.namespace, self.name, self.folder, self.deadline = namespace, name, folder, deadline
        self._cluster, self._request, self._start_seconds = cluster, request, start_seconds
        self._tails: list[Tail] = []
        self._began, self._missing = time.monotonic(), 0
        self.streams: dict[str, Stream] = {}
        self.was_created = False
        self.verdict: Verdict | None = None
        self.started: float | None = None
        self.wall_seconds = 0.0

    def follow(self, stdout: int | None) -> None:
        """Keep both streams, or hand stdout on to a descriptor."""
        limits = self._request.limits
        for name, kib in (("stdout", limits.stdout_kib), ("stderr", limits.stderr_kib)):
            stream = Stream(name, kib << 10)
            goes_out = name == "stdout" and stdout is not None
            if not goes_out:
                self.streams[name] = stream
            self._tails.append(Tail(self.folder.tails[name], stdout if goes_out and stdout is not None else stream))

    def until_over(
        self, cancel: threading.Event | None, on_log: OnLog | None, on_start: Callable[[], None] | None
    ) -> PodState | None:
        """The pod's last state; None when it was ended by us, or never ran because the run was cancelled.

        Raises:
            SandboxError: it cannot start, does not start in time, or is lost.
        """
        self._began, looked_at = time.monotonic(), 0.0
        while True:
            moved = self._follow(on_log)
            now = time.monotonic()
            if now - looked_at > LOOK_SECONDS:
                looked_at = now
                state = self._look(now, on_start)
                if state is not None and state.is_over:
                    self.wall_seconds = now - self.started if self.started and self.started < now else state.seconds
                    self._finish_streams(cancel, on_log)
                    return state
                self.verdict = self.verdict or self._output_verdict()
            self.verdict = self.verdict or self._judge(now, cancel)
            if self.verdict:
                self.wall_seconds = now - (self.started or now)
                return None
            if not moved:
                time.sleep(FOLLOW_SECONDS)

    def judged(self, state: PodState | None, collect_to: Path | None) -> tuple[Verdict, tuple[str, ...]]:
        """The worst that is true, and the files kept."""
        if self.verdict:
            return self.verdict, ()
        assert state is not None  # noqa: S101  # for the type checker: without a verdict there is a last state
        if state.never_ran:
            said = self._cluster.pod_log(self.namespace, state.name)
            if said:
                raise SandboxError(f"the box could not be made: {said}")
        found = pods.verdict(state, self._request.limits) if state.overdue or state.reason == "OOMKilled" else None
        found = found or stream_verdict(self.streams.values()) or pods.verdict(state, self._request.limits)
        return (found, ()) if found else kept_output(self.folder.output, self._request, collect_to)

    def delete_and_wait(self) -> None:
        """Delete the Job and wait until no pod of it is left, so that nobody writes in the folder any more."""
        if not self.was_created:
            return
        self._cluster.delete_job(self.namespace, self.name)
        deadline = time.monotonic() + GONE_SECONDS
        while self._cluster.pods(self.namespace, f"{BOX_LABEL}={self.name}"):
            if time.monotonic() > deadline:
                raise SandboxError("the pod was deleted, and is still there")
            time.sleep(LOOK_SECONDS)

    # ---- inside -----------------------------------------------------------------------------------------------------

    def _follow(self, on_log: OnLog | None) -> bool:
        moved = [tail.follow(on_log) for tail in self._tails]
        return any(moved)

    def _look(self, now: float, on_start: Callable[[], None] | None) -> PodState | None:
        found = self._cluster.pods(self.namespace, f"{BOX_LABEL}={self.name}")
        if not found:
            self._check_missing(now)
            return None
        self._missing = 0
        state = pods.read(found[0])
        if state.has_started and self.started is None:
            self.started = now
            if on_start:
                on_start()
        if self.started is None and now - self._began > self._start_seconds:
            raise SandboxError(f"the pod did not start in {self._start_seconds:g} s: {pods.why_not_started(found[0])}")
        return state

    def _check_missing(self, now: float) -> None:
        if self.started is None:
            if now - self._began > self._start_seconds:
                raise SandboxError(f"the pod did not start: {pods.why_not_started(None)}")
            return
        self._missing += 1
        if self._missing >= LOST_LOOKS:
            if _is_overdue(self._cluster.jobs(self.namespace, f"{BOX_LABEL}={self.name}")):
                self.verdict = self._too_long()
                return
            raise SandboxError("the pod was deleted by somebody else")

    def _finish_streams(self, cancel: threading.Event | None, on_log: OnLog | None) -> None:
        """The last of the streams, handed on as fast as it is read."""
        while any(tail.is_behind for tail in self._tails):
            self._follow(on_log)
            if cancel is not None and cancel.is_set():
                self.verdict = CANCELLED
                return

    def _judge(self, now: float, cancel: threading.Event | None) -> Verdict | None:
        if cancel is not None and cancel.is_set():
            return CANCELLED
        if self.started is not None and now - self.started > self._request.limits.wall_seconds:
            return self._too_long()
        overflow = stream_verdict(self.streams.values())
        if overflow:
            return overflow
        if any(tail.is_deaf for tail in self._tails):
            return Verdict(Outcome.CRASHED, "What the program writes is no longer read.")
        return None

    def _output_verdict(self) -> Verdict | None:
        limits = self._request.limits
        size, entries = self.folder.output_use(limits.inodes)
        if size > limits.output_mib * MIB:
            return Verdict(Outcome.OUTPUT, f"The program wrote more than {limits.output_mib} MiB to /output.")
        if entries > limits.inodes:
            return Verdict(Outcome.OUTPUT, f"The program made more than {limits.inodes} files and folders.")
        return None

    def _too_long(self) -> Verdict:
        return Verdict(Outcome.TIME, f"The program ran longer than {self._request.limits.wall_seconds:g} seconds.")


def _is_overdue(jobs: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the cluster ended a Job because of its activeDeadlineSeconds."""
    conditions = [said for found in jobs for said in (found.get("status") or {}).get("conditions") or ()]
    return any(said.get("type") == "Failed" and said.get("reason") == "DeadlineExceeded" for said in conditions)
