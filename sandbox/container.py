"""The box as a Docker engine is told to make it. Nothing here talks to an engine.

Two containers make a run. The *program*'s has the mounts, the limits and the contestant's command. The *keeper*'s never
runs anything but a line of ours, and holds the volume of /output: a volume in memory is unmounted, and with it emptied,
when the last container that uses it stops, and an engine does not hand out the tmpfs of a container. So the program's
container is removed first, and /output is read from the keeper when no process of the program is left.

Source: the Engine's OpenAPI document, version 1.44; `volume/local` of the engine for the life of such a volume.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox import seccomp
from sandbox.profile import FIRST_SLOT_UID, MIB, environment, rlimits
from sandbox.run import Limits, Mount, RunRequest
from sandbox.runtime import Runtime
from sandbox.sources import check_source, source_of

BOX_LABEL, DEADLINE_LABEL, OWNER_LABEL = "tidemark.box", "tidemark.deadline", "tidemark.owner"
SPARE_SECONDS = 600  # for making a box and reading its output, before somebody else may clear it away
KEEPER = ("/venv/bin/python", "-I", "-S", "-c", "import signal; signal.pause()")
KEEPER_UID = 65534
KEEPER_LIMITS = Limits(wall_seconds=1, cpu_seconds=60, memory_mib=64, processes=8, tmp_mib=1, shm_mib=1)
NEUTRAL = Runtime((), (), "", "")  # what the image holds is the image's affair


@dataclass(frozen=True, slots=True)
class Image:
    """A runtime image: its name with digest, and the variables that it would put into every environment."""

    name: str
    variables: tuple[str, ...] = ()


def program(request: RunRequest, slot: int, image: Image, runtime: str | None, volume: str) -> dict[str, Any]:
    """The body of "create a container" for the program; `stdin` is opened by `with_stdin`.

    Raises:
        SandboxError: a source to be mounted is missing, or not readable for everybody.
    """
    uid = FIRST_SLOT_UID + slot
    mounts = [*map(_bind_mount, request.mounts), _output(volume, read_only=False)]
    if request.runtime is not None:  # its packages over the image's; the interpreter stays the image's
        mounts.append(_bind((request.runtime / "lib").resolve(), "/venv/lib"))
    variables = environment(request.limits, NEUTRAL) | dict(request.env)
    return _container(image, uid, request.argv, variables, request.workdir) | {
        "Labels": labels(request),
        "HostConfig": _host(request.limits, mounts, runtime, local_sockets=request.local_sockets),
    }


def with_stdin(body: Mapping[str, Any]) -> dict[str, Any]:
    """The same container with a stdin that closes when we close it; without, it is /dev/null."""
    return dict(body) | {"OpenStdin": True, "StdinOnce": True, "AttachStdin": True}


def keeper(request: RunRequest, image: Image, runtime: str | None, volume: str) -> dict[str, Any]:
    """The body of "create a container" for the one that holds the volume of /output."""
    variables = environment(KEEPER_LIMITS, NEUTRAL)
    return _container(image, KEEPER_UID, KEEPER, variables, "/") | {
        "Labels": labels(request),
        "HostConfig": _host(KEEPER_LIMITS, [_output(volume, read_only=True)], runtime),
    }


def output_volume(request: RunRequest, name: str) -> dict[str, Any]:
    """The body of "create a volume" for /output: memory with a size, whose pages count as the program's."""
    size = request.limits.output_mib * MIB
    options = f"size={size},nr_inodes={request.limits.inodes},mode=1777,nosuid,nodev,noexec"
    return {
        "Name": name,
        "Driver": "local",
        "DriverOpts": {"type": "tmpfs", "device": "tmpfs", "o": options},
        "Labels": labels(request),
    }


def labels(request: RunRequest) -> dict[str, str]:
    """Whose it is, and from when on anybody may remove it (seconds since 1970)."""
    deadline = int(time.time() + request.limits.wall_seconds + SPARE_SECONDS)
    owner = f"{socket.gethostname()}:{os.getpid()}"
    return {BOX_LABEL: request.run_id, DEADLINE_LABEL: str(deadline), OWNER_LABEL: owner}


def _container(
    image: Image, uid: int, argv: Sequence[str], variables: Mapping[str, str], workdir: str
) -> dict[str, Any]:
    # A name without "=" takes the variable away that the engine or the image would set.
    unwanted = [name for name in ("HOSTNAME", *image.variables) if name not in variables]
    return {
        "Image": image.name,
        "Entrypoint": [argv[0]],
        "Cmd": list(argv[1:]),
        "Env": [*(f"{name}={value}" for name, value in variables.items()), *unwanted],
        "WorkingDir": workdir,
        "User": f"{uid}:{uid}",
        "Hostname": "sandbox",
        "Tty": False,
        "OpenStdin": False,
        "AttachStdout": True,
        "AttachStderr": True,
        "NetworkDisabled": True,
        "Healthcheck": {"Test": ["NONE"]},
        "StopTimeout": 1,
    }


def _host(
    limits: Limits, mounts: Sequence[Mapping[str, Any]], runtime: str | None, *, local_sockets: bool = False
) -> dict[str, Any]:
    memory = limits.memory_mib * MIB
    calls = json.dumps(seccomp.oci_profile(local_sockets=local_sockets), separators=(",", ":"))
    scratch = f"rw,noexec,nosuid,nodev,size={limits.tmp_mib * MIB},nr_inodes={limits.inodes},mode=1777"
    body: dict[str, Any] = {
        "NetworkMode": "none",
        "Dns": ["127.0.0.1"],  # the engine copies the host's name servers into the box otherwise
        "DnsSearch": ["."],
        "ReadonlyRootfs": True,
        "Privileged": False,
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges", f"seccomp={calls}"],
        "PidsLimit": limits.processes,
        "Memory": memory,
        "MemorySwap": memory,  # memory and swap together: no swap
        "NanoCpus": int(limits.cpus * 1e9),
        "Ulimits": _ulimits(limits),
        "IpcMode": "private",
        "PidMode": "",
        "CgroupnsMode": "private",
        "ShmSize": limits.shm_mib * MIB,
        "Tmpfs": {"/tmp": scratch},  # noqa: S108  # a place in the box
        "Mounts": list(mounts),
        "LogConfig": {"Type": "none", "Config": {}},
        "RestartPolicy": {"Name": "no"},
        "AutoRemove": False,
    }
    return body | ({"Runtime": runtime} if runtime else {})


def _ulimits(limits: Limits) -> list[dict[str, Any]]:
    """NPROC is per user id on the whole host; PidsLimit counts the box."""
    table = rlimits(limits, has_cgroup=True, others=0)
    return [
        {"Name": name.lower(), "Soft": soft, "Hard": hard} for name, (soft, hard) in table.items() if name != "NPROC"
    ]


def _bind(source: Path, at: str) -> dict[str, Any]:
    # Not recursive: what else the host has mounted below is not shown, and so cannot be writable.
    options = {"Propagation": "rprivate", "NonRecursive": True, "CreateMountpoint": False}
    return {"Type": "bind", "Source": str(source), "Target": at, "ReadOnly": True, "BindOptions": options}


def _bind_mount(mount: Mount) -> dict[str, Any]:
    source = source_of(mount)
    check_source(source)
    return _bind(source, mount.at)


def _output(volume: str, *, read_only: bool) -> dict[str, Any]:
    options = {"NoCopy": True}
    return {
        "Type": "volume",
        "Source": volume,
        "Target": "/output",
        "ReadOnly": read_only,
        "VolumeOptions": options,
    }
