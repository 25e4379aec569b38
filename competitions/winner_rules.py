"""What a contest asks of those who may win, and how a run of their program is judged. Pure: read from the contest's
JSON, with every default in one place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from competitions.programs import ProgramLimits
from competitions.status import ExecutionStatus, FailureKind, RejectedPlace, RerunStatus, RerunVerdict

STAGES: Final = ("preprocessing", "training", "prediction")
PARTS: Final = ("code", "model", "environment", "seeds", "steps", "report")
FILE_PARTS: Final = ("code", "model", "environment", "report")
CELL_TOLERANCES: Final = ("absolute", "relative", "share", "iou")
DEFAULT_RUNTIME: Final = "python-geo"
MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class WinnerRules:
    """`hand_in` are the required parts; the code is always one. `days` is how long candidates have, from the day they
    are asked; `answer_days` how long a rejected team has to answer. `inputs` are names of files of the newest data
    release that the program is given; none: all of them, or where contestants send programs, the task's own inputs."""

    hand_in: tuple[str, ...] = PARTS
    days: int = 14
    answer_days: int = 7
    tolerance: Mapping[str, float] = field(default_factory=dict)
    runtime: str = ""
    inputs: tuple[str, ...] = ()
    limits: Mapping[str, float] = field(default_factory=dict)
    rejected: RejectedPlace = RejectedPlace.KEEP_RANK
    max_file_mib: int = 1024

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "WinnerRules":
        known = {name: values[name] for name in cls.__dataclass_fields__ if name in values}
        for name in ("hand_in", "inputs"):
            if name in known:
                known[name] = tuple(known[name])
        if "rejected" in known:
            known["rejected"] = RejectedPlace(known["rejected"])
        return cls(**known)

    @property
    def required(self) -> tuple[str, ...]:
        """In one order, the code among them."""
        return tuple(part for part in PARTS if part == "code" or part in self.hand_in)

    @property
    def max_bytes(self) -> int:
        return self.max_file_mib * MIB

    @property
    def program_limits(self) -> ProgramLimits:
        return ProgramLimits.of(self.limits)

    @property
    def cell_tolerance(self) -> dict[str, float]:
        """What `python -m scoring reproduce` takes."""
        return {name: self.tolerance[name] for name in CELL_TOLERANCES if name in self.tolerance}

    @property
    def score_tolerance(self) -> float | None:
        return self.tolerance.get("score")


@dataclass(frozen=True, slots=True)
class RerunFacts:
    """What is known of a run again: how the program ended, and how what it wrote compares with what was submitted.

    `report` is the document of the comparison; `score_gap` the largest difference of a score that ranks, if known.
    """

    status: str
    execution_status: str
    failure_kind: str = ""
    has_same_bytes: bool = False
    is_unreadable: bool = False
    report: Mapping[str, Any] = field(default_factory=dict)
    score_gap: float | None = None


def suggested_verdict(facts: RerunFacts, rules: WinnerRules) -> RerunVerdict:
    """Every tolerance that is stated must hold; where none is, the cells must be the same."""
    if facts.status == RerunStatus.FAILED or facts.failure_kind == FailureKind.PLATFORM:
        return RerunVerdict.OURS
    if facts.execution_status in {ExecutionStatus.FAILED, ExecutionStatus.CANCELLED}:
        return RerunVerdict.PROGRAM_FAILED
    if facts.status != RerunStatus.DONE:
        return RerunVerdict.UNFINISHED
    if facts.is_unreadable:
        return RerunVerdict.UNREADABLE
    if facts.has_same_bytes or facts.report.get("is_equal"):
        return RerunVerdict.IDENTICAL
    return RerunVerdict.WITHIN if _holds(facts, rules) else RerunVerdict.DIFFERENT


def _holds(facts: RerunFacts, rules: WinnerRules) -> bool:
    limit = rules.score_tolerance
    if limit is not None and (facts.score_gap is None or facts.score_gap > limit):
        return False
    cells_count = bool(rules.cell_tolerance) or limit is None
    return bool(facts.report.get("is_within")) if cells_count else True
