"""Does the contest make sense? What refers to what, times, texts. Checks of tasks, files and boards have their own."""

from collections.abc import Iterable, Iterator
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from competitions.bundles import times
from competitions.bundles.problems import Path, Problem, did_you_mean
from competitions.bundles.reading import Document
from competitions.bundles.sections import Section
from competitions.localised import LANGUAGES

DEFAULT_DIVISION: Final = "general"
NAMED_LISTS: Final = (
    ("pages", "key"),
    ("divisions", "key"),
    ("phases", "key"),
    ("data", "version"),
    ("tasks", "key"),
    ("leaderboards", "key"),
)
LANGUAGE_NAMES: Final = {"en": gettext_lazy("English"), "ja": gettext_lazy("Japanese")}
NOUNS: Final[dict[str, str | Promise]] = {
    "task": gettext_lazy("task"),
    "division": gettext_lazy("division"),
    "phase": gettext_lazy("phase"),
    "earlier phase": gettext_lazy("earlier phase"),
    "choice": gettext_lazy("choice"),
}


def contest_problems(contest: Section) -> Iterator[Problem]:
    for name, key in NAMED_LISTS:
        yield from repeated(contest.items(name), key)
    yield from _zone_problems(contest)
    yield from _page_problems(contest)
    yield from _phase_problems(contest)
    yield from _translation_warnings(contest.document, (), contest.value)


def repeated(items: Iterable[Section], key: str) -> Iterator[Problem]:
    """Two items of a list with the same name."""
    lines: dict[str, int] = {}
    for item in items:
        name = item.text(key)
        if name in lines:
            text = _("the %(key)s '%(name)s' is taken (line %(line)s); give each its own")
            yield item.at(key).problem(text % {"key": key, "name": name, "line": lines[name]})
        elif name:
            lines[name] = item.document.line(item.at(key).path)


def keys_of(contest: Section, name: str) -> list[str]:
    return [item.text("key") for item in contest.items(name) if item.text("key")]


def division_keys(contest: Section) -> list[str]:
    return keys_of(contest, "divisions") or [DEFAULT_DIVISION]


def phase_divisions(phase: Section, contest: Section) -> list[str]:
    """Those that a phase names; else all that predictions are ranked in, which juried ones are where there are others
    not."""
    scored = [one.text("key") for one in contest.items("divisions") if not one.has("judging")]
    return [division.value for division in phase.texts("divisions")] or scored or division_keys(contest)


def local_zone(contest: Section) -> ZoneInfo | None:
    try:
        return times.zone(contest.text("timezone"))
    except times.BadTime:
        return None


def undefined(references: Iterable[Section], noun: str, known: list[str]) -> Iterator[Problem]:
    """References to what is not there, or that are repeated. `noun` is one of NOUNS."""
    seen: set[str] = set()
    for reference in references:
        name = reference.value
        if name not in known:
            yield reference.problem(not_defined(noun, name, known))
        elif name in seen:
            text = _("%(noun)s '%(name)s' is listed twice; once is enough")
            yield reference.problem(text % {"noun": NOUNS[noun], "name": name})
        seen.add(name)


def not_defined(noun: str, name: str, known: list[str]) -> str:
    """That there is no such thing, and what there is. `noun` is one of NOUNS."""
    text = _("%(noun)s '%(name)s' is not defined%(hint)s")
    return text % {"noun": NOUNS[noun], "name": name, "hint": did_you_mean(name, known)}


def _zone_problems(contest: Section) -> Iterator[Problem]:
    name = contest.text("timezone")
    try:
        times.zone(name or "UTC")
    except times.BadTime as error:
        yield contest.at("timezone").problem(str(error))


def _page_problems(contest: Section) -> Iterator[Problem]:
    keys = keys_of(contest, "pages")
    if keys and "overview" not in keys:
        text = _("one page should have the key 'overview', the contest's front page%(hint)s")
        yield contest.at("pages").problem(text % {"hint": did_you_mean("overview", keys)})


def _phase_problems(contest: Section) -> Iterator[Problem]:
    tasks, divisions, zone = keys_of(contest, "tasks"), division_keys(contest), local_zone(contest)
    used: set[str] = set()
    for phase in contest.items("phases"):
        yield from undefined(phase.texts("tasks"), "task", tasks)
        yield from undefined(phase.texts("divisions"), "division", divisions)
        yield from _time_problems(phase, zone)
        if phase.at("late_submissions").value is True and not phase.text("end"):
            yield phase.at("late_submissions").problem(_("nothing is late in a phase without an end; give it an 'end'"))
        used |= {task.value for task in phase.texts("tasks")}
    for task in contest.items("tasks"):
        key = task.text("key")
        if key and used and key not in used:
            text = _("task '%(task)s' is in no phase, so nobody can submit to it")
            yield task.at("key").problem(text % {"task": key}, is_warning=True)


def _time_problems(phase: Section, zone: ZoneInfo | None) -> Iterator[Problem]:
    moments = {}
    for key in ("start", "end"):
        text = phase.text(key)
        if not text or "T" not in text.replace(" ", "T"):
            continue  # the schema has said what an instant looks like
        try:
            # While the zone itself is wrong, UTC finds dates that exist nowhere.
            moments[key] = times.instant(text, zone or ZoneInfo("UTC"))
        except times.BadTime as error:
            yield phase.at(key).problem(str(error))
    if len(moments) == 2 and moments["end"] <= moments["start"]:
        text = _("the phase ends (%(end)s) before it starts (%(start)s); the end should be later")
        yield phase.at("end").problem(text % {"start": phase.text("start"), "end": phase.text("end")})


def _translation_warnings(document: Document, path: Path, value: Any) -> Iterator[Problem]:
    """Texts in one language only: they are shown in that language to everybody."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _translation_warnings(document, (*path, index), item)
    if not isinstance(value, dict) or path[-1:] == ("params",):
        return
    if value and set(value) < set(LANGUAGES):
        written = next(iter(value))
        missing = next(code for code in LANGUAGES if code != written)
        text = _("the %(missing)s text ('%(code)s') is missing; the %(written)s one is shown")
        names = {"missing": LANGUAGE_NAMES[missing], "written": LANGUAGE_NAMES[written]}
        yield document.problem(path, text % {"code": missing, **names}, is_warning=True)
        return
    for key, item in value.items():
        yield from _translation_warnings(document, (*path, key), item)
