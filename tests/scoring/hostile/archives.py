"""Hostile and mistaken ZIP archives for a task of two scenes, `one` and `two`."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from tests.scoring.hostile.attack import Attack
from tests.scoring.makers import geotiff, zipped

CELLS: Final = np.eye(16, dtype=np.uint8)


def tif(folder: Path) -> bytes:
    return geotiff(folder / "pieces" / "good.tif", CELLS).read_bytes()


def with_members(*extra: tuple[str, bytes | None], leave_out: tuple[str, ...] = ()) -> Callable[[Path], Any]:
    """Both scenes, and more; None as content stands for an honest raster."""

    def write(path: Path) -> None:
        good = tif(path.parent)
        names = [name for name in ("one.tif", "two.tif") if name not in leave_out]
        pairs = [(name, good) for name in names] + [(name, good if data is None else data) for name, data in extra]
        zipped(path, pairs)

    return write


def special(mode: int) -> Callable[[Path], Any]:
    def write(path: Path) -> None:
        info = zipfile.ZipInfo("one.tif")
        info.external_attr = (mode | 0o777) << 16
        info.create_system = 3
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(info, "/truth/scene_0000.npy")
            archive.writestr("two.tif", tif(path.parent))

    return write


def patched(change: Callable[[bytearray], None]) -> Callable[[Path], Any]:
    def write(path: Path) -> None:
        with_members()(path)
        data = bytearray(path.read_bytes())
        change(data)
        path.write_bytes(data)

    return write


def encrypt(data: bytearray) -> None:
    """Set the encryption bit of every entry, in both places."""
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = -1
        while (start := data.find(mark, start + 1)) >= 0:
            data[start + at] |= 1


def lie_about_size(data: bytearray) -> None:
    """The directory says that the first entry unpacks to 10 bytes."""
    struct.pack_into("<I", data, data.find(b"PK\x01\x02") + 24, 10)


def break_checksum(data: bytearray) -> None:
    for mark, at in ((b"PK\x03\x04", 14), (b"PK\x01\x02", 16)):
        struct.pack_into("<I", data, data.find(mark) + at, 12345)


def overlap(data: bytearray) -> None:
    """Both entries of the directory point at the first one's bytes."""
    second = data.find(b"PK\x01\x02", data.find(b"PK\x01\x02") + 4)
    struct.pack_into("<I", data, second + 42, 0)


def million(data: bytearray) -> None:
    end = data.rfind(b"PK\x05\x06")
    struct.pack_into("<HH", data, end + 8, 60_000, 60_000)


def zip64(data: bytearray) -> None:
    end = data.rfind(b"PK\x05\x06")
    struct.pack_into("<HHII", data, end + 8, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)


def many_disks(data: bytearray) -> None:
    """The directory says that it begins on the second of three disks."""
    end = data.rfind(b"PK\x05\x06")
    struct.pack_into("<HH", data, end + 4, 2, 1)


def with_empty_members(count: int) -> Callable[[Path], None]:
    """So many real entries of no byte each, written without the library, which takes a minute for a million."""

    def write(path: Path) -> None:
        names = [b"%07d" % number for number in range(count)]
        locals_ = [struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 0, 0, 0, 0, 0, 0, 7, 0) + name for name in names]
        entries = [
            struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 37 * number) + name
            for number, name in enumerate(names)
        ]
        kept = min(count, 0xFFFF)
        end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, kept, kept, 53 * count, 37 * count, 0)
        path.write_bytes(b"".join([*locals_, *entries, end]))

    return write


def bomb(path: Path) -> None:
    """A gigabyte of zeros in a megabyte."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("one.tif", "w") as member:
            member.write(tif(path.parent))
            for _ in range(256):
                member.write(bytes(4 * 1024 * 1024))
        archive.writestr("two.tif", tif(path.parent))


def quiet_bomb(path: Path) -> None:
    """As bomb, but the directory and the local header say 100 bytes."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = b"".join(deflate.compress(bytes(1024 * 1024)) for _ in range(64)) + deflate.flush()
    name, checksum, size = b"one.tif", zlib.crc32(bytes(64 * 1024 * 1024)), 100
    local = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 0, checksum, len(body), size, len(name), 0) + name
    entry = struct.pack(
        "<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, checksum, len(body), size, len(name), 0, 0, 0, 0, 0, 0
    )  # fmt: skip
    directory = entry + name
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(directory), len(local) + len(body), 0)
    path.write_bytes(local + body + directory + end)


def no_entries(path: Path) -> None:
    zipped(path, {})


def other_method(path: Path) -> None:
    zipped(path, {"one.tif": tif(path.parent), "two.tif": tif(path.parent)}, zipfile.ZIP_LZMA)


def zarr(path: Path) -> None:
    """A store of chunks, whose description names the program that unpacks them."""
    description = b'{"zarr_format": 2, "shape": [16, 16], "chunks": [16, 16], "compressor": {"id": "pickle"}}'
    zipped(path, {".zarray": description, "0.0": CELLS.tobytes()})


