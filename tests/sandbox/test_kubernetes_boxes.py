"""What a cluster is told, and what is made of what it says. No live cluster: see replay.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import sandbox
from sandbox import KubernetesSettings, Mount, Outcome, RunRequest, SandboxError, Severity, Stage
from sandbox.exchange import RunFolder, remove_tree
from sandbox.job import Place, Pod, Streams, entry_text, manifest
from tests.sandbox.makers import make_limits, make_request
from tests.sandbox.pod_security import problems
from tests.sandbox.replayed_backends import IMAGE, SLOT, Backend, make_runtime

POD = Pod(IMAGE, "gvisor", "tidemark/filter.json", user_namespaces=True, uid=60005)


@pytest.fixture
def backend(tmp_path: Path) -> Backend:
    return Backend("kubernetes", tmp_path)


def job_of(pod: Pod = POD, streams: Streams | None = None, **limits: float) -> dict[str, Any]:
    request = make_request("print('$(HOME) $x')", stage=Stage.SCORE, limits=make_limits(**limits), env={"ANSWER": "42"})
    places = {"/truth": Place("tidemark-truth", "ab/cd"), "/input": Place("tidemark-scratch", "x/spec")}
    exchange = Place("tidemark-exchange", "box-1.99")
    made = manifest(
        request,
        "box-1",
        pod=pod,
        exchange=exchange,
        places=places,
        deadline=99,
        start_seconds=300,
        streams=streams or Streams(),
    )
    assert json.loads(json.dumps(made)) == made
    return made


def spec_of(job: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    spec = job["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    return spec, container


def test_a_pod_obeys_the_restricted_level() -> None:
    spec, container = spec_of(job_of())

    assert problems(spec) == []
    loose = spec | {"hostNetwork": True, "volumes": [{"name": "x", "hostPath": {"path": "/"}}], "securityContext": {}}
    loose["containers"] = [container | {"securityContext": {}}]
    assert len(problems(loose)) == 6  # the rules can tell


def test_a_pod_has_more_walls_than_that() -> None:
    spec, container = spec_of(job_of(memory_mib=300, cpus=1.5, tmp_mib=8, shm_mib=2))

    assert (spec["runtimeClassName"], spec["hostUsers"], spec["restartPolicy"]) == ("gvisor", False, "Never")
    assert (spec["automountServiceAccountToken"], spec["enableServiceLinks"]) == (False, False)
    assert "serviceAccountName" not in spec
    assert (spec["dnsPolicy"], spec["terminationGracePeriodSeconds"]) == ("None", 1)
    assert (spec["securityContext"]["runAsUser"], spec["securityContext"]["runAsGroup"]) == (60005, 60005)
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["seccompProfile"] == {
        "type": "Localhost",
        "localhostProfile": "tidemark/filter.json",
    }
    assert container["resources"]["limits"] == container["resources"]["requests"]
    assert container["resources"]["limits"] == {"cpu": "1500m", "memory": "300Mi", "ephemeral-storage": "64Mi"}
    assert container["image"] == IMAGE
    scratch = {volume["name"]: volume["emptyDir"] for volume in spec["volumes"] if "emptyDir" in volume}
    assert scratch == {
        "tmp": {"medium": "Memory", "sizeLimit": "8Mi"},
        "shm": {"medium": "Memory", "sizeLimit": "2Mi"},
    }


def test_a_job_runs_once_and_goes_by_itself() -> None:
    spec = job_of(wall_seconds=60)["spec"]

    assert (spec["backoffLimit"], spec["completions"], spec["parallelism"]) == (0, 1, 1)
    assert spec["activeDeadlineSeconds"] == 60 + 300 + 600
    assert spec["ttlSecondsAfterFinished"] > 0


def test_only_the_output_and_the_streams_can_be_written() -> None:
    spec, container = spec_of(job_of(streams=Streams(has_stdin=True)))
    writable = {mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
    claims = {volume["name"]: volume["persistentVolumeClaim"] for volume in spec["volumes"] if "emptyDir" not in volume}

    assert writable == {"/tmp", "/dev/shm", "/output", "/runtime/stdout", "/runtime/stderr"}
    assert {mount["mountPath"]: mount.get("subPath") for mount in container["volumeMounts"]} == {
        "/truth": "ab/cd",
        "/input": "x/spec",
        "/output": "box-1.99/output",
        "/runtime/stdin": "box-1.99/stdin",
        "/runtime/stdout": "box-1.99/stdout",
        "/runtime/stderr": "box-1.99/stderr",
        "/tmp": None,
        "/dev/shm": None,
    }
    assert {name: claim["readOnly"] for name, claim in claims.items()} == {
        "tidemark-exchange": False,
        "tidemark-truth": True,
        "tidemark-scratch": True,
    }


def test_the_command_is_not_expanded_by_the_cluster() -> None:
    _, container = spec_of(job_of())
    plan = json.loads(container["command"][-1].replace("$$", "$"))

    assert plan["argv"] == ["python", "-c", "print('$(HOME) $x')"]
    assert "$$(HOME) $$x" in container["command"][-1]
    assert container["command"][4].replace("$$", "$") == entry_text()
    assert plan["env"]["ANSWER"] == "42"
    assert "env" not in container


def test_without_user_namespaces_processes_are_not_counted_by_user() -> None:
    spec, container = spec_of(job_of(replace(POD, user_namespaces=False, seccomp_profile="")))

    assert "hostUsers" not in spec
    assert "NPROC" not in json.loads(container["command"][-1].replace("$$", "$"))["limits"]
    assert problems(spec) == []


def test_the_job_fits_the_schema_of_the_api() -> None:
    validator = pytest.importorskip("kubernetes_validate", reason="a large package that only this test would need")

    for pod in (POD, replace(POD, user_namespaces=False, runtime_class="", seccomp_profile="")):
        validator.validate(job_of(pod), "1.31", strict=True)
    with pytest.raises(validator.ValidationError):
        validator.validate(job_of() | {"spec": {"template": {"spec": {"containers": "none"}}}}, "1.31", strict=True)


# -- entry.py, run for real -------------------------------------------------------------------------------------------


def enter(tmp_path: Path, argv: list[str], **changes: Any) -> subprocess.CompletedProcess[str]:
    for name in ("stdin", "stdout", "stderr"):
        (tmp_path / name).write_text("given\n" if name == "stdin" else "")
    writing = os.O_WRONLY | os.O_APPEND
    plan = {
        "limits": {"FSIZE": [4096, 4096], "NOFILE": [32, 10**9], "CORE": [0, 0]},
        "streams": [
            [str(tmp_path / "stdin"), os.O_RDONLY],
            [str(tmp_path / "stdout"), writing],
            [str(tmp_path / "stderr"), writing],
        ],
        "workdir": str(tmp_path),
        "env": {"ANSWER": "42", "PATH": str(Path(sys.executable).parent)},
        "argv": argv,
    } | changes
    words = [sys.executable, "-I", "-S", "-c", entry_text(), json.dumps(plan)]
    environment = {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)


def test_the_entry_lays_streams_limits_and_environment_and_becomes_the_command(tmp_path: Path) -> None:
    code = """
