"""The rules of the Pod Security Standards' level "restricted", as a function of a pod's specification.

Written after the standard's own table (controls and allowed values); "baseline" is part of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

VOLUME_KINDS = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}


def problems(spec: Mapping[str, Any]) -> list[str]:
    """Every rule that the pod breaks."""
    whole = spec.get("securityContext", {})
    found = [f"{name} is set" for name in ("hostNetwork", "hostPID", "hostIPC") if spec.get(name)]
    for volume in spec.get("volumes", ()):
        found += [f"volume {volume['name']} is a {kind}" for kind in volume.keys() - {"name"} - VOLUME_KINDS]
    containers = [*spec.get("initContainers", ()), *spec.get("ephemeralContainers", ()), *spec["containers"]]
    for container in containers:
        found += [f"{container['name']}: {problem}" for problem in _container(whole, container)]
    return found


def _container(whole: Mapping[str, Any], container: Mapping[str, Any]) -> Iterator[str]:
    own = container.get("securityContext", {})
    both = {**whole, **own}
    if own.get("privileged"):
        yield "is privileged"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "may gain privileges"
    if "ALL" not in own.get("capabilities", {}).get("drop", ()):
        yield "keeps capabilities"
    if set(own.get("capabilities", {}).get("add", ())) - {"NET_BIND_SERVICE"}:
        yield "adds capabilities"
    if both.get("runAsNonRoot") is not True or both.get("runAsUser") == 0:
        yield "may run as root"
    if both.get("seccompProfile", {}).get("type") not in ("RuntimeDefault", "Localhost"):
        yield "has no seccomp profile"
    if both.get("procMount", "Default") != "Default" or both.get("sysctls"):
        yield "changes /proc or sysctls"
    if any("hostPort" in port for port in container.get("ports", ())):
        yield "takes a port of the host"
    if both.get("appArmorProfile", {}).get("type", "RuntimeDefault") == "Unconfined":
        yield "is not confined"
