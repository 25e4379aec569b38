"""Zip files that are the same bytes whenever and wherever they are made."""

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

EPOCH = (1980, 1, 1, 0, 0, 0)
UNIX = 3
COMPRESSED = (".tif", ".zip", ".png")


def write_zip(target: Path | io.BytesIO, members: Iterable[tuple[str, bytes]]) -> None:
    """Members in the order given, with a fixed time and mode; what is compressed already is stored as it is."""
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name, EPOCH)
            info.create_system = UNIX
            info.external_attr = 0o644 << 16
            method = zipfile.ZIP_STORED if name.endswith(COMPRESSED) else zipfile.ZIP_DEFLATED
            archive.writestr(info, content, compress_type=method)


def zip_bytes(members: Iterable[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    write_zip(buffer, members)
    return buffer.getvalue()
