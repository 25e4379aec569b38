"""Tags that show the site's values: organisers' texts, instants, sizes, scores, icons."""

import json
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from competitions import box_reasons, change_lines
from competitions.acts import ACTS, act_text
from competitions.localised import LANGUAGES, text_in
from competitions.pages import times
from competitions.pages.icons import icon_svg
from scoring.ranking import rounded

register = template.Library()
UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


@register.filter
def text(texts: Mapping[str, str] | str | None) -> str:
    """An organiser's text in the reader's language."""
    return texts if isinstance(texts, str) else text_in(texts)


@register.filter
def lang(texts: Mapping[str, str] | None) -> str:
    """The language that `text` found: what a screen reader must speak."""
    wanted = (get_language() or LANGUAGES[0]).split("-")[0]
    available = [code for code in (wanted, *LANGUAGES) if texts and texts.get(code)]
    return available[0] if available else wanted


@register.filter
def size(size_bytes: int | None) -> str:
    """1.4 MiB."""
    value, units = float(size_bytes or 0), list(UNITS)
    while value >= 1024 and len(units) > 1:
        value /= 1024
        units.pop(0)
    unit = units[0]
    return f"{number_format(value, 0 if unit == 'B' else 1, force_grouping=True)} {unit}"


@register.filter
def score(value: float | None, decimals: int = 4) -> str:
    """Rounded as boards compare it; a metric without a value is a dash."""
    return "–" if value is None else f"{rounded(value, int(decimals)):.{int(decimals)}f}"


@register.filter
def percent(share: float) -> str:
    """0.95 as 95, 0.999 as 99.9."""
    return f"{100 * share:.6g}"


@register.filter
def box_reason(sentence: str) -> str:
    """Why a program ended, in the reader's language."""
    return box_reasons.box_reason(sentence)


@register.simple_tag
def box_language(sentence: str) -> SafeString:
    """The attribute for an element that shows `box_reason` of it, where that stays English."""
    return _english(unless=not sentence or box_reasons.is_known(sentence))


@register.filter
def act(verb: str) -> str:
    """An act of the audit log, in the reader's language."""
    return act_text(verb)


@register.simple_tag
def act_language(verb: str) -> SafeString:
    """The attribute for an element that shows `act` of it, where that stays English."""
    return _english(unless=verb in ACTS)


def _english(*, unless: bool) -> SafeString:
    return SafeString("" if unless else ' lang="en"')


@register.filter
def change_line(line: str) -> str:
    """What an import changed, as the log keeps it, in the reader's language."""
    return change_lines.change_line(line)


@register.filter(name="json")
def as_json(value: Any) -> str:
    """As text that the template escapes."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


@register.filter
def item(values: Mapping[str, Any] | None, key: str) -> Any:
    return (values or {}).get(key)


@register.simple_tag(takes_context=True)
def moment(context: template.Context, at: datetime | None, *, zone: tzinfo | None = None, style: str = "") -> str:
    """<time> in the contest's zone. style: seconds, relative (adds how far away), short (without the viewer's), coarse
    (to the minute, for the page's source too: how long a worker took may depend on the truth)."""
    if at is None:
        return ""
    zone = zone or _zone(context)
    local, shown = at.astimezone(zone), times.absolute(at, zone, with_seconds=style == "seconds")
    viewer = "" if style == "short" else SafeString(" data-viewer-time")
    machine = local.isoformat(timespec="minutes" if style == "coarse" else "seconds")
    tag = format_html('<time datetime="{}"{}>{}</time>', machine, viewer, shown)
    if style != "relative":
        return tag
    return format_html('{} <span class="text-secondary">({})</span>', tag, times.relative(at, _now(context)))


@register.simple_tag(takes_context=True)
def how_far(context: template.Context, at: datetime | None) -> str:
    return times.relative(at, _now(context)) if at else ""


@register.simple_tag
def icon(name: str) -> SafeString:
    return icon_svg(name)


def _now(context: template.Context) -> datetime:
    return context.get("now") or timezone.now()


def _zone(context: template.Context) -> tzinfo:
    """The contest's; on pages of no contest the person's own."""
    contest, user = context.get("contest"), context.get("user")
    if contest:
        zone: tzinfo = contest.competition.zone
        return zone
    return ZoneInfo(getattr(user, "time_zone", "") or "UTC")
