"""The record of one import: what it changed and what it must refuse. Refusals are gathered, then end it together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import models

from competitions.change_rules import Difference
from competitions.models import (
    Award,
    Blob,
    Board,
    Competition,
    DataFile,
    DataRelease,
    DataTerms,
    Division,
    Page,
    Phase,
    PromotionRule,
    ScoringVersion,
    Sponsor,
    Task,
    Terms,
    WinnerAudit,
)
from competitions.services.descriptions import CannotImport, Refusal, Where
from competitions.store import StoredFile

NOUNS: Final[Mapping[type[models.Model], str]] = {
    Competition: "contest",
    Page: "page",
    Terms: "terms",
    DataTerms: "data terms",
    DataRelease: "data",
    DataFile: "data",
    Division: "division",
    Task: "task",
    Phase: "phase",
    PromotionRule: "promotion",
    Board: "board",
    Award: "award",
    WinnerAudit: "winner audit",
    Sponsor: "sponsor",
}
# Of these no values are told: long texts, and what would say something of the truth.
UNTOLD: Final = frozenset({"text", "html", "truth", "submission", "code"})


@dataclass(frozen=True, slots=True)
class Approval:
    """That a change of a contest was approved by a second person: `versions` are those that go live with it, by task.
    A plan has no versions: it is rolled back."""

    versions: Mapping[str, ScoringVersion] = field(default_factory=dict)
    is_plan: bool = False


@dataclass(slots=True)
class Changes:
    now: datetime
    made: list[str] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    approval: Approval | None = None

    def note(self, change: str) -> None:
        self.made.append(change)

    def refuse(self, where: Where, message: str) -> None:
        self.refusals.append(Refusal(where, message))

    def stop_if_refused(self) -> None:
        if self.refusals:
            raise CannotImport(self.refusals)

    def put(self, record: models.Model, name: str, /, **fields: Any) -> bool:
        """Write the fields that differ, if any do; a record that is not in the database yet is created."""
        is_new = record.pk is None
        changed = [key for key, value in fields.items() if is_new or getattr(record, key) != value]
        self._remember(record, name, fields if is_new else changed, fields, is_new=is_new)
        for key in changed:
            setattr(record, key, fields[key])
        if is_new:
            record.save(force_insert=True)
            self.note(f"{name}: added")
        elif changed:
            record.save(update_fields=changed)
            self.note(f"{name}: {', '.join(changed)} changed")
        return is_new or bool(changed)

    def _remember(
        self, record: models.Model, name: str, changed: Iterable[str], fields: Mapping[str, Any], *, is_new: bool
    ) -> None:
        noun, key = NOUNS[type(record)], _key(name)
        label = fields.get("name") or getattr(record, "name", None)
        label = label if isinstance(label, Mapping) else None
        if is_new:
            self.differences.append(Difference(noun, key, "", name=label))
            return
        for one in changed:
            old, new = _told(one, getattr(record, one)), _told(one, fields[one])
            self.differences.append(Difference(noun, key, one, old, new, label))
            if one == "truth" and getattr(record, one).get("split") != fields[one].get("split"):
                self.differences.append(Difference(noun, key, "split", name=label))

    def remove(self, record: models.Model, name: str) -> None:
        self.differences.append(Difference(NOUNS[type(record)], _key(name), ""))
        record.delete()
        self.note(f"{name}: removed")


def _key(name: str) -> str:
    """Example: phase main -> main, public board of main/general/ice -> main/general/ice"""
    return name.rpartition(" of ")[2] if " board of " in name else name.partition(" ")[2] or name


def _told(field: str, value: Any) -> Any:
    """As people may read it; None where it is long or says something of the truth."""
    if field in UNTOLD or field.endswith(("_id", "_digest")):
        return None
    if field == "metrics":
        return [str(metric["key"]) for metric in value]
    return value.isoformat() if isinstance(value, datetime) else value


def blob_of(stored: StoredFile, *, now: datetime) -> Blob:
    fields = {"size_bytes": stored.size_bytes, "created_at": now}
    return Blob.objects.get_or_create(sha256=stored.sha256, defaults=fields)[0]
