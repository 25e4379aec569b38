"""Which files a contest's document speaks of, and which of them are hidden from contestants.

Whatever text of the document is the path of a file or folder beside it is taken for one, so that a setting that is new
in the format brings its files along. A text that happens to be called like a file costs a file too many, never one too
few. Everything that the document does not name, or names as truth, is hidden.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final

from competitions.bundles.folder import BadPath, Folder, walk
from competitions.bundles.reading import Document
from competitions.bundles.sections import Section

FILE_NAME: Final = "competition.yaml"
MAX_PATH: Final = 400


def referenced_files(document: Document, directory: Path) -> dict[str, Path]:
    """Every file that the document speaks of, by the path that it has there."""
    folder = Folder(directory)
    found = {name: path for text in sorted(_texts(document.values)) for name, path in _files(folder, text)}
    found.pop(FILE_NAME, None)
    return found


def _texts(value: Any) -> set[str]:
    if isinstance(value, str):
        return {value}
    parts: Iterable[Any] = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {text for part in parts for text in _texts(part)}


def _files(folder: Folder, text: str) -> Iterator[tuple[str, Path]]:
    """What a text is the path of. The whole folder is nobody's path."""
    named = PurePosixPath(text)
    if not text or len(text) > MAX_PATH or "\n" in text or not named.parts:
        return
    try:
        path = folder.file_or_folder(text)
    except (BadPath, OSError, ValueError):
        return
    if path.is_dir():
        yield from ((str(named / inner.relative_to(path)), inner) for inner in walk(path))
    else:
        yield str(named), path


def hidden_names(document: Document | None, names: Iterable[str]) -> frozenset[str]:
    """Those of the names that no contestant may have. All, where the document cannot be read."""
    known = set(names)
    if document is None:
        return frozenset(known)
    contest = Section.root(document)
    secret = {name for path in _hidden_paths(contest) for name in known if _is_below(name, path)}
    named = {name for text in _texts(document.values) for name in known if _is_below(name, text)}
    return frozenset(secret | (known - named))


def _hidden_paths(contest: Section) -> Iterator[str]:
    for task in contest.items("tasks"):
        yield task.at("truth").text("path")
        yield task.at("truth").at("split").text("file")
        if task.at("program").at("published").value is not True:
            yield task.at("program").text("file")
        if task.at("code").at("inputs_are_public").value is not True:
            yield task.at("code").text("inputs")


def _is_below(name: str, path: str) -> bool:
    """Is the file that one, or in that folder?"""
    if not path:
        return False
    pure = PurePosixPath(path)
    return PurePosixPath(name) == pure or pure in PurePosixPath(name).parents
