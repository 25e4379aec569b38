"""What may be asked of a box: the rules that need no box to be tested."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from sandbox import Limits, Mount, OutputSpec, RunRequest, Stage, make_runner

LIMITS = Limits(wall_seconds=1, cpu_seconds=1, memory_mib=64)


def make_request(*mounts: Mount, stage: Stage = Stage.PREDICT, **changes: object) -> RunRequest:
    values: dict[str, object] = {"run_id": "run-1", "argv": ("python",), "limits": LIMITS} | changes
    return RunRequest(stage=stage, mounts=mounts, **values)  # type: ignore[arg-type]


ALLOWED = {
    Stage.PREDICT: {"code", "input", "prediction", "library"},
    Stage.NORMALISE: {"input", "prediction", "library"},
    Stage.SCORE: {"input", "truth", "library"},
}


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("kind", ["code", "input", "prediction", "truth", "library"])
def test_each_stage_mounts_only_what_may_stand_beside_its_secrets(stage: Stage, kind: str) -> None:
    mount = Mount(Path("/x"), "/place", kind)  # type: ignore[arg-type]
    if kind in ALLOWED[stage]:
        assert make_request(mount, stage=stage).mounts == (mount,)
        return
    with pytest.raises(ValueError, match=f"a {stage} box must not mount {kind} .*/place"):
        make_request(mount, stage=stage)


@pytest.mark.parametrize(
    "at",
    ["input", "", "/", "/input/", "/input/../etc", "/input//x", "/.hidden", "/a b", "/a\nb", "/-x", "/x" * 2 + "\0"],
)
def test_a_mount_point_is_a_plain_absolute_path(at: str) -> None:
    with pytest.raises(ValueError, match="not an absolute path of plain names"):
        Mount(Path("/x"), at, "input")


@pytest.mark.parametrize("at", ["/usr/lib", "/venv", "/tmp/x", "/output", "/dev", "/proc", "/etc/passwd", "/lib64"])
def test_a_mount_cannot_hide_what_the_box_lays_out(at: str) -> None:
    with pytest.raises(ValueError, match="belongs to the box itself"):
        Mount(Path("/x"), at, "input")


@pytest.mark.parametrize(("first", "second"), [("/input", "/input"), ("/input", "/input/sub"), ("/a/b/c", "/a/b")])
def test_mounts_that_overlap_are_refused(first: str, second: str) -> None:
    with pytest.raises(ValueError, match="overlap"):
        make_request(Mount(Path("/x"), first, "input"), Mount(Path("/y"), second, "input"))


def test_mounts_beside_each_other_are_fine() -> None:
    make_request(Mount(Path("/x"), "/input/a", "input"), Mount(Path("/y"), "/input-b", "input"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"run_id": "../x"}, "run_id"),
        ({"run_id": ""}, "run_id"),
        ({"argv": ()}, "must name a program"),
        ({"argv": ("python", "a\0b")}, "NUL"),
        ({"env": {"A=B": "c"}}, "bad name"),
        ({"env": {"A": "line\nline"}}, "control characters"),
        ({"env": {"A": "\x1b[0m"}}, "control characters"),
    ],
)
def test_a_request_with_nonsense_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_request(**changes)


def test_nobody_can_ask_for_a_network() -> None:
    assert not [field.name for field in fields(RunRequest) if "net" in field.name]


@pytest.mark.parametrize("name", ["wall_seconds", "cpu_seconds", "memory_mib", "processes", "cpus", "output_files"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_limits_are_above_nothing_and_below_infinity(name: str, value: float) -> None:
    values = {"wall_seconds": 1, "cpu_seconds": 1, "memory_mib": 64} | {name: value}
    with pytest.raises(ValueError, match=name):
        Limits(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "/abs", "../x", "a/../b", ".hidden", "a b"])
def test_a_declared_output_is_a_plain_name(name: str) -> None:
    with pytest.raises(ValueError, match="not a relative path of plain names"):
        OutputSpec(name, max_bytes=1)


def test_the_fake_is_never_chosen_by_name() -> None:
    with pytest.raises(ValueError, match="'fake' is unknown"):
        make_runner("fake")
