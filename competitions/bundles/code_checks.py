"""Does what a task says of programs fit together: folders, steps, limits, metrics of speed, second stages?"""

from collections.abc import Iterator
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from competitions.bundles.checks import undefined
from competitions.bundles.folder import BadPath, Folder
from competitions.bundles.problems import Problem
from competitions.bundles.sections import Section
from competitions.programs import RUN_METRICS


def code_problems(task: Section, folder: Folder) -> Iterator[Problem]:
    code = task.at("code")
    yield from _speed_problems(task)
    if not task.has("code"):
        return
    for part in (code.at("inputs"), code.at("trial")):
        if part.value is not None:
            yield from _folder_problems(part, code.at("steps"), folder)
    if code.at("steps").text("by") == "day":
        yield from _day_problems(code, folder)
    if code.has("timing_runs") and code.has("steps"):
        yield code.at("timing_runs").problem(
            _("a program with time steps is not timed; leave out 'timing_runs' or 'steps'")
        )


def _folder_problems(part: Section, steps: Section, folder: Folder) -> Iterator[Problem]:
    try:
        found = folder.folder(part.value)
    except BadPath as error:
        yield part.problem(str(error))
        return
    if steps.text("by") != "folder":
        if not any(found.rglob("*")):
            yield part.problem(_("'%(path)s' is empty; put the inputs there") % {"path": part.value})
        return
    if not any(path.is_dir() for path in found.iterdir()):
        text = _("'%(path)s' has no folders; put the inputs of each time step into a folder of its own")
        yield part.problem(text % {"path": part.value})
    loose = next((path.name for path in sorted(found.iterdir()) if not path.is_dir()), None)
    if loose is not None:
        text = _("'%(name)s' in '%(path)s' belongs to no time step; put it into the steps' folders")
        yield part.problem(text % {"name": loose, "path": part.value})


def _day_problems(code: Section, folder: Folder) -> Iterator[Problem]:
    steps = code.at("steps")
    days = [_day(steps.text(key)) for key in ("first", "last")]
    for key, day in zip(("first", "last"), days, strict=True):
        if steps.text(key) and day is None:
            yield steps.at(key).problem(_("'%(day)s' is not a day that there is") % {"day": steps.text(key)})
    if days[0] and days[1] and days[1] < days[0]:
        yield steps.at("last").problem(_("the last day should not be before the first"))
    for part in (code.text("inputs"), code.text("trial")):
        for table in steps.items("tables"):
            if part and table.text("path"):
                yield from _table_problems(table.at("path"), f"{part.rstrip('/')}/{table.text('path')}", folder)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _table_problems(part: Section, path: str, folder: Folder) -> Iterator[Problem]:
    try:
        folder.file(path)
    except BadPath as error:
        yield part.problem(str(error))


def _speed_problems(task: Section) -> Iterator[Problem]:
    """Metrics of the run are no metrics of scoring: they come last, and need a program."""
    is_run = [metric.text("metric") in RUN_METRICS for metric in task.items("metrics")]
    for metric, of_run in zip(task.items("metrics"), is_run, strict=True):
        if of_run and not task.has("code"):
            yield metric.at("metric").problem(_("only programs have a speed; this task has no 'code'"))
    if is_run and is_run != sorted(is_run):
        yield task.at("metrics").problem(_("metrics of speed should come after the others"))
    if is_run and all(is_run):
        yield task.at("metrics").problem(_("a metric besides those of speed is needed"))


def second_stage_problems(contest: Section) -> Iterator[Problem]:
    """A second stage takes its programs from an earlier phase with as many tasks, all of which take programs."""
    earlier: dict[str, Section] = {}
    takes_code = {task.text("key"): task.has("code") for task in contest.items("tasks")}
    for phase in contest.items("phases"):
        if phase.text("frozen_from"):
            yield from undefined([phase.at("frozen_from")], "earlier phase", list(earlier))
            first = earlier.get(phase.text("frozen_from"))
            if first is not None:
                yield from _stage_problems(phase, first, takes_code)
        earlier[phase.text("key")] = phase


def _stage_problems(phase: Section, first: Section, takes_code: dict[str, bool]) -> Iterator[Problem]:
    before, now = (list(one.texts("tasks")) for one in (first, phase))
    if len(before) != len(now):
        text = ngettext(
            "'%(phase)s' has %(count)s task; as many are needed here",
            "'%(phase)s' has %(count)s tasks; as many are needed here",
            len(before),
        )
        yield phase.at("tasks").problem(text % {"phase": first.text("key"), "count": len(before)})
    for task in [*before, *now]:
        if not takes_code.get(task.value, True):
            text = _("task '%(task)s' takes no programs; it has no 'code'")
            yield phase.at("frozen_from").problem(text % {"task": task.value})
    if not first.text("end"):
        text = _("this phase needs an end, because '%(phase)s' begins with what it leaves")
        yield first.problem(text % {"phase": phase.text("key")})
