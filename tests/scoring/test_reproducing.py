"""`python -m scoring reproduce`: does a second run give the prediction that was handed in?"""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scoring.__main__ import BAD_JOB, main
from scoring.contract import Contract, parse_contract
from scoring.errors import BrokenStream, InvalidJob
from scoring.normalise import normalise
from scoring.reproducing import Tolerance, number_difference, parse_tolerance, reproduction
from tests.scoring import makers

TABLE = {**makers.table_contract(("y", "number"), ("kind", "string")), "rows": 3}
ROWS = "a,1,x\nb,-2,y\nc,100,z\n"
SCENES = [{"name": "north", "height": 4, "width": 5}, {"name": "south", "height": 2, "width": 3}]
MASKS = makers.raster_contract(classes=(0, 1), scenes=SCENES)
LINES = {"kind": "lines", "scenes": [{"name": "bay", "height": 50, "width": 60}]}
BOATS = {"kind": "detections", "scene": "scene", "geometry": "point", "row": "row", "column": "column"}


def cells(contract: Contract, path: Path) -> bytes:
    stream = io.BytesIO()
    problems = normalise(path, contract, stream)
    assert not problems, [problem.message for problem in problems]
    return stream.getvalue()


def compared(contract: Any, first: Path, second: Path, **tolerance: float) -> dict[str, Any]:
    known = parse_contract(contract)
    one, other = (io.BytesIO(cells(known, path)) for path in (first, second))
    return reproduction(one, other, known, Tolerance(**tolerance))


def table(folder: Path, name: str, rows: str) -> Path:
    (folder / name).write_text(f"id,y,kind\n{rows}")
    return folder / name


def masks(folder: Path, name: str, north: np.ndarray) -> Path:
    return makers.mask_zip(folder, {"north": north, "south": np.zeros((2, 3), np.uint8)}, name)


# -- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tolerance", "differing"),
    [({}, 1), ({"absolute": 1.0}, 0), ({"absolute": 0.9}, 1), ({"relative": 0.01}, 0), ({"relative": 0.009}, 1)],
)
def test_two_numbers_agree_within_the_larger_of_both_tolerances(tolerance, differing):
    found = number_difference("y", np.array([5.0, 100.0]), np.array([5.0, 101.0]), Tolerance(**tolerance))
    assert (found.cells, found.differing, found.is_equal) == (2, differing, False)
    assert found.largest_absolute == 1.0
    assert found.largest_relative == pytest.approx(1 / 101)


def test_numbers_too_far_apart_for_a_number_still_make_a_report():
    found = number_difference("y", np.array([1.7e308]), np.array([-1.7e308]), Tolerance())
    assert json.dumps([found.largest_absolute, found.largest_relative], allow_nan=False)
    assert found.differing == 1


# -- tables -----------------------------------------------------------------------------------------------------------


def test_rows_in_another_order_are_the_same_table(tmp_path):
    first = table(tmp_path, "a.csv", ROWS)
    found = compared(TABLE, first, table(tmp_path, "b.csv", "c,100,z\na,1,x\nb,-2,y\n"))
    assert (found["is_equal"], found["is_within"], found["cells"], found["differing"]) == (True, True, 6, 0)


def test_values_that_differ_are_counted_by_column(tmp_path):
    first = table(tmp_path, "a.csv", ROWS)
    second = table(tmp_path, "b.csv", "a,1.5,x\nb,-2,w\nc,103,z\n")
    found = compared(TABLE, first, second)
    assert [(one["name"], one["differing"], one["largest_absolute"]) for one in found["scenes"]] == [
        ("y", 2, 3.0),
        ("kind", 1, None),
    ]
    assert not found["is_within"]
    assert not compared(TABLE, first, second, absolute=3)["is_within"]  # the text differs all the same
    assert compared(TABLE, first, second, absolute=3, share=1 / 6)["is_within"]


def test_another_id_is_a_row_missing_and_a_row_too_many(tmp_path):
    found = compared(TABLE, table(tmp_path, "a.csv", ROWS), table(tmp_path, "b.csv", "a,1,x\nb,-2,y\nd,100,z\n"))
    assert [(one["cells"], one["differing"]) for one in found["scenes"]] == [(4, 2), (4, 2)]
    assert (found["is_equal"], found["is_within"]) == (False, False)


# -- masks ------------------------------------------------------------------------------------------------------------


def test_masks_tell_the_share_of_cells_and_the_overlap_of_each_class(tmp_path):
    north = np.zeros((4, 5), np.uint8)
    north[:2] = 1  # 10 cells
    other = north.copy()
    other[0, :2] = 0
    first, second = masks(tmp_path, "a.zip", north), masks(tmp_path, "b.zip", other)
    found = compared(MASKS, first, second)
    assert [(one["name"], one["cells"], one["differing"]) for one in found["scenes"]] == [
        ("north", 20, 2),
        ("south", 6, 0),
    ]
    assert found["smallest_iou"] == pytest.approx(8 / 10)
    assert compared(MASKS, first, second, share=2 / 26)["is_within"]
    assert not compared(MASKS, first, second, share=1 / 26)["is_within"]
    assert compared(MASKS, first, second, iou=0.8)["is_within"]
    assert not compared(MASKS, first, second, iou=0.81)["is_within"]
    assert not compared(MASKS, first, second, iou=0.8, share=0)["is_within"]


