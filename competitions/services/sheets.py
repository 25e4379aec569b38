"""Marking: sheets are saved as they are filled in, then signed and locked; only the chair opens one again.

Saving is a compare-and-set on the version that the juror saw: whoever has the sheet open twice is told, and nothing is
overwritten. A locked sheet takes nothing.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from competitions.judging import JudgingRules
from competitions.models import Division, Sheet, User
from competitions.permissions import can_judge
from competitions.queries.jury import counted_version
from competitions.services import audit
from competitions.services.jury_assignments import lock_division, require_judging
from competitions.services.jury_refusals import JuryRefused

MAX_TEXT = 10_000
MAX_NAME = 150
MAX_REASON = 1000


@dataclass(frozen=True, slots=True)
class Marking:
    """What a juror has written on a sheet so far. Criteria without a mark are left out."""

    marks: Mapping[str, int]
    comment: str = ""
    notes: str = ""


def save(sheet: Sheet, marking: Marking, *, juror: User, version: int, now: datetime) -> Sheet:
    """Write the sheet that the juror saw as `version`. Returns it as it is now.

    Raises JuryRefused: `conflict_of_versions` where it was saved elsewhere meanwhile, `locked`, `invalid_mark`.
    """
    division = sheet.entry.division
    require_judging(division, now)
    _require_own(sheet, juror)
    _check(marking, division.rules)
    fields = {"marks": dict(marking.marks), "comment": marking.comment, "notes": marking.notes, "saved_at": now}
    same = Sheet.objects.filter(pk=sheet.pk, juror=juror, version=version, locked_at=None)
    if not same.update(version=F("version") + 1, **fields):
        _refuse_save(sheet)
    sheet.refresh_from_db()
    return sheet


def _require_own(sheet: Sheet, juror: User) -> None:
    if not can_judge(juror, sheet):
        raise JuryRefused("not_yours", _("This sheet is not yours to fill in."))


def _refuse_save(sheet: Sheet) -> None:
    now = Sheet.objects.filter(pk=sheet.pk).first()
    if now is None:
        raise JuryRefused("not_yours", _("This sheet is not yours to fill in."))
    if now.locked_at is not None:
        raise JuryRefused("locked", _("This sheet is signed and locked; nothing was saved."))
    text = _("This sheet was changed in another window or on another device. Load it again; nothing was overwritten.")
    raise JuryRefused("conflict_of_versions", text)


def _check(marking: Marking, rules: JudgingRules) -> None:
    for key, mark in marking.marks.items():
        criterion = rules.criterion(key)
        if criterion is None:
            raise JuryRefused("invalid_mark", _("There is no criterion “%(key)s”.") % {"key": key[:40]})
        if isinstance(mark, bool) or not isinstance(mark, int) or mark not in criterion.marks:
            text = _("“%(key)s” takes a mark from %(low)s to %(high)s.")
            raise JuryRefused("invalid_mark", text % {"key": key, "low": criterion.low, "high": criterion.high})
    for written in (marking.comment, marking.notes):
        if len(written) > MAX_TEXT or "\0" in written:
            text = _("A text on a sheet has %(max)s characters at most.")
            raise JuryRefused("text_too_long", text % {"max": MAX_TEXT})


# -- signing ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def sign(division: Division, *, juror: User, name: str, now: datetime) -> list[Sheet]:
    """Lock all of a juror's sheets in a division under the typed name. All have to be complete. Safe twice."""
    division = lock_division(division)
    require_judging(division, now)
    name = " ".join(name.replace("\0", "").split())
    if not name or len(name) > MAX_NAME:
        raise JuryRefused("name_missing", _("Type your name to sign."))
    sheets = Sheet.objects.select_for_update().filter(entry__division=division, juror=juror)
    found = list(sheets.select_related("entry__division__competition", "juror").order_by("entry__number"))
    _require_complete(found, division.rules)
    waiting = [sheet for sheet in found if sheet.locked_at is None]
    for sheet in waiting:
        _lock(sheet, division, name, now)
    return waiting


def _require_complete(sheets: list[Sheet], rules: JudgingRules) -> None:
    if not sheets:
        raise JuryRefused("nothing_to_sign", _("You have no sheet in this division."))
    for sheet in sheets:
        _require_own(sheet, sheet.juror)
    missing = [sheet.entry.label for sheet in sheets if not rules.is_complete(sheet.marks)]
    if missing:
        text = _("Marks are missing on %(entries)s. Complete every sheet, then sign them together.")
        raise JuryRefused("incomplete", text % {"entries": ", ".join(missing)})


def _lock(sheet: Sheet, division: Division, name: str, now: datetime) -> None:
    sheet.locked_at, sheet.signed_name = now, name
    sheet.digest = sheet_digest(sheet)
    sheet.save(update_fields=["locked_at", "signed_name", "digest"])
    _note("sheet signed", sheet, division, sheet.juror, now, after={"digest": sheet.digest, "name": name})


def sheet_digest(sheet: Sheet) -> str:
    """SHA-256 over what was signed: marks and comment, of which version of the entry, by which rubric, who and when.
    The juror's notes are nobody's business."""
    content = {
        "division": sheet.entry.division.key,
        "entry": sheet.entry.number,
        "entry_sha256": counted_version(sheet.entry).sha256,
        "juror": sheet.juror.get_username(),
        "rubric": (sheet.entry.division.judging or {}).get("rubric"),
        "marks": sheet.marks,
        "comment": sheet.comment,
        "version": sheet.version,
        "name": sheet.signed_name,
        "locked_at": sheet.locked_at.isoformat() if sheet.locked_at else "",
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@transaction.atomic
def reopen(sheet: Sheet, *, actor: User, reason: str, now: datetime) -> None:
    """Let a juror change a signed sheet. What was signed is in the log."""
    division = lock_division(sheet.entry.division)
    require_judging(division, now)
    reason = reason.strip()[:MAX_REASON]
    if not reason:
        raise JuryRefused("reason_missing", _("Say why the sheet is opened again; the reason is in the log."))
    found = Sheet.objects.select_for_update().select_related("entry", "juror").get(pk=sheet.pk)
    if found.locked_at is None:
        return
    before = {"digest": found.digest, "marks": found.marks, "name": found.signed_name}
    found.locked_at, found.signed_name, found.digest = None, "", ""
    found.save(update_fields=["locked_at", "signed_name", "digest"])
    _note("sheet reopened", found, division, actor, now, before=before, reason=reason)


def _note(verb: str, sheet: Sheet, division: Division, actor: User, now: datetime, **said: object) -> None:
    audit.note(
        verb,
        now=now,
        actor=actor,
        competition=division.competition,
        subject=f"{division.key} {sheet.entry.label}",
        detail={"juror": sheet.juror.get_username()},
        **said,  # type: ignore[arg-type]
    )
