"""Prizes of a contest, and the rules of the audit of its winners. Once the audit is open they stay as they are."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from competitions.models import Award, Competition, WinnerAudit
from competitions.services.competition_changes import Changes
from competitions.services.descriptions import AwardDescription, CompetitionDescription


def put_awards(competition: Competition, description: CompetitionDescription, changes: Changes) -> None:
    """Call it when phases, tasks and divisions are there."""
    before = len(changes.made)
    audit = WinnerAudit.objects.filter(competition=competition).first()
    _put_audit(competition, audit, description.winner_audit, changes)
    existing = {award.key: award for award in competition.awards.all()}
    for position, described in enumerate(description.awards):
        award = existing.pop(described.key, None) or Award(competition=competition, key=described.key)
        changes.put(award, f"award {described.key}", **_fields(competition, described), position=position)
    is_open = audit is not None and audit.opened_at is not None
    for left in existing.values():
        if not is_open:
            changes.remove(left, f"award {left.key}")
    if is_open and (len(changes.made) > before or existing):
        where = ("awards",) if description.awards else ("winner_audit",)
        text = _("the audit of the winners has begun; prizes and its rules stay as candidates were told")
        changes.refuse(where, text)


def _put_audit(
    competition: Competition, audit: WinnerAudit | None, stated: Mapping[str, Any] | None, changes: Changes
) -> None:
    if stated is not None:
        record = audit or WinnerAudit(competition=competition)
        changes.put(record, "winner audit", stated=dict(stated))
    elif audit is not None and audit.opened_at is not None:
        changes.refuse(("winner_audit",), _("the audit of the winners has begun; it must be brought to its end"))
    elif audit is not None:
        changes.remove(audit, "winner audit")


def _fields(competition: Competition, described: AwardDescription) -> dict[str, Any]:
    return {
        "title": dict(described.title),
        "phase_id": competition.phases.get(key=described.phase).pk if described.phase else None,
        "task_id": competition.tasks.get(key=described.task).pk if described.task else None,
        "division_id": competition.divisions.get(key=described.division).pk,
        "places": described.places,
        "reserves": described.reserves,
        "amount": dict(described.amount),
        "sponsor": dict(described.sponsor),
    }
