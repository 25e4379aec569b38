"""Instants and time zones as organisers write them."""

from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.utils.translation import gettext as _

from competitions.bundles.library_reasons import in_words
from competitions.bundles.problems import nearly


class BadTime(ValueError):
    """The text is no instant; the message says what would be right."""


@cache
def zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


def zone(name: str) -> ZoneInfo:
    if name not in zone_names():
        hint = nearly(name, sorted(zone_names())) or _("; take a name of the IANA database, such as Asia/Tokyo")
        raise BadTime(_("the time zone '%(name)s' is unknown%(hint)s") % {"name": name, "hint": hint})
    return ZoneInfo(name)


def instant(text: str, local: ZoneInfo) -> datetime:
    """A moment in UTC. Without an offset it is the clock of `local`, which must show that time exactly once."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadTime(
            _("'%(text)s' is not a date and time (%(reason)s)") % {"text": text, "reason": in_words(str(error))}
        ) from None
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    return _local_instant(moment, local)


def _local_instant(moment: datetime, local: ZoneInfo) -> datetime:
    first, second = (moment.replace(tzinfo=local, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    shown, name = moment.isoformat(), local.key
    if first.astimezone(UTC).astimezone(local).replace(tzinfo=None) == moment:
        text = _("the clocks in %(zone)s show %(time)s twice; say which: %(first)s or %(second)s")
        both = {"first": first.isoformat(), "second": second.isoformat()}
        raise BadTime(text % {"zone": name, "time": shown, **both})
    text = _("the clocks in %(zone)s never show %(time)s, they are put forward then; write %(after)s, for example")
    after = first.astimezone(UTC).astimezone(local).isoformat()
    raise BadTime(text % {"zone": name, "time": shown, "after": after})