def test_a_mask_against_itself_is_equal(tmp_path):
    first = masks(tmp_path, "a.zip", np.ones((4, 5), np.uint8))
    found = compared(MASKS, first, first)
    assert (found["is_equal"], found["is_within"], found["smallest_iou"]) == (True, True, 1.0)


# -- grids, lines, detections -----------------------------------------------------------------------------------------


def test_grids_are_compared_field_by_field(tmp_path):
    contract = {
        "kind": "grid", "formats": ["npy"], "shape": [2, 3, 4], "fields": ["t0", "t1"], "dtype": "float32",
    }  # fmt: skip
    values = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    np.save(tmp_path / "a.npy", values)
    values[1, 2, 3] += 0.5
    np.save(tmp_path / "b.npy", values)
    found = compared(contract, tmp_path / "a.npy", tmp_path / "b.npy", absolute=0.25)
    assert [(one["name"], one["differing"]) for one in found["scenes"]] == [("t0", 0), ("t1", 1)]
    assert (found["largest_absolute"], found["is_within"]) == (0.5, False)
    assert compared(contract, tmp_path / "a.npy", tmp_path / "b.npy", absolute=0.5)["is_within"]


def lines(folder: Path, name: str, points: list[list[float]]) -> Path:
    (folder / name).write_text(json.dumps({"bay": points}))
    return folder / name


def test_lines_tell_how_far_apart_they_lie(tmp_path):
    first = lines(tmp_path, "a.json", [[1, 10], [40, 10]])
    found = compared(LINES, first, lines(tmp_path, "b.json", [[1, 12], [40, 12]]), absolute=1.5)
    assert (found["largest_absolute"], found["is_within"]) == (2.0, False)
    assert compared(LINES, first, lines(tmp_path, "b.json", [[1, 12], [40, 12]]), absolute=2)["is_within"]
    assert compared(LINES, first, first)["is_equal"]


def test_a_line_with_more_vertices_in_the_same_place_is_near(tmp_path):
    first = lines(tmp_path, "a.json", [[1, 10], [40, 10]])
    second = lines(tmp_path, "b.json", [[1, 10], [20, 10], [40, 10]])
    assert compared(LINES, first, second, absolute=0.5)["is_within"]


def test_detections_that_are_missing_differ(tmp_path):
    contract = {**BOATS, "scenes": ["bay"]}
    (tmp_path / "a.csv").write_text("scene,row,column\nbay,1,2\nbay,3,4\n")
    (tmp_path / "b.csv").write_text("scene,row,column\nbay,3,4\nbay,1,2.5\n")
    (tmp_path / "c.csv").write_text("scene,row,column\nbay,3,4\n")
    first = tmp_path / "a.csv"
    found = compared(contract, first, tmp_path / "b.csv")
    assert (found["differing"], found["largest_absolute"]) == (1, 0.5)
    assert compared(contract, first, tmp_path / "c.csv")["differing"] == 4


# -- the command ------------------------------------------------------------------------------------------------------


def test_the_command_writes_the_report(tmp_path):
    contract = parse_contract(TABLE)
    for name, rows in (("first", ROWS), ("second", "a,1.001,x\nb,-2,y\nc,100,z\n")):
        (tmp_path / name).write_bytes(cells(contract, table(tmp_path, f"{name}.csv", rows)))
    (tmp_path / "contract.json").write_text(json.dumps(TABLE))
    (tmp_path / "tolerance.json").write_text(json.dumps({"relative": 0.01}))
    names = {name: tmp_path / f"{name}.json" for name in ("contract", "tolerance")}
    paths = {**names, "first": tmp_path / "first", "second": tmp_path / "second", "output": tmp_path / "report.json"}
    options = [f"--{name}={path}" for name, path in paths.items()]
    assert main(["reproduce", *options]) == 0
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["status"], report["is_equal"], report["is_within"]) == ("ok", False, True)
    (tmp_path / "tolerance.json").write_text(json.dumps({"relativ": 0.01}))
    assert main(["reproduce", *options]) == BAD_JOB


def test_cells_that_break_off_are_no_report(tmp_path):
    contract = parse_contract(TABLE)
    whole = cells(contract, table(tmp_path, "a.csv", ROWS))
    for broken in (whole[:-1], whole + b"x", b"", whole.replace(b"END", b"END "), b"x" + whole[1:]):
        with pytest.raises(BrokenStream):
            reproduction(io.BytesIO(whole), io.BytesIO(broken), contract, Tolerance())


@pytest.mark.parametrize("wrong", [[], {"absolute": -1}, {"share": 1.5}, {"iou": 2}, {"absolut": 1}, {"share": "x"}])
def test_a_tolerance_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(InvalidJob):
        parse_tolerance(wrong)


def test_a_tolerance_states_what_it_states():
    assert parse_tolerance({"iou": 0.9}) == Tolerance(iou=0.9)
    assert not Tolerance(iou=0.9).counts_cells
    assert Tolerance(iou=0.9, share=0.0).counts_cells
    assert Tolerance().counts_cells
