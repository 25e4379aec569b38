"""Do the rules of juried divisions make sense beside the tasks and phases?"""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from competitions.bundles import times
from competitions.bundles.checks import keys_of, local_zone, repeated
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
        start = judging.text("start")
        yield judging.at("deadline").problem(f"entries are taken from {start} on; the deadline should be later")


def _document_problems(documents: Section) -> Iterator[Problem]:
    kinds = [one.value for one in documents.texts("kinds")]
    for index, kind in enumerate(kinds):
        if kind in kinds[:index]:
            yield documents.at("kinds").at(index).problem(f"'{kind}' is listed twice; once is enough")
    least, most = documents.number("min_files", 1 if kinds else 0), documents.number("max_files", 1 if kinds else 0)
    if least > most:
        yield documents.at("min_files").problem(f"at least {least} files are asked for and {most} are taken at most")
    if not kinds and most:
        yield documents.at("kinds").problem("files are taken but no kind of them; name one, such as pdf")
    if not most and documents.text("video", "none") == "none":
        yield documents.problem("nothing can be handed in; take files, or say 'video: required'")


def _rubric_problems(judging: Section) -> Iterator[Problem]:
    yield from repeated(judging.items("rubric"), "key")
    for criterion in judging.items("rubric"):
        scale = criterion.at("scale")
        low, high = scale.number("from", 1), scale.number("to", 5)
        if high <= low:
            yield scale.at("to").problem(f"the scale ends at {high} and begins at {low}; the end should be larger")
        elif high - low > 10:
            yield scale.problem(f"the scale has {high - low + 1} marks; at most 11 can be told apart and entered")
        weight = criterion.at("weight").value
        if weight == 0:
            yield criterion.at("weight").problem("a criterion of weight 0 decides nothing; leave it out")
        seen: set[int] = set()
        for anchor in criterion.items("anchors"):
            mark = anchor.number("mark", low)
            if not low <= mark <= high:
                yield anchor.at("mark").problem(f"{mark} is not on the scale from {low} to {high}")
            elif mark in seen:
                yield anchor.at("mark").problem(f"mark {mark} has a meaning already; give each mark one")
            seen.add(mark)


def _total_problems(judging: Section, contest: Section) -> Iterator[Problem]:
    total, tasks = judging.at("total"), keys_of(contest, "tasks")
    task, phase = total.text("task"), total.text("phase")
    score, jury = total.at("score").value or 0, total.at("jury").value
    if jury == 0:
        yield total.at("jury").problem("a jury of weight 0 decides nothing; give it a weight or leave 'judging' out")
    if score and not task:
        yield total.at("score").problem("the score of which task? say `task`")
    if judging.has("shortlist") and not task:
        yield judging.at("shortlist").problem("the best by the score of which task? say `task` in `total`")
    if task and not score and not judging.has("shortlist"):
        yield total.at("task").problem("nothing goes by this task; give `score` a weight or leave `task` out")
    if task and task not in tasks:
        yield total.at("task").problem(f"task '{task}' is not defined{did_you_mean(task, tasks)}")
        return
    with_task = [
        one.text("key") for one in contest.items("phases") if task in {key.value for key in one.texts("tasks")}
    ]
    if phase and phase not in with_task:
        yield total.at("phase").problem(f"phase '{phase}' has no task '{task}'{did_you_mean(phase, with_task)}")
