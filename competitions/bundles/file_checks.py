"""The files that the contest names: are they there, inside the folder, readable, and what they should be?"""

import hashlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from django.utils.translation import gettext as _

from competitions.bundles.folder import BadPath, Folder
from competitions.bundles.problems import Problem
from competitions.bundles.sections import Section

MAX_TEXT_BYTES: Final = 1024 * 1024
MAX_NAME_LENGTH: Final = 200


def file_problems(contest: Section, folder: Folder) -> Iterator[Problem]:
    for page in contest.items("pages"):
        yield from text_problems(page.at("file"), folder)
    yield from text_problems(contest.at("terms").at("file"), folder)
    for release in contest.items("data"):
        yield from _release_problems(release, folder)


def text_files(part: Section) -> dict[str, Section]:
    """The file of each language: one for both, or {en: ..., ja: ...}."""
    if isinstance(part.value, str):
        return {"": part}
    names = part.value if isinstance(part.value, dict) else {}
    return {code: part.at(code) for code in names if isinstance(names[code], str)}


def read_text(path: Path) -> str:
    """A text of the organiser. Raises BadPath."""
    if path.stat().st_size > MAX_TEXT_BYTES:
        text = _("'%(name)s' is larger than %(bytes)s bytes; a page should be a text")
        raise BadPath(text % {"name": path.name, "bytes": MAX_TEXT_BYTES})
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text = _("'%(name)s' is not UTF-8 (byte %(byte)s); save it with the encoding UTF-8")
        raise BadPath(text % {"name": path.name, "byte": error.start}) from None
    if "\0" in text:
        raise BadPath(_("'%(name)s' is not a text, it holds NUL characters") % {"name": path.name})
    return text.replace("\r\n", "\n")


def text_problems(part: Section, folder: Folder) -> Iterator[Problem]:
    for section in text_files(part).values():
        try:
            if not read_text(folder.file(section.value)).strip():
                yield section.problem(_("'%(path)s' is empty; write the text in Markdown") % {"path": section.value})
        except BadPath as error:
            yield section.problem(str(error))


def _release_problems(release: Section, folder: Folder) -> Iterator[Problem]:
    taken: dict[str, str] = {}
    for file in release.items("files"):
        relative = file.text("path")
        if not relative:
            continue
        name = PurePosixPath(relative).name
        if name in taken:
            text = _("two files of this release are named '%(name)s' (%(first)s, %(second)s); rename one")
            yield file.at("path").problem(text % {"name": name, "first": taken[name], "second": relative})
        taken.setdefault(name, relative)
        yield from _data_file_problems(file, folder, relative)


def _data_file_problems(file: Section, folder: Folder, relative: str) -> Iterator[Problem]:
    try:
        path = folder.file(relative)
    except BadPath as error:
        yield file.at("path").problem(str(error))
        return
    if len(PurePosixPath(relative).name) > MAX_NAME_LENGTH:
        text = _("the file's name is longer than %(most)s characters; shorten it")
        yield file.at("path").problem(text % {"most": MAX_NAME_LENGTH})
    wanted = file.text("sha256").lower()
    if wanted and (found := sha256_of(path)) != wanted:
        text = _("'%(path)s' has the SHA-256 %(found)s, not %(wanted)s; correct this line, or put the right file there")
        yield file.at("sha256").problem(text % {"path": relative, "found": found, "wanted": wanted})


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
