"""A juried division for tests: rules, files of every kind, entries, jurors and sheets, made by the services."""

import json
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from competitions.judging import (
    Criterion,
    DocumentKind,
    EntryRules,
    JudgingRules,
    ScoreScale,
    SheetScale,
    Split,
    TotalRule,
    Video,
)
from competitions.models import Competition, Division, EntryVersion, Sheet, Team, User
from competitions.services import jury_assignments, jury_entries, sheets
from competitions.services.jury_entries import IncomingFile, Words
from competitions.services.sheets import Marking
from competitions.status import Role
from tests import makers

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF"
HTML = b"<!DOCTYPE html><title>Idea</title><script>parent.hacked = 1</script><p>Hello"
NOTEBOOK = json.dumps(
    {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "markdown", "source": "# Hello"}]}
).encode()
SIX_HOURS = timedelta(hours=6)


def make_rules(now: datetime, **fields: Any) -> JudgingRules:
    """Open for six more hours; the jury alone decides, two criteria, two jurors an entry, blind."""
    entry = {
        "kinds": tuple(DocumentKind),
        "min_files": 1,
        "max_files": 3,
        "max_file_bytes": 1024 * 1024,
        "video": Video.OPTIONAL,
        "abstract_characters": 600,
        "versions_per_day": 10,
    }
    total = {
        "score_weight": 0.0,
        "jury_weight": 1.0,
        "task": "",
        "phase": "",
        "split": Split.PRIVATE,
        "score_scale": ScoreScale.MIN_MAX,
        "sheets": SheetScale.PLAIN,
    }
    for part in (entry, total):
        part.update({name: fields.pop(name) for name in part.keys() & fields.keys()})
    anchors = {1: makers.both("nothing new"), 5: makers.both("a new view")}
    usual: dict[str, Any] = {
        "opens_at": None,
        "due_at": now + SIX_HOURS,
        "entry": EntryRules(**entry),
        "rubric": (
            Criterion("insight", makers.both("Insight"), makers.both("What is new?"), 2.0, 1, 5, anchors),
            Criterion("form", makers.both("Form"), {}, 1.0, 1, 5, {}),
        ),
        "jurors_per_entry": 2,
        "is_blind": True,
        "total": TotalRule(**total),
        "shortlist": 0,
    }
    return JudgingRules(**usual | fields)


def make_division(
    competition: Competition, key: str = "ideas", *, now: datetime | None = None, **rules: Any
) -> Division:
    kept = make_rules(now or timezone.now(), **rules).as_json()
    fields = {"title": makers.both("Ideas"), "position": 5, "judging": kept}
    return Division.objects.create(competition=competition, key=key, **fields)


def close(division: Division, *, now: datetime | None = None) -> None:
    """Move the deadline so far back that judging has begun."""
    due_at = (now or timezone.now()) - timedelta(hours=1)
    division.judging = {**(division.judging or {}), "due_at": due_at.isoformat()}
    division.save(update_fields=["judging"])


def hand_in(team: Team, division: Division, content: bytes = PDF, **fields: Any) -> EntryVersion:
    now = fields.pop("now", None) or timezone.now()
    words = Words(fields.pop("title", f"An idea of number {team.pk}"), **fields.pop("words", {}))
    files = fields.pop("files", [IncomingFile("our-names.pdf", [content])])
    user = team.members.order_by("pk")[0].user
    return jury_entries.hand_in(
        user=user, division=division, words=words, files=files, now=now, clock=lambda: now, **fields
    )


def make_jurors(competition: Competition, count: int) -> list[User]:
    return [makers.make_member(competition, f"juror-{number}", Role.JUROR) for number in range(1, count + 1)]


def declare(division: Division, jurors: list[User]) -> None:
    """No conflicts at all."""
    for juror in jurors:
        jury_assignments.declare(division, juror=juror, conflicts={}, now=timezone.now())


def fill(sheet: Sheet, insight: int, form: int, **fields: Any) -> Sheet:
    marking = Marking({"insight": insight, "form": form}, **fields)
    return sheets.save(sheet, marking, juror=sheet.juror, version=sheet.version, now=timezone.now())