ATTACKS: Final = (
    Attack("no entries", no_entries, ("scene_missing", "scene_missing"), "one.tif"),
    Attack("cut short", lambda p: (with_members()(p), p.write_bytes(p.read_bytes()[:-30])), ("zip_damaged",)),
    Attack("only a head", lambda p: p.write_bytes(b"PK\x03\x04"), ("zip_damaged",)),
    Attack(
        "missing scene",
        with_members(leave_out=("two.tif",)),
        ("scene_missing",),
        "Scene two is missing; expected a file named two.tif",
    ),
    Attack("extra scene", with_members(("three.tif", None)), ("scene_unexpected",), "three.tif"),
    Attack(
        "mistyped scene",
        with_members(("tow.tif", None), leave_out=("two.tif",)),
        ("scene_unexpected_hint", "scene_missing"),
        "did you mean 'two.tif'",
    ),
    Attack(
        "scene in capitals",
        with_members(("TWO.tif", None), leave_out=("two.tif",)),
        ("scene_unexpected", "scene_missing"),
    ),
    Attack("scene twice", with_members(("two.png", None)), ("scene_twice",), "two.png"),
    Attack("same name twice", with_members(("two.tif", None)), ("zip_duplicate_name",)),
    Attack("names alike but for case", with_members(("Two.tif", None)), ("zip_duplicate_name",)),
    Attack(
        "names alike but for the form of an accent",
        with_members(("caf\u00e9.tif", b""), ("cafe\u0301.tif", b"")),
        ("zip_duplicate_name",),
    ),
    Attack("overview beside", with_members(("one.tif.ovr", b"<VRTDataset/>")), ("sidecar",), "one.tif.ovr"),
    Attack("mask beside", with_members(("one.tif.msk", b"<VRTDataset/>")), ("sidecar",), "one.tif.msk"),
    Attack("metadata beside", with_members(("one.tif.aux.xml", b"<PAMDataset/>")), ("sidecar",)),
    Attack("world file beside", with_members(("one.tfw", b"1\n0\n0\n-1\n0\n0\n")), ("sidecar",)),
    Attack("projection beside", with_members(("one.prj", b"EPSG:4326")), ("sidecar",)),
    Attack("path upwards", with_members(("../one.tif", None)), ("zip_unsafe_name",)),
    Attack("path upwards inside", with_members(("a/../../one.tif", None)), ("zip_unsafe_name",)),
    Attack("absolute path", with_members(("/etc/cron.d/x", b"x")), ("zip_unsafe_name",)),
    Attack("drive letter", with_members(("C:\\x.tif", b"x")), ("zip_unsafe_name",)),
    Attack("backslash", with_members(("..\\x.tif", b"x")), ("zip_unsafe_name",)),
    Attack("line end in a name", with_members(("a\nb.tif", b"x")), ("zip_unsafe_name",)),
    Attack("terminal escape in a name", with_members(("\x1b[2Jx.tif", b"x")), ("zip_unsafe_name",)),
    Attack("right-to-left override", with_members(("x\u202efit.exe", b"x")), ("zip_unsafe_name",)),
    Attack("a thousand folders deep", with_members(("a/" * 1000 + "x.tif", b"x")), ("zip_unsafe_name",)),
    Attack("a hundred folders deep", with_members(("a/" * 100 + "x.tif", b"x")), ("zip_folders",)),
    Attack("option of a command", with_members(("--config=x", b"x")), ("scene_unexpected",), "--config"),
    Attack("repository of git", with_members((".git/hooks/post-checkout", b"x")), ("zip_folders",), ".git"),
    Attack("path file of Python", with_members(("x.pth", b"import os")), ("scene_unexpected",), "x.pth"),
    Attack("byte code", with_members(("__pycache__/one.cpython-311.pyc", b"x")), ("zip_folders",), "__pycache__"),
    Attack("build script", with_members(("setup.py", b"import os")), ("scene_unexpected",), "setup.py"),
    Attack("requirements", with_members(("requirements.txt", b"--index-url x")), ("scene_unexpected",)),
    Attack("Zarr", zarr, ("scene_unexpected", "scene_unexpected", "scene_missing", "scene_missing")),
    Attack("long name", with_members(("x" * 300 + ".tif", b"x")), ("zip_unsafe_name",)),
    Attack("program beside", with_members(("sitecustomize.py", b"x")), ("scene_unexpected",)),
    Attack("sub-folder", with_members(("deep/er/three.tif", None)), ("zip_folders",)),
    Attack("link", special(stat.S_IFLNK), ("zip_special_entry",), "one.tif"),
    Attack("fifo", special(stat.S_IFIFO), ("zip_special_entry",)),
    Attack("device", special(stat.S_IFCHR), ("zip_special_entry",)),
    Attack("encrypted", patched(encrypt), ("zip_encrypted", "zip_encrypted")),
    Attack("another method", other_method, ("zip_method", "zip_method")),
    Attack("lying size", patched(lie_about_size), ("zip_member_damaged",)),
    Attack("broken checksum", patched(break_checksum), ("zip_member_damaged",)),
    Attack("overlapping entries", patched(overlap), ("zip_damaged",), "overlap"),
    Attack("sixty thousand entries", patched(million), ("zip_too_many_entries",), "60000"),
    Attack("zip64", patched(zip64), ("zip_damaged",), "zip64"),
    Attack("many disks", patched(many_disks), ("zip_damaged",), "many-disks"),
    Attack("thirty thousand real entries", with_empty_members(30_000), ("zip_too_many_entries",), "30000"),
    Attack("a million real entries", with_empty_members(1_000_000), ("zip_damaged",), "zip64"),
    Attack("bomb", bomb, ("zip_member_too_large",), "one.tif"),
    Attack("bomb that lies about its size", quiet_bomb, ("scene_missing", "zip_member_damaged")),
    Attack(
        "zip in a zip",
        with_members(("one.tif", b"PK\x03\x04nested"), leave_out=("one.tif",)),
        ("raster_format",),
        "ZIP",
    ),
    Attack("empty scene", with_members(("one.tif", b""), leave_out=("one.tif",)), ("raster_empty",)),
    Attack(
        "VRT as a scene",
        with_members(("one.tif", b"<VRTDataset></VRTDataset>"), leave_out=("one.tif",)),
        ("raster_format",),
        "VRT",
    ),
    Attack("text beside", with_members(("README.txt", b"hello")), ("scene_unexpected",), "README.txt"),
)
