"""Taking files out of a folder that a program of strangers wrote."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Limits, Outcome, OutputSpec, SandboxError
from sandbox.files import BadOutput, check, collect

LIMITS = Limits(wall_seconds=1, cpu_seconds=1, memory_mib=64, output_mib=1, output_files=4)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    folder = tmp_path / "output"
    folder.mkdir()
    return folder


@pytest.fixture
def descriptor(output: Path) -> Iterator[int]:
    opened = os.open(output, os.O_RDONLY | os.O_DIRECTORY)
    yield opened
    os.close(opened)


def test_plain_files_are_copied_and_nobody_else_may_read_them(output: Path, descriptor: int, tmp_path: Path) -> None:
    (output / "sub").mkdir()
    (output / "sub/b.tif").write_bytes(b"b" * 70000)
    (output / "a.csv").write_text("a")

    assert collect(descriptor, tmp_path / "kept", LIMITS, ()) == ("a.csv", "sub/b.tif")
    assert (tmp_path / "kept/sub/b.tif").read_bytes() == b"b" * 70000
    assert (tmp_path / "kept/a.csv").stat().st_mode & 0o777 == 0o600


def test_a_name_may_begin_with_an_underscore_but_not_with_a_dot_or_hyphen(
    output: Path, descriptor: int, tmp_path: Path
) -> None:
    (output / "_package").mkdir()
    (output / "_package/__init__.py").touch()

    assert collect(descriptor, tmp_path / "kept", LIMITS, ()) == ("_package/__init__.py",)
    assert [file.name for file in check(descriptor, LIMITS, (OutputSpec("_package/__init__.py", 0),))]
    for name in (".init", "-init", "_" * 101):
        (output / name).touch()
        with pytest.raises(BadOutput, match="has characters other than"):
            check(descriptor, LIMITS, ())
        (output / name).unlink()


def link(output: Path) -> None:
    (output / "link").symlink_to("/etc/passwd")


def hard_link(output: Path) -> None:
    (output / "a").touch()
    (output / "b").hardlink_to(output / "a")


def fifo(output: Path) -> None:
    os.mkfifo(output / "fifo")


def odd_name(output: Path) -> None:
    (output / "a\nb").touch()


def link_in_folder(output: Path) -> None:
    (output / "sub").mkdir()
    (output / "sub/link").symlink_to("..")


def too_many(output: Path) -> None:
    for number in range(5):
        (output / str(number)).touch()


def sparse(output: Path) -> None:
    with (output / "sparse").open("wb") as file:
        file.truncate(1 << 40)


def too_deep(output: Path) -> None:
    (output / "a/b/c/d").mkdir(parents=True)


def too_many_folders(output: Path) -> None:
    for number in range(100):
        (output / str(number)).mkdir()


@pytest.mark.parametrize(
    ("make", "outcome", "words"),
    [
        (link, Outcome.VIOLATION, "/output/link is a link or device"),
        (hard_link, Outcome.VIOLATION, "is a link or device"),
        (fifo, Outcome.VIOLATION, "/output/fifo is a link or device"),
        (odd_name, Outcome.VIOLATION, "has characters other than"),
        (link_in_folder, Outcome.VIOLATION, "/output/sub/link is a link"),
        (too_many, Outcome.OUTPUT, "more than 4 files"),
        (sparse, Outcome.OUTPUT, "larger than 1 MiB together"),
        (too_deep, Outcome.OUTPUT, "too deep"),
        (too_many_folders, Outcome.OUTPUT, "too many folders"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_whatever_is_no_plain_file_or_too_much_is_refused_whole(
    output: Path, descriptor: int, tmp_path: Path, make: object, outcome: Outcome, words: str
) -> None:
    """W7: links, devices and odd names that a program left."""
    make(output)  # type: ignore[operator]
    (output / "0").touch()

    with pytest.raises(BadOutput) as refused:
        collect(descriptor, tmp_path / "kept", LIMITS, ())

    assert refused.value.outcome is outcome
    assert words in refused.value.reason
    assert "\n" not in refused.value.reason
    assert not (tmp_path / "kept").exists()


def test_a_disk_that_is_full_or_missing_is_our_fault(output: Path, descriptor: int, tmp_path: Path) -> None:
    (output / "a").touch()
    (tmp_path / "file").touch()

    with pytest.raises(SandboxError, match="could not be stored"):
        collect(descriptor, tmp_path / "file/below", LIMITS, ())


def test_nothing_that_was_there_before_is_overwritten_or_removed(output: Path, descriptor: int, tmp_path: Path) -> None:
    for name in "abc":
        (output / name).write_text("new")
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "b").write_text("old")

    with pytest.raises(SandboxError, match="File exists"):
        collect(descriptor, kept, LIMITS, ())

    assert [path.name for path in kept.iterdir()] == ["b"]
    assert (kept / "b").read_text() == "old"


def test_with_declared_files_others_are_left_and_missing_ones_told(output: Path, descriptor: int) -> None:
    (output / "a.csv").write_text("aaa")
    (output / "extra").touch()
    optional = OutputSpec("b.csv", 1, required=False)

    assert [file.name for file in check(descriptor, LIMITS, (OutputSpec("a.csv", 3), optional))] == ["a.csv"]
    with pytest.raises(BadOutput, match="without writing /output/c"):
        check(descriptor, LIMITS, (OutputSpec("c.csv", 3),))
    with pytest.raises(BadOutput, match="has 3 bytes; at most 2"):
        check(descriptor, LIMITS, (OutputSpec("a.csv", 2),))
