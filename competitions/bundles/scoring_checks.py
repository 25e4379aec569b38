"""What scoring says of a task's contract and metrics: the same reading that scores later, at the organiser's lines."""

import re
from collections.abc import Iterator
from typing import Final

from django.utils.translation import gettext as _

from competitions.bundles.contracts import PROGRAM, contract_of, program_of, scoring_metrics
from competitions.bundles.problems import Path, Problem, did_you_mean, where_of
from competitions.bundles.sections import Section
from competitions.problem_texts import text_beside_place
from competitions.programs import RUN_METRICS, scored_in_boxes
from scoring.contract import Contract
from scoring.errors import InvalidJob
from scoring.job import parse_contract, parse_metrics
from scoring.program import parse_program
from scoring.registry import METRICS

PARTS: Final = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def scoring_problems(task: Section, found: list[Problem]) -> Iterator[Problem]:
    """Contract and metrics of a task; a part in which mistakes were found already is left out."""
    submission, metrics = task.at("submission"), task.at("metrics")
    own = list(_program_problems(task, found))
    yield from own
    if _has_problems(submission, found) or not submission.has("kind"):
        yield from _name_problems(task)
        return
    try:
        contract = parse_contract(contract_of(submission), where="", complete=False)
    except InvalidJob as error:
        yield from _at_lines(error, submission)
        yield from _name_problems(task)
        return
    if not _has_problems(metrics, [*found, *own]) and isinstance(metrics.value, list):
        yield from _metric_problems(task, contract)
    else:
        yield from _name_problems(task)


def _name_problems(task: Section) -> Iterator[Problem]:
    """What can be said of metrics while the contract, or one of them, is not yet readable."""
    kind = task.at("submission").text("kind")
    fitting = [name for name, metric in METRICS.items() if kind in metric.kinds] or list(METRICS)
    for metric in task.items("metrics"):
        name = metric.text("metric")
        if name and name not in METRICS and name != PROGRAM and name not in RUN_METRICS:
            text = _("metric '%(metric)s' is unknown%(hint)s")
            yield metric.at("metric").problem(text % {"metric": name, "hint": did_you_mean(name, fitting)})


def _metric_problems(task: Section, contract: Contract) -> Iterator[Problem]:
    try:
        parse_metrics(scored_in_boxes(scoring_metrics(task)), contract)
    except InvalidJob as error:
        yield from _at_lines(error, task)


# -- the organiser's own program --------------------------------------------------------------------------------------


def _program_problems(task: Section, found: list[Problem]) -> Iterator[Problem]:
    """What it declares, and whether the metrics name what it returns."""
    program, kind = task.at("program"), task.at("submission").text("kind")
    named = [metric for metric in task.items("metrics") if metric.text("metric") == PROGRAM]
    if not task.has("program"):
        for metric in named:
            yield metric.at("metric").problem(_("this task has no 'program'; add one, or name a metric of Tidemark"))
        return
    if not named:
        yield program.problem(_("no metric uses the program; add one with 'metric: %(name)s'") % {"name": PROGRAM})
    columns = [column.text("key") for column in program.items("columns")]
    for metric in named:
        if metric.text("key") not in columns:
            key = metric.text("key")
            text = _("the program has no column '%(column)s'%(hint)s")
            yield metric.at("key").problem(text % {"column": key, "hint": did_you_mean(key, columns)})
        for key in ("params", "aggregate"):
            if metric.has(key):
                text = _("a column of the program has no '%(key)s'; give 'params' to the program")
                yield metric.at(key).problem(text % {"key": key})
    if not _has_problems(program, found):
        try:
            parse_program(program_of(task), kind, where="")
        except InvalidJob as error:
            yield from _at_lines(error, program)


def _has_problems(section: Section, found: list[Problem]) -> bool:
    place = where_of(section.path)
    return any(problem.where.startswith(place) and not problem.is_warning for problem in found)


def _at_lines(error: InvalidJob, section: Section) -> Iterator[Problem]:
    """Scoring speaks of `metrics[0].params.column`; the organiser's file has a line for that."""
    for problem in error.problems:
        place = (*section.path, *_path(problem.where))
        yield section.document.problem(_as_named(place, section), text_beside_place(problem.as_dict()))
    left = error.total - len(error.problems)
    if left > 0:
        yield section.problem(_("and %(count)s more") % {"count": left})


def _path(where: str) -> Path:
    return tuple(int(index) if index else name for index, name in PARTS.findall(where))


def _as_named(place: Path, section: Section) -> Path:
    """Scoring counts classes and layers; the organiser's file names them."""
    match place[len(section.path) :]:
        case ("layers", int(index), *rest):
            layer = list(section.mapping("layers"))[index]
            return _as_named((*section.path, "layers", layer, *rest), section)
        case ("layers", str(layer), "classes", int(index)):
            holder = section.at("layers").at(layer)
        case ("classes", int(index)):
            holder = section
        case _:
            return place
    return (*place[:-1], sorted(holder.mapping("classes"), key=int)[index])
