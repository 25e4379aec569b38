"""Instants as people read them: absolute in the contest's zone, and how far away."""

import math
from datetime import datetime, timedelta, tzinfo

from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

MINUTE, HOUR, DAY = 60, 3600, 86_400


def absolute(moment: datetime, zone: tzinfo, *, with_seconds: bool = False) -> str:
    """20 Nov 2026, 23:59 JST; in Japanese 2026年11月20日(金) 23:59 JST."""
    local = moment.astimezone(zone)
    pattern = pgettext("date format", "j M Y, H:i:s") if with_seconds else pgettext("date format", "j M Y, H:i")
    return f"{date_format(local, pattern)} {zone_name(local)}"


def clock(moment: datetime, zone: tzinfo) -> str:
    """00:00 JST."""
    local = moment.astimezone(zone)
    return f"{local:%H:%M} {zone_name(local)}"


def zone_name(local: datetime) -> str:
    """JST; a zone without an abbreviation is named by its offset."""
    name = local.tzname() or ""
    return f"UTC{name}" if name[:1] in {"+", "-"} else name


def duration(length: timedelta) -> str:
    """The two largest units: 12 days 4 h; 3 h 12 min; 5 min."""
    seconds = max(0, int(length.total_seconds()))
    days, hours, minutes = seconds // DAY, seconds % DAY // HOUR, seconds % HOUR // MINUTE
    if days:
        text = ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
        return f"{text} {_hours(hours)}" if hours and days < 14 else text
    if hours:
        return f"{_hours(hours)} {_minutes(minutes)}" if minutes else _hours(hours)
    return _minutes(minutes) if minutes else _("less than a minute")


def coarse_duration(length: timedelta) -> str:
    """As `duration`, but below two minutes in seconds, rounded up to the next five: 15 s; 2 min."""
    seconds = max(1, math.ceil(length.total_seconds()))
    if seconds >= 2 * MINUTE:
        return duration(length)
    return _("%(count)s s") % {"count": -(-seconds // 5) * 5}


def relative(moment: datetime, now: datetime) -> str:
    """in 12 days 4 h; 3 h 12 min ago."""
    if moment >= now:
        return _("in %(duration)s") % {"duration": duration(moment - now)}
    return _("%(duration)s ago") % {"duration": duration(now - moment)}


def _hours(count: int) -> str:
    return _("%(count)s h") % {"count": count}


def _minutes(count: int) -> str:
    return _("%(count)s min") % {"count": count}
