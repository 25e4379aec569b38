"""The rules of a juried division in words: the formula, the limits, what the jury sees."""

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from competitions.judging import EntryRules, JudgingRules, ScoreScale, SheetScale, Split, Video

MIB = 1024 * 1024


def formula(rules: JudgingRules) -> str:
    """total = 0.4 × score + 0.6 × jury"""
    total = rules.total
    jury = f"{_number(total.jury_weight)} × {_('jury')}"
    if not total.score_weight:
        return f"{_('total')} = {jury}"
    return f"{_('total')} = {_number(total.score_weight)} × {_('score')} + {jury}"


def _number(value: float) -> str:
    return f"{Decimal(repr(value)).normalize():f}"


def formula_terms(rules: JudgingRules) -> list[str]:
    """What each word of the formula means."""
    texts = {
        SheetScale.PLAIN: _("jury: the mean of an entry's sheets, each from 0 (worst) to 1 (best)."),
        SheetScale.NORMALISED: _(
            "jury: the mean of an entry's sheets, after each juror's sheets were brought to the mean and the spread of "
            "all sheets (M + S·z). Where a juror marks all alike, z is 0."
        ),
    }
    found = [texts[rules.total.sheets]]
    if rules.total.score_weight:
        found += [_score_text(rules), _("An entry whose team has no score gets 0 for it.")]
    return [*found, _("Equal totals: the entry that was handed in earlier is first.")]


def _score_text(rules: JudgingRules) -> str:
    split = {Split.PUBLIC: _("public"), Split.PRIVATE: _("private")}[rules.total.split]
    texts = {
        ScoreScale.MIN_MAX: _(
            "score: the team's %(split)s score on the task “%(task)s”, from the worst (0) to the best (1) of the "
            "entries judged."
        ),
        ScoreScale.RANK: _(
            "score: the team's rank by the %(split)s score on the task “%(task)s”, from the last (0) to the first (1) "
            "of the entries judged."
        ),
    }
    return texts[rules.total.score_scale] % {"split": split, "task": rules.total.task}


def limits(rules: JudgingRules) -> list[str]:
    """What may be handed in, a sentence each."""
    entry = rules.entry
    found = [*_file_limits(entry), *_text_limits(entry)]
    if entry.versions_per_day:
        count = entry.versions_per_day
        found.append(
            ngettext(
                "You may hand in %(count)s version a day; the last one before the deadline counts.",
                "You may hand in %(count)s versions a day; the last one before the deadline counts.",
                count,
            )
            % {"count": count}
        )
    else:
        found.append(_("You may hand in as often as you like; the last version before the deadline counts."))
    if rules.is_blind:
        found.append(
            _("The jury judges without names: do not write yours, or your team's, into the documents or the title.")
        )
    return found


def _file_limits(entry: EntryRules) -> list[str]:
    if not entry.max_files:
        return []
    kinds = ", ".join(str(kind.label) for kind in entry.kinds)
    count = {"least": entry.min_files, "most": entry.max_files, "kinds": kinds}
    if entry.min_files == entry.max_files:
        text = ngettext("%(most)s file: %(kinds)s.", "%(most)s files: %(kinds)s.", entry.max_files)
    elif entry.min_files:
        text = _("%(least)s to %(most)s files: %(kinds)s.")
    else:
        text = ngettext("At most %(most)s file: %(kinds)s.", "At most %(most)s files: %(kinds)s.", entry.max_files)
    return [text % count, _("Each file has at most %(limit)s MiB.") % {"limit": entry.max_file_bytes // MIB}]


def _text_limits(entry: EntryRules) -> list[str]:
    found = []
    if entry.abstract_characters:
        found.append(_("An abstract of at most %(count)s characters.") % {"count": entry.abstract_characters})
    video = {
        Video.OPTIONAL: _("A link to a video, if you like; it begins with https:// and is shown as a link."),
        Video.REQUIRED: _("A link to a video; it begins with https:// and is shown as a link."),
    }
    return [*found, video[entry.video]] if entry.video in video else found