import os, resource, sys
print(sys.stdin.read().strip(), sorted(os.environ.keys() - {"LC_CTYPE"}), os.getcwd())
print(resource.getrlimit(resource.RLIMIT_FSIZE), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
print([fd for fd in range(3, 64) if os.path.exists(f"/proc/self/fd/{fd}")], file=sys.stderr)
"""
    done = enter(tmp_path, ["python", "-c", code])

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "stdout").read_text() == f"given ['ANSWER', 'PATH'] {tmp_path}\n(4096, 4096) 32\n"
    assert (tmp_path / "stderr").read_text() == "[]\n"


@pytest.mark.parametrize("changes", [{}, {"workdir": "/no/such/place"}, {"limits": {"NOFILE": [-5, 10]}}])
def test_a_command_that_cannot_be_started_is_said_in_the_pod_s_own_log(tmp_path: Path, changes: Any) -> None:
    done = enter(tmp_path, ["no-such-program"], **changes)

    assert done.returncode == 127
    assert done.stderr.startswith("the command cannot be started: ")
    assert (tmp_path / "stdout").read_text() == (tmp_path / "stderr").read_text() == ""


# -- what is made of what a cluster says ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scenario", "outcome", "words"),
    [
        ("evicted-for-its-output", Outcome.OUTPUT, "more to disk"),
        ("deadline-of-the-cluster", Outcome.TIME, "longer than 10 seconds"),
        ("job-deadline", Outcome.TIME, "longer than 10 seconds"),
    ],
)
def test_what_a_program_did_is_told_from_the_pod_s_status(
    backend: Backend, scenario: str, outcome: Outcome, words: str
) -> None:
    with backend.runner(scenario) as runner:
        run = runner.run(make_request("pass"), slot=SLOT)

    assert (run.outcome, words in run.reason) == (outcome, True), run


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ("evicted-for-its-node", "low on resource: memory"),
        ("no-image", "ImagePullBackOff"),
        ("no-room", "3 Insufficient memory"),
        ("node-lost", "NodeLost"),
        ("deleted-by-somebody", "deleted by somebody else"),
    ],
)
def test_what_the_cluster_did_is_never_the_program_s_fault(backend: Backend, scenario: str, words: str) -> None:
    with backend.runner(scenario, start_seconds=1.0) as runner, pytest.raises(SandboxError, match=words):
        runner.run(make_request("pass"), slot=SLOT)

    assert backend.replay.asked("DELETE .*/jobs/")
    assert list((backend.folder / "exchange").glob("*/box-*")) == []


def test_nothing_is_left_of_a_run(backend: Backend) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with backend.runner("ok") as runner:
        runner.run(make_request("pass"), slot=SLOT)

    assert list((backend.folder / "exchange").glob("*/box-*")) == []
    assert len(backend.replay.asked("DELETE .*/jobs/")) == 1
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_program_that_fills_the_exchange_volume_is_ended(backend: Backend) -> None:
    with backend.runner("time") as runner:
        backend.replay.exchanges[1]["writes"] = {"output/large": ["x" * 1024, 3 << 10]}
        run = runner.run(make_request("pass", limits=make_limits(output_mib=2)), slot=SLOT)

    assert (run.outcome, run.reason) == (Outcome.OUTPUT, "The program wrote more than 2 MiB to /output.")


def test_what_is_on_no_volume_cannot_be_shown(backend: Backend) -> None:
    request = make_request("pass", Mount(Path("/usr"), "/input", "input"))

    with backend.runner("ok") as runner, pytest.raises(SandboxError, match="on none of the volumes"):
        runner.run(request, slot=SLOT)
    assert backend.replay.requests == []


def test_a_link_out_of_the_volumes_leads_nowhere(backend: Backend, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/usr")
    request = make_request("pass", Mount(tmp_path / "link", "/input", "input"))

    with backend.runner("ok") as runner, pytest.raises(SandboxError, match="on none of the volumes"):
        runner.run(request, slot=SLOT)


def test_each_stage_has_its_namespace_and_the_nearest_volume_is_named(backend: Backend, tmp_path: Path) -> None:
    for name in ("files/truth/ab", "files/blobs/cd"):
        (tmp_path / name).mkdir(parents=True)
    volumes = {tmp_path / "files": "tidemark-files", tmp_path / "files/truth": "tidemark-truth"}
    mounts = (Mount(tmp_path / "files/truth/ab", "/truth", "truth"), Mount(tmp_path / "files/blobs", "/input", "input"))
    with backend.runner("empty", volumes=volumes) as runner:
        runner.run(make_request("pass", *mounts, stage=Stage.SCORE), slot=SLOT)

    (job,) = backend.replay.asked("POST .*/namespaces/tidemark-score/jobs")
    shown = {mount["mountPath"]: mount for mount in spec_of(job)[1]["volumeMounts"]}
    assert (shown["/truth"]["name"], shown["/truth"]["subPath"]) == ("tidemark-truth", "ab")
    assert (shown["/input"]["name"], shown["/input"]["subPath"]) == ("tidemark-files", "blobs")
    assert problems(spec_of(job)[0]) == []


def test_a_built_runtime_s_packages_are_laid_over_the_image_s_and_named_in_the_record(
    backend: Backend, tmp_path: Path
) -> None:
    runtime = make_runtime(tmp_path)
    with backend.runner("empty", seccomp_profile="tidemark/filter.json") as runner:
        run = runner.run(make_request("pass", runtime=runtime, local_sockets=True), slot=SLOT)

    (job,) = backend.replay.asked("POST .*/jobs")
    spec, container = spec_of(job)
    shown = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
    assert (shown["/venv/lib"]["subPath"], shown["/venv/lib"]["readOnly"]) == (f"{runtime.name}/lib", True)
    assert run.runtime_digest == runtime.name
    assert spec["securityContext"]["seccompProfile"]["localhostProfile"] == "tidemark/filter-local.json"


def test_an_input_that_is_too_long_to_be_spooled_is_our_fault(backend: Backend, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes((1 << 20) + 1))
    with (
        (tmp_path / "large").open("rb") as file,
        backend.runner("empty", spool_mib=1) as runner,
        pytest.raises(SandboxError, match="longer than 1 MiB"),
    ):
        runner.run(make_request("pass"), slot=SLOT, stdin_fd=file.fileno())
    assert backend.replay.asked("POST .*/jobs") == []


def test_a_run_that_waits_for_its_input_can_be_cancelled(backend: Backend) -> None:
    read_end, write_end = os.pipe()
    cancel = threading.Event()
    threading.Timer(0.3, cancel.set).start()
    with backend.runner("empty") as runner:
        run = runner.run(make_request("pass"), slot=SLOT, stdin_fd=read_end, cancel=cancel)
    os.close(read_end)
    os.close(write_end)

    assert (run.outcome, backend.replay.requests) == (Outcome.OURS, [])


def test_joined_runs_go_one_after_the_other(tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    (tmp_path / "r").mkdir()
    writer, reader = Backend("kubernetes", tmp_path / "w"), Backend("kubernetes", tmp_path / "r")
    with writer.runner("stdout-to-descriptor") as first, reader.runner("stdin-from-descriptor") as second:
        both = _Two(first, second)
        halves = (make_request("pass"), make_request("pass", stage=Stage.SCORE))
        done = sandbox.run_joined(both, sandbox.Half(halves[0], SLOT), sandbox.Half(halves[1], SLOT + 1))

    assert [run.outcome for run in done] == [Outcome.OK, Outcome.OK]
    (job,) = reader.replay.asked("POST .*/jobs")
    assert {"/runtime/stdin"} <= {mount["mountPath"] for mount in spec_of(job)[1]["volumeMounts"]}


class _Two:
    """Two runners as one: the first has the writers."""

    name = "kubernetes"

    def __init__(self, writer: Any, reader: Any) -> None:
        self._runners = {Stage.NORMALISE: writer, Stage.SCORE: reader}

    def run(self, request: RunRequest, **options: Any) -> Any:
        return self._runners[request.stage].run(request, **options)


def test_a_cluster_without_the_runtime_class_is_an_error_and_without_a_class_at_all_a_warning(backend: Backend) -> None:
    with backend.runner("missing-program") as runner:
        absent = {"status": 404, "json": {"kind": "Status", "message": "not found", "code": 404}}
        backend.replay.exchanges.insert(0, {"request": "GET .*/runtimeclasses/gvisor", **absent})
        found = runner.self_test()
    assert (found[0].severity, found[0].what) == (Severity.ERROR, "the cluster has no runtime class 'gvisor'")
    assert "no box can be made" in found[1].what

    with backend.runner("missing-program", runtime_class="") as runner:
        found = runner.self_test()
    assert (found[0].severity, "share their node's kernel" in found[0].what) == (Severity.WARNING, True)


def test_a_token_is_never_sent_in_the_clear(tmp_path: Path) -> None:
    settings = KubernetesSettings(IMAGE, tmp_path, {}, server="http://cluster.example")

    with pytest.raises(ValueError, match="in the clear"):
        sandbox.make_runner("kubernetes", settings=settings)


def test_settings_are_read_from_plain_values_and_mistakes_are_named(tmp_path: Path) -> None:
    values = {"image": IMAGE, "exchange": "/x", "volumes": {"/files": "c"}, "namespaces": {"score": "boxes-score"}}
    settings = KubernetesSettings.of(values)

    assert settings.volumes == {Path("/files"): "c"}
    assert settings.namespaces[Stage.SCORE] == "boxes-score"
    assert settings.namespaces[Stage.PREDICT] == "tidemark-predict"
    with pytest.raises(ValueError, match="'claims' is unknown; 'volumes' is missing"):
        KubernetesSettings.of({"image": IMAGE, "exchange": "/x", "claims": {}})
    with pytest.raises(ValueError, match="must be an absolute path"):
        KubernetesSettings.of(values | {"exchange": "x"})
    with pytest.raises(ValueError, match="with its digest"):
        KubernetesSettings.of(values | {"image": "tidemark-runtime:latest"})


# -- the exchange folder ----------------------------------------------------------------------------------------------


def test_the_size_of_an_output_is_what_is_on_disk_and_counting_ends(tmp_path: Path) -> None:
    made = RunFolder.make(tmp_path / "run", 60001)
    output = tmp_path / "run/output"
    (output / "deep").mkdir()
    (output / "deep/a").write_bytes(bytes(8192))
    with (output / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    (output / "link").symlink_to("/usr")
    size, entries = made.output_use(100)
    for number in range(300):
        (output / f"f{number}").touch()

    assert 8192 <= size < 1 << 20
    assert entries == 4
    assert made.output_use(100)[1] == 101
    made.remove()
    assert not (tmp_path / "run").exists()


def test_a_tree_that_is_deeper_than_python_can_follow_is_removed(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    here = os.open(tmp_path / "run", os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)

    remove_tree(tmp_path / "run")

    assert not (tmp_path / "run").exists()


def test_a_hostile_depth_counts_as_too_many_entries(tmp_path: Path) -> None:
    made = RunFolder.make(tmp_path / "run", 60001)
    (tmp_path / "run/output" / "/".join("d" * 40)).mkdir(parents=True)

    assert made.output_use(1000)[1] > 1000
    made.remove()
