"""Does a phase that only promoted teams may enter name an earlier one that can decide?"""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from competitions.bundles import times
from competitions.bundles.checks import keys_of, local_zone, phase_divisions
from competitions.bundles.problems import Problem, did_you_mean
from competitions.bundles.sections import Section


def promotion_problems(contest: Section) -> Iterator[Problem]:
    phases = {phase.text("key"): phase for phase in contest.items("phases")}
    for phase in contest.items("phases"):
        part, name = phase.at("promotes"), phase.at("promotes").text("from")
        if not name:
            continue  # the schema has said so
        if phase.has("frozen_from"):
            yield part.problem("a phase with 'frozen_from' runs every team's program; leave 'promotes' out")
        if name == phase.text("key"):
            yield part.at("from").problem("a phase cannot promote into itself; name an earlier one")
        elif name not in phases:
            known = [key for key in keys_of(contest, "phases") if key != phase.text("key")]
            yield part.at("from").problem(f"phase '{name}' is not defined{did_you_mean(name, known)}")
        else:
            yield from _source_problems(part, phase, phases[name], contest)


def _source_problems(part: Section, phase: Section, source: Section, contest: Section) -> Iterator[Problem]:
    tasks = [task.value for task in source.texts("tasks")]
    for key, noun, known in (("task", "tasks", tasks), ("division", "divisions", phase_divisions(source, contest))):
        wanted = part.at("by").text(key)
        if wanted and wanted not in known:
            text = f"'{wanted}' is not one of the {noun} of phase '{source.text('key')}'{did_you_mean(wanted, known)}"
            yield part.at("by").at(key).problem(text)
    yield from _time_problems(part, phase, source, contest)
    both = [task.value for task in phase.texts("tasks") if task.value in tasks]
    if both:
        told = f"the private scores of '{source.text('key')}' are released before this phase ends"
        text = f"task '{both[0]}' is in both phases, and {told}; give this phase a task with a truth of its own"
        yield phase.at("tasks").problem(text)


def _time_problems(part: Section, phase: Section, source: Section, contest: Section) -> Iterator[Problem]:
    if not source.text("end"):
        yield part.at("from").problem(f"phase '{source.text('key')}' has no 'end', so it never decides; give it one")
        return
    end, start = _instant(source, "end", contest), _instant(phase, "start", contest)
    if end is not None and start is not None and start < end:
        text = f"this phase starts before '{source.text('key')}' ends ({source.text('end')}); it should start later"
        yield phase.at("start").problem(text)


def _instant(phase: Section, key: str, contest: Section) -> datetime | None:
    """None where it cannot be read: that is told elsewhere."""
    text = phase.text(key)
    if "T" not in text.replace(" ", "T"):
        return None
    try:
        return times.instant(text, local_zone(contest) or ZoneInfo("UTC"))
    except times.BadTime:
        return None
