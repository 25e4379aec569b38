"""What is wrong with a contest's files: where, what, and what would be right.

Messages are made in the language that is active when they are found.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

Path = tuple[str | int, ...]
MAX_NAMES_SHOWN: Final = 12


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake. A warning does not stop an import."""

    file: str
    line: int
    where: str
    message: str
    is_warning: bool = False

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        told = _("warning: %(message)s") % {"message": self.message} if self.is_warning else self.message
        return f"{place} {self.where}: {told}" if self.where else f"{place} {told}"


class InvalidCompetition(Exception):
    """The files do not describe a contest; `problems` holds every mistake that was found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def where_of(path: Path) -> str:
    """('phases', 1, 'tasks', 0) -> 'phases[1].tasks[0]'."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """'; did you mean 'x'?', or the list of what there is, or nothing: what follows a sentence."""
    names = [str(name) for name in known]
    close = nearly(word, names)
    if close or not names:
        return close
    return _("; choose from %(names)s") % {"names": listed(names)}


def nearly(word: str, known: Iterable[str]) -> str:
    """'; did you mean 'x'?', or nothing."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return _("; did you mean '%(name)s'?") % {"name": close[0]} if close else ""


def listed(names: Iterable[str]) -> str:
    """'a, b and 3 more'."""
    found = list(names)
    shown = ", ".join(f"'{name}'" for name in found[:MAX_NAMES_SHOWN])
    left = len(found) - MAX_NAMES_SHOWN
    return _("%(names)s and %(count)s more") % {"names": shown, "count": left} if left > 0 else shown
