"""A whole contest as one ZIP file, out and in.

Out: competition.yaml and the files as the organiser wrote them, so nothing is lost. Hidden files go along only when
that is asked for. In: an archive of somebody who may be careless or worse, so names, links, sizes and numbers are
checked before anything is read, and what is read is counted while it comes.
"""

import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from competitions.bundles.originals import FILE_NAME, MAX_PATH, hidden_names
from competitions.bundles.revisions import document_of
from competitions.services.workspaces import Files
from competitions.store import CHUNK_BYTES, FileTooLarge, Store, StoredFile
from competitions.zipstream import ZipEntry

MAX_FILES: Final = 50_000
MAX_TEXT_BYTES: Final = 1024 * 1024
MAX_RATIO: Final = 1000  # of unpacked to packed bytes; deflate itself ends near 1030
SMALL: Final = 10 * 1024 * 1024  # a file of zeros may shrink as it likes
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\\:]")
CLUTTER: Final = re.compile(r"(^|/)(__MACOSX|\.DS_Store|Thumbs\.db)(/|$)")
UNIX: Final = 3


class BadArchive(Exception):
    """The archive cannot become a contest's files; the message says what is wrong, and where."""


class BadName(ValueError):
    """A file cannot have this name; the message says why."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    text: str
    files: Mapping[str, StoredFile]


# -- out --------------------------------------------------------------------------------------------------------------


def archive_entries(text: str, files: Files, store: Store, *, with_hidden: bool) -> list[ZipEntry]:
    """competition.yaml first, then the files by name; hidden ones only if they are asked for."""
    written = store.put_original([text.encode()])
    left_out = frozenset() if with_hidden else hidden_names(document_of(text), files)
    kept = {FILE_NAME: written, **{name: files[name] for name in sorted(files) if name not in left_out}}
    return [
        ZipEntry(name, store.original_path(file.sha256), file.sha256, file.size_bytes) for name, file in kept.items()
    ]


# -- in ---------------------------------------------------------------------------------------------------------------


def unpack(source: Path, store: Store, *, max_bytes: int) -> Unpacked:
    """The files of an archive, in the store. Raises BadArchive; then what was stored lies there unnamed."""
    try:
        with zipfile.ZipFile(source) as archive:
            return _unpack(archive, store, max_bytes)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, OSError, RuntimeError) as error:
        raise BadArchive(_("this is no ZIP file that can be read: %(reason)s") % {"reason": error}) from None
    except zlib.error as error:
        raise BadArchive(_("the archive is damaged: %(reason)s") % {"reason": error}) from None


def _unpack(archive: zipfile.ZipFile, store: Store, max_bytes: int) -> Unpacked:
    entries = _entries(archive, max_bytes)
    top = _top_folder(entries)
    text, files, left = "", {}, max_bytes
    for name, info in entries.items():
        inner = name[len(top) :]
        if inner == FILE_NAME:
            text = _text(archive, info)
            continue
        files[inner] = _stored(archive, info, store, left)
        left -= files[inner].size_bytes
    return Unpacked(text, files)


def _entries(archive: zipfile.ZipFile, max_bytes: int) -> dict[str, zipfile.ZipInfo]:
    """What is to be read, by name, once all names and announced sizes are found to be in order."""
    infos = [info for info in archive.infolist() if not info.is_dir() and not CLUTTER.search(info.filename)]
    if len(infos) > MAX_FILES:
        text = ngettext(
            "the archive holds %(count)s file; %(most)s are the most",
            "the archive holds %(count)s files; %(most)s are the most",
            len(infos),
        )
        raise BadArchive(text % {"count": len(infos), "most": MAX_FILES})
    found: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        _check_entry(info)
        if info.filename in found:
            raise BadArchive(_("'%(name)s' is in the archive twice") % {"name": info.filename[:80]})
        found[info.filename] = info
    for name in found:
        if above := next((str(one) for one in PurePosixPath(name).parents if str(one) in found), ""):
            raise BadArchive(_("'%(name)s' is a file and a folder at once") % {"name": above[:80]})
    if sum(info.file_size for info in infos) > max_bytes:
        text = _("unpacked the archive would be larger than %(mib)s MiB")
        raise BadArchive(text % {"mib": max_bytes >> 20})
    return found


def _check_entry(info: zipfile.ZipInfo) -> None:
    name = info.filename
    try:
        check_name(name)
    except BadName as error:
        raise BadArchive(str(error)) from None
    mode = info.external_attr >> 16
    if info.create_system == UNIX and stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
        text = _("'%(name)s' is a link or a device; put the file itself into the archive")
        raise BadArchive(text % {"name": name[:80]})
    if info.flag_bits & 1:
        raise BadArchive(_("'%(name)s' is encrypted; pack it without a password") % {"name": name[:80]})
    if info.file_size > SMALL and info.file_size > MAX_RATIO * max(1, info.compress_size):
        text = _("'%(name)s' would grow %(times)s-fold; that is a bomb")
        raise BadArchive(text % {"name": name[:80], "times": info.file_size // max(1, info.compress_size)})


def check_name(name: str) -> None:
    """A name that a file of a contest may have. Raises BadName."""
    parts = name.split("/")
    if not name or len(name) > MAX_PATH or any(len(part.encode()) > 255 for part in parts):
        text = _("'%(name)s' is no name for a file, or too long; %(most)s characters are the most")
        raise BadName(text % {"name": name[:80], "most": MAX_PATH})
    if CONTROL.search(name) or not _is_text(name):
        text = _("'%(name)s' holds a character that names of files must not have")
        raise BadName(text % {"name": repr(name[:80])})
    if any(part in {"", ".", ".."} for part in parts) or name.startswith("~"):
        text = _("'%(name)s' leads out of the contest's folder; use names such as data/train.csv")
        raise BadName(text % {"name": name[:80]})


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _top_folder(entries: Mapping[str, object]) -> str:
    """Where competition.yaml lies: at the top, or in the one folder that was packed."""
    if FILE_NAME in entries:
        return ""
    tops = {name.partition("/")[0] for name in entries}
    top = f"{next(iter(tops))}/" if len(tops) == 1 else ""
    if top and f"{top}{FILE_NAME}" in entries:
        return top
    raise BadArchive(_("there is no %(file)s at the top of the archive") % {"file": FILE_NAME})


def _text(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> str:
    with archive.open(info) as file:
        content = file.read(MAX_TEXT_BYTES + 1)
    if len(content) > MAX_TEXT_BYTES:
        text = _("%(file)s is larger than %(bytes)s bytes")
        raise BadArchive(text % {"file": FILE_NAME, "bytes": MAX_TEXT_BYTES})
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text = _("'%(name)s' is not UTF-8 (byte %(byte)s); save it with the encoding UTF-8")
        raise BadArchive(text % {"name": FILE_NAME, "byte": error.start}) from None


def _stored(archive: zipfile.ZipFile, info: zipfile.ZipInfo, store: Store, left: int) -> StoredFile:
    try:
        with archive.open(info) as file:
            return store.put_original(_blocks(file), max_bytes=min(left, info.file_size))
    except FileTooLarge:
        text = _("'%(name)s' holds more than it announces; that is a bomb")
        raise BadArchive(text % {"name": info.filename[:80]}) from None


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    return iter(partial(file.read, CHUNK_BYTES), b"")
