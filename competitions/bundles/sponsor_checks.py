"""Can the sponsors be shown? Their logos are pictures, their addresses have a host."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from competitions.bundles.checks import repeated
from competitions.bundles.folder import BadPath, Folder
from competitions.bundles.problems import Problem
from competitions.bundles.sections import Section
from competitions.logos import MAX_BYTES, InvalidLogo, inspect_logo


def sponsor_problems(contest: Section, folder: Folder) -> Iterator[Problem]:
    yield from repeated(contest.items("sponsors"), "key")
    for sponsor in contest.items("sponsors"):
        yield from _address_problems(sponsor.at("url"))
        yield from _logo_problems(sponsor.at("logo"), folder)


def _address_problems(part: Section) -> Iterator[Problem]:
    text = part.value
    if not isinstance(text, str) or not text.startswith("https://"):
        return  # the schema has said what an address looks like
    try:
        parts = urlsplit(text)
        is_whole = bool(parts.hostname) and parts.username is None and (parts.port or 443) > 0
    except ValueError:
        is_whole = False
    if not is_whole:
        told = _("'%(url)s' is no address of a site; write one such as https://example.org/")
        yield part.problem(told % {"url": text})


def _logo_problems(part: Section, folder: Folder) -> Iterator[Problem]:
    if not isinstance(part.value, str):
        return
    try:
        with folder.file(part.value).open("rb") as file:
            inspect_logo(file.read(MAX_BYTES + 1))
    except BadPath as error:
        yield part.problem(str(error))
    except InvalidLogo as error:
        yield part.problem(_("'%(path)s' cannot be a logo: %(reason)s") % {"path": part.value, "reason": error})
