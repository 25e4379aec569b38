"""The rules of a juried division, as plain values: what is handed in, how it is judged, how the total is made.

`JudgingRules.of` reads what `as_json` wrote; the division keeps that. Every default is filled in by then.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

Texts = Mapping[str, str]


class DocumentKind(TextChoices):
    """What a file is, by what is in it, whatever its name says."""

    PDF = "pdf", _("PDF")
    HTML = "html", _("HTML page")
    PNG = "png", _("PNG image")
    JPEG = "jpeg", _("JPEG image")
    NOTEBOOK = "notebook", _("notebook (.ipynb)")


class Video(TextChoices):
    NONE = "none", _("no video link")
    OPTIONAL = "optional", _("a video link, if you like")
    REQUIRED = "required", _("a video link")


class ScoreScale(TextChoices):
    """How scores of the task come to 0..1, 1 being best."""

    MIN_MAX = "min_max", _("from worst to best score")
    RANK = "rank", _("by rank")


class SheetScale(TextChoices):
    """Which value of a sheet the jury's mean is made of."""

    PLAIN = "plain", _("sheets as they are")
    NORMALISED = "normalised", _("sheets brought to one mean and spread")


class Split(TextChoices):
    PUBLIC = "public", _("public score")
    PRIVATE = "private", _("private score")


@dataclass(frozen=True, slots=True)
class Criterion:
    """One line of the rubric. `anchors` say what a mark means; not every mark needs one."""

    key: str
    title: Texts
    description: Texts
    weight: float
    low: int
    high: int
    anchors: Mapping[int, Texts]

    @property
    def marks(self) -> range:
        return range(self.low, self.high + 1)

    def share(self, mark: int) -> float:
        """0 for the lowest mark, 1 for the highest, whatever the scale."""
        return (mark - self.low) / (self.high - self.low)


@dataclass(frozen=True, slots=True)
class EntryRules:
    """What a team hands in."""

    kinds: tuple[DocumentKind, ...]
    min_files: int
    max_files: int
    max_file_bytes: int
    video: Video
    abstract_characters: int
    versions_per_day: int

    @property
    def max_bytes(self) -> int:
        return self.max_files * self.max_file_bytes


@dataclass(frozen=True, slots=True)
class TotalRule:
    """total = score_weight * score + jury_weight * jury, both in 0..1. Without a task the jury alone decides."""

    score_weight: float
    jury_weight: float
    task: str
    phase: str
    split: Split
    score_scale: ScoreScale
    sheets: SheetScale


@dataclass(frozen=True, slots=True)
class JudgingRules:
    opens_at: datetime | None
    due_at: datetime
    entry: EntryRules
    rubric: tuple[Criterion, ...]
    jurors_per_entry: int
    is_blind: bool
    total: TotalRule
    shortlist: int  # only so many entries, the best by score, are judged; 0: all

    def is_open(self, now: datetime) -> bool:
        return (self.opens_at is None or now >= self.opens_at) and now <= self.due_at

    def criterion(self, key: str) -> Criterion | None:
        return next((one for one in self.rubric if one.key == key), None)

    def is_complete(self, marks: Mapping[str, int]) -> bool:
        return all(one.key in marks for one in self.rubric)

    def as_json(self) -> dict[str, Any]:
        return {
            "opens_at": self.opens_at.isoformat() if self.opens_at else None,
            "due_at": self.due_at.isoformat(),
            "entry": _plain(self.entry) | {"kinds": [str(kind) for kind in self.entry.kinds]},
            "rubric": [_criterion_json(one) for one in self.rubric],
            "jurors_per_entry": self.jurors_per_entry,
            "is_blind": self.is_blind,
            "total": _plain(self.total),
            "shortlist": self.shortlist,
        }

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "JudgingRules":
        entry, total = kept["entry"], kept["total"]
        return cls(
            opens_at=datetime.fromisoformat(kept["opens_at"]) if kept["opens_at"] else None,
            due_at=datetime.fromisoformat(kept["due_at"]),
            entry=EntryRules(
                **entry | {"kinds": tuple(map(DocumentKind, entry["kinds"])), "video": Video(entry["video"])}
            ),
            rubric=tuple(_criterion(one) for one in kept["rubric"]),
            jurors_per_entry=kept["jurors_per_entry"],
            is_blind=kept["is_blind"],
            total=TotalRule(
                **total
                | {
                    "split": Split(total["split"]),
                    "score_scale": ScoreScale(total["score_scale"]),
                    "sheets": SheetScale(total["sheets"]),
                }
            ),
            shortlist=kept["shortlist"],
        )


def _plain(values: EntryRules | TotalRule) -> dict[str, Any]:
    """Fields by name, choices as plain text."""
    found = {name: getattr(values, name) for name in values.__slots__}
    return {name: str(value) if isinstance(value, TextChoices) else value for name, value in found.items()}


def _criterion_json(one: Criterion) -> dict[str, Any]:
    return {
        "key": one.key,
        "title": dict(one.title),
        "description": dict(one.description),
        "weight": one.weight,
        "low": one.low,
        "high": one.high,
        "anchors": {str(mark): dict(meaning) for mark, meaning in one.anchors.items()},
    }


def _criterion(kept: Mapping[str, Any]) -> Criterion:
    anchors = {int(mark): meaning for mark, meaning in kept["anchors"].items()}
    return Criterion(**{**kept, "anchors": anchors})
