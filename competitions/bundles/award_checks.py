"""Do prizes go by boards that there are, and can the audit do what the file says?"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

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
        yield award.at("jury").problem("a prize goes by a 'board' or by a 'jury', not by both; leave one out")
    juried = [one.text("key") for one in contest.items("divisions") if one.has("judging")]
    key = award.text("jury")
    if key not in juried:
        message = f"there is no juried division '{key}'{did_you_mean(key, juried)}"
        yield award.at("jury").problem(message)


def _board_problems(award: Section, contest: Section) -> Iterator[Problem]:
    board = award.at("board")
    if board.text("phase"):
        yield from undefined([board.at("phase")], "phase", keys_of(contest, "phases"))
    phase = phase_of(award, contest)
    if phase is None:
        return
    for name, known in parts_of(phase, contest).items():
        key, place = board.text(name), f"phase '{phase.text('key')}'"
        if key and key not in known:
            yield board.at(name).problem(f"{place} has no {name} '{key}'{did_you_mean(key, known)}")
        elif not key and len(known) > 1:
            part = board if award.has("board") else award
            yield part.problem(f"{place} has several {name}s; say 'board: {{{name}: ...}}' with one of {listed(known)}")


def _audit_problems(audit: Section, contest: Section) -> Iterator[Problem]:
    if not list(contest.items("awards")):
        yield audit.problem("there is no prize to audit; list 'awards', or leave 'winner_audit' out")
    endless = next((phase for phase in contest.items("phases") if not phase.text("end")), None)
    if endless is not None:
        yield audit.problem(f"winners are audited when all is over; phase '{endless.text('key')}' has no 'end'")
    yield from _input_problems(audit, contest)
    yield from _tolerance_problems(audit.at("tolerance"), contest)


def _input_problems(audit: Section, contest: Section) -> Iterator[Problem]:
    newest = next(reversed(list(contest.items("data"))), None)
    names = [PurePosixPath(one.text("path")).name for one in newest.items("files")] if newest else []
    for one in audit.texts("inputs"):
        if one.value not in names:
            release = f"the newest data release ('{newest.text('version')}')" if newest else "the contest (no data)"
            yield one.problem(f"{release} has no file '{one.value}'{did_you_mean(one.value, names)}")


def _tolerance_problems(tolerance: Section, contest: Section) -> Iterator[Problem]:
    kinds = {task.at("submission").text("kind") for task in contest.items("tasks")}
    for name in OF_MASKS:
        if tolerance.has(name) and kinds and "raster" not in kinds:
            message = f"'{name}' is for masks, and no task has any; use 'absolute', 'relative', 'share' or 'score'"
            yield tolerance.at(name).problem(message)
