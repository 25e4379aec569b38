"""A task of the document -> its description: the organiser's words, and what scoring reads of them."""

from datetime import date, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from competitions.bundles.board_checks import board_in
from competitions.bundles.board_options import Ranking, options_of, ranking_of
from competitions.bundles.checks import division_keys, local_zone
from competitions.bundles.contracts import (
    DEFAULT_DECIMALS,
    DEFAULT_FILE_MIB,
    MIB,
    contract_of,
    file_bytes_of,
    formats_of,
    program_of,
    scoring_metrics,
    truth_spec_of,
)
from competitions.bundles.folder import Folder
from competitions.bundles.sections import Section
from competitions.localised import same_in_all
from competitions.services.descriptions import BoardDescription, CodeDescription, ProgramDescription, TaskDescription
from competitions.services.step_inputs import DaySteps, TimedTable
from scoring.registry import METRICS

CODE_RULES: Final = ("runtime", "accepts", "limits", "trial_limits", "inputs_are_public", "timing_runs")
RUN_TITLES: Final = {
    "run_wall_seconds": {"en": "Run time (s)", "ja": "実行時間（秒）"},
    "run_cpu_seconds": {"en": "Processor time (s)", "ja": "CPU時間（秒）"},
}
DEFAULT_TITLE: Final = {"en": "Leaderboard", "ja": "順位表"}


def describe_task(task: Section, contest: Section, folder: Folder) -> TaskDescription:
    submission, truth = task.at("submission"), task.at("truth")
    scored = scoring_metrics(task)
    metrics = tuple(_metric(*pair) for pair in zip(task.items("metrics"), scored, strict=True))
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
        scoring_metrics=tuple(scored),
        truth_path=folder.file_or_folder(truth.text("path")),
        max_file_bytes=_max_file_bytes(task, contest),
        boards=_boards(task, contest),
        split_file=folder.file(split_file) if split_file else None,
        sample_submission=folder.file(sample) if sample else None,
        starting_kit=folder.folder(kit) if kit else None,
        program=_program(task, folder),
        code=_code(task, contest, folder),
    )


def _code(task: Section, contest: Section, folder: Folder) -> CodeDescription | None:
    code = task.at("code")
    if not task.has("code"):
        return None
    rules = {key: code.value[key] for key in CODE_RULES if code.has(key)}
    return CodeDescription(
        rules={**rules, "steps": code.has("steps")},
        inputs=folder.folder(code.text("inputs")),
        trial=folder.folder(code.text("trial")) if code.text("trial") else None,
        days=_days(code.at("steps"), contest) if code.at("steps").text("by") == "day" else None,
    )


def _days(steps: Section, contest: Section) -> DaySteps:
    return DaySteps(
        first=date.fromisoformat(steps.text("first")),
        last=date.fromisoformat(steps.text("last")),
        cutoff=time.fromisoformat(steps.text("cutoff")),
        days_before=steps.number("days_before", 1),
        zone=local_zone(contest) or ZoneInfo("UTC"),
        tables=tuple(TimedTable(table.text("path"), table.text("time")) for table in steps.items("tables")),
    )


def _program(task: Section, folder: Folder) -> ProgramDescription | None:
    spec, program = program_of(task), task.at("program")
    if spec is None:
        return None
    return ProgramDescription(folder.file(program.text("file")), spec, program.at("published").value is True)


def _submission(submission: Section) -> dict[str, Any]:
    """The contract as pages show it: with the classes' titles in both languages."""
    shown = {**submission.value, "formats": formats_of(submission)}
    if "classes" in shown:
        shown["classes"] = _titles(submission)
    if "layers" in shown:
        layers = submission.at("layers")
        shown["layers"] = {name: {"classes": _titles(layers.at(name))} for name in layers.value}
    return shown


def _titles(holder: Section) -> dict[str, dict[str, str]]:
    classes = holder.at("classes")
    return {key: classes.localised(key) for key in sorted(classes.value, key=int)}


def _metric(metric: Section, scored: dict[str, Any]) -> dict[str, Any]:
    known = METRICS.get(metric.text("metric"))
    usual = RUN_TITLES.get(metric.text("metric")) or same_in_all(known.title if known else metric.text("key"))
    title = metric.localised("title") or usual
    return {**scored, "title": title}


def _is_higher_better(metric: Section, task: Section) -> bool:
    known = METRICS.get(metric.text("metric"))
    if known is not None:
        return known.higher_is_better
    scored = next(one for one in scoring_metrics(task) if one["key"] == metric.text("key"))
    return bool(scored["direction"] == "higher")


def _boards(task: Section, contest: Section) -> dict[str, BoardDescription]:
    """The ranking in each division."""
    empty = Section(contest.document, (), {})
    return {key: _board(task, board_in(task, key, contest) or empty) for key in division_keys(contest)}


def _board(task: Section, board: Section) -> BoardDescription:
    metrics = list(task.items("metrics"))
    primary = next((one for one in metrics if one.text("key") == board.text("primary")), metrics[0])
    sorting = board.text("sorting")
    of_metric = Ranking(
        sorting == "desc" if sorting else _is_higher_better(primary, task),
        primary.number("precision", DEFAULT_DECIMALS),
    )
    ranking = ranking_of(board, of_metric)
    return BoardDescription(
        title=board.localised("title") or DEFAULT_TITLE,
        metric=primary.text("key"),
        higher_is_better=ranking.higher_is_better,
        decimals=ranking.decimals,
        options=options_of(board, {one.text("key"): _is_higher_better(one, task) for one in metrics}),
    )


def _max_file_bytes(task: Section, contest: Section) -> int:
    """The largest file that any phase of the task allows."""
    key = task.text("key")
    phases = [phase for phase in contest.items("phases") if key in {one.value for one in phase.texts("tasks")}]
    return max((file_bytes_of(phase) for phase in phases), default=DEFAULT_FILE_MIB * MIB)
