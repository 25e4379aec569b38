"""What an import says that it changed, line by line, in the active language.

The lines are kept as they were made, in English, for the log: "phase main: ends_at changed".
"""

from functools import cache
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, pgettext

from competitions.change_texts import FIELDS, NOUNS, Label
from competitions.sentence_patterns import Patterns, patterns_of, translated

SUBJECTS: Final[dict[str, Label]] = {
    **{noun: label for noun, label in NOUNS.items() if noun != "board"},
    "data terms": gettext_lazy("Terms of the data, version"),
    "promotion into": gettext_lazy("Promotion into"),
    "public board of": gettext_lazy("Public leaderboard"),
    "private board of": gettext_lazy("Private leaderboard"),
    "final board of": gettext_lazy("Final leaderboard"),
    "award": gettext_lazy("Prize"),
    "winner audit": gettext_lazy("Audit of the winners"),
    "sponsor": gettext_lazy("Sponsor"),
}
ACTS: Final = (
    gettext_noop("added"),
    gettext_noop("removed"),
    gettext_noop("scoring version %(count)s published"),
    gettext_noop("scoring version %(count)s is live"),
    gettext_noop("%(count)s submissions queued under scoring version %(limit)s"),
)
CHANGED: Final = " changed"


def change_line(line: str) -> str:
    """Example: "phase main: ends_at changed" -> "Phase “main”: deadline changed"."""
    name, mark, act = line.partition(": ")
    nouns = [noun for noun in SUBJECTS if name == noun or name.startswith(f"{noun} ")]
    if not mark or not nouns:
        return line
    noun = max(nouns, key=len)
    subject, key = str(SUBJECTS[noun]), name.removeprefix(noun).strip()
    if key:
        subject = _("%(noun)s “%(name)s”") % {"noun": subject, "name": key}
    return _("%(subject)s: %(act)s") % {"subject": subject, "act": _act(noun, act)}


def _act(noun: str, act: str) -> str:
    if not act.endswith(CHANGED):
        return translated(act, _patterns()) or act
    kind = "board" if " board " in noun else noun
    fields = (str(FIELDS.get((kind, field), field)) for field in act.removesuffix(CHANGED).split(", "))
    return _("%(fields)s changed") % {"fields": pgettext("between items of a list", ", ").join(fields)}


@cache
def _patterns() -> Patterns:
    return patterns_of(ACTS)
