"""The audit of winners: opened when all is over, decided candidate by candidate, published as a whole.

open -> candidates are asked -> they hand in -> run again -> confirm | reject (the next one is asked) -> publish

Nothing of it, and no private score, is told to anybody else before the last step: the boards, and the results of the
juries that prizes go by, open in the transaction that publishes the awards.
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from competitions.awards import winners
from competitions.localised import text_in
from competitions.models import (
    Award,
    Board,
    Competition,
    Rerun,
    Standing,
    User,
    WinnerAudit,
    WinnerDecision,
    WinnerEntry,
)
from competitions.queries.announcements import audience
from competitions.queries.prize_rankings import RankedTeam
from competitions.queries.winners import (
    Outlook,
    Subject,
    awards_of,
    ends_at,
    is_ranking_final,
    outlooks,
    subject_of,
    submission_of,
    unjudged_divisions,
    unpublished_juries,
    verdict_of,
)
from competitions.quota import GRACE
from competitions.services import (
    audit,
    board_releases,
    jury_results,
    winner_news,
)
from competitions.status import Audience, BoardKind, RejectedPlace, WinnerVerdict

LAST_SECOND = time(23, 59, 59)
MOST_DAYS_MORE = 60


class AuditRefused(Exception):
    """This cannot be done, or not now; the message says why."""


# -- opening ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def open_audit(record: WinnerAudit, *, actor: User, now: datetime) -> WinnerAudit:
    """Ask the first candidates of every prize. Safe twice."""
    record = _locked(record)
    if record.opened_at is not None:
        return record
    end = ends_at(record.competition)
    if end is None or now < end + GRACE or not is_ranking_final(record.competition, now=now):
        raise AuditRefused(_("The last phase is not over, or not everything is scored yet."))
    _require_judged(record.competition, now)
    record.opened_at, record.opened_by = now, actor
    record.save(update_fields=["opened_at", "opened_by"])
    _note(record, "opened the audit of winners", actor, now, detail={"rules": record.stated})
    _ask_candidates(record, now=now)
    return record


def _require_judged(competition: Competition, now: datetime) -> None:
    waiting = [text_in(one.title) for one in unjudged_divisions(competition, now=now)]
    if waiting:
        raise AuditRefused(
            _("The jury has not signed all its sheets: %(divisions)s.") % {"divisions": ", ".join(waiting)}
        )


def _locked(record: WinnerAudit) -> WinnerAudit:
    """Whoever opens, decides or publishes at the same time takes turns."""
    return WinnerAudit.objects.select_for_update(of=("self",)).select_related("competition").get(pk=record.pk)


def _ask_candidates(record: WinnerAudit, *, now: datetime) -> None:
    """Every team that has a place of a prize now and was not asked yet: the first ones, and whoever moves up."""
    asked: dict[Subject, list[Award]] = {}
    with_what: dict[Subject, RankedTeam] = {}
    for outlook in outlooks(record.competition):
        for row in outlook.rows:
            if row.contender.place is not None and row.entry is None:
                subject = subject_of(row.with_what)
                asked.setdefault(subject, []).append(outlook.award)
                with_what[subject] = row.with_what
    for subject, awards in asked.items():
        _ask(record, with_what[subject], awards, now=now)


def _ask(record: WinnerAudit, one: RankedTeam, awards: Iterable[Award], *, now: datetime) -> None:
    day = now.astimezone(record.competition.zone).date() + timedelta(days=record.rules.days)
    due_at = datetime.combine(day, LAST_SECOND, tzinfo=record.competition.zone)
    same = {"submission_id": one.submission} if one.submission else {"jury_entry": one.jury_entry}
    fields = {"team": one.team, "asked_at": now, "due_at": due_at}
    entry, is_new = WinnerEntry.objects.get_or_create(audit=record, **same, defaults=fields)
    if is_new:
        detail = {"team": entry.team_id, "due_at": due_at.isoformat(), "awards": [award.key for award in awards]}
        _note(record, "asked a candidate to hand in", None, now, subject=f"entry {entry.pk}", detail=detail)
        winner_news.ask(entry, awards, now=now)


# -- deciding ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def decide(
    entry: WinnerEntry,
    verdict: WinnerVerdict,
    *,
    actor: User,
    now: datetime,
    reason: str = "",
    rerun: Rerun | None = None,
) -> WinnerDecision:
    """Confirm a candidate, or reject it with a reason; the newest decision counts. Whoever moves up is asked."""
    record = _open(entry.audit)
    reason = reason.strip()
    before = verdict_of(entry)
    if verdict == WinnerVerdict.REJECTED and not reason:
        raise AuditRefused(_("Say why: the team reads the reason, and it stays in the log."))
    if verdict == WinnerVerdict.CONFIRMED and entry.submission_id is not None and not entry.hand_ins.exists():
        raise AuditRefused(_("The team has handed nothing in; there is nothing to confirm."))
    if verdict == before:
        raise AuditRefused(_("That is what was decided already."))
    is_rejected = verdict == WinnerVerdict.REJECTED
    decision = WinnerDecision.objects.create(
        entry=entry,
        verdict=verdict,
        reason=reason,
        rerun=rerun,
        user=actor,
        decided_at=now,
        answer_by=now + timedelta(days=record.rules.answer_days) if is_rejected else None,
    )
    verb = "rejected a candidate" if is_rejected else "confirmed a candidate"
    detail = {"team": entry.team_id, "submission": entry.submission_id, "rerun": rerun.pk if rerun else None}
    _note(record, verb, actor, now, subject=f"entry {entry.pk}", reason=reason, before=before, detail=detail)
    winner_news.decide(decision, now=now)
    _ask_candidates(record, now=now)
    return decision


@transaction.atomic
def decline(entry: WinnerEntry, award: Award, *, user: User, now: datetime, reason: str = "") -> WinnerDecision:
    """A member of the team gives up one of its prizes, for good. Safe twice."""
    record = _open(entry.audit)
    if not entry.team.members.filter(user=user).exists():
        raise AuditRefused(_("Only the team itself declines a prize."))
    earlier = entry.decisions.filter(award=award).first()
    if earlier is not None:
        return earlier
    if award not in awards_of(entry):
        raise AuditRefused(_("Your team is no candidate for this prize."))
    verdict = WinnerVerdict.DECLINED
    decision = WinnerDecision.objects.create(
        entry=entry, award=award, verdict=verdict, reason=reason.strip(), user=user, decided_at=now
    )
    detail = {"team": entry.team_id, "award": award.key}
    _note(record, "declined a prize", user, now, subject=f"entry {entry.pk}", reason=decision.reason, detail=detail)
    _ask_candidates(record, now=now)
    return decision


@transaction.atomic
def extend(entry: WinnerEntry, *, days: int, actor: User, now: datetime, reason: str) -> WinnerEntry:
    """More days for one candidate, from its deadline or, where that has passed, from today."""
    record, reason = _open(entry.audit), reason.strip()
    if not reason or not 1 <= days <= MOST_DAYS_MORE:
        raise AuditRefused(_("Say why, and how many days: 1 to %(most)s.") % {"most": MOST_DAYS_MORE})
    locked = WinnerEntry.objects.select_for_update().get(pk=entry.pk)
    day = max(locked.due_at, now).astimezone(record.competition.zone).date() + timedelta(days=days)
    before = locked.due_at
    locked.due_at = datetime.combine(day, LAST_SECOND, tzinfo=record.competition.zone)
    locked.save(update_fields=["due_at"])
    entry.due_at = locked.due_at
    detail = {"team": entry.team_id, "due_at": locked.due_at.isoformat()}
    subject = f"entry {entry.pk}"
    verb = "gave a candidate more time"
    _note(record, verb, actor, now, subject=subject, reason=reason, before=before.isoformat(), detail=detail)
    winner_news.extend(entry, now=now)
    return entry


def _open(record: WinnerAudit) -> WinnerAudit:
    record = _locked(record)
    if record.opened_at is None:
        raise AuditRefused(_("The audit has not begun."))
    if record.published_at is not None:
        raise AuditRefused(_("The winners are published; nothing can be decided any more."))
    return record


# -- publishing -------------------------------------------------------------------------------------------------------


@transaction.atomic
def publish(record: WinnerAudit, *, actor: User, now: datetime, has_comments: bool = False) -> WinnerAudit:
    """Release the boards, the juries' results and the list of the awards, all at once. Safe twice.

    `has_comments`: where a jury's result is published by this, teams read the comments of their sheets.
    """
    record = _locked(record)
    if record.published_at is not None:
        return record
    record = _open(record)
    if not is_ranking_final(record.competition, now=now):
        raise AuditRefused(_("Something is being scored again; wait until the boards stand still."))
    _require_judged(record.competition, now)
    found = outlooks(record.competition)
    open_prizes = [text_in(one.award.title) for one in found if not one.is_decided]
    if open_prizes:
        raise AuditRefused(_("Not all prizes are decided: %(awards)s.") % {"awards": ", ".join(open_prizes)})
    record.published_at = now
    record.awarded = [line for one in found for line in _awarded(one)]
    record.save(update_fields=["published_at", "awarded"])
    board_releases.release(record.competition, now=now)
    _publish_juries(record.competition, actor=actor, has_comments=has_comments, now=now)
    removed = _remove_rejected(record) if record.rules.rejected == RejectedPlace.REMOVE else []
    detail = {"awarded": record.awarded, "removed": removed}
    _note(record, "published the winners", actor, now, detail=detail)
    people = audience(record.competition, Audience.CONTESTANTS)
    winner_news.publish(record.competition, people, now=now)
    return record


def _awarded(outlook: Outlook) -> list[dict[str, object]]:
    rows = {row.contender: row for row in outlook.rows}
    return [
        {
            "award": outlook.award.key,
            "place": one.place,
            "team": one.team,
            "name": rows[one].team.name,
            "submission": rows[one].with_what.submission,
        }
        for one in winners([row.contender for row in outlook.rows])
    ]


def _publish_juries(competition: Competition, *, actor: User, has_comments: bool, now: datetime) -> None:
    for division in unpublished_juries(competition):
        jury_results.publish(division, actor=actor, has_comments=has_comments, now=now)


def _remove_rejected(record: WinnerAudit) -> list[int]:
    """Take rejected submissions off the final boards; the private ones, which show what was scored, stay."""
    entries = record.entries.select_related("submission").prefetch_related("decisions")
    rejected = [one for one in entries.exclude(submission=None) if verdict_of(one) == WinnerVerdict.REJECTED]
    for entry in rejected:
        submission = submission_of(entry)
        boards = Board.objects.filter(phase=submission.phase_id, task=submission.task_id, kind=BoardKind.FINAL)
        Standing.objects.filter(board__in=boards, team=entry.team_id).delete()
    return [entry.team_id for entry in rejected]


def _note(
    record: WinnerAudit,
    verb: str,
    actor: User | None,
    now: datetime,
    *,
    subject: str = "",
    reason: str = "",
    before: object = None,
    detail: object = None,
) -> None:
    contest: Competition = record.competition
    audit.note(
        verb, now=now, actor=actor, competition=contest, subject=subject, reason=reason, before=before, detail=detail
    )
