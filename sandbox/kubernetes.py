"""Boxes made by a Kubernetes cluster: a Job a run, under gVisor.

Tested against exchanges written after the documentation of the Kubernetes API, not against a live cluster: what a
cluster does with what it is told is shown by the self-test there, which a worker runs before it takes work.

The steps of a run, in order (`KubernetesRunner.run`):

1. *Prepare* the run's folder on the exchange volume (exchange.py), and spool the caller's stdin into it, if there is
   one, to its end: two joined runs therefore go one after the other, although the caller starts them side by side.
2. *Create* the Job (job.py); its pod's first program (entry.py) sets limits, opens the streams, becomes the command.
3. *Wait* for the pod to start. The clock runs from when it is first seen to run; queueing costs the program nothing.
4. *Watch*: follow the stream files, hold their caps, the clock, and the size of /output; delete the Job at a limit.
5. *Judge* from the pod's status; the container has ended, so /output is at rest; *collect* it through the descriptor
   that was opened before the pod was made. Delete the Job, and the folder when no pod is left.

Inputs are mounted read-only from claims whose volumes the worker sees, too (`volumes`: folder here -> claim); the claim
that holds truth exists in the namespace of the score boxes alone, so no other pod can name it.

What the Kubernetes API has no means for, and what follows:
* Processor time of a container is not told: it is limited for each process, and `cpu_seconds` is the most that it can
  have been (wall-clock time x cpus). Peak memory is not told: `peak_memory_mib` is 0. A contest with a gate on either
  needs bubblewrap.
* A volume has no quota for a folder: the size of /output and the length of the streams are looked at several times a
  second, so a fast program can write some hundred MiB more before it is ended. The exchange volume should hold nothing
  else. No volume in /output or of a stream is memory.
* The number of processes is the kubelet's (podPidsLimit), and a limit of the user id in a user namespace.
* The log of a pod mixes stdout and stderr and is kept on the node's disk: streams are files on the exchange volume
  instead, and the pod's log is read only to learn why a command could not be started.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from sandbox import job, selftest
from sandbox.api import DIGEST, FORBIDDEN, NOT_FOUND, Refused
from sandbox.cluster import Cluster
from sandbox.exchange import RunFolder, remove_tree
from sandbox.job import BOX_LABEL, DEADLINE, SPARE_SECONDS, Place, Pod, Streams, place_in, place_of
from sandbox.judging import shell_exit
from sandbox.pod_watch import CANCELLED, PodWatch
from sandbox.pods import PodState
from sandbox.profile import FIRST_SLOT_UID
from sandbox.remote import duplicate, is_over, losing_no_box
from sandbox.run import Finding, OnLog, Run, RunRequest, SandboxError, Severity, Stage
from sandbox.runtimes import asked_digest
from sandbox.slots import Slots
from sandbox.watch import Verdict

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
INHERENT = ("/proc", "/sys")


def _namespaces() -> Mapping[Stage, str]:
    return {stage: f"tidemark-{stage}" for stage in Stage}


@dataclass(frozen=True, slots=True)
class KubernetesSettings:
    """What the operator has laid out; deploy/kubernetes has it as manifests.

    `image`: the runtime image with its digest. `volumes`: folder here -> claim of the same content in the namespaces;
    `exchange`: folder here, with one folder for each stage, each of them the claim `exchange_claim` of that stage's
    namespace. `seccomp_profile`: a file below the kubelet's seccomp folder, made by `python -m sandbox filter`, with
    its variant for notebooks beside it (`filter --local-sockets`: NAME-local.json); without it the container runtime's
    default. `user_namespaces`: off only where runtime or volumes cannot do it.
    `start_seconds`: how long a pod may wait to be scheduled and to fetch its image. `spool_mib`: the longest stdin, and
    stdout that goes to a descriptor.

    Raises:
        ValueError: an image without a digest, or folders that are not absolute.
    """

    image: str
    exchange: Path
    volumes: Mapping[Path, str]
    exchange_claim: str = "tidemark-exchange"
    namespaces: Mapping[Stage, str] = field(default_factory=_namespaces)
    runtime_class: str = "gvisor"
    seccomp_profile: str = ""
    user_namespaces: bool = True
    server: str = "https://kubernetes.default.svc"
    token_file: Path = ACCOUNT / "token"
    ca_file: Path = ACCOUNT / "ca.crt"
    start_seconds: float = 300.0
    spool_mib: int = 4096

    def __post_init__(self) -> None:
        if not DIGEST.match(self.image):
            raise ValueError(f"kubernetes: image {self.image!r} must be named with its digest: name@sha256:...")
        for folder in (self.exchange, *self.volumes):
            if not folder.is_absolute():
                raise ValueError(f"kubernetes: folder {str(folder)!r} must be an absolute path")

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> KubernetesSettings:
        """From plain values: paths as text, `volumes` as {folder: claim}, `namespaces` as {stage: name}.

        Raises:
            ValueError: a name that is no setting, or one that is missing.
        """
        known = {field.name: field for field in dataclasses.fields(cls)}
        unknown, missing = set(values) - set(known), {"image", "exchange", "volumes"} - set(values)
        if unknown or missing:
            words = [f"{name!r} is unknown" for name in sorted(unknown)] + [
                f"{n!r} is missing" for n in sorted(missing)
            ]
            raise ValueError(f"kubernetes: setting {'; '.join(words)}; there are {', '.join(known)}")
        paths = {name: Path(values[name]) for name in ("exchange", "token_file", "ca_file") if name in values}
        volumes = {Path(folder): claim for folder, claim in values["volumes"].items()}
        names = {Stage(stage): name for stage, name in values.get("namespaces", {}).items()}
        return cls(**{**values, **paths, "volumes": volumes, "namespaces": {**_namespaces(), **names}})


class KubernetesRunner:
    """See the module."""

    name: ClassVar[str] = "kubernetes"

    def __init__(self, settings: KubernetesSettings) -> None:
        self._settings = settings
        self._cluster = Cluster(settings.server, settings.token_file, settings.ca_file)
        self._slots = Slots()

    def self_test(self) -> list[Finding]:
        """What the cluster lacks, and what the canaries found (see selftest.py)."""
        try:
            found = self._cluster_findings()
            scratch = self._settings.exchange / Stage.PREDICT
            scratch.mkdir(parents=True, exist_ok=True)
        except (SandboxError, OSError) as error:
            return [Finding(Severity.ERROR, str(error), "see deploy/kubernetes")]
        return found + selftest.findings(self, inherent=INHERENT, scratch=scratch)

    def collect_garbage(self) -> int:
        """Delete Jobs and exchange folders whose deadline is over: their worker died."""
        removed = 0
        for stage, namespace in self._settings.namespaces.items():
            for found in self._cluster.jobs(namespace, BOX_LABEL):
                if is_over((found["metadata"].get("annotations") or {}).get(DEADLINE, "")):
                    removed += self._cluster.delete_job(namespace, found["metadata"]["name"])
            for folder in (self._settings.exchange / stage).glob("box-*.*"):
                if is_over(folder.suffix[1:]):
                    remove_tree(folder)
                    removed += 1
        return removed

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
            runtime = asked_digest(request)
            places = self._places(request)
            stdin, stdout = (None if fd is None else duplicate(fd, held) for fd in (stdin_fd, stdout_fd))
            watch = self._prepare(request, slot, stdout, held)
            streams = Streams(has_stdin=stdin is not None, stdout_mib=self._settings.spool_mib if stdout else 0)
            if stdin is not None and not watch.folder.spool(
                stdin, self._settings.spool_mib << 20, lambda: cancel is not None and cancel.is_set()
            ):
                return self._result(request, slot, watch, CANCELLED, (), None, runtime)
            self._create(request, slot, watch, places, streams)
            state = watch.until_over(cancel, on_log, on_start)
            verdict, files = watch.judged(state, collect_to)
            return self._result(request, slot, watch, verdict, files, state, runtime)

    # ---- steps 1 and 2 ----------------------------------------------------------------------------------------------

    def _places(self, request: RunRequest) -> dict[str, Place]:
        """Each mount point's place in the cluster; see job.place_of."""
        own = {self._settings.exchange / request.stage: self._settings.exchange_claim}
        roots = {folder.resolve(): claim for folder, claim in {**self._settings.volumes, **own}.items()}
        places = {mount.at: place_of(mount, roots) for mount in request.mounts}
        if request.runtime is not None:  # its packages over the image's; the interpreter stays the image's
            places["/venv/lib"] = place_in((request.runtime / "lib").resolve(), roots)
        return places

    def _prepare(self, request: RunRequest, slot: int, stdout: int | None, held: contextlib.ExitStack) -> PodWatch:
        digest = hashlib.sha256(f"{request.run_id} {secrets.token_hex(8)}".encode()).hexdigest()
        name = f"box-{digest[:20]}"
        # Later than the Job's own deadline, which counts from when the cluster has seen it.
        seconds = request.limits.wall_seconds + self._settings.start_seconds + 2 * SPARE_SECONDS
        deadline = int(time.time() + seconds)
        path = self._settings.exchange / request.stage / f"{name}.{deadline}"
        folder = RunFolder.make(path, self._pod(slot).uid)
        held.callback(folder.remove)
        namespace = self._settings.namespaces[request.stage]
        watch = PodWatch(
            self._cluster,
            namespace,
            name,
            request,
            folder,
            deadline=deadline,
            start_seconds=self._settings.start_seconds,
        )
        watch.follow(stdout)
        held.callback(watch.delete_and_wait)
        return watch

    def _create(
        self, request: RunRequest, slot: int, watch: PodWatch, places: Mapping[str, Place], streams: Streams
    ) -> None:
        watch.was_created = True  # even if the answer is lost on the way
        self._cluster.create_job(watch.namespace, self._manifest(request, slot, watch, places, streams))

    def _manifest(
        self, request: RunRequest, slot: int, watch: PodWatch, places: Mapping[str, Place], streams: Streams
    ) -> dict[str, Any]:
        return job.manifest(
            request,
            watch.name,
            pod=self._pod(slot),
            exchange=Place(self._settings.exchange_claim, watch.folder.path.name),
            places=places,
            deadline=watch.deadline,
            start_seconds=self._settings.start_seconds,
            streams=streams,
        )

    def _pod(self, slot: int) -> Pod:
        """What a worker that is not root writes only it can read, and the other way round: pods run as its user."""
        uid = os.geteuid() or FIRST_SLOT_UID + slot
        settings = self._settings
        return Pod(settings.image, settings.runtime_class, settings.seccomp_profile, settings.user_namespaces, uid)

    # ---- step 5 -----------------------------------------------------------------------------------------------------

    def _result(
        self,
        request: RunRequest,
        slot: int,
        watch: PodWatch,
        verdict: Verdict,
        files: tuple[str, ...],
        state: PodState | None,
        runtime_digest: str,
    ) -> Run:
        code, number = shell_exit(state.exit_code) if state and state.exit_code is not None else (None, None)
        kept = {name: bytes(stream.kept) for name, stream in watch.streams.items()}
        return Run(
            outcome=verdict.outcome,
            reason=verdict.reason,
            exit_code=None if number else code,
            signal=number,
            wall_seconds=watch.wall_seconds,
            cpu_seconds=watch.wall_seconds * request.limits.cpus,
            peak_memory_mib=0.0,
            stdout=kept.get("stdout", b""),
            stderr=kept.get("stderr", b""),
            files=files,
            backend=self.name,
            profile_digest=self._digest(request, slot),
            runtime_digest=runtime_digest,
        )

    def _digest(self, request: RunRequest, slot: int) -> str:
        """16 hexadecimal digits over everything that makes the box, apart from request, slot and paths."""
        pod = dataclasses.replace(self._pod(slot), uid=0)
        return hashlib.sha256(repr((pod, job.entry_text(), request.local_sockets)).encode()).hexdigest()[:16]

    def _cluster_findings(self) -> list[Finding]:
        name = self._settings.runtime_class
        if not name:
            what = "no runtime class is set: boxes share their node's kernel"
            return [Finding(Severity.WARNING, what, "install gVisor on the nodes and set the runtime class")]
        try:
            self._cluster.ask("GET", f"/apis/node.k8s.io/v1/runtimeclasses/{name}")
        except Refused as error:
            if error.status == NOT_FOUND:
                mend = "apply deploy/kubernetes/runtime-class.yaml, and install gVisor on the nodes"
                return [Finding(Severity.ERROR, f"the cluster has no runtime class {name!r}", mend)]
            if error.status != FORBIDDEN:  # who may not look learns it from the canaries
                raise
        return []
