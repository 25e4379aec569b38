"""Does the contest make sense? What refers to what, times, texts. Checks of tasks, files and boards have their own."""

from collections.abc import Iterable, Iterator
from typing import Any, Final
from zoneinfo import ZoneInfo

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
LANGUAGE_NAMES: Final = {"en": "English", "ja": "Japanese"}


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
            yield item.at(key).problem(f"the {key} '{name}' is taken (line {lines[name]}); give each its own")
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
    """References to what is not there, or that are repeated."""
    seen: set[str] = set()
    for reference in references:
        name = reference.value
        if name not in known:
            yield reference.problem(f"{noun} '{name}' is not defined{did_you_mean(name, known)}")
        elif name in seen:
            yield reference.problem(f"{noun} '{name}' is listed twice; once is enough")
        seen.add(name)


def _zone_problems(contest: Section) -> Iterator[Problem]:
    name = contest.text("timezone")
    try:
        times.zone(name or "UTC")
    except times.BadTime as error:
        yield contest.at("timezone").problem(str(error))


def _page_problems(contest: Section) -> Iterator[Problem]:
    keys = keys_of(contest, "pages")
    if keys and "overview" not in keys:
        hint = did_you_mean("overview", keys)
        yield contest.at("pages").problem(f"one page should have the key 'overview', the contest's front page{hint}")


def _phase_problems(contest: Section) -> Iterator[Problem]:
    tasks, divisions, zone = keys_of(contest, "tasks"), division_keys(contest), local_zone(contest)
    used: set[str] = set()
    for phase in contest.items("phases"):
        yield from undefined(phase.texts("tasks"), "task", tasks)
        yield from undefined(phase.texts("divisions"), "division", divisions)
        yield from _time_problems(phase, zone)
        if phase.at("late_submissions").value is True and not phase.text("end"):
            yield phase.at("late_submissions").problem("nothing is late in a phase without an end; give it an 'end'")
        used |= {task.value for task in phase.texts("tasks")}
    for task in contest.items("tasks"):
        key = task.text("key")
        if key and used and key not in used:
            yield task.at("key").problem(f"task '{key}' is in no phase, so nobody can submit to it", is_warning=True)


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
        start, end = phase.text("start"), phase.text("end")
        yield phase.at("end").problem(f"the phase ends ({end}) before it starts ({start}); the end should be later")


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
        message = (
            f"the {LANGUAGE_NAMES[missing]} text ('{missing}') is missing; the {LANGUAGE_NAMES[written]} one is shown"
        )
        yield document.problem(path, message, is_warning=True)
        return
    for key, item in value.items():
        yield from _translation_warnings(document, (*path, key), item)
