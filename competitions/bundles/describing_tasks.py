"""A task of the document -> its description: the organiser's words, and what scoring reads of them."""

from typing import Any, Final

from competitions.bundles.board_checks import tasks_of
from competitions.bundles.contracts import (
    DEFAULT_DECIMALS,
    DEFAULT_FILE_MIB,
    MIB,
    contract_of,
    file_bytes_of,
    formats_of,
    scoring_metric,
    truth_spec_of,
)
from competitions.bundles.folder import Folder
from competitions.bundles.sections import Section
from competitions.localised import same_in_all
from competitions.services.descriptions import BoardDescription, TaskDescription
from scoring.registry import METRICS

DEFAULT_TITLE: Final = {"en": "Leaderboard", "ja": "順位表"}


def describe_task(task: Section, contest: Section, folder: Folder) -> TaskDescription:
    submission, truth = task.at("submission"), task.at("truth")
    metrics = tuple(_metric(metric) for metric in task.items("metrics"))
    split_file = truth.at("split").text("file")
    sample, kit = task.text("sample_submission"), task.text("starting_kit")
    return TaskDescription(
        key=task.text("key"),
        name=task.localised("name"),
        where=task.path,
        submission=_submission(submission),
        truth={key: value for key, value in task.mapping("truth").items() if key != "path"},
        metrics=metrics,
        contract=contract_of(submission),
        truth_spec=truth_spec_of(task),
        scoring_metrics=tuple(scoring_metric(metric) for metric in task.items("metrics")),
        truth_path=folder.file_or_folder(truth.text("path")),
        max_file_bytes=_max_file_bytes(task, contest),
        board=_board(task, contest),
        split_file=folder.file(split_file) if split_file else None,
        sample_submission=folder.file(sample) if sample else None,
        starting_kit=folder.folder(kit) if kit else None,
    )


def _submission(submission: Section) -> dict[str, Any]:
    """The contract as pages show it: with the classes' titles in both languages."""
    shown = {**submission.value, "formats": formats_of(submission)}
    if "classes" in shown:
        classes = submission.at("classes")
        shown["classes"] = {key: classes.localised(key) for key in sorted(classes.value, key=int)}
    return shown


def _metric(metric: Section) -> dict[str, Any]:
    title = metric.localised("title") or same_in_all(METRICS[metric.text("metric")].title)
    return {**scoring_metric(metric), "title": title}


def _board(task: Section, contest: Section) -> BoardDescription:
    boards = [board for board in contest.items("leaderboards") if task.path in _paths(board, contest)]
    board = boards[0] if boards else Section(contest.document, (), {})
    metrics = list(task.items("metrics"))
    primary = next((one for one in metrics if one.text("key") == board.text("primary")), metrics[0])
    sorting = board.text("sorting")
    return BoardDescription(
        title=board.localised("title") or DEFAULT_TITLE,
        metric=primary.text("key"),
        higher_is_better=sorting == "desc" if sorting else METRICS[primary.text("metric")].higher_is_better,
        decimals=primary.number("precision", DEFAULT_DECIMALS),
    )


def _paths(board: Section, contest: Section) -> set[tuple[str | int, ...]]:
    return {task.path for task in tasks_of(board, contest)}


def _max_file_bytes(task: Section, contest: Section) -> int:
    """The largest file that any phase of the task allows."""
    key = task.text("key")
    phases = [phase for phase in contest.items("phases") if key in {one.value for one in phase.texts("tasks")}]
    return max((file_bytes_of(phase) for phase in phases), default=DEFAULT_FILE_MIB * MIB)
