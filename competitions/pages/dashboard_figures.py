"""What the dashboard tells, in the reader's language: figures with a heading, a drawing and a table.

The page, the CSV and PNG files and the report all show these, so that none of them says something else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.utils.dateformat import format as date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from competitions.countries import country_name
from competitions.drawings import Drawing, Mark, bars, columns, steps, svg, with_labels_below
from competitions.localised import text_in
from competitions.pages.contracts import metric_texts
from competitions.queries.dashboard import BestScores, Dashboard, GroupCounts
from competitions.small_groups import NOT_STATED, SMALLEST_GROUP
from competitions.status import GroupKind
from competitions.templatetags.tidemark import score

LONGEST_NAME: Final = 48  # characters of a bar's name; the table has all of it


@dataclass(frozen=True, slots=True)
class Figure:
    """`rows` begin with the name of the row; the other cells are numbers. Without a drawing there is nothing yet."""

    key: str
    title: str
    summary: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    drawing: Drawing | None
    note: str = ""

    @property
    def svg(self) -> SafeString:
        """Safe: every text in it was escaped when it was drawn."""
        if self.drawing is None:
            return SafeString("")
        return SafeString(svg(self.drawing, title=self.title, description=self.summary, key=self.key))


def figures(dashboard: Dashboard) -> list[Figure]:
    return [
        _submissions(dashboard),
        *(_best(scores, dashboard) for scores in dashboard.scores),
        _funnel(dashboard),
        *(_groups(groups) for groups in dashboard.groups),
    ]


def tiles(dashboard: Dashboard) -> list[tuple[str, int]]:
    totals = dashboard.totals
    return [
        (_("Entrants (people)"), totals.entrants),
        (_("Teams"), totals.teams),
        (_("Active teams (submitted at least once)"), totals.submitted),
        (_("Submissions"), totals.submissions),
    ]


def period(dashboard: Dashboard) -> str:
    """From the first day to today, as the contest counts days."""
    today = dashboard.now.astimezone(dashboard.competition.zone).date()
    phases = dashboard.competition.phases.all()
    starts = [phase.starts_at.astimezone(dashboard.competition.zone).date() for phase in phases]
    first = min([*starts, *(day for day, _count in dashboard.submissions[:1])], default=today)
    return f"{day_text(min(first, today))} – {day_text(today)}"


def day_text(day: date) -> str:
    return date_format(day, pgettext("date format", "j M Y"))


def _short_day(day: date) -> str:
    return date_format(day, pgettext("date format", "j M"))


# -- over time --------------------------------------------------------------------------------------------------------


def _submissions(dashboard: Dashboard) -> Figure:
    days = dashboard.submissions
    drawing = columns([Mark(_short_day(day), count, str(count)) for day, count in days]) if days else None
    return Figure(
        "submissions",
        _("Submissions a day"),
        _submissions_summary(dashboard),
        (_("Day"), _("Submissions")),
        [(day_text(day), str(count)) for day, count in days],
        drawing,
        _("Days are counted in the contest's time zone, %(zone)s.") % {"zone": dashboard.competition.time_zone},
    )


def _submissions_summary(dashboard: Dashboard) -> str:
    days = dashboard.submissions
    if not days:
        return _("No submission yet.")
    busiest, most = max(days, key=lambda pair: pair[1])
    count = sum(number for _day, number in days)
    text = ngettext(
        "%(count)s submission from %(first)s to %(last)s; most on %(busiest)s: %(most)s.",
        "%(count)s submissions from %(first)s to %(last)s; most on %(busiest)s: %(most)s.",
        count,
    )
    ends = {"first": day_text(days[0][0]), "last": day_text(days[-1][0])}
    return text % {"count": count, "busiest": day_text(busiest), "most": most, **ends}


def _best(scores: BestScores, dashboard: Dashboard) -> Figure:
    board, points = scores.board, scores.points
    metric = _("combined score") if board.combine else _metric_title(scores)
    place = {"phase": text_in(board.phase.name), "task": text_in(board.task.name)}
    direction = _("Higher is better.") if board.higher_is_better else _("Lower is better.")
    return Figure(
        f"best-{board.phase.key}-{board.task.key}",
        _("Best public score: %(task)s, %(phase)s") % place,
        _best_summary(scores, metric, direction),
        (_("Day"), metric),
        [(day_text(day), score(value, board.decimals)) for day, value in points],
        _curve(scores, dashboard) if points else None,
        _("%(metric)s on the public board, the best so far. %(direction)s")
        % {"metric": metric, "direction": direction},
    )


def _metric_title(scores: BestScores) -> str:
    titles = {metric.key: metric.title for metric in metric_texts(scores.board.task)}
    return titles.get(scores.board.metric, scores.board.metric)


def _best_summary(scores: BestScores, metric: str, direction: str) -> str:
    if not scores.points:
        return _("No score yet.")
    (first, start), (last, end) = scores.points[0], scores.points[-1]
    decimals = scores.board.decimals
    values = {"start": score(start, decimals), "end": score(end, decimals)}
    days = {"first": day_text(first), "last": day_text(last)}
    text = _("%(metric)s was %(start)s on %(first)s and is %(end)s since %(last)s. %(direction)s")
    return text % {"metric": metric, "direction": direction, **values, **days}


def _curve(scores: BestScores, dashboard: Dashboard) -> Drawing:
    """To today, or to the end of the phase: the best stays the best on days without a submission."""
    known = dict(scores.points)
    first, last = min(known), max(known)
    now, ends_at = dashboard.now, scores.board.phase.ends_at
    until = min(now, ends_at) if ends_at else now
    end = max(last, until.astimezone(dashboard.competition.zone).date())
    days = [first + timedelta(days=number) for number in range((end - first).days + 1)]
    marks = [Mark("", known[day], "") if day in known else None for day in days]
    return with_labels_below(steps(marks), [_short_day(day) for day in days])


# -- how far, and from where ------------------------------------------------------------------------------------------


def _funnel(dashboard: Dashboard) -> Figure:
    totals = dashboard.totals
    stages = [
        (pgettext("how far a team came", "joined"), totals.teams),
        (_("downloaded data"), totals.downloaded),
        (_("submitted"), totals.submitted),
        (_("were scored"), totals.scored),
    ]
    rows = [(name, str(count), _share(count, totals.teams)) for name, count in stages]
    return Figure(
        "funnel",
        _("How far teams came"),
        "; ".join(f"{name}: {count}" for name, count in stages),
        (_("Teams that …"), _("Teams"), _("Share of those who joined")),
        rows,
        bars([Mark(name, count, str(count)) for name, count in stages]) if totals.teams else None,
        _("A team has downloaded when one of its members fetched a file of the data while logged in."),
    )


def _share(count: int, whole: int) -> str:
    return f"{100 * count / whole:.0f} %" if whole else "–"


def _groups(groups: GroupCounts) -> Figure:
    titles = {GroupKind.COUNTRY: _("Countries"), GroupKind.AFFILIATION: _("Affiliations")}
    heads = {GroupKind.COUNTRY: _("Country or region"), GroupKind.AFFILIATION: _("Affiliation")}
    found = sorted(groups.table.groups.items(), key=lambda pair: (-pair[1], pair[0]))
    named = [(_group_name(groups.kind, name), count) for name, count in found]
    if groups.table.rest:
        named.append((_("Others, or not counted in their group yet"), groups.table.rest))
    return Figure(
        {GroupKind.COUNTRY: "countries", GroupKind.AFFILIATION: "affiliations"}[groups.kind],
        titles[groups.kind],
        "; ".join(f"{name}: {count}" for name, count in named) or _nothing_told(groups),
        (heads[groups.kind], _("People")),
        [(name, str(count)) for name, count in named],
        bars([Mark(_shortened(name), count, str(count)) for name, count in named]) if named else None,
        _group_note(groups),
    )


def _nothing_told(groups: GroupCounts) -> str:
    if groups.day is None:
        return _("The first count is published by tomorrow.")
    return _("Fewer than %(smallest)s people: nothing is told.") % {"smallest": SMALLEST_GROUP}


def _group_note(groups: GroupCounts) -> str:
    """What readers must know to read the numbers rightly."""
    text = _(
        "As people state it themselves. Published once a day, in numbers of at least %(smallest)s people: a smaller "
        "group is among the others, and so are newcomers of a group until there are %(smallest)s of them."
    ) % {"smallest": SMALLEST_GROUP}
    if groups.day is None:
        return text
    day = _("As of %(day)s, %(total)s people.") % {"day": day_text(groups.day), "total": groups.table.total}
    return f"{day} {text}"


def _group_name(kind: GroupKind, name: str) -> str:
    if name == NOT_STATED:
        return _("Not stated")
    return country_name(name) if kind == GroupKind.COUNTRY else name


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
