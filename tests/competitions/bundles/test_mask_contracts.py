"""Layers, arrays, NetCDF and runs in competition.yaml: read as scoring will, and mistakes told at their lines."""

from pathlib import Path

import pytest

from competitions.bundles.loading import read_bundle
from scoring.job import parse_contract
from tests.competitions.bundles.contests import changed
from tests.contests.autoice.contest import make_contest

MISTAKES = {
    "a class out of range": (
        "5: old}",
        "500: old}",
        "submission.layers.SOD.classes.500: 500 is out of range; it must be 0",
    ),
    "classes beside layers": (
        "      layers:\n",
        "      classes: {0: a}\n      layers:\n",
        "submission.classes: classes is out",
    ),
    "no classes at all": ("SOD: {classes:", "SOD: {klasses:", "submission.layers.SOD"),
    "a metric without its layer": (
        "params: {layer: SIC}",
        "params: {}",
        "params: say which layer is scored, with layer",
    ),
    "a metric with a slip": (
        "params: {layer: SIC}",
        "params: {layer: SIK}",
        "params.layer: 'SIK' is unknown; did you mean",
    ),
    "runs of layers": ("formats: [netcdf]", "formats: [rle]", "submission.formats: rle is out of range"),
    "an unknown format": (
        "formats: [netcdf]",
        "formats: [nectdf]",
        "submission.formats[0]: 'nectdf' is unknown; did you mean 'netcdf'",
    ),
    "a scene that is not there": (
        "cape_20190512]",
        "cape_2019]",
        "split.public[1]: scene 'cape_2019' is not in the truth",
    ),
}


def problems_after(folder: Path, old: str, new: str) -> list[str]:
    path = make_contest(folder / "contest") / "competition.yaml"
    path.write_text(changed(path.read_text(), old, new))
    return [str(problem) for problem in read_bundle(path.parent).problems]


def test_layers_reach_scoring_as_a_list_in_their_order(tmp_path: Path) -> None:
    bundle = read_bundle(make_contest(tmp_path / "contest"))
    assert (bundle.problems, bundle.warnings) == ((), ())
    (task,) = bundle.description.tasks
    contract = parse_contract(task.contract, complete=False)
    assert [(layer.name, len(layer.classes)) for layer in contract.layers] == [("SIC", 11), ("SOD", 6), ("FLOE", 7)]
    assert task.submission["layers"]["SOD"]["classes"]["5"] == {"en": "old", "ja": "old"}


@pytest.mark.parametrize(("old", "new", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_layers_is_told_at_its_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    told = problems_after(tmp_path, old, new)
    assert any(expected in problem for problem in told), told


def test_runs_are_described_as_scoring_reads_them(tmp_path: Path) -> None:
    path = make_contest(tmp_path / "contest") / "competition.yaml"
    text = path.read_text()
    start, end = text.index("      layers:"), text.index("    truth:")
    rle = "      classes: {0: sea, 1: ice}\n      rle: {order: rows, start: 0, scene: image, runs: pixels}\n"
    text = (text[:start] + rle + text[end:]).replace("formats: [netcdf]", "formats: [rle, npy, jpeg]")
    metrics = text.index("      - {key: score")
    path.write_text(text[:metrics] + "      - {key: iou, metric: iou}\n")
    for truth in list((path.parent / "truth").iterdir()):
        truth.rename(truth.with_name(truth.name.replace("_SIC", ""))) if "_SIC" in truth.name else truth.unlink()
    bundle = read_bundle(path.parent)
    assert [str(problem) for problem in bundle.problems] == []
    contract = parse_contract(bundle.description.tasks[0].contract, complete=False)
    assert (contract.rle.order, contract.rle.start, contract.rle.scene, contract.rle.runs) == (
        "rows",
        0,
        "image",
        "pixels",
    )
