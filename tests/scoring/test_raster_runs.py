"""Masks as runs in a CSV: drawn as Kaggle draws them, and refused where two readers might draw them differently."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scoring.contract import contract_document, parse_contract
from scoring.errors import InvalidJob
from scoring.formats import runs
from scoring.normalise import normalise
from tests.scoring import makers

SHAPES = {"a": (700, 41), "b": (3, 5)}


def contract(rle: dict[str, Any] | None = None, classes: Sequence[int] = (0, 1), scenes: Sequence[str] = "ab") -> Any:
    listed = [{"name": name, "height": SHAPES[name][0], "width": SHAPES[name][1]} for name in scenes]
    return parse_contract(makers.raster_contract(classes=classes, formats=["rle"], scenes=listed, rle=rle))


def kaggle_runs(mask: np.ndarray, order: str = "F", start: int = 1) -> str:
    """The encoder that Kaggle's notebooks share."""
    pixels = np.concatenate([[0], mask.flatten(order=order), [0]])
    edges = np.where(pixels[1:] != pixels[:-1])[0] + 1
    edges[1::2] -= edges[::2]
    edges[::2] += start - 1
    return " ".join(str(number) for number in edges)


def written(path: Path, rows: Sequence[str], header: str = "ImageId,EncodedPixels") -> Path:
    path.write_text("\n".join([header, *rows, ""]))
    return path


def planes(path: Path, task: Any) -> dict[str, np.ndarray]:
    stream = io.BytesIO()
    problems = normalise(path, task, stream)
    assert not problems, [one.message for one in problems]
    cells, drawn = stream.getvalue()[49:-13], {}
    for scene in task.scenes:
        drawn[scene.name] = np.frombuffer(cells[: scene.cells], np.uint8).reshape(scene.height, scene.width)
        cells = cells[scene.cells :]
    return drawn


def messages(path: Path, task: Any) -> list[str]:
    return [problem.message for problem in normalise(path, task, None)]


@pytest.mark.parametrize(("order", "letter"), [("columns", "F"), ("rows", "C")])
@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_a_mask_comes_out_as_it_was_encoded(tmp_path: Path, order: str, letter: str, start: int, share: float) -> None:
    generator = np.random.default_rng(4)
    masks = {name: (generator.random(shape) < share).astype(np.uint8) for name, shape in SHAPES.items()}
    rows = [f"{name},{kaggle_runs(mask, letter, start)}" for name, mask in reversed(masks.items())]
    drawn = planes(written(tmp_path / "s.csv", rows), contract({"order": order, "start": start}))
    assert all((drawn[name] == masks[name]).all() for name in masks)


def test_the_example_of_kaggle_counts_from_one_down_the_columns(tmp_path: Path) -> None:
    """`1 3 10 5` is pixels 1, 2, 3, 10, 11, 12, 13, 14; pixel 1 is (1, 1), pixel 2 is (2, 1)."""
    drawn = planes(written(tmp_path / "s.csv", ["b,1 3 10 5"]), contract(scenes="b"))
    assert drawn["b"].T.ravel().tolist() == [1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0]


def test_one_row_for_each_class_makes_one_mask(tmp_path: Path) -> None:
    truth = np.random.default_rng(3).choice([2, 5, 9], SHAPES["a"]).astype(np.uint8)
    task = contract({"class": "Class", "background": 5}, classes=(2, 5, 9), scenes="a")
    rows = [f'"{kaggle_runs(truth == value)}",a,{value}' for value in (9, 2)]
    drawn = planes(written(tmp_path / "s.csv", rows, "EncodedPixels,ImageId,Class"), task)
    assert (np.array([2, 5, 9])[drawn["a"]] == truth).all()


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["b,1 3"], ["Scene a is missing; give it a row, without runs where nothing was found."]),
        (["a,", "b,", "c,1 1"], ["Line 4: 'c' is no scene of this task."]),
        (["a,", "b,", "b,1 1"], ["Line 4: scene b was already given in line 3."]),
        (["a,", "b,1 3 2 1"], ["before the one from 1 has ended"]),
        (["a,", "b,5 1 1 1"], ["before the one from 5 has ended"]),
        (["a,", "b,1 3 10"], ["Line 3: there are 3 numbers; each start needs a length."]),
        (["a,", "b,0 1"], ["lies outside of the scene, whose cells are counted from 1 to 15."]),
        (["a,", "b,15 2"], ["the run of 2 cells from 15 lies outside"]),
        (["a,", "b,3 0"], ["the run of 0 cells from 3 lies outside"]),
        (["a,", "b,1 999999999999"], ["lies outside"]),
        (["a,", "b,1 9999999999999"], ["is not a list of starts and lengths"]),
        (["a,", "b,1  3"], ["is not a list of starts and lengths"]),
        (["a,", "b,-1 3"], ["is not a list of starts and lengths"]),
        (["a,", "b,１ ３"], ["is not a list of starts and lengths"]),
        (["a,", "b,1.0 3"], ["is not a list of starts and lengths"]),
        (["a,", "b,nan nan"], ["is not a list of starts and lengths"]),
        (["a,", "b"], ["Line 3 has 1 values; it must have 2.", "Scene b is missing"]),
        (["a,", "b,1 1,7"], ["Line 3 has 3 values; it must have 2.", "Scene b is missing"]),
    ],
)
def test_runs_that_make_no_sense_are_refused_with_their_line(
    tmp_path: Path, rows: list[str], expected: list[str]
) -> None:
    found = messages(written(tmp_path / "s.csv", rows), contract())
    assert len(found) == len(expected), found
    assert all(part in message for part, message in zip(expected, found, strict=True)), found


def test_classes_that_overlap_or_lack_a_row_are_refused(tmp_path: Path) -> None:
    task = contract({"class": "Class"}, classes=(0, 1, 2), scenes="b")
    header = "ImageId,Class,EncodedPixels"
    assert messages(written(tmp_path / "a.csv", ["b,1,1 3", "b,2,3 2"], header), task) == [
        "b: the run from 3 overlaps a run of another class; a cell has one class."
    ]
    assert messages(written(tmp_path / "b.csv", ["b,1,1 3"], header), task) == [
        "Scene b has no row for class 2; give it one, without runs where nothing was found."
    ]
    assert "is not one of 1, 2" in messages(written(tmp_path / "c.csv", ["b,1,", "b,2,", "b,0,1 1"], header), task)[0]


def test_another_header_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", ["a,", "b,"], "id,rle")
    assert messages(path, contract()) == ["The first line must name the columns: ImageId,EncodedPixels."]


def test_a_mask_of_runs_that_says_nothing_of_its_classes_is_a_mistake_of_the_contract() -> None:
    for rle, classes in (
        ({}, (0, 1, 2)),
        ({"background": 7}, (0, 1)),
        ({"start": 2}, (0, 1)),
        ({"runs": "a,b"}, (0, 1)),
    ):
        with pytest.raises(InvalidJob):
            contract(rle, classes)


def test_the_contract_of_runs_survives_its_json_form() -> None:
    task = contract({"order": "rows", "start": 0, "class": "c", "background": 1}, classes=(0, 1, 2))
    assert parse_contract(contract_document(task)) == task


def test_more_runs_than_fit_into_memory_are_refused_before_they_are_read(tmp_path: Path) -> None:
    task = contract(scenes="b")
    path = written(tmp_path / "a.csv", ["b," + "1 1 " * runs.MAX_RUNS + "1 1"])
    assert makers.codes(normalise(path, task, None)) == ["runs_many"]
