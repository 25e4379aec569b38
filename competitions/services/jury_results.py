"""The end of judging: jurors are reminded, then the result is published once, with every term of every total."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from competitions.jury_totals import Total
from competitions.localised import LANGUAGES, text_in
from competitions.models import Division, Entry, JuryRelease, JuryResult, Sheet, User
from competitions.queries.jury import (
    is_score_final,
    jurors,
    open_sheets_by_juror,
    ranking,
    score_board,
    shortlisted,
)
from competitions.services import audit
from competitions.services.jury_assignments import lock_division, require_judging
from competitions.services.jury_refusals import JuryRefused
from competitions.services.notices import tell
from competitions.status import BoardKind, MailKind


@transaction.atomic
def remind(division: Division, *, actor: User, now: datetime) -> int:
    """Write to every juror whose sheets are not all signed; once a day at most. Returns to how many."""
    division = lock_division(division)
    require_judging(division, now)
    waiting = open_sheets_by_juror(division)
    people = [one for one in jurors(division.competition) if one.pk in waiting]
    today = now.astimezone(division.competition.zone).date().isoformat()
    for juror in people:
        content = {"division": division.title, "open": waiting[juror.pk], "key": division.key}
        key = f"jury:{division.pk}:{today}"
        tell(MailKind.JURY, [juror], key=key, content=content, now=now, competition=division.competition)
    names = [one.get_username() for one in people]
    subject = f"division {division.key}"
    audit.note("jurors reminded", now=now, actor=actor, competition=division.competition, subject=subject, detail=names)
    return len(people)


# -- publishing -------------------------------------------------------------------------------------------------------


def hindrances(division: Division, *, now: datetime) -> list[str]:
    """What still stands between the jury and a published result, in words."""
    rules = division.rules
    sheets = Sheet.objects.filter(entry__division=division)
    waiting = sheets.filter(locked_at=None).count()
    without = [one.label for one in shortlisted(division, rules) if not sheets.filter(entry=one).exists()]
    board = score_board(division, rules)
    needs_release = board is not None and board.kind == BoardKind.PRIVATE and board.released_at is None
    unsigned = ngettext("%(count)s sheet is not signed yet.", "%(count)s sheets are not signed yet.", waiting)
    found = {
        _("There is no entry."): not division.entries.exists(),
        unsigned % {"count": waiting}: waiting > 0,
        _("No juror has %(entries)s.") % {"entries": ", ".join(without)}: bool(without),
        _("The task “%(task)s” has no board.") % {"task": rules.total.task}: bool(rules.total.task) and board is None,
        _("The phase of the score is not over, or not fully scored."): not is_score_final(board, now=now),
        _("The private board is not released yet, and the result would tell its scores."): needs_release,
    }
    return [text for text, stands in found.items() if stands]


@transaction.atomic
def publish(division: Division, *, actor: User, has_comments: bool, now: datetime) -> JuryRelease:
    """Open the result to everybody, once and for all. `has_comments`: teams read the comments of their sheets."""
    division = lock_division(division)
    earlier = JuryRelease.objects.filter(division=division).first()
    if earlier is not None:
        return earlier
    require_judging(division, now)
    standing = hindrances(division, now=now)
    if standing:
        raise JuryRefused("not_ready", " ".join(standing))
    release = JuryRelease.objects.create(
        division=division, published_at=now, published_by=actor, has_comments=has_comments, rules=division.judging
    )
    results = ranking(division, division.rules)
    JuryResult.objects.bulk_create(_row(release, one) for one in results)
    _tell_teams(division, results, now)
    _note(division, results, actor, has_comments, now)
    return release


def _row(release: JuryRelease, one: Total) -> JuryResult:
    return JuryResult(
        release=release,
        entry_id=one.entry,
        rank=one.rank,
        total=one.total,
        score_part=one.score_part,
        jury_part=one.jury_part,
        raw_score=one.raw_score,
        sheet_count=one.sheet_count,
    )


def _note(division: Division, results: list[Total], actor: User, has_comments: bool, now: datetime) -> None:
    numbers = dict(division.entries.values_list("pk", "number"))
    after = [[one.rank, numbers[one.entry], one.total, one.score_part, one.jury_part] for one in results]
    audit.note(
        "jury result published",
        now=now,
        actor=actor,
        competition=division.competition,
        subject=f"division {division.key}",
        after=after,
        detail={"comments": has_comments, "total": (division.judging or {}).get("total")},
    )


def _tell_teams(division: Division, results: list[Total], now: datetime) -> None:
    competition = division.competition
    entries = Entry.objects.filter(pk__in=[one.entry for one in results])
    people = User.objects.filter(team_memberships__team__in=entries.values("team")).distinct()
    title = division.title
    content = {
        "title": _in_all(lambda: _("Results: %(division)s") % {"division": text_in(title)}),
        "text": _in_all(lambda: _("The jury's result of this division is published.")),
        "path": reverse("pages:jury_results", args=[competition.slug, division.key]),
    }
    key = f"jury-result:{division.pk}"
    tell(MailKind.RESULTS, people, key=key, content=content, now=now, competition=competition)


def _in_all(say: Callable[[], str]) -> dict[str, str]:
    """A sentence of ours in each language: who reads it decides later."""
    said = {}
    for language in LANGUAGES:
        with translation.override(language):
            said[language] = say()
    return said
