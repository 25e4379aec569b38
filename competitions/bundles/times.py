"""Instants and time zones as organisers write them."""

from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from competitions.bundles.problems import did_you_mean


class BadTime(ValueError):
    """The text is no instant; the message says what would be right."""


@cache
def zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


def zone(name: str) -> ZoneInfo:
    if name not in zone_names():
        close = did_you_mean(name, sorted(zone_names()))
        hint = close if "mean" in close else "; take a name of the IANA database, such as Asia/Tokyo"
        raise BadTime(f"the time zone '{name}' is unknown{hint}")
    return ZoneInfo(name)


def instant(text: str, local: ZoneInfo) -> datetime:
    """A moment in UTC. Without an offset it is the clock of `local`, which must show that time exactly once."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadTime(f"'{text}' is not a date and time ({error})") from None
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    return _local_instant(moment, local)


def _local_instant(moment: datetime, local: ZoneInfo) -> datetime:
    first, second = (moment.replace(tzinfo=local, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    shown, name = moment.isoformat(), local.key
    if first.astimezone(UTC).astimezone(local).replace(tzinfo=None) == moment:
        raise BadTime(
            f"the clocks in {name} show {shown} twice; say which: {first.isoformat()} or {second.isoformat()}"
        )
    after = first.astimezone(UTC).astimezone(local).isoformat()
    raise BadTime(f"the clocks in {name} never show {shown}, they are put forward then; write {after}, for example")
