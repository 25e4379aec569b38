"""An organiser's own metric is tried before it is published: it must work, and say the same twice.

It scores the sample submission, or the truth itself where there is none, in two boxes that differ in what a program
must not depend on: the time, the seeds of random numbers, the order of sets, the addresses of objects.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _

from competitions.problem_texts import problem_text
from competitions.programs import scored_in_boxes
from competitions.services.boxes import ProgramFailed, ScoringJob, ScoringProgram, Verdict
from competitions.services.descriptions import ProgramDescription, Refusal, TaskDescription

TrySample = Callable[[ScoringJob], Verdict]
HASH_SEEDS: Final = (1, 2)
LOG_TAIL: Final = 1500
MAX_PROBLEMS_TOLD: Final = 20


def sample_job(
    task: TaskDescription, truth: Path, contract: Mapping[str, Any], program: ScoringProgram | None = None
) -> ScoringJob:
    sample = None if task.code else task.sample_submission  # where programs are sent the sample is a program
    return ScoringJob(
        prediction=sample,
        file_name=sample.name if sample else "the truth",
        contract=contract,
        metrics=scored_in_boxes(task.scoring_metrics),
        truth=truth,
        program=program,
    )


def program_refusals(
    task: TaskDescription, truth: Path, contract: Mapping[str, Any], try_sample: TrySample
) -> list[Refusal]:
    """What is wrong with the program of a task, or with the sample submission that it is tried with."""
    described = task.program
    assert described is not None  # noqa: S101  (the caller asked)
    place = (*task.where, "program")
    try:
        first, second = (try_sample(sample_job(task, truth, contract, _trial(described, seed))) for seed in HASH_SEEDS)
    except ProgramFailed as error:
        return [Refusal(place, f"{error}{_end_of(error.log)}")]
    if first.result is not None and second.result is not None:
        return [Refusal(place, message) for message in _differences(first.result, second.result)]
    if task.sample_submission is not None and task.code is None:
        place = (*task.where, "sample_submission")
    told = [*first.problems, *second.problems][:MAX_PROBLEMS_TOLD]
    return [Refusal(place, message) for message in dict.fromkeys(problem_text(problem) for problem in told)]


def _trial(described: ProgramDescription, hash_seed: int) -> ScoringProgram:
    return ScoringProgram(described.file, described.spec, is_proof=True, hash_seed=hash_seed)


def _end_of(log: str) -> str:
    shown = log.strip()[-LOG_TAIL:]
    return _("; the end of its log:") + f"\n{shown}" if shown else ""


def _differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[str]:
    """Scores and what intervals are made of, bit by bit."""
    for key, sides in first["metrics"].items():
        for side, value in sides.items():
            other = second["metrics"][key][side]
            if value != other:
                text = _(
                    "the program is not deterministic: on one prediction it returned %(key)s %(first)s and then "
                    "%(second)s (%(side)s part); seed what is random, sort what comes out of sets, do not use the time"
                )
                yield text % {"key": key, "first": repr(value), "second": repr(other), "side": side}
                return
    if json.dumps(first["statistics"], sort_keys=True) != json.dumps(second["statistics"], sort_keys=True):
        yield _("the program is not deterministic: without a group of rows or scenes it returned two different scores")
