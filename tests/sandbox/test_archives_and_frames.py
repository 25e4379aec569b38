"""What an engine hands out is read without trust: archives of an output, and frames of a stream."""

from __future__ import annotations

import io
import struct
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import Outcome, SandboxError
from sandbox.archives import unpack
from sandbox.files import BadOutput
from sandbox.relay import Frames
from tests.sandbox.makers import make_limits


def tar_of(*entries: tarfile.TarInfo | tuple[tarfile.TarInfo, bytes], kind: int = tarfile.USTAR_FORMAT) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w", format=kind) as archive:
        for entry in entries:
            info, data = entry if isinstance(entry, tuple) else (entry, b"")
            archive.addfile(info, io.BytesIO(data) if data else None)
    return whole.getvalue()


def entry(name: str, kind: bytes = tarfile.REGTYPE, **values: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    for key, value in values.items():
        setattr(info, key, value)
    return info


def file(name: str, data: bytes = b"x") -> tuple[tarfile.TarInfo, bytes]:
    return entry(name, size=len(data)), data


ROOT = entry("output/", tarfile.DIRTYPE)


def test_plain_files_and_folders_are_taken(tmp_path: Path) -> None:
    long = b"y" * 3_000_000
    data = tar_of(ROOT, file("output/a.csv"), entry("output/maps/", tarfile.DIRTYPE), file("output/maps/b.tif", long))

    unpack(io.BytesIO(data), "output", tmp_path, make_limits())

    assert (tmp_path / "a.csv").read_bytes() == b"x"
    assert (tmp_path / "maps/b.tif").read_bytes() == long
    assert (tmp_path / "maps/b.tif").stat().st_mode & 0o777 == 0o600


def test_times_and_owners_in_extended_headers_are_ignored(tmp_path: Path) -> None:
    times = {"mtime": "1700000000.5", "uid": "4000000"}
    data = tar_of(ROOT, entry("output/a", pax_headers=times), kind=tarfile.PAX_FORMAT)

    unpack(io.BytesIO(data), "output", tmp_path, make_limits())

    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize(
    ("outcome", "entries"),
    [
        (Outcome.VIOLATION, [entry("output/a", tarfile.SYMTYPE, linkname="/etc/passwd")]),
        (Outcome.VIOLATION, [file("output/a"), entry("output/b", tarfile.LNKTYPE, linkname="output/a")]),
        (Outcome.VIOLATION, [entry("output/a", tarfile.CHRTYPE)]),
        (Outcome.VIOLATION, [entry("output/a", tarfile.BLKTYPE)]),
        (Outcome.VIOLATION, [entry("output/a", tarfile.FIFOTYPE)]),
        (Outcome.VIOLATION, [entry("output/a", tarfile.CONTTYPE)]),
        (Outcome.VIOLATION, [file("output/../a")]),
        (Outcome.VIOLATION, [file("output//a")]),
        (Outcome.VIOLATION, [file("output/.hidden")]),
        (Outcome.VIOLATION, [file("output/a\nb")]),
        (Outcome.VIOLATION, [file("output/a"), file("output/a")]),
        (Outcome.VIOLATION, [entry("output/a", tarfile.DIRTYPE), file("output/a")]),
        (Outcome.OUTPUT, [entry(f"output/{name}/", tarfile.DIRTYPE) for name in ("a", "a/b", "a/b/c")]),
        (Outcome.OUTPUT, [entry(f"output/f{number}/", tarfile.DIRTYPE) for number in range(65)]),
        (Outcome.OUTPUT, [file(f"output/f{number}") for number in range(17)]),
        (Outcome.OUTPUT, [file("output/a", b"x" * (2 << 20)), file("output/b", b"x" * (2 << 20))]),
    ],
)
def test_what_no_honest_program_writes_is_refused(
    tmp_path: Path, outcome: Outcome, entries: list[tarfile.TarInfo]
) -> None:
    (tmp_path / "in").mkdir()

    with pytest.raises(BadOutput) as refused:
        unpack(io.BytesIO(tar_of(ROOT, *entries)), "output", tmp_path / "in", make_limits(output_mib=3))

    assert refused.value.outcome is outcome
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize(("name", "value"), [("path", "/etc/cron.d/x"), ("linkpath", "x"), ("GNU.sparse.name", "x")])
def test_a_name_in_an_extended_header_is_refused(tmp_path: Path, name: str, value: str) -> None:
    data = tar_of(ROOT, entry("output/a", pax_headers={name: value}), kind=tarfile.PAX_FORMAT)

    with pytest.raises(BadOutput, match="too long, or not of"):
        unpack(io.BytesIO(data), "output", tmp_path, make_limits())


def test_a_sparse_file_is_refused_by_its_size_before_it_is_read(tmp_path: Path) -> None:
    head = entry("output/a", size=6 << 30).tobuf(tarfile.USTAR_FORMAT)

    with pytest.raises(BadOutput, match="larger than 64 MiB together"):
        unpack(io.BytesIO(ROOT.tobuf(tarfile.USTAR_FORMAT) + head), "output", tmp_path, make_limits())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no tar at all" * 100,
        ROOT.tobuf(tarfile.USTAR_FORMAT),
        tar_of(ROOT, file("output/a", b"x" * 600))[:1200],
        tar_of(file("elsewhere/a")),
        tar_of(file("output")),
        tar_of(ROOT, file("output/missing/a")),
        tar_of(ROOT)[:148] + b"0000000\0" + tar_of(ROOT)[156:],
    ],
)
def test_an_archive_that_is_none_is_our_fault(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(SandboxError):
        unpack(io.BytesIO(data), "output", tmp_path, make_limits())


@given(st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=40))), st.lists(st.integers(1, 9)))
def test_frames_are_the_same_however_they_are_cut(frames: list[tuple[int, bytes]], cuts: list[int]) -> None:
    whole = b"".join(struct.pack(">B3xI", kind, len(data)) + data for kind, data in frames)
    reader, found = Frames(), {"stdout": b"", "stderr": b""}
    place = 0
    for cut in [*cuts, len(whole) + 1]:
        for name, data in reader.feed(whole[place : place + cut]):
            found[name] += data
        place += cut

    assert found["stdout"] == b"".join(data for kind, data in frames if kind == 1)
    assert found["stderr"] == b"".join(data for kind, data in frames if kind == 2)


def test_a_frame_of_no_known_stream_is_our_fault() -> None:
    with pytest.raises(SandboxError, match="unknown kind 7"):
        Frames().feed(struct.pack(">B3xI", 7, 1) + b"x")
