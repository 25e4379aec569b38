"""Do the leaderboards name tasks and metrics that exist, each task once?"""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from competitions.bundles.checks import division_keys, keys_of, undefined
from competitions.bundles.problems import Problem, did_you_mean
from competitions.bundles.sections import Section
from scoring.registry import METRICS


def board_problems(contest: Section) -> Iterator[Problem]:
    rules: set[str] = set()
    yield from _unranked_problems(contest)
    yield from _twice_problems(contest)
    yield from _shared_problems(contest)
    for board in contest.items("leaderboards"):
        yield from undefined(board.texts("tasks"), "task", keys_of(contest, "tasks"))
        yield from undefined(board.texts("divisions"), "division", division_keys(contest))
        yield from _primary_problems(board, contest)
        yield from _option_problems(board, contest)
        rules.add(board.text("submission_rule", "best"))
        if len(rules) > 1:
            yield board.at("submission_rule").problem(_("all leaderboards should have the same rule, best or last"))


def _twice_problems(contest: Section) -> Iterator[Problem]:
    """One submission is ranked once in each division of its task."""
    taken: dict[tuple[str, str], str] = {}
    for board in contest.items("leaderboards"):
        for task in tasks_of(board, contest):
            places = [(task.text("key"), division) for division in divisions_of(board, contest)]
            clash = next((place for place in places if place in taken), None)
            if clash is not None:
                yield board.problem(_clash_text(board, contest, clash, taken[clash]))
            for place in places:
                taken.setdefault(place, board.text("key"))


def _clash_text(board: Section, contest: Section, place: tuple[str, str], other: str) -> str:
    values = {"task": place[0], "division": place[1], "board": other}
    if board.has("divisions"):  # then the contest has several
        return (
            _(
                "task '%(task)s' is ranked by '%(board)s' already in division '%(division)s'; "
                "name other `tasks` or `divisions`"
            )
            % values
        )
    if len(division_keys(contest)) > 1:
        return _("task '%(task)s' is ranked by '%(board)s' already; name other `tasks` or `divisions`") % values
    return _("task '%(task)s' is ranked by '%(board)s' already; name other `tasks`") % values


def _shared_problems(contest: Section) -> Iterator[Problem]:
    """What guards a task's public scores must hold on all its boards: one of them would tell what another hides."""
    for task in contest.items("tasks"):
        boards = boards_of(task, contest)
        if len(boards) < 2:
            continue
        first = boards[0]
        for board in boards:
            if board.has("ladder"):
                text = _("a ladder goes with one leaderboard a task: another one would show what it hides")
                yield board.at("ladder").problem(text)
            if board.at("public_decimals").value != first.at("public_decimals").value:
                text = _(
                    "'%(first)s' and '%(second)s' rank task '%(task)s'; public scores have the same decimals on both, "
                    "so say the same `public_decimals`"
                )
                values = {"first": first.text("key"), "second": board.text("key"), "task": task.text("key")}
                yield board.at("public_decimals").problem(text % values)


def boards_of(task: Section, contest: Section) -> list[Section]:
    """The leaderboards that rank a task."""
    boards = contest.items("leaderboards")
    return [board for board in boards if task.path in {one.path for one in tasks_of(board, contest)}]


def divisions_of(board: Section, contest: Section) -> list[str]:
    """The divisions that a leaderboard ranks."""
    wanted = {division.value for division in board.texts("divisions")}
    return [key for key in division_keys(contest) if not board.has("divisions") or key in wanted]


def board_in(task: Section, division: str, contest: Section) -> Section | None:
    """The leaderboard that ranks a task in a division; none where its first metric does."""
    return next((board for board in boards_of(task, contest) if division in divisions_of(board, contest)), None)


def tasks_of(board: Section, contest: Section) -> Iterator[Section]:
    """The tasks that a leaderboard ranks."""
    wanted = {task.value for task in board.texts("tasks")}
    for task in contest.items("tasks"):
        if task.text("key") and (not board.has("tasks") or task.text("key") in wanted):
            yield task


def _option_problems(board: Section, contest: Section) -> Iterator[Problem]:
    """Do gates and combinations name metrics that every ranked task has, and go together?"""
    combine = board.at("combine")
    named = [combine.at("of").at(key) for key in combine.mapping("of")]
    names = [*((part, str(part.path[-1])) for part in named), *_gate_names(board)]
    for task in tasks_of(board, contest):
        metrics = keys_of(task, "metrics")
        for part, name in names:
            if metrics and name not in metrics:
                yield part.problem(_no_metric_text(name, task, metrics))
    for gate in board.items("gates"):
        if gate.has("metric") and not (gate.has("at_least") or gate.has("at_most")):
            yield gate.problem(_("a gate should say 'at_least' or 'at_most'"))
    if board.has("combine") and board.has("ladder"):
        yield board.at("ladder").problem(_("a ladder goes with one metric; leave out 'ladder' or 'combine'"))
    if combine.text("kind") == "ranks":
        yield from _rank_problems(board, contest)


def _gate_names(board: Section) -> Iterator[tuple[Section, str]]:
    for gate in board.items("gates"):
        if gate.text("metric"):
            yield gate.at("metric"), gate.text("metric")


def _rank_problems(board: Section, contest: Section) -> Iterator[Problem]:
    if board.has("sorting"):
        yield board.at("sorting").problem(_("a mean rank is better when it is lower; leave 'sorting' out"))
    for task in tasks_of(board, contest):
        primary = board.text("primary") or next(iter(keys_of(task, "metrics")), "")
        columns = board.at("combine").mapping("of")
        if primary and primary not in columns:
            text = _("'%(metric)s' decides which submission of a team is ranked, so it should be among them")
            yield board.at("combine").at("of").problem(text % {"metric": primary})


def _primary_problems(board: Section, contest: Section) -> Iterator[Problem]:
    primary = board.text("primary")
    for task in tasks_of(board, contest):
        metrics = keys_of(task, "metrics")
        if primary and metrics and primary not in metrics:
            yield board.at("primary").problem(_no_metric_text(primary, task, metrics))


def _no_metric_text(name: str, task: Section, metrics: list[str]) -> str:
    text = _("'%(name)s' is not a metric of task '%(task)s'%(hint)s")
    return text % {"name": name, "task": task.text("key"), "hint": did_you_mean(name, metrics)}


def _unranked_problems(contest: Section) -> Iterator[Problem]:
    """A signed error has no order of better and worse, so no board can be ranked by it."""
    for task in contest.items("tasks"):
        boards = [board_in(task, division, contest) for division in division_keys(contest)]
        primaries = dict.fromkeys(board.text("primary") if board else "" for board in boards)
        metrics = list(task.items("metrics"))
        for primary in primaries:
            ranking = next((one for one in metrics if one.text("key") == primary), metrics[0] if metrics else None)
            metric = METRICS.get(ranking.text("metric")) if ranking is not None else None
            if metric is not None and ranking is not None and not metric.ranks:
                text = _("'%(metric)s' has a sign and cannot rank; rank by another metric, such as 'absolute_bias'")
                yield ranking.at("metric").problem(text % {"metric": metric.name})
