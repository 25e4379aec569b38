"""The box as a Kubernetes cluster is told to make it: one Job with one pod with one container. Pure: no cluster here.

What is asked for is the "restricted" level of the Pod Security Standards and more: the gVisor runtime class, no service
account token, no services in the environment, a user namespace, requests equal to limits, scratch space in memory. The
namespace does the rest (deploy/kubernetes): no network in or out, quota, and the level enforced.

Source: batch/v1 JobSpec, core/v1 PodSpec; Pod Security Standards, level "restricted".
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from sandbox.profile import environment, rlimits
from sandbox.run import Mount, RunRequest, SandboxError
from sandbox.runtime import Runtime
from sandbox.sources import check_source, source_of

BOX_LABEL = "tidemark-box"  # its value is the job's name
DEADLINE = "tidemark-deadline"  # annotation: seconds since 1970 from when on anybody may delete it
CONTAINER = "program"
SPARE_SECONDS = 600  # beside the program's own time: scheduling, fetching the image, reading the output
KEPT_SECONDS = 600  # the cluster deletes a finished job by itself then
EPHEMERAL_MIB = 64  # for the container's own log, which stays empty
PYTHON = ("/venv/bin/python", "-I", "-S", "-c")
STREAMS = "/runtime"  # a place that no request may mount


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file or folder lies for the cluster: in which claim, and where in it."""

    claim: str
    path: str


@dataclass(frozen=True, slots=True)
class Pod:
    """What the cluster's operator has decided about pods; see kubernetes.KubernetesSettings."""

    image: str
    runtime_class: str
    seccomp_profile: str
    user_namespaces: bool
    uid: int


@dataclass(frozen=True, slots=True)
class Streams:
    """Where stdin comes from and stdout goes: `has_stdin`, and how large the file of stdout may become."""

    has_stdin: bool = False
    stdout_mib: int = 0


def manifest(  # a value for each part of the manifest
    request: RunRequest,
    name: str,
    *,
    pod: Pod,
    exchange: Place,
    places: Mapping[str, Place],
    deadline: int,
    start_seconds: float,
    streams: Streams,
) -> dict[str, Any]:
    """The Job. `places` says for each mount point what is shown there; `exchange` is the run's folder (exchange.py)."""
    seconds = int(request.limits.wall_seconds + start_seconds + SPARE_SECONDS)
    metadata = {"labels": {BOX_LABEL: name, "app.kubernetes.io/managed-by": "tidemark"}}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata | {"name": name, "annotations": {DEADLINE: str(deadline)}},
        "spec": {
            "completions": 1,
            "parallelism": 1,
            "backoffLimit": 0,  # what went wrong is for us to judge, never for the cluster to try again
            "podReplacementPolicy": "Failed",
            "activeDeadlineSeconds": seconds,  # for when the worker is gone: it ends the run itself otherwise
            "ttlSecondsAfterFinished": KEPT_SECONDS,
            "template": {"metadata": metadata, "spec": _pod(request, pod, exchange, places, streams)},
        },
    }


def _pod(
    request: RunRequest, pod: Pod, exchange: Place, places: Mapping[str, Place], streams: Streams
) -> dict[str, Any]:
    limits = request.limits
    body: dict[str, Any] = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "hostNetwork": False,
        "hostPID": False,
        "hostIPC": False,
        "shareProcessNamespace": False,
        "hostname": "sandbox",
        "dnsPolicy": "None",
        "dnsConfig": {"nameservers": ["127.0.0.1"]},
        "terminationGracePeriodSeconds": 1,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": pod.uid,
            "runAsGroup": pod.uid,
            "seccompProfile": _seccomp(pod, local_sockets=request.local_sockets),
        },
        "containers": [_container(request, pod, exchange, places, streams)],
        "volumes": [
            *(_claim(place.claim, place.claim == exchange.claim) for place in _one_each([exchange, *places.values()])),
            _memory("tmp", limits.tmp_mib),
            _memory("shm", limits.shm_mib),
        ],
    }
    if pod.user_namespaces:
        body["hostUsers"] = False
    return body | ({"runtimeClassName": pod.runtime_class} if pod.runtime_class else {})


