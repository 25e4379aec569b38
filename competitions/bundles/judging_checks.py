"""Do the rules of juried divisions make sense beside the tasks and phases?"""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from competitions.bundles import times
from competitions.bundles.checks import keys_of, local_zone, not_defined, repeated
from competitions.bundles.problems import Problem, did_you_mean
from competitions.bundles.sections import Section


def judging_problems(contest: Section) -> Iterator[Problem]:
    for division in contest.items("divisions"):
        if division.has("judging"):
            judging = division.at("judging")
            yield from _time_problems(judging, contest)
            yield from _document_problems(judging.at("documents"))
            yield from _rubric_problems(judging)
            yield from _total_problems(judging, contest)


def _time_problems(judging: Section, contest: Section) -> Iterator[Problem]:
    zone, moments = local_zone(contest) or ZoneInfo("UTC"), {}
    for key in ("start", "deadline"):
        text = judging.text(key)
        if "T" not in text.replace(" ", "T"):
            continue  # the schema has said what an instant looks like
        try:
            moments[key] = times.instant(text, zone)
        except times.BadTime as error:
            yield judging.at(key).problem(str(error))
    if len(moments) == 2 and moments["deadline"] <= moments["start"]:
        told = _("entries are taken from %(start)s on; the deadline should be later")
        yield judging.at("deadline").problem(told % {"start": judging.text("start")})


def _document_problems(documents: Section) -> Iterator[Problem]:
    kinds = [one.value for one in documents.texts("kinds")]
    for index, kind in enumerate(kinds):
        if kind in kinds[:index]:
            text = _("'%(name)s' is listed twice; once is enough")
            yield documents.at("kinds").at(index).problem(text % {"name": kind})
    least, most = documents.number("min_files", 1 if kinds else 0), documents.number("max_files", 1 if kinds else 0)
    if least > most:
        text = ngettext(
            "at least %(least)s file is asked for and %(most)s are taken at most",
            "at least %(least)s files are asked for and %(most)s are taken at most",
            least,
        )
        yield documents.at("min_files").problem(text % {"least": least, "most": most})
    if not kinds and most:
        yield documents.at("kinds").problem(_("files are taken but no kind of them; name one, such as pdf"))
    if not most and documents.text("video", "none") == "none":
        yield documents.problem(_("nothing can be handed in; take files, or say 'video: required'"))


def _rubric_problems(judging: Section) -> Iterator[Problem]:
    yield from repeated(judging.items("rubric"), "key")
    for criterion in judging.items("rubric"):
        scale = criterion.at("scale")
        low, high = scale.number("from", 1), scale.number("to", 5)
        if high <= low:
            text = _("the scale ends at %(high)s and begins at %(low)s; the end should be larger")
            yield scale.at("to").problem(text % {"low": low, "high": high})
        elif high - low > 10:
            text = _("the scale has %(count)s marks; at most 11 can be told apart and entered")
            yield scale.problem(text % {"count": high - low + 1})
        weight = criterion.at("weight").value
        if weight == 0:
            yield criterion.at("weight").problem(_("a criterion of weight 0 decides nothing; leave it out"))
        seen: set[int] = set()
        for anchor in criterion.items("anchors"):
            mark = anchor.number("mark", low)
            if not low <= mark <= high:
                text = _("%(mark)s is not on the scale from %(low)s to %(high)s")
                yield anchor.at("mark").problem(text % {"mark": mark, "low": low, "high": high})
            elif mark in seen:
                text = _("mark %(mark)s has a meaning already; give each mark one")
                yield anchor.at("mark").problem(text % {"mark": mark})
            seen.add(mark)


def _total_problems(judging: Section, contest: Section) -> Iterator[Problem]:
    total, tasks = judging.at("total"), keys_of(contest, "tasks")
    task, phase = total.text("task"), total.text("phase")
    score, jury = total.at("score").value or 0, total.at("jury").value
    if jury == 0:
        text = _("a jury of weight 0 decides nothing; give it a weight or leave 'judging' out")
        yield total.at("jury").problem(text)
    if score and not task:
        yield total.at("score").problem(_("the score of which task? say `task`"))
    if judging.has("shortlist") and not task:
        yield judging.at("shortlist").problem(_("the best by the score of which task? say `task` in `total`"))
    if task and not score and not judging.has("shortlist"):
        yield total.at("task").problem(_("nothing goes by this task; give `score` a weight or leave `task` out"))
    if task and task not in tasks:
        yield total.at("task").problem(not_defined("task", task, tasks))
        return
    with_task = [
        one.text("key") for one in contest.items("phases") if task in {key.value for key in one.texts("tasks")}
    ]
    if phase and phase not in with_task:
        text = _("phase '%(phase)s' has no task '%(task)s'%(hint)s")
        values = {"phase": phase, "task": task, "hint": did_you_mean(phase, with_task)}
        yield total.at("phase").problem(text % values)
