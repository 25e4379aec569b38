"""Fields on a grid in competition.yaml: read as scoring will, and mistakes told at their lines."""

from pathlib import Path

import pytest

from competitions.bundles.loading import Bundle, read_bundle
from scoring.job import parse_contract
from tests.competitions.bundles.contests import changed
from tests.contests import weather

YAML = (weather.HERE / "rain_10mm" / "competition.yaml").read_text()
FILES = ("overview.md", "rules.md", "truth.nc", "split.csv", "data/train.nc", "data/sample_submission.npy")
MISTAKES = {
    "a format with a slip": ("[netcdf, npy, npz]", "[netcfd]", "submission.formats[0]"),
    "limits the wrong way round": ("minimum: 0", "minimum: 900", "submission.minimum: 900 is out of range"),
    "an unknown key": ("units: mm h-1", "unit: mm h-1", "unit"),
    "an unknown weight": ("minimum: 0\n", "weights: cosine\n", "submission.weights"),
    "columns": ("{by: list, file: split.csv}", "{by: column, column: Usage}", "grids have no columns"),
    "a truth that is not there": ("path: truth.nc", "path: thruth.nc", "there is no 'thruth.nc'"),
    "a metric with a slip": ("metric: fss", "metric: fsss", "metric 'fsss' is unknown; did you mean"),
    "a metric of masks": ("metric: rmse", "metric: iou", "metric 'iou' is for rasters"),
    "a parameter with a slip": ("window: 21", "windwo: 21", "params.windwo: 'windwo' is unknown; did you mean window"),
    "no threshold": ("{threshold: 5, window: 21}", "{window: 21}", "'threshold' is missing"),
    "a comparator of another kind": ('comparator: ">"', 'comparator: "<"', "params.comparator: '<' is unknown"),
    "a sample of another kind": ("sample_submission.npy", "sample_submission.csv", "should end in"),
}


def bundle_of(folder: Path, text: str) -> Bundle:
    """The files are named, not filled: enough for what names can tell."""
    for name in (*FILES, "data/sample_submission.csv"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (folder / "competition.yaml").write_text(text)
    return read_bundle(folder)


def test_a_contest_of_fields_reaches_scoring_as_it_was_written(tmp_path: Path) -> None:
    bundle = bundle_of(tmp_path, YAML)
    assert (bundle.problems, bundle.warnings) == ((), ())
    (task,) = bundle.description.tasks
    contract = parse_contract(task.contract, complete=False)
    assert (contract.kind, contract.formats, contract.variable) == ("grid", ("netcdf", "npy", "npz"), "precip_rate")
    assert (contract.units, contract.minimum, contract.maximum) == ("mm h-1", 0, 500)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_at_its_line(name: str, tmp_path: Path) -> None:
    old, new, expected = MISTAKES[name]
    problems = [str(problem) for problem in bundle_of(tmp_path, changed(YAML, old, new)).problems]
    assert any(expected in problem for problem in problems), problems
