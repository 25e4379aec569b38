"""A change in words, in the active language: what is different, and what that means for those who take part."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.dateformat import format as date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from competitions.change_rules import Difference
from competitions.localised import text_in

Label = str | Promise
FIELDS: Final[Mapping[tuple[str, str], Label]] = {
    ("contest", "final_rule"): gettext_lazy("what counts at the end where nothing is chosen"),
    ("contest", "final_select"): gettext_lazy("submissions chosen for the end"),
    ("contest", "final_counts"): gettext_lazy("which of the chosen ones counts"),
    ("contest", "team_max_size"): gettext_lazy("members of a team, at most"),
    ("contest", "team_deadline"): gettext_lazy("deadline for forming teams"),
    ("contest", "time_zone"): gettext_lazy("time zone"),
    ("contest", "reward"): gettext_lazy("reward"),
    ("phase", "starts_at"): gettext_lazy("start"),
    ("phase", "ends_at"): gettext_lazy("deadline"),
    ("phase", "max_submissions_per_day"): gettext_lazy("submissions a day"),
    ("phase", "max_submissions"): gettext_lazy("submissions in the whole phase"),
    ("phase", "max_rejected_per_day"): gettext_lazy("refused files a day"),
    ("phase", "max_file_bytes"): gettext_lazy("largest file in bytes"),
    ("phase", "max_concurrent"): gettext_lazy("submissions waiting or being scored at once"),
    ("phase", "late_submissions"): gettext_lazy("late submissions"),
    ("phase", "submission_rule"): gettext_lazy("which submission the public board shows"),
    ("phase", "tasks"): gettext_lazy("tasks"),
    ("phase", "divisions"): gettext_lazy("divisions"),
    ("task", "truth"): gettext_lazy("how the hidden truth is read"),
    ("task", "split"): gettext_lazy("public and private split"),
    ("task", "metrics"): gettext_lazy("metrics"),
    ("task", "public_decimals"): gettext_lazy("decimals of public scores"),
    ("task", "version"): gettext_lazy("hidden truth"),
    ("task", "contract"): gettext_lazy("what a submission must look like"),
    ("task", "inputs_digest"): gettext_lazy("hidden inputs of programs"),
    ("task", "sample_submission_id"): gettext_lazy("sample submission"),
    ("board", "metric"): gettext_lazy("ranking metric"),
    ("board", "higher_is_better"): gettext_lazy("higher is better"),
    ("board", "decimals"): gettext_lazy("decimals that rank"),
}
NOUNS: Final[Mapping[str, Label]] = {
    "contest": gettext_lazy("Contest"),
    "page": gettext_lazy("Page"),
    "terms": gettext_lazy("Rules, version"),
    "data": gettext_lazy("Data"),
    "division": gettext_lazy("Division"),
    "task": gettext_lazy("Task"),
    "phase": gettext_lazy("Phase"),
    "board": gettext_lazy("Leaderboard"),
}
ZERO_IS_UNLIMITED: Final = frozenset(
    {"max_submissions_per_day", "max_submissions", "max_rejected_per_day", "max_concurrent"}
)
INSTANTS: Final = frozenset({"starts_at", "ends_at", "team_deadline"})


def difference_text(one: Difference, zone: ZoneInfo) -> str:
    """Example: Phase “Main phase”: deadline: 31 Jan 2027, 23:59 JST → 7 Feb 2027, 23:59 JST"""
    subject = str(NOUNS.get(one.noun, one.noun))
    if one.noun != "contest":
        subject = _("%(noun)s “%(name)s”") % {"noun": subject, "name": text_in(one.name) or one.key}
    if not one.field:
        return _("%(subject)s: added or removed") % {"subject": subject}
    field = str(FIELDS.get((one.noun, one.field), one.field))
    if one.old is None and one.new is None:
        return _("%(subject)s: %(field)s corrected") % {"subject": subject, "field": field}
    values = {"old": _value(one.field, one.old, zone), "new": _value(one.field, one.new, zone)}
    return _("%(subject)s: %(field)s: %(old)s → %(new)s") % {"subject": subject, "field": field, **values}


def _value(field: str, value: Any, zone: ZoneInfo) -> str:
    if value is None or value in ("", []):
        return _("none")
    if field in INSTANTS:
        local = datetime.fromisoformat(str(value)).astimezone(zone)
        return f"{date_format(local, pgettext('date format', 'j M Y, H:i'))} {local.tzname()}"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if field in ZERO_IS_UNLIMITED and value == 0:
        return _("unlimited")
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return text_in(value) if isinstance(value, Mapping) else str(value)


def told_differences(differences: Iterable[Difference], zone: ZoneInfo) -> list[str]:
    """Each guarded one once: boards of every division say the same of a task."""
    return list(dict.fromkeys(difference_text(one, zone) for one in differences if one.is_guarded))


def effect_texts(effect: Mapping[str, Any], *, with_private: bool) -> list[str]:
    """What a change does, a sentence each. The private boards are told to those who organise alone."""
    lines = [*_scoring_texts(effect)]
    for board in effect.get("boards", []):
        if with_private or board["kind"] == "public":
            lines.append(_board_text(board))
    lines += [_deadline_text(one) for one in effect.get("deadlines", [])]
    lines += [_quota_text(one) for one in effect.get("quotas", [])]
    if "downloaded" in effect:
        count = int(effect["downloaded"])
        text = ngettext(
            "%(count)s person has downloaded the data as they were, and is told.",
            "%(count)s people have downloaded the data as they were, and are told.",
            count,
        )
        lines.append(text % {"count": count})
    return lines


def _scoring_texts(effect: Mapping[str, Any]) -> list[str]:
    count = int(effect.get("submissions", 0))
    if not count:
        return []
    text = ngettext("Re-score %(count)s submission.", "Re-score %(count)s submissions.", count) % {"count": count}
    seconds = effect.get("seconds")
    if seconds is None:
        return [text]
    minutes = max(1, round(float(seconds) / 60))
    took = ngettext(
        "By the measured times that takes about %(count)s minute of workers' time.",
        "By the measured times that takes about %(count)s minutes of workers' time.",
        minutes,
    )
    return [text, took % {"count": minutes}]


def _board_text(board: Mapping[str, Any]) -> str:
    is_public, count = board["kind"] == "public", int(board["changed"])
    one, many = (
        ("%(count)s rank changes on the public board", "%(count)s ranks change on the public board")
        if is_public
        else ("%(count)s rank changes on the private board", "%(count)s ranks change on the private board")
    )
    text = ngettext(one, many, count) % {"count": count}
    first = _("first place changes") if board["first_changes"] else _("first place stays")
    place = f"{text_in(board['phase'])} · {text_in(board['task'])}"
    return _("%(place)s: %(text)s of %(ranked)s; %(first)s.") % {
        "place": place,
        "text": text,
        "ranked": board["ranked"],
        "first": first,
    }


def _deadline_text(one: Mapping[str, Any]) -> str:
    return _(
        "%(phase)s: %(teams)s teams have submitted so far; %(after)s submissions of theirs came after the new end and "
        "stay in time; %(late)s late ones stay late."
    ) % {**one, "phase": text_in(one["phase"])}


def _quota_text(one: Mapping[str, Any]) -> str:
    return _(
        "%(phase)s: %(in_all)s of %(teams)s teams have used more than the new limit of the whole phase, and %(today)s "
        "have used more than the new daily limit today; what they sent stays."
    ) % {**one, "phase": text_in(one["phase"])}
