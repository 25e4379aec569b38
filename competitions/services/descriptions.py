"""A contest as its organiser describes it: plain values, checked before they come here. Paths are files that exist.

The fields follow competition.yaml, so that a refusal can name the place in the organiser's own words.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from competitions.judging import JudgingRules
from competitions.services.step_inputs import DaySteps
from competitions.status import FinalCounts, FinalRule, SubmissionRule

Texts = Mapping[str, str]  # {"en": ..., "ja": ...}
Where = tuple[str | int, ...]  # a place in competition.yaml: ("tasks", 0, "truth")


@dataclass(frozen=True, slots=True)
class PageDescription:
    key: str
    title: Texts
    text: Texts


@dataclass(frozen=True, slots=True)
class TermsDescription:
    version: str
    text: Texts


@dataclass(frozen=True, slots=True)
class DivisionDescription:
    key: str
    title: Texts
    judging: JudgingRules | None = None


@dataclass(frozen=True, slots=True)
class PromotionDescription:
    """Only teams of the phase `source` may enter: its first ones; where `first` is None those that organisers name."""

    source: str
    division: str
    task: str
    first: int | None


@dataclass(frozen=True, slots=True)
class PhaseDescription:
    key: str
    name: Texts
    starts_at: datetime
    ends_at: datetime | None
    tasks: tuple[str, ...]
    divisions: tuple[str, ...]
    max_submissions_per_day: int
    max_submissions: int
    max_rejected_per_day: int
    max_file_bytes: int
    frozen_from: str = ""
    hides_scores: bool = False
    promotion: PromotionDescription | None = None
    max_concurrent: int = 0
    late_submissions: bool = False


@dataclass(frozen=True, slots=True)
class DataFileDescription:
    name: str
    path: Path
    description: Texts


@dataclass(frozen=True, slots=True)
class DataReleaseDescription:
    version: str
    title: Texts
    notes: Texts
    licence: str
    licence_url: str
    files: tuple[DataFileDescription, ...]


@dataclass(frozen=True, slots=True)
class BoardOptions:
    """What a ranking may have beyond its metric; board_rules says what each does."""

    tie_tolerance: float | None = None
    ladder_step: float | None = None
    public_decimals: int | None = None
    combine: Mapping[str, Any] | None = None
    gates: tuple[Mapping[str, Any], ...] = ()
    show_tied: bool = True


@dataclass(frozen=True, slots=True)
class BoardDescription:
    """How a task's teams are ranked."""

    title: Texts
    metric: str
    higher_is_better: bool
    decimals: int
    options: BoardOptions = field(default_factory=BoardOptions)


@dataclass(frozen=True, slots=True)
class ProgramDescription:
    """The organiser's own metric: the file, how it is called, and whether contestants get it with the starting kit."""

    file: Path
    spec: Mapping[str, Any]
    is_published: bool = False


@dataclass(frozen=True, slots=True)
class CodeDescription:
    """Where contestants send programs: the rules as programs.CodeRules reads them, and the folders of inputs."""

    rules: Mapping[str, Any]
    inputs: Path
    trial: Path | None = None
    days: DaySteps | None = None


@dataclass(frozen=True, slots=True)
class TaskDescription:
    """`submission`, `truth` and `metrics` are the organiser's words, shown on pages; `contract`, `truth_spec` and
    `scoring_metrics` are what scoring reads."""

    key: str
    name: Texts
    where: Where
    submission: Mapping[str, Any]
    truth: Mapping[str, Any]
    metrics: tuple[Mapping[str, Any], ...]
    contract: Mapping[str, Any]
    truth_spec: Mapping[str, Any]
    scoring_metrics: tuple[Mapping[str, Any], ...]
    truth_path: Path
    max_file_bytes: int
    boards: Mapping[str, BoardDescription]  # by the key of each division
    split_file: Path | None = None
    sample_submission: Path | None = None
    starting_kit: Path | None = None
    program: ProgramDescription | None = None
    code: CodeDescription | None = None

    @property
    def public_decimals(self) -> int | None:
        """The same on all its boards."""
        return next(iter(self.boards.values())).options.public_decimals


@dataclass(frozen=True, slots=True)
class ParticipationDescription:
    """What is asked of whoever joins: questions and consents in the shape that competitions.participation reads."""

    needs_approval: bool = False
    questions: tuple[Mapping[str, Any], ...] = ()
    consents: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class AwardDescription:
    """A prize, and the keys of the board that it goes by; without phase and task it goes by the division's jury."""

    key: str
    title: Texts
    phase: str | None
    task: str | None
    division: str
    places: int = 1
    reserves: int = 2
    amount: Texts = field(default_factory=dict)
    sponsor: Texts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SponsorDescription:
    """`description` is Markdown; `logo` a picture that logos.inspect_logo knows."""

    key: str
    name: Texts
    role: Texts
    url: str
    logo: Path | None
    description: Texts
    prizes: Texts


@dataclass(frozen=True, slots=True)
class CompetitionDescription:
    slug: str
    title: Texts
    description: Texts
    host: Texts
    reward: Texts
    tags: tuple[str, ...]
    contact_email: str
    time_zone: str
    pages: tuple[PageDescription, ...]
    terms: TermsDescription
    divisions: tuple[DivisionDescription, ...]
    phases: tuple[PhaseDescription, ...]
    data: tuple[DataReleaseDescription, ...]
    tasks: tuple[TaskDescription, ...]
    submission_rule: SubmissionRule
    final_rule: FinalRule
    final_select: int = 0
    final_counts: FinalCounts = FinalCounts.BETTER
    team_max_size: int = 1
    team_deadline: datetime | None = None
    participation: ParticipationDescription = field(default_factory=ParticipationDescription)
    data_terms: TermsDescription | None = None
    awards: tuple[AwardDescription, ...] = ()
    winner_audit: Mapping[str, Any] | None = None  # as winner_rules.WinnerRules reads it; None: winners are not audited
    sponsors: tuple[SponsorDescription, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that cannot be imported, at a place of competition.yaml."""

    where: Where
    message: str


class CannotImport(Exception):
    """The description cannot become (or update) this contest; every reason at once."""

    def __init__(self, refusals: Iterable[Refusal]) -> None:
        self.refusals = tuple(refusals)
        super().__init__("; ".join(refusal.message for refusal in self.refusals))
