"""Who judges what: the chair assigns by hand or evenly, jurors declare conflicts, which take entries away from them.

Every act locks the division first, so that a conflict and an assignment at the same moment come one after the other.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from competitions.jury_balance import Pair, Plan, balance
from competitions.models import Division, Entry, JuryChair, JuryDeclaration, JuryRelease, Sheet, User
from competitions.permissions import is_juror
from competitions.queries.jury import begins_at, is_score_final, jurors, score_board, shortlisted
from competitions.services import audit
from competitions.services.jury_refusals import JuryRefused

MAX_REASON = 300


def lock_division(division: Division) -> Division:
    return Division.objects.select_for_update().select_related("competition").get(pk=division.pk)


def require_judging(division: Division, now: datetime) -> None:
    """After the deadline, and before the result is published."""
    if now <= begins_at(division):
        raise JuryRefused("too_early", _("Judging begins when the deadline for entries has passed."))
    if JuryRelease.objects.filter(division=division).exists():
        raise JuryRefused("published", _("The result is published; nothing can be changed any more."))


# -- assignment -------------------------------------------------------------------------------------------------------


@transaction.atomic
def assign_evenly(division: Division, *, actor: User, now: datetime) -> Plan:
    """Give every entry that is judged the jurors it still lacks. Safe twice: then nothing is lacking."""
    division = lock_division(division)
    rules, seed = division.rules, f"{division.competition.slug}/{division.key}"
    require_judging(division, now)
    entries = _judged_entries(division, now)
    plan = balance(
        [one.pk for one in entries],
        [one.pk for one in jurors(division.competition)],
        jurors_per_entry=rules.jurors_per_entry,
        taken=_taken(division),
        conflicts=_conflicts(division),
        seed=seed,
    )
    Sheet.objects.bulk_create(Sheet(entry_id=entry, juror_id=juror, assigned_at=now) for entry, juror in plan.pairs)
    if plan.pairs:
        detail = {"seed": seed, "entries": [one.number for one in entries], "pairs": len(plan.pairs)}
        detail["assigned"] = _named(plan.pairs, entries)
        _note("jury assigned", division, actor, now, detail=detail)
    return plan


def _named(pairs: tuple[Pair, ...], entries: list[Entry]) -> list[list[object]]:
    numbers = {one.pk: one.number for one in entries}
    return [[numbers[entry], juror] for entry, juror in pairs]


def _judged_entries(division: Division, now: datetime) -> list[Entry]:
    rules = division.rules
    board = score_board(division, rules)
    if rules.shortlist and not is_score_final(board, now=now):
        text = _("The shortlist goes by scores, and their phase is not over or not fully scored yet.")
        raise JuryRefused("scores_not_final", text)
    return shortlisted(division, rules)


def _taken(division: Division) -> set[Pair]:
    return set(Sheet.objects.filter(entry__division=division).values_list("entry", "juror"))


def _conflicts(division: Division) -> set[Pair]:
    found = JuryDeclaration.objects.filter(entry__division=division, has_conflict=True)
    return set(found.values_list("entry", "juror"))


@transaction.atomic
def assign(entry: Entry, *, juror: User, actor: User, now: datetime) -> Sheet:
    """By hand. Safe twice."""
    division = lock_division(entry.division)
    require_judging(division, now)
    if not is_juror(juror, division.competition):
        raise JuryRefused("not_a_juror", _("%(name)s is not a juror of this contest.") % {"name": juror})
    if (entry.pk, juror.pk) in _conflicts(division):
        raise JuryRefused("conflict", _("%(name)s has declared a conflict of interest here.") % {"name": juror})
    if entry.pk not in {one.pk for one in _judged_entries(division, now)}:
        raise JuryRefused("not_shortlisted", _("%(entry)s is not on the shortlist.") % {"entry": entry.label})
    sheet, is_new = Sheet.objects.get_or_create(entry=entry, juror=juror, defaults={"assigned_at": now})
    if is_new:
        _note("juror assigned", division, actor, now, detail={"entry": entry.number, "juror": juror.get_username()})
    return sheet


@transaction.atomic
def unassign(sheet: Sheet, *, actor: User, now: datetime) -> None:
    """Take a sheet away, whatever is on it; the log keeps the marks."""
    division = lock_division(sheet.entry.division)
    require_judging(division, now)
    found = Sheet.objects.select_for_update().filter(pk=sheet.pk).select_related("entry", "juror").first()
    if found is None:
        return
    if found.locked_at is not None:
        raise JuryRefused("locked", _("This sheet is signed. Reopen it first, with a reason."))
    _take_away(found, division, "juror unassigned", actor, now)


def _take_away(sheet: Sheet, division: Division, verb: str, actor: User, now: datetime, *, reason: str = "") -> None:
    detail = {"entry": sheet.entry.number, "juror": sheet.juror.get_username()}
    _note(verb, division, actor, now, detail=detail, before={"marks": sheet.marks}, reason=reason)
    sheet.delete()


# -- chair ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def set_chair(division: Division, *, juror: User, is_chair: bool, actor: User, now: datetime) -> None:
    """Name a juror as chair, or no longer. Safe twice."""
    division = lock_division(division)
    if is_chair and not is_juror(juror, division.competition):
        raise JuryRefused("not_a_juror", _("%(name)s is not a juror of this contest.") % {"name": juror})
    if is_chair:
        changed = JuryChair.objects.get_or_create(division=division, user=juror)[1]
    else:
        changed = bool(JuryChair.objects.filter(division=division, user=juror).delete()[0])
    if changed:
        verb = "jury chair named" if is_chair else "jury chair dismissed"
        _note(verb, division, actor, now, detail={"juror": juror.get_username()})


# -- conflicts of interest --------------------------------------------------------------------------------------------


@transaction.atomic
def declare(division: Division, *, juror: User, conflicts: Mapping[int, str], now: datetime) -> int:
    """Of every entry that the juror has said nothing about yet: is there a conflict? `conflicts` gives the reason for
    each entry (by id) with one; of all others the juror says that there is none. Returns how many were declared."""
    division = lock_division(division)
    require_judging(division, now)
    if not is_juror(juror, division.competition):
        raise JuryRefused("not_a_juror", _("%(name)s is not a juror of this contest.") % {"name": juror})
    known = set(JuryDeclaration.objects.filter(entry__division=division, juror=juror).values_list("entry", flat=True))
    new = [entry for entry in division.entries.all() if entry.pk not in known]
    JuryDeclaration.objects.bulk_create(
        JuryDeclaration(
            entry=entry,
            juror=juror,
            has_conflict=entry.pk in conflicts,
            reason=conflicts.get(entry.pk, "")[:MAX_REASON],
            declared_at=now,
        )
        for entry in new
    )
    if new:
        told = [entry.number for entry in new if entry.pk in conflicts]
        _note("conflicts declared", division, juror, now, detail={"entries": len(new), "conflicts": told})
    for entry in new:
        if entry.pk in conflicts:
            _free(entry, juror, division, now)
    return len(new)


@transaction.atomic
def declare_conflict(entry: Entry, *, juror: User, reason: str, now: datetime) -> None:
    """A juror recognises an entry later. Safe twice. Nobody takes a conflict back."""
    division = lock_division(entry.division)
    require_judging(division, now)
    signed = Sheet.objects.filter(entry=entry, juror=juror, locked_at__isnull=False)
    if signed.exists():
        raise JuryRefused("locked", _("You have signed this sheet. Ask the chair to reopen it first."))
    fields = {"has_conflict": True, "reason": reason[:MAX_REASON], "declared_at": now}
    JuryDeclaration.objects.update_or_create(entry=entry, juror=juror, defaults=fields)
    _free(entry, juror, division, now)


def _free(entry: Entry, juror: User, division: Division, now: datetime) -> None:
    """The entry is taken away from the juror."""
    sheet = Sheet.objects.filter(entry=entry, juror=juror).select_related("entry", "juror").first()
    if sheet is not None:
        _take_away(sheet, division, "conflict of interest", juror, now)


def _note(verb: str, division: Division, actor: User, now: datetime, **said: object) -> None:
    subject = f"division {division.key}"
    audit.note(verb, now=now, actor=actor, competition=division.competition, subject=subject, **said)  # type: ignore[arg-type]
