"""Do the leaderboards name tasks and metrics that exist, each task once?"""

from collections.abc import Iterator

from competitions.bundles.checks import keys_of, undefined
from competitions.bundles.problems import Problem, did_you_mean
from competitions.bundles.sections import Section


def board_problems(contest: Section) -> Iterator[Problem]:
    taken: dict[str, str] = {}
    rules: set[str] = set()
    for board in contest.items("leaderboards"):
        yield from undefined(board.texts("tasks"), "task", keys_of(contest, "tasks"))
        yield from _primary_problems(board, contest)
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


def _primary_problems(board: Section, contest: Section) -> Iterator[Problem]:
    primary = board.text("primary")
    for task in tasks_of(board, contest):
        metrics = keys_of(task, "metrics")
        if primary and metrics and primary not in metrics:
            message = f"'{primary}' is not a metric of task '{task.text('key')}'{did_you_mean(primary, metrics)}"
            yield board.at("primary").problem(message)
