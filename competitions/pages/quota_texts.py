"""The quota rule in the sentence that stands beside the button. The same Allowance decides at the intake."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from competitions.models import Phase
from competitions.pages import times
from competitions.quota import GRACE, Allowance, Refusal


@dataclass(frozen=True, slots=True)
class QuotaText:
    """`short` for the header, `sentences` beside the button, `refusal` when nothing may be sent now."""

    short: str
    sentences: list[str]
    refusal: str


def quota_text(allowance: Allowance, phase: Phase, *, zone: tzinfo, now: datetime) -> QuotaText:
    sentences = [
        _late(allowance),
        _today(allowance, zone, now),
        _in_all(allowance),
        _at_once(allowance),
        _what_counts(),
        _refused_limit(allowance),
        _grace(allowance, phase),
    ]
    return QuotaText(_short(allowance), [text for text in sentences if text], _refusal(allowance, phase, zone, now))


def _short(allowance: Allowance) -> str:
    left = allowance.left_today
    if left is None:
        return _("unlimited")
    return _("%(left)s of %(limit)s") % {"left": left, "limit": allowance.limits.per_day or left}


def _today(allowance: Allowance, zone: tzinfo, now: datetime) -> str:
    if not allowance.limits.per_day:
        return _("There is no daily limit.")
    return _("Today %(used)s of %(limit)s used; resets %(clock)s (%(relative)s).") % {
        "used": allowance.used.today,
        "limit": allowance.limits.per_day,
        "clock": times.clock(allowance.resets_at, zone),
        "relative": times.relative(allowance.resets_at, now),
    }


def _in_all(allowance: Allowance) -> str:
    if not allowance.limits.in_all:
        return ""
    numbers = {"used": allowance.used.in_all, "limit": allowance.limits.in_all}
    return _("In the whole phase %(used)s of %(limit)s used.") % numbers


def _at_once(allowance: Allowance) -> str:
    limit = allowance.limits.at_once
    if not limit:
        return ""
    text = ngettext(
        "At most %(limit)s submission waits or is being scored at once (%(used)s now).",
        "At most %(limit)s submissions wait or are being scored at once (%(used)s now).",
        limit,
    )
    return text % {"limit": limit, "used": allowance.used.unfinished}


def _late(allowance: Allowance) -> str:
    if not allowance.is_late:
        return ""
    return _(
        "This phase is over. What is sent now is scored, labelled late, and on no leaderboard; it has its own quota."
    )


def _grace(allowance: Allowance, phase: Phase) -> str:
    if phase.ends_at is None or allowance.is_late or allowance.refusal == Refusal.CLOSED:
        return ""
    minutes = int(GRACE.total_seconds() // 60)
    return _("An upload that begins before the deadline may end up to %(minutes)s minutes after it.") % {
        "minutes": minutes
    }


def _what_counts() -> str:
    return _("Refused files, platform faults and submissions cancelled before scoring began do not count.")


def _refused_limit(allowance: Allowance) -> str:
    limit = allowance.limits.rejected_per_day
    if not limit:
        return ""
    text = ngettext(
        "At most %(limit)s refused file a day (%(used)s so far).",
        "At most %(limit)s refused files a day (%(used)s so far).",
        limit,
    )
    return text % {"limit": limit, "used": allowance.used.rejected_today}


def _refusal(allowance: Allowance, phase: Phase, zone: tzinfo, now: datetime) -> str:
    if allowance.refusal is None:
        return ""
    resets = {"clock": times.clock(allowance.resets_at, zone), "relative": times.relative(allowance.resets_at, now)}
    texts = {
        Refusal.NOT_OPEN: _("This phase opens on %(time)s."),
        Refusal.CLOSED: _("This phase closed on %(time)s. Nothing can be submitted any more."),
        Refusal.FROZEN: _("Nothing is uploaded in this phase: it runs the programs of the phase before, as they were."),
        Refusal.UNDECIDED: _("Only promoted teams submit in this phase. The organisers have not confirmed them yet."),
        Refusal.NOT_PROMOTED: _("Only promoted teams submit in this phase, and your team is not one of them."),
        Refusal.DAY: _("Today's submissions are used up. The next day begins at %(clock)s (%(relative)s)."),
        Refusal.PHASE: _("The submissions of this phase are used up."),
        Refusal.CONCURRENT: _("As many of your submissions as may wait at once do so. Send the next when one is done."),
        Refusal.REJECTED: _("Too many files were refused today. The next day begins at %(clock)s (%(relative)s)."),
    }
    moment = phase.starts_at if allowance.refusal == Refusal.NOT_OPEN else phase.ends_at
    time = times.absolute(moment, zone) if moment else ""
    return texts[allowance.refusal] % {**resets, "time": time}
