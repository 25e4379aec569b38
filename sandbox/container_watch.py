"""Watching a container that an engine runs: its streams, its clock, what it uses; and ending it at a limit."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.api import CONFLICT, NOT_FOUND, Refused
from sandbox.engine import Engine
from sandbox.judging import exit_verdict, shell_exit, stream_verdict
from sandbox.profile import MIB
from sandbox.relay import Relay
from sandbox.run import Limits, OnLog, Outcome, SandboxError
from sandbox.watch import DEATH_SECONDS, POLL_SECONDS, Stream, Verdict, cpu_verdict, memory_verdict

SAMPLE_SECONDS = 0.5
QUIET_SECONDS = 10.0
LOOK_SECONDS = 1.0  # how often a container with open streams is asked about all the same


@dataclass(slots=True)
class Use:
    """What the engine has said of the container's use so far."""

    cpu_seconds: float = 0.0
    peak_mib: float = 0.0


class ContainerWatch:
    """Follows one container from its start until it is not running."""

    def __init__(self, engine: Engine, box: str, limits: Limits, relay: Relay, streams: Mapping[str, Stream]) -> None:
        self._engine, self._box, self._limits, self._relay = engine, box, limits, relay
        self.streams = streams
        self.verdict: Verdict | None = None
        self.use = Use()

    def until_over(self, started: float, cancel: threading.Event | None, on_log: OnLog | None) -> Mapping[str, Any]:
        """The container's last state.

        Raises:
            SandboxError: the engine is lost, or the container outlives its own killing.
        """
        killed_at, sampled_at, looked_at = 0.0, started, started
        while True:
            self._relay.step(POLL_SECONDS, on_log)
            now = time.monotonic()
            if now - looked_at > (POLL_SECONDS if self._relay.ended else LOOK_SECONDS):
                looked_at = now
                state = self._state()
                if not state.get("Running"):
                    if not self.verdict:
                        self._drain(started, cancel, on_log)
                    return state
            if now - sampled_at > SAMPLE_SECONDS:
                sampled_at = now
                self._sample()
            if killed_at and now - killed_at > DEATH_SECONDS:
                raise SandboxError("the container was killed, and is still there")
            if not killed_at:
                self.verdict = self._judge(now - started, cancel)
                if self.verdict:
                    self._kill()
                    killed_at = now

    def _drain(self, started: float, cancel: threading.Event | None, on_log: OnLog | None) -> None:
        """Hand on what the program wrote last, as fast as it is read: what is lost here would be missed elsewhere."""
        quiet_since = time.monotonic()
        while not self.verdict and not self._relay.is_idle and not self._relay.is_deaf:
            self._relay.step(POLL_SECONDS, on_log)
            now = time.monotonic()
            if self._relay.waits_for_reader:
                quiet_since = now
                self.verdict = self._judge(now - started, cancel)
            elif now - quiet_since > QUIET_SECONDS:
                raise SandboxError("the Docker engine does not end the streams of a container that is not running")

    def _judge(self, seconds: float, cancel: threading.Event | None) -> Verdict | None:
        if cancel is not None and cancel.is_set():
            return Verdict(Outcome.OURS, "The run was cancelled.")
        if seconds > self._limits.wall_seconds:
            return Verdict(Outcome.TIME, f"The program ran longer than {self._limits.wall_seconds:g} seconds.")
        overflow = stream_verdict(self.streams.values())
        if overflow:
            return overflow
        if self._relay.is_deaf:
            return Verdict(Outcome.CRASHED, "What the program writes is no longer read.")
        return cpu_verdict(self._limits) if self.use.cpu_seconds > self._limits.cpu_seconds else None

    def _sample(self) -> None:
        """Processor time is a counter; memory is what is used now, so its peak may be missed."""
        path, query = f"/containers/{self._box}/stats", {"stream": 0, "one-shot": 1}
        with contextlib.suppress(Refused):  # it has just ended
            said = self._engine.ask("GET", path, query=query) or {}
            used = (said.get("cpu_stats") or {}).get("cpu_usage") or {}
            memory = said.get("memory_stats") or {}
            peak = max(memory.get("usage") or 0, memory.get("max_usage") or 0) / MIB
            self.use.cpu_seconds = max(self.use.cpu_seconds, (used.get("total_usage") or 0) / 1e9)
            self.use.peak_mib = max(self.use.peak_mib, peak)

    def _state(self) -> Mapping[str, Any]:
        state: Mapping[str, Any] = self._engine.ask("GET", f"/containers/{self._box}/json")["State"]
        return state

    def _kill(self) -> None:
        try:
            self._engine.ask("POST", f"/containers/{self._box}/kill", query={"signal": "SIGKILL"})
        except Refused as error:
            if error.status not in (NOT_FOUND, CONFLICT):  # it has just ended
                raise

    def end_verdict(self, state: Mapping[str, Any]) -> Verdict | None:
        """The worst that is true of a container that ended by itself; None when its program ended well."""
        if state.get("Error"):
            raise SandboxError(f"the box was lost: {state['Error']}")
        if self.use.cpu_seconds > self._limits.cpu_seconds:
            return cpu_verdict(self._limits)
        if state.get("OOMKilled"):
            return memory_verdict(self._limits)
        return stream_verdict(self.streams.values()) or exit_verdict(self._limits, *self.exit_of(state))

    def exit_of(self, state: Mapping[str, Any]) -> tuple[int | None, int | None]:
        """Exit status and signal. A program ended because nobody read it has none: it did nothing wrong."""
        if self.verdict and self.verdict.outcome is Outcome.CRASHED:
            return None, None
        return shell_exit(int(state.get("ExitCode", 0)))
