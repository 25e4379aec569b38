"""Lines and detections in competition.yaml: read as scoring will, and mistakes told at their lines."""

from pathlib import Path

import pytest

from competitions.bundles.loading import Bundle, read_bundle
from scoring.job import parse_contract, parse_metrics
from tests.contests.tellus4 import contest as tellus4

MISTAKES = {
    "a format with a slip": ("[pixel_json]", "[pixel_jsno]", "submission.formats[0]"),
    "an unknown shape": ("geometry: points", "geometry: dots", "submission.geometry"),
    "no point": ("max_points: 5000", "max_points: 0", "submission.max_points"),
    "columns": (
        "{by: scene, public: [test_00, test_02, test_05], private: [test_01, test_03, test_04]}",
        "{by: column, column: x}",
        "no columns",
    ),
    "a truth that is not there": ("path: truth\n", "path: thruth\n", "there is no 'thruth'"),
    "a metric of masks": ("metric: line_hd95", "metric: mask_hd95", "metric 'mask_hd95' is for rasters"),
    "a parameter with a slip": ("{cap: true}", "{capp: true}", "did you mean cap"),
    "a flag that is none": ("{cap: true}", "{cap: 7}", "params.cap"),
    "a sample of another kind": ("data/sample.json", "overview.md", "should end in"),
}
DETECTIONS = """\
    submission:
      kind: detections
      row: detect_scene_row
      column: detect_scene_column
      flags: [is_vessel, is_fishing]
      numbers: [vessel_length_m]
    truth: {path: truth, split: {by: hash, seed: "1", public: 0.5}}
    metrics:
      - {key: m, metric: xview3, params: {drop_low_detect: true}}
      - {key: f1, metric: detection_f1, params: {distance: 200, pixel_size: 10}}
"""


def bundle_of(folder: Path, old: str = "", new: str = "") -> Bundle:
    tellus4.make_contest(folder)
    path = folder / "competition.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1) if old else text)
    return read_bundle(folder)


def test_a_contest_of_lines_reaches_scoring_as_it_was_written(tmp_path: Path) -> None:
    bundle = bundle_of(tmp_path / "contest")
    assert (bundle.problems, bundle.warnings) == ((), ())
    (task,) = bundle.description.tasks
    contract = parse_contract(task.contract, complete=False)
    assert (contract.kind, contract.geometry, contract.max_points) == ("lines", "points", 5000)
    assert [spec.params["miss_cost"] for spec in parse_metrics(list(task.scoring_metrics[:2]), contract)] == [100, 100]


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_at_its_line(name: str, tmp_path: Path) -> None:
    old, new, expected = MISTAKES[name]
    problems = [str(problem) for problem in bundle_of(tmp_path / "contest", old, new).problems]
    assert any(expected in problem for problem in problems), problems


def test_a_contest_of_detections_reaches_scoring_as_it_was_written(tmp_path: Path) -> None:
    text = (tellus4.HERE / "competition.yaml").read_text()
    bundle = bundle_of(tmp_path / "contest", text[text.index("    submission:") :], DETECTIONS)
    assert (bundle.problems, bundle.warnings) == ((), ())
    (task,) = bundle.description.tasks
    contract = parse_contract(task.contract, complete=False)
    assert contract.values == ("detect_scene_row", "detect_scene_column", "is_vessel", "is_fishing", "vessel_length_m")
    assert [spec.key for spec in parse_metrics(list(task.scoring_metrics), contract)] == ["m", "f1"]
