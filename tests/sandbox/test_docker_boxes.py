"""What a Docker engine is told, and what is made of what it says. No live engine: see replay.py."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import sandbox
from sandbox import DockerSettings, Mount, Outcome, RunRequest, SandboxError, Severity, Stage
from sandbox.container import Image, keeper, output_volume, program, with_stdin
from tests.sandbox.makers import make_limits, make_request
from tests.sandbox.replay import Replay
from tests.sandbox.replayed_backends import IMAGE, SLOT, Backend, make_runtime

BODY = {"request": "GET /v1\\.44/containers/box/json", "repeat": True}


@pytest.fixture
def backend(tmp_path: Path) -> Backend:
    return Backend("docker", tmp_path)


def request_of(tmp_path: Path, **limits: float) -> RunRequest:
    (tmp_path / "code").mkdir(exist_ok=True)
    mount = Mount(tmp_path / "code", "/code", "code")
    return make_request("pass", mount, stage=Stage.PREDICT, limits=make_limits(**limits), env={"ANSWER": "42"})


def test_the_engine_is_told_to_make_a_tight_box(tmp_path: Path) -> None:
    request = request_of(tmp_path, memory_mib=300, processes=20, cpus=1.5, tmp_mib=8, shm_mib=2, file_mib=7, inodes=99)
    body = program(request, 3, Image(IMAGE, ("PATH", "SECRET")), "runsc", "volume")
    host = body["HostConfig"]

    assert (body["Image"], body["User"], body["Hostname"]) == (IMAGE, "60004:60004", "sandbox")
    assert (body["Entrypoint"], body["Cmd"]) == (["python"], ["-c", "pass"])
    assert (body["OpenStdin"], body["Tty"], body["NetworkDisabled"], body["Healthcheck"]) == (
        False,
        False,
        True,
        {"Test": ["NONE"]},
    )
    assert (host["Runtime"], host["NetworkMode"], host["IpcMode"], host["PidMode"]) == ("runsc", "none", "private", "")
    assert (host["ReadonlyRootfs"], host["Privileged"], host["CapDrop"]) == (True, False, ["ALL"])
    assert (host["Memory"], host["MemorySwap"], host["PidsLimit"]) == (300 << 20, 300 << 20, 20)
    assert (host["NanoCpus"], host["ShmSize"]) == (1_500_000_000, 2 << 20)
    assert host["LogConfig"] == {"Type": "none", "Config": {}}
    assert host["Tmpfs"] == {"/tmp": f"rw,noexec,nosuid,nodev,size={8 << 20},nr_inodes=99,mode=1777"}
    assert host["SecurityOpt"][0] == "no-new-privileges"
    assert host["SecurityOpt"][1].startswith('seccomp={"defaultAction":"SCMP_ACT_ERRNO"')
    assert {"Name": "fsize", "Soft": 7 << 20, "Hard": 7 << 20} in host["Ulimits"]
    assert {"Name": "core", "Soft": 0, "Hard": 0} in host["Ulimits"]
    assert not {"Devices", "Binds", "CapAdd", "VolumesFrom", "Links"} & host.keys()
    assert body["Labels"].keys() == {"tidemark.box", "tidemark.deadline", "tidemark.owner"}


def test_nothing_of_the_image_s_environment_is_left(tmp_path: Path) -> None:
    body = program(request_of(tmp_path), 0, Image(IMAGE, ("PATH", "SECRET")), None, "volume")

    assert {"SECRET", "HOSTNAME", "ANSWER=42", "PATH=/venv/bin:/usr/bin"} <= set(body["Env"])
    assert "PATH" not in body["Env"]  # ours is set; a bare name would take it away
    assert "Runtime" not in body["HostConfig"]


def test_only_the_output_can_be_written_and_only_by_the_program(tmp_path: Path) -> None:
    request = request_of(tmp_path, output_mib=5, inodes=99)
    code, output = program(request, 0, Image(IMAGE), None, "volume")["HostConfig"]["Mounts"]
    (kept,) = keeper(request, Image(IMAGE), None, "volume")["HostConfig"]["Mounts"]

    assert (code["Type"], code["Source"], code["Target"]) == ("bind", str(tmp_path / "code"), "/code")
    assert (code["ReadOnly"], code["BindOptions"]["NonRecursive"]) == (True, True)
    assert (output["Type"], output["Source"], output["Target"], output["ReadOnly"]) == (
        "volume",
        "volume",
        "/output",
        False,
    )
    assert (kept["Source"], kept["ReadOnly"]) == ("volume", True)
    options = output_volume(request, "volume")["DriverOpts"]
    assert options == {
        "type": "tmpfs",
        "device": "tmpfs",
        "o": f"size={5 << 20},nr_inodes=99,mode=1777,nosuid,nodev,noexec",
    }


def test_a_file_that_the_box_could_not_read_is_our_fault_and_not_the_program_s(tmp_path: Path) -> None:
    request = request_of(tmp_path)
    (tmp_path / "code/model").mkdir()
    (tmp_path / "code/model/weights.npy").touch(mode=0o600)

    with pytest.raises(SandboxError, match="must be readable for everybody"):
        program(request, 0, Image(IMAGE), None, "volume")


def test_a_program_with_an_input_has_a_stdin_that_ends() -> None:
    assert {"OpenStdin", "StdinOnce", "AttachStdin"} <= {key for key, value in with_stdin({}).items() if value is True}


def test_the_output_is_read_when_the_program_s_container_is_gone_and_nothing_is_left(backend: Backend) -> None:
    with backend.runner("ok") as runner:
        runner.run(make_request("pass"), slot=SLOT)
    lines = [asked.line.replace("/v1.44", "") for asked in backend.replay.requests]
    order = [
        next(place for place, line in enumerate(lines) if line.startswith(wanted))
        for wanted in (
            "POST /volumes/create",
            "POST /containers/keeper/start",
            "POST /containers/box/attach",
            "POST /containers/box/start",
            "DELETE /containers/box",
            "GET /containers/keeper/archive",
            "DELETE /containers/keeper",
            "DELETE /volumes/",
        )
    ]

    assert order == sorted(order)
    assert lines[-1].startswith("DELETE /volumes/")


def test_gvisor_is_used_where_the_engine_has_it_and_its_absence_is_a_warning(backend: Backend) -> None:
    with backend.runner("ok") as runner:
        runner.run(make_request("pass"), slot=SLOT)
    bodies = [body for body in backend.replay.asked("POST .*/containers/create") if body]
    assert [body["HostConfig"]["Runtime"] for body in bodies] == ["runsc", "runsc"]

    with backend.runner("ok") as runner:
        change_info(backend.replay, Runtimes={"runc": {"path": "runc"}})
        runner.run(make_request("pass"), slot=SLOT)
        found = runner.self_test()
        backend.replay.unexpected.clear()  # the canaries are not in this scenario
    bodies = [body for body in backend.replay.asked("POST .*/containers/create") if body]
    assert "Runtime" not in bodies[0]["HostConfig"]
    assert [finding.severity for finding in found if "gVisor" in finding.what] == [Severity.WARNING]


def test_an_engine_that_would_drop_a_limit_is_told(backend: Backend) -> None:
    with backend.runner("ok") as runner:
        change_info(backend.replay, MemoryLimit=False, SwapLimit=False, SecurityOptions=[])
        found = runner.self_test()
        backend.replay.unexpected.clear()

    assert {(finding.severity, finding.what) for finding in found} >= {
        (Severity.ERROR, "the Docker engine cannot limit memory"),
        (Severity.ERROR, "the Docker engine has no seccomp"),
        (Severity.WARNING, "the Docker engine cannot limit swap: a program may use more than its memory"),
    }


def test_a_self_test_whose_canaries_cannot_be_made_is_an_error(backend: Backend) -> None:
    with backend.runner("missing-program") as runner:
        found = runner.self_test()
        backend.replay.unexpected.clear()

    assert found[0].severity is Severity.ERROR
    assert "no box can be made" in found[0].what


def test_an_image_without_a_digest_is_refused() -> None:
    with pytest.raises(ValueError, match="must be named with its digest"):
        DockerSettings("tidemark-runtime:latest")


def test_an_image_that_is_missing_or_declares_volumes_is_our_fault(backend: Backend) -> None:
    image = "GET /v1\\.44/images/[^/]+/json"
    for answer, words in (
        ({"status": 404, "json": {"message": "No such image"}}, "has no image"),
        ({"json": {"Config": {"Volumes": {"/data": {}}}}}, "declares volumes"),
    ):
        with backend.runner("ok") as runner:
            backend.replay.exchanges.insert(0, {"request": image, **answer})
            with pytest.raises(SandboxError, match=words):
                runner.run(make_request("pass"), slot=SLOT)


def test_an_engine_that_is_not_there_is_our_fault(tmp_path: Path) -> None:
    runner = sandbox.make_runner("docker", settings=DockerSettings(IMAGE, str(tmp_path / "none.sock")))

    with pytest.raises(SandboxError, match="cannot be reached"):
        runner.run(make_request("pass"), slot=SLOT)
    (found,) = runner.self_test()
    assert (found.severity, "cannot be reached" in found.what) == (Severity.ERROR, True)


def test_an_engine_that_fails_during_a_run_is_our_fault_and_the_box_is_removed(backend: Backend) -> None:
    with backend.runner("empty") as runner:
        backend.replay.exchanges.insert(0, BODY | {"status": 500, "json": {"message": "shim died"}})
        with pytest.raises(SandboxError, match="shim died"):
            runner.run(make_request("pass"), slot=SLOT)
    assert backend.replay.asked("DELETE .*/containers/box")


def test_a_container_that_the_engine_could_not_run_is_our_fault(backend: Backend) -> None:
    state = {"State": {"Running": False, "ExitCode": 128, "Error": "OCI runtime error", "OOMKilled": False}}
    with backend.runner("empty") as runner:
        backend.replay.exchanges.insert(0, BODY | {"json": state})
        with pytest.raises(SandboxError, match="OCI runtime error"):
            runner.run(make_request("pass"), slot=SLOT)


def test_processor_time_as_the_engine_counts_it_is_a_limit(backend: Backend) -> None:
    stats = {"cpu_stats": {"cpu_usage": {"total_usage": 9_000_000_000}}, "memory_stats": {"usage": 64 << 20}}
    with backend.runner("time") as runner:
        backend.replay.exchanges.insert(0, {"request": "GET .*/stats.*", "repeat": True, "json": stats})
        run = runner.run(make_request("pass", limits=make_limits(cpu_seconds=5)), slot=SLOT)

    assert (run.outcome, run.cpu_seconds, run.peak_memory_mib) == (Outcome.TIME, 9.0, 64.0)
    assert "5 seconds of processor time" in run.reason


def test_a_program_that_nobody_reads_is_ended_and_not_said_to_have_died(backend: Backend) -> None:
    read_end, write_end = os.pipe()
    with backend.runner("stdout-to-descriptor") as runner:
        frames = {"frames": [[1, "x", 1 << 20], {"hold": "POST .*/kill"}]}
        attach = {"request": "POST .*/attach.*", **frames}
        states: list[Mapping[str, Any]] = Replay.of("docker", "time").exchanges[1:3]
        backend.replay.exchanges[:0] = [attach, *map(dict, states)]
        run = runner.run(make_request("pass"), slot=SLOT, stdout_fd=write_end, on_start=lambda: os.close(read_end))
    os.close(write_end)

    assert (run.outcome, run.exit_code, run.signal) == (Outcome.CRASHED, None, None)


def test_two_boxes_are_joined_through_the_engine(tmp_path: Path) -> None:
    """The writer's engine sends frames, the reader's sends back what it got."""
    writer, reader = Backend("docker", tmp_path), Backend("docker", tmp_path)
    with writer.runner("stdout-to-descriptor") as first, reader.runner("stdin-from-descriptor") as second:
        both = _ByStage({Stage.NORMALISE: first, Stage.SCORE: second})
        request = make_request("pass", stage=Stage.SCORE, limits=make_limits(stdout_kib=1024))
        written, read = sandbox.run_joined(
            both, sandbox.Half(make_request("pass"), SLOT), sandbox.Half(request, SLOT + 1)
        )

    assert (written.outcome, read.outcome) == (Outcome.OK, Outcome.OK)
    assert read.stdout == b"0123456789" * 20000


class _ByStage:
    """A runner for each stage, as one."""

    name = "docker"

    def __init__(self, runners: Mapping[Stage, Any]) -> None:
        self._runners = runners

    def run(self, request: RunRequest, **options: Any) -> Any:
        return self._runners[request.stage].run(request, **options)


def test_the_profile_s_digest_changes_with_the_runtime_and_the_variant_of_the_filter(backend: Backend) -> None:
    digests = []
    for change, local in (({}, False), ({"Runtimes": {}}, False), ({}, True), ({}, False)):
        with backend.runner("empty") as runner:
            change_info(backend.replay, **change)
            digests.append(runner.run(make_request("pass", local_sockets=local), slot=SLOT).profile_digest)

    assert len(set(digests)) == 3
    assert digests[0] == digests[3]


def test_a_built_runtime_s_packages_are_laid_over_the_image_s_and_named_in_the_record(
    backend: Backend, tmp_path: Path
) -> None:
    runtime = make_runtime(tmp_path)
    with backend.runner("empty") as runner:
        run = runner.run(make_request("pass", runtime=runtime), slot=SLOT)

    (body,) = [body for body in backend.replay.asked("POST .*/create\\?name=.*") if body["User"] != "65534:65534"]
    shown = {mount["Target"]: mount for mount in body["HostConfig"]["Mounts"]}
    assert (shown["/venv/lib"]["Source"], shown["/venv/lib"]["ReadOnly"]) == (str(runtime / "lib"), True)
    assert run.runtime_digest == runtime.name


def test_a_box_with_local_sockets_has_the_wider_filter_and_no_other(tmp_path: Path) -> None:
    request = request_of(tmp_path)
    plain, local = (
        program(replace(request, local_sockets=value), 0, Image(IMAGE), None, "v")["HostConfig"]["SecurityOpt"][1]
        for value in (False, True)
    )

    assert '"connect"' not in plain
    assert '"connect"' in local


def change_info(replay: Replay, **changes: object) -> None:
    info = next(one for one in replay.exchanges if one["request"].endswith("/info"))
    info["json"] = info["json"] | changes
