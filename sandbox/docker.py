"""Boxes made by a Docker engine, under gVisor where the engine has it.

Tested against exchanges written after the documentation of the Engine's API, not against a live engine: what an engine
and gVisor do with what they are told is shown by the self-test on the machine itself, which a worker runs before it
takes work.

The steps of a run, in order (`DockerRunner.run`):

1. *Prepare*: a volume in memory for /output, the keeper's container that holds it (see container.py), started, and the
   program's container, not started.
2. *Attach* to the program's streams, so that no byte is missed, and *start* it; the clock runs.
3. *Watch*: carry bytes (relay.py), hold the caps on streams, the clock, and processor time as the engine counts it;
   kill at a limit.
4. *Reap*: the engine says that the container is not running: its first process and so all others are gone.
5. *Judge* from exit status and the engine's word on memory; *remove* the program's container, and only then read
   /output from the keeper's, with a reader of our own (archives.py); then remove the rest.

Weaker than bubblewrap: the box has a /proc and a /sys of its own; processor time is a sample every half second, so a
program may overdraw by that and a short one counts as 0 s; without gVisor the kernel is shared with fewer walls
(no user namespace unless the engine is told to remap users). Files shown in a box must be readable for everybody,
and lie on the engine's machine under the same paths; a runtime's packages are laid over the image's, so both must have
been made for one Python. When a worker dies, its container goes on until somebody collects the garbage after its
deadline. Whoever can speak to the engine is root there: the socket belongs to the worker alone, and a worker that
scores hidden truth should not share its engine.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from sandbox import container, selftest
from sandbox.api import DIGEST, NOT_FOUND, Refused
from sandbox.archives import unpack
from sandbox.container import BOX_LABEL, DEADLINE_LABEL, Image
from sandbox.container_watch import ContainerWatch
from sandbox.engine import Engine
from sandbox.files import BadOutput
from sandbox.judging import kept_output
from sandbox.relay import Relay
from sandbox.remote import duplicate, is_over, losing_no_box
from sandbox.run import Finding, Limits, OnLog, Run, RunRequest, SandboxError, Severity, Stage
from sandbox.runtimes import asked_digest
from sandbox.slots import Slots
from sandbox.watch import Stream, Verdict

GVISOR = "runsc"
SOCKET = "/var/run/docker.sock"
INHERENT = ("/proc", "/sys")


@dataclass(frozen=True, slots=True)
class DockerSettings:
    """`image` is the runtime image with its digest (`name@sha256:...`), `socket` the engine's; a rootless engine has
    its own.

    Raises:
        ValueError: an image without a digest: another may have its name tomorrow.
    """

    image: str
    socket: str = SOCKET

    def __post_init__(self) -> None:
        if not DIGEST.match(self.image):
            raise ValueError(f"docker: image {self.image!r} must be named with its digest: name@sha256:...")


class DockerRunner:
    """See the module."""

    name: ClassVar[str] = "docker"

    def __init__(self, settings: DockerSettings) -> None:
        self._settings = settings
        self._engine = Engine(settings.socket)
        self._slots = Slots()
        self._lock = threading.Lock()
        self._known: tuple[Image, str | None] | None = None

    def _digest(self, *, local_sockets: bool) -> str:
        """16 hexadecimal digits over everything that makes the box, apart from request, slot and host paths."""
        plain = RunRequest(
            "profile",
            Stage.PREDICT,
            ("true",),
            (),
            Limits(wall_seconds=1, cpu_seconds=1, memory_mib=64),
            local_sockets=local_sockets,
        )
        image, runtime = self._facts()
        body = container.program(plain, 0, image, runtime, "output")
        return hashlib.sha256(repr(body | {"Labels": {}}).encode()).hexdigest()[:16]

    def self_test(self) -> list[Finding]:
        """What the engine lacks, and what the canaries found (see selftest.py); a WARNING when it has no gVisor."""
        try:
            found = list(_engine_findings(self._engine.ask("GET", "/info") or {}))
            self._facts()
        except SandboxError as error:
            return [Finding(Severity.ERROR, str(error), "see `python -m sandbox check --backend docker`")]
        return found + selftest.findings(self, inherent=INHERENT)

    def collect_garbage(self) -> int:
        """Remove containers and volumes whose deadline is over: their worker died."""
        filters = json.dumps({"label": [BOX_LABEL]})
        containers = self._engine.ask("GET", "/containers/json", query={"all": 1, "filters": filters}) or []
        volumes = (self._engine.ask("GET", "/volumes", query={"filters": filters}) or {}).get("Volumes") or []
        old = [f"/containers/{thing['Id']}" for thing in containers if _is_over(thing)]
        old += [f"/volumes/{quote(thing['Name'])}" for thing in volumes if _is_over(thing)]
        return sum(self._remove(path) for path in old)

    def close(self) -> None:
        """Nothing is held between runs."""

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
        """See `sandbox.run.Runner.run`. Bytes go through us, so duplicates of the descriptors are held to the end."""
        with self._slots.only_run_in(slot), contextlib.ExitStack() as held, losing_no_box():
            digests = self._digest(local_sockets=request.local_sockets), asked_digest(request)
            stdin, stdout = (None if fd is None else duplicate(fd, held) for fd in (stdin_fd, stdout_fd))
            keeper, box = self._prepare(request, slot, held, has_stdin=stdin is not None)
            connection = held.enter_context(self._engine.attach(box, stdin=stdin is not None))
            self._engine.ask("POST", f"/containers/{box}/start")
            started = time.monotonic()
            if on_start:
                on_start()
            streams = {
                name: Stream(name, limit << 10)
                for name, limit in (("stdout", request.limits.stdout_kib), ("stderr", request.limits.stderr_kib))
                if name == "stderr" or stdout is None
            }
            watch = ContainerWatch(
                self._engine, box, request.limits, Relay(connection, streams, stdin, stdout), streams
            )
            state = watch.until_over(started, cancel, on_log)
            wall_seconds = time.monotonic() - started
            self._remove(f"/containers/{box}")
            verdict, files = self._judge(request, watch, state, keeper, collect_to)
            return self._result(verdict, files, watch, state, wall_seconds, digests)

    # ---- step 1 -----------------------------------------------------------------------------------------------------

    def _prepare(
        self, request: RunRequest, slot: int, held: contextlib.ExitStack, *, has_stdin: bool
    ) -> tuple[str, str]:
        image, runtime = self._facts()
        name = f"tidemark-{request.run_id}-{secrets.token_hex(4)}"
        body = container.program(request, slot, image, runtime, name)
        self._engine.ask("POST", "/volumes/create", container.output_volume(request, name))
        held.callback(self._remove, f"/volumes/{name}")
        keeper = self._create(f"{name}-keeper", container.keeper(request, image, runtime, name), held)
        self._engine.ask("POST", f"/containers/{keeper}/start")
        return keeper, self._create(name, container.with_stdin(body) if has_stdin else body, held)

    def _create(self, name: str, body: Mapping[str, Any], held: contextlib.ExitStack) -> str:
        answer = self._engine.ask("POST", "/containers/create", body, {"name": name})
        made = str(answer["Id"])
        held.callback(self._remove, f"/containers/{made}")
        return made

    def _facts(self) -> tuple[Image, str | None]:
        """The image and the runtime, asked for once."""
        with self._lock:
            if self._known is None:
                runtimes = (self._engine.ask("GET", "/info") or {}).get("Runtimes") or {}
                self._known = (self._image(), GVISOR if GVISOR in runtimes else None)
            return self._known

    def _image(self) -> Image:
        name = self._settings.image
        try:
            config = self._engine.ask("GET", f"/images/{quote(name, safe='')}/json").get("Config") or {}
        except Refused as error:
            if error.status != NOT_FOUND:
                raise
            raise SandboxError(f"the Docker engine has no image {name}; docker pull it, or build it there") from error
        if config.get("Volumes"):
            raise SandboxError(f"image {name} declares volumes, which would be writable disk; build it without VOLUME")
        return Image(name, tuple(word.partition("=")[0] for word in config.get("Env") or ()))

    # ---- step 5 -----------------------------------------------------------------------------------------------------

    def _judge(
        self, request: RunRequest, watch: ContainerWatch, state: Mapping[str, Any], keeper: str, collect_to: Path | None
    ) -> tuple[Verdict, tuple[str, ...]]:
        verdict = watch.verdict or watch.end_verdict(state)
        if verdict:
            return verdict, ()
        beside = collect_to.parent if collect_to is not None and collect_to.parent.is_dir() else None
        with tempfile.TemporaryDirectory(prefix="tidemark-output-", dir=beside) as name:
            try:
                with self._engine.archive(keeper, "/output") as archive:
                    unpack(archive, "output", Path(name), request.limits)
            except BadOutput as refused:
                return Verdict(refused.outcome, refused.reason), ()
            folder = os.open(name, os.O_RDONLY | os.O_DIRECTORY)
            try:
                return kept_output(folder, request, collect_to)
            finally:
                os.close(folder)

    def _result(
        self,
        verdict: Verdict,
        files: tuple[str, ...],
        watch: ContainerWatch,
        state: Mapping[str, Any],
        wall_seconds: float,
        digests: tuple[str, str],
    ) -> Run:
        code, number = watch.exit_of(state)
        kept = {name: bytes(stream.kept) for name, stream in watch.streams.items()}
        return Run(
            outcome=verdict.outcome,
            reason=verdict.reason,
            exit_code=None if number else code,
            signal=number,
            wall_seconds=wall_seconds,
            cpu_seconds=watch.use.cpu_seconds,
            peak_memory_mib=watch.use.peak_mib,
            stdout=kept.get("stdout", b""),
            stderr=kept["stderr"],
            files=files,
            backend=self.name,
            profile_digest=digests[0],
            runtime_digest=digests[1],
        )

    def _remove(self, path: str) -> bool:
        """Whether it was there and is gone. What cannot be removed now has a deadline, and is removed then."""
        try:
            self._engine.ask("DELETE", path, query={"force": 1})
        except SandboxError:
            return False
        return True


def _engine_findings(info: Mapping[str, Any]) -> list[Finding]:
    """What an engine says that it cannot do; it would drop such limits without a word."""
    needed = {"MemoryLimit": "memory", "PidsLimit": "processes", "CpuCfsQuota": "the processor share"}
    found = [
        Finding(Severity.ERROR, f"the Docker engine cannot limit {what}", "give its machine that control group")
        for key, what in needed.items()
        if not info.get(key)
    ]
    if not any("name=seccomp" in option for option in info.get("SecurityOptions") or ()):
        found.append(
            Finding(Severity.ERROR, "the Docker engine has no seccomp", "use a kernel and engine with seccomp")
        )
    if not info.get("SwapLimit"):
        what = "the Docker engine cannot limit swap: a program may use more than its memory"
        found.append(Finding(Severity.WARNING, what, "boot with swapaccount=1, or without swap"))
    if GVISOR not in (info.get("Runtimes") or {}):
        what = "the Docker engine has no gVisor (runsc): boxes share the host's kernel"
        mend = "install runsc and register it in daemon.json with runtimeArgs --oci-seccomp"
        found.append(Finding(Severity.WARNING, what, mend))
    return found


def _is_over(thing: Mapping[str, Any]) -> bool:
    return is_over(str((thing.get("Labels") or {}).get(DEADLINE_LABEL, "")))
