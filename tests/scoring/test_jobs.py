"""Contracts, metrics and truths as organisers write them, right and wrong."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scoring.contract import TableContract, contract_document, parse_contract
from scoring.errors import InvalidJob, listed
from scoring.job import parse_metrics
from scoring.kinds import PACKAGES
from scoring.registry import METRICS
from scoring.splits import Side, side_by_hash
from scoring.truth_spec import parse_truth_spec
from tests.scoring import makers

SCENE = {"name": "s", "height": 4, "width": 5}


def messages(error: pytest.ExceptionInfo[InvalidJob]) -> list[str]:
    return [problem.message for problem in error.value.problems]


def mask_contract(**fields: Any) -> dict[str, Any]:
    return makers.raster_contract(scenes=[SCENE], **fields)


def test_a_contract_survives_being_written_and_read() -> None:
    scene = {**SCENE, "crs": "EPSG:32654", "transform": list(makers.TRANSFORM)}
    for document in (
        makers.raster_contract(classes=[0, 1, 9], scenes=[scene]),
        makers.table_contract(("y", "number"), ("w", "string"), rows=7),
    ):
        contract = parse_contract(document)
        assert parse_contract(contract_document(contract)) == contract


def test_classes_with_their_names_are_understood() -> None:
    contract = parse_contract(mask_contract(classes=[]) | {"classes": {"1": "ice", "0": "water"}})
    assert contract.classes == (0, 1)


def test_every_mistake_of_a_contract_is_told_at_once() -> None:
    document = {"kind": "raster", "dtype": "uin8", "classes": [0, 0, 300], "scenes": [{"name": "../s", "height": 0}]}
    with pytest.raises(InvalidJob) as error:
        parse_contract(document)
    assert messages(error) == [
        "contract.dtype: 'uin8' is unknown; did you mean uint8? It must be one of uint8, uint16, int16.",
        "contract.classes[2]: 300 is out of range; it must be 0 to 255.",
        "contract.classes: a class is given twice.",
        "contract.scenes[0]: '../s' is out of range; it must be letters, digits and . _ -.",
        "contract.scenes[0].height: 0 is out of range; it must be 1 to 200000.",
        "contract.scenes[0]: 'width' is missing.",
    ]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (None, "contract: found null; it must be an object."),
        ([], "contract: found a list; it must be an object."),
        (
            {"kind": "rastre"},
            "contract.kind: 'rastre' is unknown; did you mean raster? "
            f"It must be one of {listed(('raster', 'table', *PACKAGES))}.",
        ),
        (makers.table_contract(), "contract: 'rows' is missing."),
        (makers.table_contract(rows=0), "contract.rows: 0 is out of range; it must be 1 to 100000000."),
        (makers.table_contract(rows=True), "contract.rows: found true or false; it must be a whole number."),
        (makers.table_contract(("id", "number"), rows=1), "contract.schema.fields: 'id' is given twice."),
        (
            makers.table_contract(key_type="number", rows=1),
            "contract.schema.fields[0].type: 'number' is unknown; it must be one of string, integer.",
        ),
    ],
)
def test_a_contract_that_makes_no_sense_is_refused(document: Any, message: str) -> None:
    with pytest.raises(InvalidJob) as error:
        parse_contract(document)
    assert message in messages(error)


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ({"metric": "rsme"}, ".metric: metric 'rsme' is unknown; did you mean 'rmse'?"),
        (
            {"metric": "beauty"},
            ".metric: metric 'beauty' is unknown; there are "
            f"{listed(name for name, metric in METRICS.items() if 'table' in metric.kinds)}.",
        ),
        ({"metric": "pixel_accuracy"}, ".metric: metric 'pixel_accuracy' is for rasters; this task is a table."),
        ({}, ": 'metric' is missing."),
        ({"metric": "mae", "aggregate": "macro"}, ".aggregate: a table has no scenes to average over; use pooled."),
        (
            {"metric": "mae", "aggregate": "polled"},
            ".aggregate: 'polled' is unknown; did you mean pooled? It must be one of pooled, macro.",
        ),
        ({"metric": "mae", "precision": 99}, ".precision: 99 is out of range; it must be 0 to 12."),
        ({"metric": "mae", "params": {"column": "z"}}, "column: 'z' is unknown; it must be one of y."),
        ({"metric": "mae", "params": {"column": "w"}}, "column: 'w' is unknown; it must be one of y."),
        (
            {"metric": "mae", "params": {"column": "y", "colunm": 1}},
            "colunm: 'colunm' is unknown; did you mean column? It must be one of column.",
        ),
        ({"metric": "mae", "params": 3}, ".params: found a whole number; it must be an object."),
    ],
)
def test_a_metric_of_a_table_that_makes_no_sense_is_refused(metric: dict[str, Any], message: str) -> None:
    contract = parse_contract(makers.table_contract(("y", "number"), ("w", "string"), rows=1))
    metric.setdefault("params", {"column": "y"})
    with pytest.raises(InvalidJob) as error:
        parse_metrics([metric], contract)
    assert [text.removeprefix("metrics[0].params.").removeprefix("metrics[0]") for text in messages(error)] == [message]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "positive: say which class is the positive one; there are 0, 1, 2."),
        ({"positive": "ice"}, "positive: say which class is the positive one; there are 0, 1, 2."),
        ({"positive": True}, "positive: say which class is the positive one; there are 0, 1, 2."),
        ({"positive": 1, "zero_division": 2}, "zero_division: found a whole number; it must be a text."),
        (
            {"positive": 1, "zero_division": "skp"},
            "zero_division: 'skp' is unknown; did you mean skip? It must be one of 0, 1, skip.",
        ),
        (
            {"positive": "a", "classes": [{"name": "a", "truth": [1], "prediction": [0, 1]}]},
            "classes: class 2 of the predictions is in no group.",
        ),
        (
            {"positive": "a", "classes": [{"name": "a", "truth": [1, 1], "prediction": [0, 1, 2]}]},
            "classes: truth value 1 is given twice.",
        ),
        (
            {"positive": "a", "ignore": [1], "classes": [{"name": "a", "truth": [1], "prediction": [0, 1, 2]}]},
            "classes: truth value 1 is given twice.",
        ),
    ],
)
def test_a_metric_of_masks_that_makes_no_sense_is_refused(params: dict[str, Any], message: str) -> None:
    contract = parse_contract(mask_contract(classes=[0, 1, 2]))
    with pytest.raises(InvalidJob) as error:
        parse_metrics([{"metric": "iou", "params": params}], contract)
    assert [text.removeprefix("metrics[0].params.").removeprefix("metrics[0]") for text in messages(error)] == [message]


def test_the_first_metric_is_the_primary_one_unless_another_says_so() -> None:
    contract = parse_contract(makers.table_contract(rows=1))
    two = [{"metric": "rmse"}, {"metric": "mae"}]
    assert [spec.is_primary for spec in parse_metrics(two, contract)] == [True, False]
    two[1]["primary"] = True  # type: ignore[assignment]
    assert [spec.is_primary for spec in parse_metrics(two, contract)] == [False, True]


def test_two_metrics_with_one_key_are_refused() -> None:
    with pytest.raises(InvalidJob) as error:
        parse_metrics([{"metric": "rmse"}, {"metric": "rmse"}], parse_contract(makers.table_contract(rows=1)))
    assert messages(error) == ["metrics: the key 'rmse' is given twice."]


def test_the_positive_class_of_a_plain_mask_is_one() -> None:
    (spec,) = parse_metrics([{"metric": "iou"}], parse_contract(mask_contract()))
    assert spec.groups[spec.options.positive].prediction == (1,)


# -- truths -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("split", "message"),
    [
        (
            {"by": "scne"},
            "truth.split.by: 'scne' is unknown; did you mean scene? It must be one of scene, column, list, hash, none.",
        ),
        ({"by": "hash", "public": 0.5}, "truth.split: 'seed' is missing."),
        ({"by": "hash", "seed": "x", "public": 2}, "truth.split.public: 2 is out of range; it must be 0 to 1."),
        ({"by": "column", "column": "Usage"}, "truth.split: a raster cannot be split by column."),
        ({"by": "scene", "public": ["a"], "private": ["a"]}, "truth.split: 'a' is given twice."),
        ({"by": "list"}, "truth.split: 'file' is missing."),
    ],
)
def test_a_split_that_makes_no_sense_is_refused(split: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidJob) as error:
        parse_truth_spec({"split": split}, "raster")
    assert messages(error) == [message]


def publish_masks(folder: Path, scenes: dict[str, Any], **options: Any) -> makers.Published:
    return makers.published_masks(
        folder, {name: np.array(cells, np.uint8) for name, cells in scenes.items()}, **options
    )


def test_scenes_that_no_list_mentions_and_lists_that_mention_no_scene_are_told(tmp_path: Path) -> None:
    split = {"by": "scene", "public": ["a", "z"], "private": []}
    with pytest.raises(InvalidJob) as error:
        publish_masks(tmp_path, {"a": [[0]], "b": [[0]]}, split=split)
    assert messages(error) == [
        "split: 'z' is not part of the truth.",
        "split: 'b' is in neither the public nor the private part, and not ignored.",
    ]


def test_a_value_of_the_truth_that_no_group_takes_is_told_when_publishing(tmp_path: Path) -> None:
    with pytest.raises(InvalidJob) as error:
        publish_masks(tmp_path, {"a": [[0, 1, 12, 255]]})
    assert messages(error) == ["metrics.iou: the truth holds 12, 255, which is in no group and not ignored."]


def test_broken_rasters_of_the_truth_are_told_at_once(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    makers.geotiff(raw / "float.tif", np.array([[0.5]], np.float32))
    makers.geotiff(raw / "nan.tif", np.array([[np.nan]], np.float32))
    makers.geotiff(raw / "bands.tif", np.zeros((2, 1, 1), np.uint8))
    (raw / "text.tif").write_text("hello")
    (raw / "notes.docx").write_text("hello")
    with pytest.raises(InvalidJob) as error:
        makers.published(tmp_path, raw, makers.raster_contract(), [makers.IOU])
    assert {problem.code for problem in error.value.problems} == {
        "truth_not_whole", "raster_bands", "raster_unreadable", "truth_unexpected",
    }  # fmt: skip


def test_a_truth_of_whole_floats_and_of_palette_pngs_is_read(tmp_path: Path) -> None:
    cells = np.array([[0, 1, 1]])
    makers.geotiff(tmp_path / "raw" / "a.tif", cells.astype(np.float32))
    makers.png(tmp_path / "raw" / "b.png", cells.astype(np.uint8), palette={0: (0, 0, 0, 255), 1: (9, 9, 9, 255)})
    task = makers.published(tmp_path, tmp_path / "raw", makers.raster_contract(), [makers.IOU])
    assert task.contract.scenes[1].transform is None
    assert task.scores(makers.mask_zip(tmp_path, {"a": cells, "b": cells}))["iou"]["public"] == 1.0


def test_a_truth_that_does_not_fit_the_contract_is_told(tmp_path: Path) -> None:
    makers.geotiff(tmp_path / "raw" / "a.tif", np.zeros((3, 3), np.uint8))
    contract = makers.raster_contract(crs="EPSG:4326", shape=[4, 4])
    with pytest.raises(InvalidJob) as error:
        makers.published(tmp_path, tmp_path / "raw", contract, [makers.IOU])
    assert messages(error) == [
        "a: the truth has CRS EPSG:32654; the contract says CRS EPSG:4326.",
        "a: the truth has 3 x 3 cells; the contract says 4 x 4 cells.",
    ]


def test_a_split_by_a_list_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "split.csv").write_text("id,split\na,Public\nb,PRIVATE\nc,ignored\n")
    split = {"by": "list", "file": "split.csv"}
    task = makers.published_table(tmp_path, "id,y\na,1\nb,2\nc,3\n", [{"metric": "mae"}], split=split)
    path = tmp_path / "p.csv"
    path.write_text("id,y\na,2\nb,4\nc,99\n")
    assert task.scores(path)["mae"] == {"public": 1.0, "private": 2.0}


def test_a_solution_with_mistakes_is_told_with_line_and_column(tmp_path: Path) -> None:
    text = "id,y,Usage\na,1,Public\na,x,Private\nb,3,Secret\n"
    with pytest.raises(InvalidJob) as error:
        makers.published_table(tmp_path, text, [{"metric": "mae"}], split={"by": "column", "column": "Usage"})
    assert messages(error) == ["Line 3, column 'y': 'x' is not a number such as -12.5 or 3e-4."]
    with pytest.raises(InvalidJob) as error:
        makers.published_table(
            tmp_path, text.replace("a,x", "c,2"), [{"metric": "mae"}], split={"by": "column", "column": "Usage"}
        )
    assert messages(error) == ["split: 'Secret' of 'b' is not public, private or ignored."]


def test_the_hash_of_an_id_decides_its_side_for_ever() -> None:
    names = [f"row-{number}" for number in range(10_000)]
    sides = [side_by_hash(name, seed="winter", share=0.3) for name in names]
    assert 0.28 < sides.count(Side.PUBLIC) / len(sides) < 0.32
    # A change of the rule would move rows of running contests from one side to the other.
    assert [number for number in range(8) if sides[number] == Side.PUBLIC] == [1, 3, 4]
    digest = hashlib.sha256(b"winter\0row-1").digest()
    assert int.from_bytes(digest[:8], "big") / 2**64 < 0.3


def test_rows_are_taken_from_the_truth(tmp_path: Path) -> None:
    task = makers.published_table(tmp_path, "id,y\na,1\nb,2\n", [{"metric": "mae"}])
    assert isinstance(task.contract, TableContract)
    assert task.contract.rows == 2


def test_text_ids_that_share_a_hash_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = makers.published_table(tmp_path, "id,y\na,1\nb,2\n", [{"metric": "mae"}])
    first = np.load(task.truth / "keys.npy")[0]
    monkeypatch.setattr("scoring.alignment.keys_of", lambda ids, salt: np.full(len(ids), first))
    path = tmp_path / "p.csv"
    path.write_text("id,y\nx,2\n")
    problems = task.result(path)["problems"]
    assert [problem["code"] for problem in problems] == ["id_unexpected", "id_missing", "id_missing"]
