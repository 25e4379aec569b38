"""Do the leaderboards name tasks and metrics that exist, each task once?"""

from collections.abc import Iterator

from competitions.bundles.checks import keys_of, undefined
from competitions.bundles.problems import Problem, did_you_mean
from competitions.bundles.sections import Section
from scoring.registry import METRICS


def board_problems(contest: Section) -> Iterator[Problem]:
    taken: dict[str, str] = {}
    rules: set[str] = set()
    yield from _unranked_problems(contest)
    for board in contest.items("leaderboards"):
        yield from undefined(board.texts("tasks"), "task", keys_of(contest, "tasks"))
        yield from _primary_problems(board, contest)
        yield from _option_problems(board, contest)
        for task in tasks_of(board, contest):
            if task.text("key") in taken:
                other = taken[task.text("key")]
                yield board.problem(f"task '{task.text('key')}' is ranked by '{other}' already; name other `tasks`")
            taken.setdefault(task.text("key"), board.text("key"))
        rules.add(board.text("submission_rule", "best"))
        if len(rules) > 1:
            yield board.at("submission_rule").problem("all leaderboards should have the same rule, best or last")


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
                yield part.problem(
                    f"'{name}' is not a metric of task '{task.text('key')}'{did_you_mean(name, metrics)}"
                )
    for gate in board.items("gates"):
        if gate.has("metric") and not (gate.has("at_least") or gate.has("at_most")):
            yield gate.problem("a gate should say 'at_least' or 'at_most'")
    if board.has("combine") and board.has("ladder"):
        yield board.at("ladder").problem("a ladder goes with one metric; leave out 'ladder' or 'combine'")
    if combine.text("kind") == "ranks":
        yield from _rank_problems(board, contest)


def _gate_names(board: Section) -> Iterator[tuple[Section, str]]:
    for gate in board.items("gates"):
        if gate.text("metric"):
            yield gate.at("metric"), gate.text("metric")


def _rank_problems(board: Section, contest: Section) -> Iterator[Problem]:
    if board.has("sorting"):
        yield board.at("sorting").problem("a mean rank is better when it is lower; leave 'sorting' out")
    for task in tasks_of(board, contest):
        primary = board.text("primary") or next(iter(keys_of(task, "metrics")), "")
        columns = board.at("combine").mapping("of")
        if primary and primary not in columns:
            message = f"'{primary}' decides which submission of a team is ranked, so it should be among them"
            yield board.at("combine").at("of").problem(message)


def _primary_problems(board: Section, contest: Section) -> Iterator[Problem]:
    primary = board.text("primary")
    for task in tasks_of(board, contest):
        metrics = keys_of(task, "metrics")
        if primary and metrics and primary not in metrics:
            message = f"'{primary}' is not a metric of task '{task.text('key')}'{did_you_mean(primary, metrics)}"
            yield board.at("primary").problem(message)


def _unranked_problems(contest: Section) -> Iterator[Problem]:
    """A signed error has no order of better and worse, so no board can be ranked by it."""
    for task in contest.items("tasks"):
        boards = [
            board
            for board in contest.items("leaderboards")
            if task.path in {one.path for one in tasks_of(board, contest)}
        ]
        primary = boards[0].text("primary") if boards else ""
        metrics = list(task.items("metrics"))
        ranking = next((one for one in metrics if one.text("key") == primary), metrics[0] if metrics else None)
        metric = METRICS.get(ranking.text("metric")) if ranking is not None else None
        if metric is not None and ranking is not None and not metric.ranks:
            message = f"'{metric.name}' has a sign and cannot rank; rank by another metric, such as 'absolute_bias'"
            yield ranking.at("metric").problem(message)