def _container(
    request: RunRequest, pod: Pod, exchange: Place, places: Mapping[str, Place], streams: Streams
) -> dict[str, Any]:
    limits = request.limits
    amounts = {
        "cpu": f"{max(1, round(limits.cpus * 1000))}m",
        "memory": f"{limits.memory_mib}Mi",
        "ephemeral-storage": f"{EPHEMERAL_MIB}Mi",
    }
    ours = [
        ("output", "/output", False),
        ("stdout", f"{STREAMS}/stdout", False),
        ("stderr", f"{STREAMS}/stderr", False),
    ]
    if streams.has_stdin:
        ours.append(("stdin", f"{STREAMS}/stdin", True))
    return {
        "name": CONTAINER,
        "image": pod.image,
        "imagePullPolicy": "IfNotPresent",  # named by digest: what is there is it
        "command": [*PYTHON, _unexpanded(entry_text()), _unexpanded(json.dumps(_plan(request, pod, streams)))],
        "workingDir": "/",
        "resources": {"requests": amounts, "limits": dict(amounts)},
        "securityContext": {
            "runAsNonRoot": True,
            "allowPrivilegeEscalation": False,
            "privileged": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": _seccomp(pod, local_sockets=request.local_sockets),
        },
        "volumeMounts": [
            *(_mount(place, at) for at, place in places.items()),
            *(_mount(Place(exchange.claim, f"{exchange.path}/{name}"), at, ro) for name, at, ro in ours),
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108  # a place in the box
            {"name": "shm", "mountPath": "/dev/shm"},  # noqa: S108
        ],
    }


def _plan(request: RunRequest, pod: Pod, streams: Streams) -> dict[str, Any]:
    """See entry.py. Everything that the image or the cluster would put into the environment is left out."""
    limits = request.limits
    table = rlimits(limits, has_cgroup=True, others=0)
    soft, _ = table["FSIZE"]
    table["FSIZE"] = (max(soft, streams.stdout_mib << 20),) * 2  # stdout is a file here
    if not pod.user_namespaces:
        del table["NPROC"]  # it would count the processes of all boxes of a node
    writing = os.O_WRONLY | os.O_APPEND
    stdin = f"{STREAMS}/stdin" if streams.has_stdin else os.devnull
    return {
        "limits": table,
        "streams": [[stdin, os.O_RDONLY], [f"{STREAMS}/stdout", writing], [f"{STREAMS}/stderr", writing]],
        "workdir": request.workdir,
        "env": environment(limits, Runtime((), (), "", "")) | dict(request.env),
        "argv": list(request.argv),
    }


@cache
def entry_text() -> str:
    """The program of entry.py."""
    return Path(__file__).with_name("entry.py").read_text()


def _unexpanded(text: str) -> str:
    """The cluster replaces $(NAME) in commands; a doubled dollar sign is a plain one."""
    return text.replace("$", "$$")


def _seccomp(pod: Pod, *, local_sockets: bool) -> dict[str, str]:
    """The filter for runs with local sockets lies beside the other: filter.json, filter-local.json."""
    if not pod.seccomp_profile:
        return {"type": "RuntimeDefault"}
    name = PurePosixPath(pod.seccomp_profile)
    local = name.with_name(f"{name.stem}-local{name.suffix}")
    return {"type": "Localhost", "localhostProfile": str(local if local_sockets else name)}


def _one_each(places: list[Place]) -> list[Place]:
    return list({place.claim: place for place in places}.values())


def _claim(claim: str, is_writable: bool) -> dict[str, Any]:
    return {"name": claim, "persistentVolumeClaim": {"claimName": claim, "readOnly": not is_writable}}


def _memory(name: str, mib: int) -> dict[str, Any]:
    return {"name": name, "emptyDir": {"medium": "Memory", "sizeLimit": f"{mib}Mi"}}


def _mount(place: Place, at: str, read_only: bool = True) -> dict[str, Any]:
    path = {"subPath": place.path} if place.path else {}
    return {"name": place.claim, "mountPath": at, "readOnly": read_only} | path


def place_of(mount: Mount, roots: Mapping[Path, str]) -> Place:
    """Where a mount's source lies, below the folders that are claims' (`roots`: folder here -> claim).

    Raises:
        SandboxError: it is missing, not fit to be shown, or lies in none of them.
    """
    source = source_of(mount)
    place = place_in(source, roots)
    # A worker that is not root shares its user with its pods; see KubernetesRunner._pod.
    check_source(source, for_everybody=os.geteuid() == 0)
    return place


def place_in(source: Path, roots: Mapping[Path, str]) -> Place:
    """The claim of the nearest root above, and the path in it.

    Raises:
        SandboxError: there is none.
    """
    for root in sorted(roots, key=lambda folder: len(folder.parts), reverse=True):
        if source.is_relative_to(root):
            path = source.relative_to(root)
            return Place(roots[root], "" if path == Path() else str(path))
    shown = ", ".join(map(str, roots))
    raise SandboxError(f"{source} is on none of the volumes that pods can mount ({shown})")
