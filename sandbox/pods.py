"""Reading what a cluster says of a pod: has it started, is it over, whose fault was it. Pure.

Source: core/v1 PodStatus and ContainerStatus; the texts of evictions are those of the kubelet's eviction manager.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.entry import NOT_STARTED
from sandbox.judging import exit_verdict, shell_exit
from sandbox.run import Limits, Outcome, SandboxError
from sandbox.watch import Verdict, memory_verdict

# A container that waits for one of these waits for ever.
HOPELESS = {
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "ImageInspectError",
    "RegistryUnavailable",
    "CreateContainerError",
    "CreateContainerConfigError",
    "RunContainerError",
}
NOT_RUN = frozenset({"StartError", "ContainerCannotRun", "ContainerStatusUnknown"})
NODE_S_FAULT = "The node was low on resource"


@dataclass(frozen=True, slots=True)
class PodState:
    """One look at a pod. `exit_code` is None while it runs; `seconds` are whole ones, as the cluster tells them."""

    name: str
    has_started: bool
    is_over: bool
    exit_code: int | None = None
    reason: str = ""  # of the container's end
    evicted: str = ""
    overdue: bool = False
    seconds: float = 0.0

    @property
    def never_ran(self) -> bool:
        """The command may not have been started: the pod's own log says so (entry.py)."""
        return self.exit_code == NOT_STARTED


def read(pod: Mapping[str, Any]) -> PodState:
    """What the pod says.

    Raises:
        SandboxError: it cannot start, or was lost: the image, the node, the cluster; never the program.
    """
    name, status = pod["metadata"]["name"], pod.get("status") or {}
    state = _container_state(status)
    waiting = (state.get("waiting") or {}).get("reason", "")
    if waiting in HOPELESS:
        raise SandboxError(f"the pod cannot start: {waiting}: {state['waiting'].get('message', '')}")
    ended = state.get("terminated") or {}
    failed = status.get("phase") == "Failed"
    evicted = status.get("message", "") if failed and status.get("reason") == "Evicted" else ""
    overdue = failed and status.get("reason") == "DeadlineExceeded"
    _check_lost(status, ended, is_explained=overdue or _is_too_much_storage(evicted))
    return PodState(
        name,
        has_started=bool(ended or state.get("running")),
        is_over=bool(ended) or status.get("phase") in ("Failed", "Succeeded"),
        exit_code=ended.get("exitCode"),
        reason=ended.get("reason", ""),
        evicted=evicted,
        overdue=overdue,
        seconds=_seconds(ended),
    )


def verdict(state: PodState, limits: Limits) -> Verdict | None:
    """The worst that is true of a pod that is over; None when its program ended well."""
    if state.overdue:
        return Verdict(Outcome.TIME, f"The program ran longer than {limits.wall_seconds:g} seconds.")
    if state.reason == "OOMKilled":
        return memory_verdict(limits)
    if state.evicted:
        return Verdict(Outcome.OUTPUT, "The program wrote more to disk than it may.")
    return exit_verdict(limits, *shell_exit(state.exit_code or 0))


def why_not_started(pod: Mapping[str, Any] | None) -> str:
    """What the cluster says about a pod that did not start in time."""
    if pod is None:
        return "the cluster made no pod (is the namespace's quota used up?)"
    status = pod.get("status") or {}
    waiting = _container_state(status).get("waiting") or {}
    refused = [said.get("message", "") for said in status.get("conditions") or () if said.get("status") == "False"]
    return (
        "; ".join(filter(None, [waiting.get("reason", ""), waiting.get("message", ""), *refused])) or "no reason given"
    )


def _container_state(status: Mapping[str, Any]) -> Mapping[str, Any]:
    containers: Sequence[Mapping[str, Any]] = status.get("containerStatuses") or ({},)
    state: Mapping[str, Any] = containers[0].get("state") or {}
    return state


def _check_lost(status: Mapping[str, Any], ended: Mapping[str, Any], *, is_explained: bool) -> None:
    reason, message = status.get("reason", ""), status.get("message", "")
    if ended.get("reason") in NOT_RUN:
        raise SandboxError(f"the pod did not run: {ended['reason']}: {ended.get('message', '')}")
    if is_explained:
        return
    if status.get("phase") == "Unknown" or reason:  # NodeLost, Evicted by the node, Preempting, Shutdown, ...
        raise SandboxError(f"the pod was lost: {reason or 'its node does not answer'}: {message}")
    for said in status.get("conditions") or ():
        if said.get("type") == "DisruptionTarget" and said.get("status") == "True":
            raise SandboxError(f"the pod was lost: {said.get('reason', '')}: {said.get('message', '')}")
    if status.get("phase") == "Failed" and not ended:
        raise SandboxError("the pod failed without a word about its container")


def _is_too_much_storage(message: str) -> bool:
    return "exceed" in message and not message.startswith(NODE_S_FAULT)


def _seconds(ended: Mapping[str, Any]) -> float:
    if not ended.get("startedAt") or not ended.get("finishedAt"):
        return 0.0
    start, end = (datetime.fromisoformat(ended[key].replace("Z", "+00:00")) for key in ("startedAt", "finishedAt"))
    return max(0.0, (end - start).total_seconds())
