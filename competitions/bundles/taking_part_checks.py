"""Do the rules of choosing for the end and of teams make sense beside the phases?"""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from competitions.bundles import times
from competitions.bundles.checks import local_zone
from competitions.bundles.problems import Problem
from competitions.bundles.sections import Section


def taking_part_problems(contest: Section) -> Iterator[Problem]:
    yield from _final_problems(contest.at("final"), contest)
    yield from _team_problems(contest.at("teams"), contest)


def _final_problems(final: Section, contest: Section) -> Iterator[Problem]:
    select, counts = final.number("select", 0), final.text("counts")
    if counts and select < 2:
        text = _("'counts: %(counts)s' needs something to choose between; say 'select: 2' or more, or leave it out")
        yield final.at("counts").problem(text % {"counts": counts})
    open_ended = [phase for phase in contest.items("phases") if not phase.text("end")]
    if select and open_ended:
        text = _("what is chosen is locked at the end of a phase; phase '%(phase)s' has no 'end'")
        yield final.at("select").problem(text % {"phase": open_ended[0].text("key")})
    second = next((phase for phase in contest.items("phases") if phase.text("frozen_from")), None)
    if second is not None and select > 1 and counts != "last":
        text = _(
            "phase '%(phase)s' runs what counts of each team, and which one is entered there would tell a team its "
            "better private score; say 'counts: last' or 'select: 1'"
        )
        yield final.at("select").problem(text % {"phase": second.text("key")})


def _team_problems(teams: Section, contest: Section) -> Iterator[Problem]:
    text = teams.text("merge_deadline")
    if "T" not in text.replace(" ", "T"):
        return  # the schema has said what an instant looks like
    part = teams.at("merge_deadline")
    if teams.number("max_size", 1) == 1:
        told = _("nobody forms a team of more than one here; raise 'max_size' or leave 'merge_deadline' out")
        yield part.problem(told)
    deadline = _instant(text, local_zone(contest))
    if isinstance(deadline, str):
        yield part.problem(deadline)
        return
    ends = [_instant(phase.text("end"), local_zone(contest)) for phase in contest.items("phases") if phase.text("end")]
    known = [end for end in ends if isinstance(end, datetime)]
    if known and len(ends) == len(list(contest.items("phases"))) and deadline > max(known):
        told = _("teams form until %(time)s, after the last phase ends; the deadline should be before")
        yield part.problem(told % {"time": text})


def _instant(text: str, zone: ZoneInfo | None) -> datetime | str:
    """The moment, or what is wrong with the text where it has the shape of one."""
    try:
        return times.instant(text, zone or ZoneInfo("UTC"))
    except times.BadTime as error:
        return str(error)
