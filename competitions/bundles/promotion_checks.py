"""Does a phase that only promoted teams may enter name an earlier one that can decide?"""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from competitions.bundles import times
from competitions.bundles.checks import keys_of, local_zone, not_defined, phase_divisions
from competitions.bundles.problems import Problem, did_you_mean
from competitions.bundles.sections import Section


def promotion_problems(contest: Section) -> Iterator[Problem]:
    phases = {phase.text("key"): phase for phase in contest.items("phases")}
    for phase in contest.items("phases"):
        part, name = phase.at("promotes"), phase.at("promotes").text("from")
        if not name:
            continue  # the schema has said so
        if phase.has("frozen_from"):
            yield part.problem(_("a phase with 'frozen_from' runs every team's program; leave 'promotes' out"))
        if name == phase.text("key"):
            yield part.at("from").problem(_("a phase cannot promote into itself; name an earlier one"))
        elif name not in phases:
            known = [key for key in keys_of(contest, "phases") if key != phase.text("key")]
            yield part.at("from").problem(not_defined("phase", name, known))
        else:
            yield from _source_problems(part, phase, phases[name], contest)


def _source_problems(part: Section, phase: Section, source: Section, contest: Section) -> Iterator[Problem]:
    tasks = [task.value for task in source.texts("tasks")]
    by_task = _("'%(name)s' is not one of the tasks of phase '%(phase)s'%(hint)s")
    by_division = _("'%(name)s' is not one of the divisions of phase '%(phase)s'%(hint)s")
    both_ways = (("task", by_task, tasks), ("division", by_division, phase_divisions(source, contest)))
    for key, told, known in both_ways:
        wanted = part.at("by").text(key)
        if wanted and wanted not in known:
            values = {"name": wanted, "phase": source.text("key"), "hint": did_you_mean(wanted, known)}
            yield part.at("by").at(key).problem(told % values)
    yield from _time_problems(part, phase, source, contest)
    both = [task.value for task in phase.texts("tasks") if task.value in tasks]
    if both:
        text = _(
            "task '%(task)s' is in both phases, and the private scores of '%(phase)s' are released before this phase "
            "ends; give this phase a task with a truth of its own"
        )
        yield phase.at("tasks").problem(text % {"task": both[0], "phase": source.text("key")})


def _time_problems(part: Section, phase: Section, source: Section, contest: Section) -> Iterator[Problem]:
    if not source.text("end"):
        text = _("phase '%(phase)s' has no 'end', so it never decides; give it one")
        yield part.at("from").problem(text % {"phase": source.text("key")})
        return
    end, start = _instant(source, "end", contest), _instant(phase, "start", contest)
    if end is not None and start is not None and start < end:
        text = _("this phase starts before '%(phase)s' ends (%(end)s); it should start later")
        yield phase.at("start").problem(text % {"phase": source.text("key"), "end": source.text("end")})


def _instant(phase: Section, key: str, contest: Section) -> datetime | None:
    """None where it cannot be read: that is told elsewhere."""
    text = phase.text(key)
    if "T" not in text.replace(" ", "T"):
        return None
    try:
        return times.instant(text, local_zone(contest) or ZoneInfo("UTC"))
    except times.BadTime:
        return None
