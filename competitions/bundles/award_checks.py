"""Do prizes go by boards that there are, and can the audit do what the file says?"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from django.utils.translation import gettext as _

from competitions.bundles.checks import keys_of, phase_divisions, repeated, undefined
from competitions.bundles.problems import Problem, did_you_mean, listed
from competitions.bundles.sections import Section

OF_MASKS: Final = ("iou",)


def award_problems(contest: Section) -> Iterator[Problem]:
    yield from repeated(contest.items("awards"), "key")
    for award in contest.items("awards"):
        yield from _jury_problems(award, contest) if award.has("jury") else _board_problems(award, contest)
    if contest.has("winner_audit"):
        yield from _audit_problems(contest.at("winner_audit"), contest)


def phase_of(award: Section, contest: Section) -> Section | None:
    """The phase that a prize goes by: the one that it names, or the last."""
    phases = list(contest.items("phases"))
    wanted = award.at("board").text("phase")
    return next((one for one in phases if one.text("key") == wanted), None) if wanted else next(reversed(phases), None)


def parts_of(phase: Section, contest: Section) -> dict[str, list[str]]:
    """The tasks and divisions of a phase."""
    tasks = [one.value for one in phase.texts("tasks")]
    return {"task": tasks, "division": phase_divisions(phase, contest)}


def _jury_problems(award: Section, contest: Section) -> Iterator[Problem]:
    if award.has("board"):
        yield award.at("jury").problem(_("a prize goes by a 'board' or by a 'jury', not by both; leave one out"))
    juried = [one.text("key") for one in contest.items("divisions") if one.has("judging")]
    key = award.text("jury")
    if key not in juried:
        text = _("there is no juried division '%(key)s'%(hint)s")
        yield award.at("jury").problem(text % {"key": key, "hint": did_you_mean(key, juried)})


def _board_problems(award: Section, contest: Section) -> Iterator[Problem]:
    board = award.at("board")
    if board.text("phase"):
        yield from undefined([board.at("phase")], "phase", keys_of(contest, "phases"))
    phase = phase_of(award, contest)
    if phase is None:
        return
    absent = {
        "task": _("phase '%(phase)s' has no task '%(key)s'%(hint)s"),
        "division": _("phase '%(phase)s' has no division '%(key)s'%(hint)s"),
    }
    several = {
        "task": _("phase '%(phase)s' has several tasks; say 'board: {task: ...}' with one of %(names)s"),
        "division": _("phase '%(phase)s' has several divisions; say 'board: {division: ...}' with one of %(names)s"),
    }
    for name, known in parts_of(phase, contest).items():
        key, place = board.text(name), {"phase": phase.text("key")}
        if key and key not in known:
            yield board.at(name).problem(absent[name] % {**place, "key": key, "hint": did_you_mean(key, known)})
        elif not key and len(known) > 1:
            part = board if award.has("board") else award
            yield part.problem(several[name] % {**place, "names": listed(known)})


def _audit_problems(audit: Section, contest: Section) -> Iterator[Problem]:
    if not list(contest.items("awards")):
        yield audit.problem(_("there is no prize to audit; list 'awards', or leave 'winner_audit' out"))
    endless = next((phase for phase in contest.items("phases") if not phase.text("end")), None)
    if endless is not None:
        text = _("winners are audited when all is over; phase '%(phase)s' has no 'end'")
        yield audit.problem(text % {"phase": endless.text("key")})
    yield from _input_problems(audit, contest)
    yield from _tolerance_problems(audit.at("tolerance"), contest)


def _input_problems(audit: Section, contest: Section) -> Iterator[Problem]:
    newest = next(reversed(list(contest.items("data"))), None)
    names = [PurePosixPath(one.text("path")).name for one in newest.items("files")] if newest else []
    for one in audit.texts("inputs"):
        if one.value not in names:
            yield one.problem(_no_file(one.value, names, newest))


def _no_file(name: str, names: list[str], newest: Section | None) -> str:
    if newest is None:
        return _("the contest has no data, so no file '%(name)s'") % {"name": name}
    text = _("the newest data release ('%(version)s') has no file '%(name)s'%(hint)s")
    return text % {"version": newest.text("version"), "name": name, "hint": did_you_mean(name, names)}


def _tolerance_problems(tolerance: Section, contest: Section) -> Iterator[Problem]:
    kinds = {task.at("submission").text("kind") for task in contest.items("tasks")}
    for name in OF_MASKS:
        if tolerance.has(name) and kinds and "raster" not in kinds:
            text = _("'%(name)s' is for masks, and no task has any; use 'absolute', 'relative', 'share' or 'score'")
            yield tolerance.at(name).problem(text % {"name": name})
