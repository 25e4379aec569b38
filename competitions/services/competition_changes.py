"""The record of one import: what it changed and what it must refuse. Refusals are gathered, then end it together."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models

from competitions.models import Blob
from competitions.services.descriptions import CannotImport, Refusal, Where
from competitions.store import StoredFile


@dataclass(slots=True)
class Changes:
    now: datetime
    made: list[str] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

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
        for key in changed:
            setattr(record, key, fields[key])
        if is_new:
            record.save(force_insert=True)
            self.note(f"{name}: added")
        elif changed:
            record.save(update_fields=changed)
            self.note(f"{name}: {', '.join(changed)} changed")
        return is_new or bool(changed)

    def remove(self, record: models.Model, name: str) -> None:
        record.delete()
        self.note(f"{name}: removed")


def blob_of(stored: StoredFile, *, now: datetime) -> Blob:
    fields = {"size_bytes": stored.size_bytes, "created_at": now}
    return Blob.objects.get_or_create(sha256=stored.sha256, defaults=fields)[0]
