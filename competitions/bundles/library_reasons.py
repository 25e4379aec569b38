"""What libraries say of a file, in the reader's language: why it is no YAML, no date, not readable. They say it in
English; these are the sentences that they have. Any other stays as it is."""

from functools import cache
from typing import Final

import yaml
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from yaml.reader import ReaderError

from competitions.sentence_patterns import Patterns, patterns_of, translated

CONTEXTS: Final = (
    gettext_noop("while scanning for the next token"),
    gettext_noop("while scanning a simple key"),
    gettext_noop("while scanning a directive"),
    gettext_noop("while scanning an alias"),
    gettext_noop("while scanning an anchor"),
    gettext_noop("while scanning a tag"),
    gettext_noop("while parsing a tag"),
    gettext_noop("while scanning a block scalar"),
    gettext_noop("while scanning a double-quoted scalar"),
    gettext_noop("while scanning a quoted scalar"),
    gettext_noop("while parsing a node"),
    gettext_noop("while parsing a block node"),
    gettext_noop("while parsing a flow node"),
    gettext_noop("while parsing a block collection"),
    gettext_noop("while parsing a block mapping"),
    gettext_noop("while parsing a flow sequence"),
    gettext_noop("while parsing a flow mapping"),
    gettext_noop("expected a single document in the stream"),
    gettext_noop("found duplicate anchor %(name)s; first occurrence"),
)
MISTAKES: Final = (
    gettext_noop("found character %(found)s that cannot start any token"),
    gettext_noop("could not find expected ':'"),
    gettext_noop("sequence entries are not allowed here"),
    gettext_noop("mapping keys are not allowed here"),
    gettext_noop("mapping values are not allowed here"),
    gettext_noop("found unknown escape character %(found)s"),
    gettext_noop("found unexpected end of stream"),
    gettext_noop("found unexpected document separator"),
    gettext_noop("found duplicate YAML directive"),
    gettext_noop("found undefined tag handle %(found)s"),
    gettext_noop("found undefined alias %(name)s"),
    gettext_noop("expected alphabetic or numeric character, but found %(found)s"),
    gettext_noop("expected a comment or a line break, but found %(found)s"),
    gettext_noop("expected indentation indicator in the range 1-9, but found 0"),
    gettext_noop("expected chomping or indentation indicators, but found %(found)s"),
    gettext_noop("expected the node content, but found %(found)s"),
    gettext_noop("expected %(wanted)s or %(other)s, but got %(found)s"),
    gettext_noop("expected %(wanted)s, but found %(found)s"),
    gettext_noop("but found another document"),
    gettext_noop("second occurrence"),
)
DATES: Final = (
    gettext_noop("Invalid isoformat string: %(text)s"),
    gettext_noop("day is out of range for month"),
    gettext_noop("day %(day)s must be in range %(range)s for month %(month)s in year %(year)s"),
    gettext_noop("%(part)s must be in %(range)s"),
    gettext_noop("year %(year)s is out of range"),
    gettext_noop("offset must be a timedelta strictly between %(low)s and %(high)s, not %(found)s"),
)
FILES: Final = (
    gettext_noop("No such file or directory"),
    gettext_noop("Permission denied"),
    gettext_noop("Is a directory"),
)


def reason_of(error: yaml.MarkedYAMLError) -> str:
    """Where the reader of YAML was, and what it found there."""
    return ", ".join(in_words(part) for part in (error.context, error.problem) if part)


def reason_of_bytes(error: yaml.YAMLError) -> str:
    """Why a text could not even be read as characters."""
    if not isinstance(error, ReaderError):
        return str(error)
    code = error.character if isinstance(error.character, int) else ord(error.character[:1])
    text = _("unacceptable character #x%(code)s at position %(position)s")
    return text % {"code": f"{code:04x}", "position": error.position}


def in_words(part: str) -> str:
    """A sentence of a library in the active language, where it is one of these."""
    return translated(part, _patterns()) or part


@cache
def _patterns() -> Patterns:
    return patterns_of((*CONTEXTS, *MISTAKES, *DATES, *FILES))
