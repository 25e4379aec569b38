"""What a team reads of its choice for the end: how many, which, what counts where it chooses none, and until when."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from django.utils.translation import gettext as _

from competitions.pages import times
from competitions.queries.final_choices import Selection
from competitions.status import FinalCounts, FinalRule


@dataclass(frozen=True, slots=True)
class SelectionText:
    """`short` is the count, such as 0/2."""

    selection: Selection
    short: str
    sentences: list[str]


def selection_text(selection: Selection, *, zone: tzinfo, now: datetime) -> SelectionText:
    short = f"{len(selection.chosen)}/{selection.limit}"
    sentences = _locked(selection, zone) if selection.is_locked else _open(selection, zone, now)
    return SelectionText(selection, short, sentences)


def _open(selection: Selection, zone: tzinfo, now: datetime) -> list[str]:
    sentences = [_counts(selection) if selection.chosen else _default(selection)]
    ends_at = selection.phase.ends_at
    if ends_at is not None:
        moment = {"time": times.absolute(ends_at, zone), "relative": times.relative(ends_at, now)}
        sentences.append(_("It can be changed until %(time)s (%(relative)s).") % moment)
    return sentences


def _counts(selection: Selection) -> str:
    if len(selection.chosen) == 1:
        return _("The chosen submission counts at the end.")
    texts = {
        FinalCounts.BETTER: _("Of the chosen ones the better private score counts at the end."),
        FinalCounts.LAST: _("Of the chosen ones the one that was submitted last counts at the end."),
        FinalCounts.MEAN: _("The mean of the private scores of the chosen ones counts at the end."),
    }
    return texts[selection.counts]


def _default(selection: Selection) -> str:
    texts = {
        FinalRule.BEST_PUBLIC: _(
            "Nothing is chosen. If it stays so, your submission with the best public score counts."
        ),
        FinalRule.LAST: _("Nothing is chosen. If it stays so, your last submission counts."),
    }
    return texts[selection.default]


def _locked(selection: Selection, zone: tzinfo) -> list[str]:
    ends_at, record = selection.phase.ends_at, selection.record
    sentences = [_("Locked since the deadline, %(time)s.") % {"time": times.absolute(ends_at, zone)}] if ends_at else []
    if record is None:
        return [*sentences, _("What counts is written down here once everything is scored.")]
    numbers = {"numbers": ", ".join(f"#{number}" for number in record.counted)}
    if record.is_default:
        return [*sentences, _("Nothing that could be scored was chosen, so %(numbers)s counts by default.") % numbers]
    return [*sentences, _("Chosen by the team: %(numbers)s.") % numbers]
