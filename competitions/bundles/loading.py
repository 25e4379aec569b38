"""A folder with competition.yaml -> a description, or every mistake in it at once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path as FilePath

from competitions.bundles.award_checks import award_problems
from competitions.bundles.board_checks import board_problems
from competitions.bundles.checks import contest_problems
from competitions.bundles.code_checks import code_problems, second_stage_problems
from competitions.bundles.describing import describe
from competitions.bundles.describing_tasks import describe_task
from competitions.bundles.file_checks import file_problems
from competitions.bundles.folder import Folder
from competitions.bundles.judging_checks import judging_problems
from competitions.bundles.originals import FILE_NAME
from competitions.bundles.participation_checks import participation_problems
from competitions.bundles.problems import InvalidCompetition, Problem, where_of
from competitions.bundles.promotion_checks import promotion_problems
from competitions.bundles.reading import Document, read_document
from competitions.bundles.scoring_checks import scoring_problems
from competitions.bundles.sections import Section
from competitions.bundles.shape import shape_problems
from competitions.bundles.sponsor_checks import sponsor_problems
from competitions.bundles.taking_part_checks import taking_part_problems
from competitions.bundles.task_checks import leak_problems, task_problems
from competitions.services.descriptions import CompetitionDescription, Refusal, TaskDescription

__all__ = ["FILE_NAME", "Bundle", "load", "read_bundle"]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A contest's folder as read: what is wrong with it, and what to import where nothing is.

    `tasks` holds those without a mistake of their own, so that their truth can be examined even while other parts of
    the file are wrong.
    """

    document: Document
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    tasks: tuple[TaskDescription, ...]
    complete: CompetitionDescription | None

    @property
    def description(self) -> CompetitionDescription:
        """The contest. Raises InvalidCompetition where the files have mistakes."""
        if self.complete is None:
            raise InvalidCompetition(self.problems)
        return self.complete

    def problems_of(self, refusals: Iterable[Refusal]) -> list[Problem]:
        """What the service refuses, at its lines."""
        return [self.document.problem(refusal.where, refusal.message) for refusal in refusals]


def load(directory: FilePath) -> CompetitionDescription:
    """The contest that a folder describes. Raises InvalidCompetition with every mistake."""
    return read_bundle(directory).description


def read_bundle(directory: FilePath) -> Bundle:
    """Read and check a folder. Raises InvalidCompetition only where the file is no YAML at all."""
    document = read_document(directory / FILE_NAME, name=FILE_NAME)
    contest, folder = Section.root(document), Folder(directory)
    misshapen = shape_problems(document)
    found = [*document.problems, *misshapen, *_meaning_problems(contest, folder)]
    for task in contest.items("tasks"):
        found += list(scoring_problems(task, found))
    problems = tuple(sorted({problem for problem in found if not problem.is_warning}))
    warnings = tuple(sorted({problem for problem in found if problem.is_warning}))
    tasks = tuple(describe_task(task, contest, folder) for task in contest.items("tasks") if _is_sound(task, problems))
    return Bundle(document, problems, warnings, tasks, None if problems else describe(contest, folder))


def _meaning_problems(contest: Section, folder: Folder) -> Iterator[Problem]:
    yield from contest_problems(contest)
    yield from file_problems(contest, folder)
    yield from board_problems(contest)
    yield from taking_part_problems(contest)
    yield from participation_problems(contest, folder)
    yield from judging_problems(contest)
    yield from award_problems(contest)
    yield from second_stage_problems(contest)
    yield from promotion_problems(contest)
    yield from sponsor_problems(contest, folder)
    for task in contest.items("tasks"):
        yield from task_problems(task, folder)
        yield from code_problems(task, folder)
    yield from leak_problems(contest, folder)


def _is_sound(task: Section, problems: Iterable[Problem]) -> bool:
    place = where_of(task.path)
    return not any(problem.where == place or problem.where.startswith(f"{place}.") for problem in problems)
