"""Sentences that another program made of an English template and values, found again and translated.

The templates are marked with gettext_noop where they are listed. A value that is a number matches digits only, so that
'1 to 5' is a range and 'Oslo to Rome' is none.
"""

import re
from collections.abc import Iterable
from typing import Final

from django.utils.translation import gettext

Patterns = tuple[tuple[re.Pattern[str], str], ...]
NUMBERS: Final = frozenset({"low", "high", "limit", "count"})
VALUE: Final = re.compile(r"%\((\w+)\)s")


def patterns_of(texts: Iterable[str]) -> Patterns:
    """The first that matches is taken, so that the narrower ones come first."""
    return tuple((_pattern(text), text) for text in texts)


def translated(sentence: str, patterns: Patterns) -> str | None:
    """In the active language; None where no template fits."""
    for pattern, text in patterns:
        if found := pattern.fullmatch(sentence):
            return gettext(text) % found.groupdict()
    return None


def _pattern(text: str) -> re.Pattern[str]:
    parts = VALUE.split(text)
    made = (_value(part) if index % 2 else re.escape(part) for index, part in enumerate(parts))
    return re.compile("".join(made), re.DOTALL)


def _value(name: str) -> str:
    return rf"(?P<{name}>[-+]?[0-9][-+.0-9e]*)" if name in NUMBERS else f"(?P<{name}>.+?)"
