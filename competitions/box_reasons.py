"""Why a program ended that did not end well, and why a probe could not be made, in the reader's language.

The sandbox and the scoring library say it in English, in one sentence, and that is what is recorded; these are the
sentences that they have. Any other stays as it is.
"""

import re
from functools import cache
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from competitions.sentence_patterns import Patterns, patterns_of, translated

SENTENCES: Final = (
    gettext_noop("The program ended."),
    gettext_noop("The run was cancelled."),
    gettext_noop(
        "The program ran longer than %(limit)s seconds, or %(count)s seconds of processor time, in all time steps "
        "together."
    ),
    gettext_noop("The program ran longer than %(limit)s seconds."),
    gettext_noop("The program used more than %(limit)s seconds of processor time."),
    gettext_noop("The program used more than %(limit)s MiB of memory."),
    gettext_noop("The program started more than %(limit)s processes and threads."),
    gettext_noop("The program made more than %(limit)s files and folders."),
    gettext_noop("The program wrote more than %(limit)s KiB to %(place)s."),
    gettext_noop("The program wrote more than %(limit)s MiB to %(place)s."),
    gettext_noop("The program wrote more than %(limit)s files."),
    gettext_noop("The program wrote more to disk than it may."),
    gettext_noop("The program wrote a file larger than %(limit)s MiB."),
    gettext_noop("The program wrote a file of 8 GiB or more."),
    gettext_noop("The program wrote too many folders, or folders too deep."),
    gettext_noop("The program's files are larger than %(limit)s MiB together."),
    gettext_noop("The program failed with %(place)s full (%(limit)s MiB)."),
    gettext_noop("The program ended without writing a file to submission/."),
    gettext_noop("The program ended without writing %(place)s."),
    gettext_noop("The program ended with exit status %(code)s."),
    gettext_noop("The program was ended by signal %(number)s (%(name)s)."),
    gettext_noop("The program made a forbidden system call."),
    gettext_noop("The program left an entry in /output that cannot be read."),
    gettext_noop("What the program writes is no longer read."),
    gettext_noop("A name in /output has characters other than A-Z a-z 0-9 . _ -"),
    gettext_noop("A name in /output is too long, or not of A-Z a-z 0-9 . _ -"),
    gettext_noop("An entry in /output has attributes that are too long."),
    gettext_noop("%(place)s has %(count)s bytes; at most %(limit)s are allowed."),
    gettext_noop("%(place)s is a link or device; only plain files are taken."),
    gettext_noop("%(place)s is there twice."),
    gettext_noop("%(place)s changed while it was read."),
    gettext_noop("%(place)s cannot be read."),
    gettext_noop("%(place)s is not the plain file it was."),
    gettext_noop("A file named model is where the model's folder belongs."),
    gettext_noop("Two time steps wrote %(name)s; name files after their step."),
    gettext_noop("A time step must write one table to submission/."),
    gettext_noop("The tables of the time steps do not make one table."),
)
PROBES: Final = (
    gettext_noop("a PNG holds no negative numbers"),
    gettext_noop("every value that the type can hold is a class"),
    gettext_noop("the table has no column of numbers"),
    gettext_noop("the task accepts GeoTIFF only, which is not written here"),
    gettext_noop("the task accepts JPEG only, which cannot hold exact classes"),
    gettext_noop("the task accepts Parquet only, which is not written here"),
    gettext_noop("the truth has no object"),
    gettext_noop("the truth has no point"),
    gettext_noop("there is no perfect file to tear"),
    gettext_noop("there is one scene only, so nothing can be exchanged"),
)
STEP: Final = re.compile(r"(?P<reason>.+) \(time step (?P<step>[^()]+)\)", re.DOTALL)
ENDED: Final = re.compile(r"the program ended as \w+: (?P<reason>.+)", re.DOTALL)


def box_reason(sentence: str) -> str:
    """In the active language; a sentence that is not known as it is."""
    return _known(sentence) or sentence


def is_known(sentence: str) -> bool:
    """Whether `box_reason` can say it in any language; what it cannot is English, and to be marked as that."""
    return _known(sentence) is not None


def _known(sentence: str) -> str | None:
    if ended := ENDED.fullmatch(sentence):
        return _known(ended["reason"])
    if stepped := STEP.fullmatch(sentence):
        reason = _known(stepped["reason"])
        return reason and _("%(reason)s (time step %(step)s)") % {"reason": reason, "step": stepped["step"]}
    return translated(sentence, _patterns())


@cache
def _patterns() -> Patterns:
    return patterns_of(SENTENCES + PROBES)
