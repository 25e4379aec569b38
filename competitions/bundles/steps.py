"""The steps of the wizard: which parts of competition.yaml belong together for an organiser.

A part of the format that no step names is found in the last of them, so that a new setting appears without new code.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from competitions.bundles.problems import Problem
from competitions.bundles.schema import json_schema

TASK_PARTS: Final = ("truth", "sample_submission", "starting_kit", "code")


@dataclass(frozen=True, slots=True)
class Step:
    """`sections` are keys of competition.yaml; of `tasks` the step has the keys `task_keys`."""

    key: str
    sections: tuple[str, ...]
    task_keys: tuple[str, ...] = ()
    has_files: bool = False


NAMED: Final = (
    Step("basics", ("slug", "title", "description", "organiser", "reward", "tags", "timezone", "contact_email")),
    Step("pages", ("pages",)),
    Step("data", ("data",), has_files=True),
    Step("truth", ("tasks",), ("key", "name", *TASK_PARTS), has_files=True),
    Step("metric", ("tasks", "leaderboards"), ("key", "name", "submission", "metrics", "program")),
    Step("rules", ("terms", "teams", "final", "registration_auto_approve", "eligibility", "consents", "registration")),
    Step("schedule", ("phases", "promotion")),
    Step("people", ("divisions", "jury", "sponsors", "prizes", "awards")),
)
REVIEW: Final = "review"
KEYS: Final = (*(step.key for step in NAMED), REVIEW)
FIXED: Final = frozenset({"schema"})  # says the format, and is no choice


def steps() -> tuple[Step, ...]:
    """With the format's sections only; those that no step names are in the last one."""
    known = json_schema()["properties"]
    named = {section for step in NAMED for section in step.sections}
    others = tuple(key for key in known if key not in named | FIXED)
    found = [_existing(step, known) for step in NAMED[:-1]]
    last = _existing(NAMED[-1], known)
    return (*found, Step(last.key, (*last.sections, *others)))


def _existing(step: Step, known: Iterable[str]) -> Step:
    return Step(step.key, tuple(key for key in step.sections if key in known), step.task_keys, step.has_files)


def step_named(key: str) -> Step | None:
    return next((step for step in steps() if step.key == key), None)


def step_of(problem: Problem) -> str:
    """The step in which a problem is mended; those of the file as a whole are only in the review."""
    parts = problem.where.replace("[", ".").replace("]", "").split(".")
    section = parts[0]
    task_key = parts[2] if section == "tasks" and len(parts) > 2 else ""
    for step in steps():
        if section in step.sections and (section != "tasks" or not task_key or task_key in step.task_keys):
            return step.key
    return REVIEW


def sections_of(step: Step) -> dict[str, Any]:
    """The schema of each of the step's sections, narrowed to what the step shows of a task."""
    known = json_schema()["properties"]
    return {key: _narrowed(known[key], step) if key == "tasks" else known[key] for key in step.sections}


def _narrowed(tasks: dict[str, Any], step: Step) -> dict[str, Any]:
    item = tasks["items"]
    shown = {key: schema for key, schema in item["properties"].items() if key in step.task_keys}
    return {**tasks, "items": {**item, "properties": shown}}
