"""What scoring reads of a task: the contract without its scenes, the metrics and the split, as JSON."""

from pathlib import PurePosixPath
from typing import Any, Final

from competitions.bundles.schema_grids import grid_contract
from competitions.bundles.schema_lines import lines_contract
from competitions.bundles.sections import Section
from competitions.programs import RUN_METRICS, scored_in_boxes
from scoring.kinds.grid.contract import FORMATS as GRID_FORMATS

DEFAULT_FORMATS: Final = {
    "raster": ["geotiff", "png"],
    "table": ["csv"],
    "grid": list(GRID_FORMATS),
    "lines": ["pixel_json"],
    "detections": ["csv"],
}
DEFAULT_DECIMALS: Final = 4
DEFAULT_DTYPE: Final = "uint8"
DEFAULT_FILE_MIB: Final = 100
MIB: Final = 1024 * 1024
PROGRAM: Final = "program"
PROGRAM_KEYS: Final = ("convention", "columns", "params", "interval", "wall_seconds")


def formats_of(submission: Section) -> list[str]:
    return [item.value for item in submission.texts("formats")] or DEFAULT_FORMATS[submission.text("kind")]


def file_bytes_of(phase: Section) -> int:
    return phase.number("max_file_mib", DEFAULT_FILE_MIB) * MIB


def contract_of(submission: Section) -> dict[str, Any]:
    """Scenes and rows are added from the truth when it is normalised."""
    kind = submission.text("kind")
    known: dict[str, Any] = {"kind": kind, "formats": formats_of(submission)}
    if kind == "raster":
        return {**known, "dtype": submission.text("dtype", DEFAULT_DTYPE), **_targets(submission)}
    if kind == "grid":
        return {**grid_contract(submission.value), **known}
    if kind in {"lines", "detections"}:
        return {**lines_contract(submission.value), **known}
    schema = submission.at("schema")
    fields = [_field(field) for field in schema.items("fields")]
    return {**known, "schema": {"fields": fields, "primaryKey": schema.text("primaryKey")}}


def _targets(submission: Section) -> dict[str, Any]:
    """Classes, or layers with classes of their own; and how runs are written."""
    targets: dict[str, Any] = {key: submission.at(key).value for key in ("rle",) if submission.has(key)}
    if submission.has("classes") or not submission.has("layers"):
        targets["classes"] = _values(submission)
    if submission.has("layers"):
        layers = submission.at("layers")
        # A list, because a database may reorder the keys of an object.
        targets["layers"] = [
            {"name": name, "classes": _values(layers.at(name))} for name in submission.mapping("layers")
        ]
    return targets


def _values(holder: Section) -> list[int]:
    return sorted(int(value) for value in holder.mapping("classes"))


def _field(field: Section) -> dict[str, Any]:
    """Titles and descriptions are for people."""
    return {key: field.value[key] for key in ("name", "type", "constraints") if field.has(key)}


def scoring_metrics(task: Section) -> list[dict[str, Any]]:
    """What scoring, and whoever shows a score, reads: no titles, which may be mended at any time."""
    columns = {column.text("key"): column for column in task.at("program").items("columns")}
    return [_scoring_metric(metric, columns.get(metric.text("key"))) for metric in task.items("metrics")]


def _scoring_metric(metric: Section, column: Section | None) -> dict[str, Any]:
    if metric.text("metric") == PROGRAM:
        declared = column.value if column else {"key": metric.text("key"), "direction": "higher"}
        return {**declared, "metric": PROGRAM, **_precision(metric)}
    if metric.text("metric") in RUN_METRICS:
        known = {"direction": "lower", "minimum": 0}
        return {"key": metric.text("key"), "metric": metric.text("metric"), **known, **_precision(metric)}
    return {
        "key": metric.text("key"),
        "metric": metric.text("metric"),
        "aggregate": metric.text("aggregate", "pooled"),
        "params": metric.mapping("params"),
        **_precision(metric),
    }


def _precision(metric: Section) -> dict[str, int]:
    return {"precision": metric.number("precision", DEFAULT_DECIMALS)}


def program_of(task: Section) -> dict[str, Any] | None:
    """How scoring calls the task's own program; None where there is none."""
    program = task.at("program")
    if not task.has("program"):
        return None
    return {key: program.value[key] for key in PROGRAM_KEYS if program.has(key)}


def truth_spec_of(task: Section) -> dict[str, Any]:
    """How scoring reads the truth of a task."""
    truth = task.at("truth")
    split = {**truth.mapping("split")}
    if "file" in split:
        split["file"] = _list_name(split["file"], truth.text("path"))
    spec = {
        "contract": contract_of(task.at("submission")),
        "split": split,
        "metrics": scored_in_boxes(scoring_metrics(task)),
    }
    if truth.has("ignore"):
        spec["ignore"] = truth.at("ignore").value
    if truth.has("groups"):
        spec["groups"] = truth.text("groups")
    return spec


def _list_name(split_file: str, truth: str) -> str:
    """The list lies beside the truth when the box reads both, so the two need different names."""
    name = PurePosixPath(split_file).name
    return f"split-{name}" if name == PurePosixPath(truth).name else name
