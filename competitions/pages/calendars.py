"""A contest's phases as iCalendar (RFC 5545), for people who live by their calendar."""

from collections.abc import Iterable
from datetime import UTC, datetime

from django.utils.translation import gettext as _

from competitions.localised import text_in
from competitions.models import Competition, Phase

LINE_BYTES = 73


def calendar(competition: Competition, phases: Iterable[Phase], *, address: str, now: datetime) -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Tidemark//contest//EN"]
    for phase in phases:
        lines += _events(competition, phase, address, now)
    return "".join(f"{folded}\r\n" for line in [*lines, "END:VCALENDAR"] for folded in _fold(line))


def _events(competition: Competition, phase: Phase, address: str, now: datetime) -> list[str]:
    title, name = text_in(competition.title), text_in(phase.name)
    moments = [("start", _("%(title)s: %(phase)s begins"), phase.starts_at)]
    if phase.ends_at is not None:
        moments.append(("end", _("%(title)s: %(phase)s ends"), phase.ends_at))
    lines: list[str] = []
    for key, summary, moment in moments:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{competition.slug}-{phase.key}-{key}@tidemark",
            f"DTSTAMP:{_utc(now)}",
            f"DTSTART:{_utc(moment)}",
            f"SUMMARY:{_escape(summary % {'title': title, 'phase': name})}",
            f"URL:{address}",
            "END:VEVENT",
        ]
    return lines


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escape(text: str) -> str:
    for character in ("\\", ";", ","):
        text = text.replace(character, f"\\{character}")
    return " ".join(text.split())


def _fold(line: str) -> list[str]:
    """Lines of at most 75 octets; what goes on begins with a space. Never inside a character."""
    folded, current = [], ""
    for character in line:
        if len((current + character).encode()) > LINE_BYTES:
            folded.append(current)
            current = " "
        current += character
    return [*folded, current]
