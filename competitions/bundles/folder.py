"""The organiser's folder. No path of competition.yaml leads out of it: not by '..', not by '/', not by a link."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from django.utils.translation import gettext as _

from competitions.bundles.problems import nearly


class BadPath(ValueError):
    """The path cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Folder:
    root: Path

    def file(self, relative: str) -> Path:
        path = self._inside(relative)
        if path.is_dir():
            raise BadPath(_("'%(path)s' is a folder, but should be a file") % {"path": relative})
        if not path.is_file():
            raise BadPath(_("'%(path)s' is not an ordinary file") % {"path": relative})
        return path

    def folder(self, relative: str) -> Path:
        path = self._inside(relative)
        if not path.is_dir():
            raise BadPath(_("'%(path)s' is a file, but should be a folder") % {"path": relative})
        for inner in walk(path):
            self._check_inner(inner, relative)
        return path

    def file_or_folder(self, relative: str) -> Path:
        return self.folder(relative) if self._inside(relative).is_dir() else self.file(relative)

    def _inside(self, relative: str) -> Path:
        """The real path of something that exists below the root."""
        pure = PurePosixPath(relative)
        if pure.is_absolute() or relative.startswith("~") or "\\" in relative:
            text = _("'%(path)s' should be relative to competition.yaml, with '/' between folders")
            raise BadPath(text % {"path": relative})
        if ".." in pure.parts:
            text = _("'%(path)s' leaves the folder of competition.yaml; copy what is needed into it")
            raise BadPath(text % {"path": relative})
        path = self.root / pure
        if not _exists(path):
            raise BadPath(self._missing(path, relative))
        if not self._holds(path):
            raise _leads_out(relative)
        return path.resolve()

    def _holds(self, path: Path) -> bool:
        return path.resolve().is_relative_to(self.root.resolve())

    def _check_inner(self, path: Path, relative: str) -> None:
        name = f"{relative.rstrip('/')}/{path.name}"
        if not self._holds(path):
            raise _leads_out(name)
        if not _exists(path) or not stat.S_ISREG(path.stat().st_mode):
            raise BadPath(_("'%(path)s' is not an ordinary file") % {"path": name})

    def _missing(self, path: Path, relative: str) -> str:
        siblings = sorted(child.name for child in path.parent.iterdir()) if path.parent.is_dir() else []
        hint = nearly(path.name, siblings)
        return _("there is no '%(path)s'%(hint)s") % {"path": relative, "hint": hint}


def _leads_out(path: str) -> BadPath:
    text = _("'%(path)s' is a link out of the folder of competition.yaml; copy what is needed into it")
    return BadPath(text % {"path": path})


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name longer than the file system allows
        return False


def walk(folder: Path) -> Iterator[Path]:
    """Everything below a folder that is not a folder, sorted; links are not followed into folders."""
    for parent, folders, names in os.walk(folder):
        folders.sort()
        linked = [name for name in folders if (Path(parent) / name).is_symlink()]
        yield from (Path(parent) / name for name in sorted([*names, *linked]))
