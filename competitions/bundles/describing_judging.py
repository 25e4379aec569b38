"""The rules of a juried division, from competition.yaml and back to it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from competitions.bundles import times
from competitions.bundles.sections import Section
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

MIB: Final = 1024 * 1024


def judging_rules(judging: Section, zone: ZoneInfo) -> JudgingRules:
    """Of a `judging:` without mistakes. Defaults of the format live here."""
    return JudgingRules(
        opens_at=_instant(judging, "start", zone),
        due_at=times.instant(judging.text("deadline"), zone),
        entry=_entry(judging.at("documents")),
        rubric=tuple(_criterion(one) for one in judging.items("rubric")),
        jurors_per_entry=judging.number("jurors_per_entry", 3),
        is_blind=judging.at("blind").value is not False,
        total=_total(judging.at("total")),
        shortlist=judging.number("shortlist", 0),
    )


def _instant(part: Section, key: str, zone: ZoneInfo) -> datetime | None:
    return times.instant(part.text(key), zone) if part.text(key) else None


def _entry(documents: Section) -> EntryRules:
    kinds = tuple(DocumentKind(one.value) for one in documents.texts("kinds"))
    usual = 1 if kinds else 0
    return EntryRules(
        kinds=kinds,
        min_files=documents.number("min_files", usual),
        max_files=documents.number("max_files", usual),
        max_file_bytes=documents.number("max_file_mib", 20) * MIB,
        video=Video(documents.text("video", Video.NONE)),
        abstract_characters=documents.number("abstract_characters", 600),
        versions_per_day=documents.number("max_versions_per_day", 10),
    )


def _criterion(one: Section) -> Criterion:
    scale = one.at("scale")
    return Criterion(
        key=one.text("key"),
        title=one.localised("title"),
        description=one.localised("description"),
        weight=float(one.at("weight").value),
        low=scale.number("from", 1),
        high=scale.number("to", 5),
        anchors={anchor.number("mark", 0): anchor.localised("means") for anchor in one.items("anchors")},
    )


def _total(total: Section) -> TotalRule:
    return TotalRule(
        score_weight=float(total.at("score").value or 0),
        jury_weight=float(total.at("jury").value),
        task=total.text("task"),
        phase=total.text("phase"),
        split=Split(total.text("split", Split.PRIVATE)),
        score_scale=ScoreScale(total.text("score_scale", ScoreScale.MIN_MAX)),
        sheets=SheetScale(total.text("sheets", SheetScale.NORMALISED)),
    )


# -- back -------------------------------------------------------------------------------------------------------------


def judging_section(rules: JudgingRules, zone: ZoneInfo) -> dict[str, Any]:
    """What stands under `judging:`; importing it gives the same rules. Every default is written out."""
    entry, total = rules.entry, rules.total
    section: dict[str, Any] = {"start": rules.opens_at.astimezone(zone).isoformat()} if rules.opens_at else {}
    section |= {
        "deadline": rules.due_at.astimezone(zone).isoformat(),
        "documents": {
            "kinds": [str(kind) for kind in entry.kinds],
            "min_files": entry.min_files,
            "max_files": entry.max_files,
            "max_file_mib": entry.max_file_bytes // MIB,
            "video": str(entry.video),
            "abstract_characters": entry.abstract_characters,
            "max_versions_per_day": entry.versions_per_day,
        },
        "rubric": [_criterion_section(one) for one in rules.rubric],
        "jurors_per_entry": rules.jurors_per_entry,
        "blind": rules.is_blind,
        "total": _total_section(total),
    }
    return section | ({"shortlist": rules.shortlist} if rules.shortlist else {})


def _criterion_section(one: Criterion) -> dict[str, Any]:
    section: dict[str, Any] = {
        "key": one.key,
        "title": dict(one.title),
        "weight": one.weight,
        "scale": {"from": one.low, "to": one.high},
    }
    if one.description:
        section["description"] = dict(one.description)
    if one.anchors:
        section["anchors"] = [{"mark": mark, "means": _texts(meaning)} for mark, meaning in one.anchors.items()]
    return section


def _texts(texts: Mapping[str, str]) -> dict[str, str]:
    return dict(texts)


def _total_section(total: TotalRule) -> dict[str, Any]:
    section: dict[str, Any] = {"jury": total.jury_weight, "sheets": str(total.sheets)}
    if total.task:
        section |= {"score": total.score_weight, "task": total.task, "split": str(total.split)}
        section |= {"score_scale": str(total.score_scale)} | ({"phase": total.phase} if total.phase else {})
    return section
