"""TSV and Parquet go through the same gate as CSV: what is refused there is refused here, in the same words."""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scoring.formats import fast_tables
from tests.scoring import makers
from tests.scoring.hostile import tables
from tests.scoring.makers import Published

TRUTH = "id,y,w\na,1,x\nb,2,y\nc,3,x\n"


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Published:
    contract = makers.table_contract(("y", "number"), ("w", "string"))
    contract["formats"] = ["csv", "tsv", "parquet"]
    contract["schema"]["fields"][1]["constraints"] = {"minimum": -1000, "maximum": 1e6}
    contract["schema"]["fields"][2]["constraints"] = {"enum": ["x", "y"]}
    metrics = [{"key": "rmse", "metric": "rmse", "params": {"column": "y"}}]
    return makers.published_table(tmp_path_factory.mktemp("task"), TRUTH, metrics, contract)


@pytest.fixture(scope="module")
def whole_task(tmp_path_factory: pytest.TempPathFactory) -> Published:
    contract = makers.table_contract(("y", "integer"), key_type="integer")
    contract["formats"] = ["parquet"]
    metrics = [{"key": "mae", "metric": "mae"}]
    return makers.published_table(tmp_path_factory.mktemp("task"), "id,y\n1,10\n2,20\n", metrics, contract)


def written(folder: Path, data: bytes, name: str = "p.dat") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def codes_and_words(task: Published, path: Path) -> tuple[list[str], str]:
    problems = list(task.problems(path))
    assert all(len(one.message) < 700 and one.message.isprintable() for one in problems)
    return [one.code for one in problems], "\n".join(one.message for one in problems)


# -- TSV --------------------------------------------------------------------------------------------------------------

COMMAS = [one for one in tables.ATTACKS if b"," in one.data and one.codes != ("csv_encoding",)]


@pytest.mark.parametrize("attack", COMMAS, ids=str)
@pytest.mark.parametrize("is_fast", [True, False], ids=["fast", "careful"])
def test_a_hostile_tsv_is_refused_as_the_same_csv(
    attack: tables.Attack, is_fast: bool, task: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fast_tables, "MIN_BYTES", 0 if is_fast else 10**9)
    path = written(tmp_path, attack.data.replace(b",", b"\t"))
    found, words = codes_and_words(task, path)
    assert found == list(attack.codes)
    assert attack.words.replace(",", "<TAB>") in words or attack.words in words


@pytest.mark.parametrize("attack", tables.MISALIGNED, ids=str)
def test_rows_of_a_tsv_that_are_not_the_truths_are_refused(
    attack: tables.Attack, task: Published, tmp_path: Path
) -> None:
    result = task.result(written(tmp_path, attack.data.replace(b",", b"\t")))
    assert [problem["code"] for problem in result["problems"]] == list(attack.codes)


def test_a_tsv_is_told_by_its_first_line_and_not_by_its_name(task: Published, tmp_path: Path) -> None:
    path = written(tmp_path, b"y\tid\tw\n2\tb\tx\n1\ta\tx\n3\tc\tx\n", "p.csv")
    assert task.scores(path)["rmse"]["public"] == 0.0


def test_tabs_in_a_contest_of_csv_are_no_columns(tmp_path: Path) -> None:
    csv_only = makers.published_table(tmp_path, "id,y\na,1\n", [{"key": "m", "metric": "mae"}])
    found, words = codes_and_words(csv_only, written(tmp_path, b"id\ty\na\t1\n"))
    assert found == ["csv_no_header"]
    assert "'id,y'" in words


def test_commas_in_a_contest_of_tsv_are_no_columns(tmp_path: Path) -> None:
    contract = {**makers.table_contract(), "formats": ["tsv"]}
    tsv_only = makers.published_table(tmp_path, "id,y\na,1\n", [{"key": "m", "metric": "mae"}], contract)
    found, words = codes_and_words(tsv_only, written(tmp_path, b"id,y\na,1\n"))
    assert found == ["csv_no_header"]
    assert "'id<TAB>y'" in words


def test_a_truth_may_be_a_tsv(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "solution.tsv").write_text("id\tUsage\ty\na\tPublic\t1\nb\tPrivate\t2\n")
    metrics = [{"key": "mae", "metric": "mae"}]
    split = {"by": "column", "column": "Usage"}
    task = makers.published(tmp_path, raw, makers.table_contract(), metrics, split=split)
    assert task.scores(written(tmp_path, b"id,y\nb,4\na,1\n"))["mae"] == {"public": 0.0, "private": 2.0}


# -- Parquet ----------------------------------------------------------------------------------------------------------


def parquet(folder: Path, columns: dict[str, Any], **options: Any) -> Path:
    path = folder / "p.parquet"
    table = pa.table(
        {name: pa.array(values) if isinstance(values, list) else values for name, values in columns.items()}
    )
    pq.write_table(table, path, **options)
    return path


GOOD: dict[str, Any] = {"id": ["c", "a", "b"], "y": [3.0, 1.0, 2.0], "w": ["x", "x", "y"]}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compression": "zstd"},
        {"compression": "none", "use_dictionary": False},
        {"compression": "gzip", "row_group_size": 1},
        {"data_page_version": "2.0"},
        {"column_encoding": {"y": "BYTE_STREAM_SPLIT"}, "use_dictionary": False},
        {"store_schema": False},
    ],
    ids=str,
)
def test_an_honest_parquet_is_read_whatever_its_layout(options: dict, task: Published, tmp_path: Path) -> None:
    assert task.scores(parquet(tmp_path, GOOD, **options))["rmse"]["public"] == 0.0


@pytest.mark.parametrize("type_", ["int8", "uint32", "int64", "float32"])
def test_a_number_may_be_stored_as_a_whole_or_a_short_one(type_: str, task: Published, tmp_path: Path) -> None:
    values = pa.array(np.array([3, 1, 2], type_))
    assert task.scores(parquet(tmp_path, {**GOOD, "y": values}))["rmse"]["public"] == 0.0


CHANGES: dict[str, tuple[dict[str, Any], tuple[str, ...], str]] = {
    "NaN": ({"y": [3.0, float("nan"), 2.0]}, ("csv_not_number",), "Line 3, column 'y': 'nan'"),
    "infinity": ({"y": [float("inf"), 1.0, 2.0]}, ("csv_not_number",), "Line 2"),
    "1e300": ({"y": [3.0, 1.0, 1e300]}, ("csv_number_range",), "Line 4"),
    "null": ({"y": [3.0, None, 2.0]}, ("csv_empty",), "Line 3, column 'y'"),
    "null text": ({"w": ["x", None, "y"]}, ("csv_empty",), "Line 3, column 'w'"),
    "null id": ({"id": ["a", None, "c"]}, ("csv_empty",), "Line 3, column 'id'"),
    "empty text": ({"w": ["x", "", "y"]}, ("csv_empty",), "Line 3, column 'w'"),
    "below the minimum": ({"y": [-1000.5, 1.0, 2.0]}, ("csv_minimum",), "less than -1000"),
    "above the maximum": ({"y": [1.0, 1.0, 2e6]}, ("csv_maximum",), "more than"),
    "word outside the list": ({"w": ["x", "z", "y"]}, ("csv_enum",), "not one of x, y"),
    "control character": ({"id": ["a\x1b[2J", "b", "c"]}, ("csv_text",), "u{1b}"),
    "long id": ({"id": ["a" * 1000, "b", "c"]}, ("csv_text",), "Line 2"),
    "id twice": ({"id": ["a", "b", "a"]}, ("csv_id_twice",), "Line 4: id 'a' was already given in line 2"),
    "numbers as texts": ({"y": ["3", "1", "2"]}, ("parquet_type",), "'string'; it must be a number"),
    "full-width digits": ({"y": ["３", "１", "２"]}, ("parquet_type",), "'string'"),
    "true and false": ({"y": [True, False, True]}, ("parquet_type",), "'bool'"),
    "ids as numbers": ({"id": [1.0, 2.0, 3.0]}, ("parquet_type",), "'double'; it must be text"),
    "categories": ({"w": pa.array(["x", "x", "y"]).dictionary_encode()}, ("parquet_type",), "dictionary"),
    "nested": ({"y": [[1.0], [2.0], [3.0]]}, ("parquet_type",), "list"),
    "decimals": ({"y": pa.array([3, 1, 2]).cast(pa.decimal128(30, 5))}, ("parquet_type",), "decimal"),
    "dates": ({"y": [dt.date(2020, 1, 1)] * 3}, ("parquet_type",), "date"),
    "bytes": ({"w": [b"x", b"x", b"y"]}, ("parquet_type",), "binary"),
    "more columns": ({"note": ["p", "q", "r"]}, ("csv_column_extra",), "'note'"),
    "too many rows": (
        {"id": [f"r{n}" for n in range(1100)], "y": [1.0] * 1100, "w": ["x"] * 1100},
        ("csv_too_many_rows",),
        "must have 3",
    ),
    "no rows": (
        {"id": pa.array([], pa.string()), "y": pa.array([], pa.float64()), "w": pa.array([], pa.string())},
        ("csv_no_rows",),
        "no rows",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_hostile_parquet_is_refused_in_the_words_of_a_csv(name: str, task: Published, tmp_path: Path) -> None:
    change, codes, words = CHANGES[name]
    found, told = codes_and_words(task, parquet(tmp_path, {**GOOD, **change}))
    assert found == list(codes)
    assert words in told


def test_a_missing_column_and_one_given_twice_are_named(task: Published, tmp_path: Path) -> None:
    found, told = codes_and_words(task, parquet(tmp_path, {"id": ["a"], "w": ["x"]}))
    assert (found, "'y'" in told) == (["csv_column_missing"], True)
    twice = pa.Table.from_arrays([pa.array(["a"])] * 2 + [pa.array([1.0]), pa.array(["x"])], ["id", "id", "y", "w"])
    pq.write_table(twice, tmp_path / "twice.parquet")
    assert codes_and_words(task, tmp_path / "twice.parquet")[0] == ["csv_column_twice"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"id": [1.0, 2.0]}, "parquet_type"),
        ({"y": [10.0, 20.0]}, "parquet_type"),
        ({"id": pa.array([1, 2], pa.uint64())}, "parquet_type"),
        ({"y": [10, 2**53 + 1]}, "csv_number_range"),
        ({"id": [2, 2]}, "csv_id_twice"),
    ],
    ids=["ids as floats", "whole numbers as floats", "unsigned 64 bits", "beyond 2**53", "id twice"],
)
def test_whole_numbers_must_be_stored_as_whole_numbers(
    change: dict, code: str, whole_task: Published, tmp_path: Path
) -> None:
    """As 3.0 is no whole number in a CSV."""
    assert codes_and_words(whole_task, parquet(tmp_path, {"id": [1, 2], "y": [10, 20], **change}))[0] == [code]


@pytest.mark.parametrize(
    ("ids", "codes"),
    [
        (["a", "b"], ["id_missing"]),
        (["a", "b", "c", "d"], ["id_unexpected"]),
        (["a", "b", "C"], ["id_unexpected", "id_missing"]),
        (["a", "b", "c "], ["id_unexpected", "id_missing"]),
        (["a", "b", "cc"], ["id_unexpected", "id_missing"]),
    ],
    ids=str,
)
def test_rows_of_a_parquet_that_are_not_the_truths_are_refused(
    ids: list[str], codes: list[str], task: Published, tmp_path: Path
) -> None:
    columns = {"id": ids, "y": [1.0] * len(ids), "w": ["x"] * len(ids)}
    result = task.result(parquet(tmp_path, columns))
    assert [problem["code"] for problem in result["problems"]] == codes


def test_a_parquet_that_is_cut_or_changed_anywhere_is_refused_or_read_but_never_a_fault(
    task: Published, tmp_path: Path
) -> None:
    data = parquet(tmp_path, GOOD).read_bytes()
    for place in range(4, len(data), 7):
        changed = data[:place] + bytes([data[place] ^ 0x5A]) + data[place + 1 :]
        codes_and_words(task, written(tmp_path, changed))
        codes_and_words(task, written(tmp_path, data[:place]))
    assert codes_and_words(task, written(tmp_path, data[:-4]))[0] == ["parquet_unreadable"]
    assert codes_and_words(task, written(tmp_path, data[:-8] + b"\xff\xff\xff\x7fPAR1"))[0] == ["parquet_unreadable"]


def test_an_encrypted_parquet_is_told_so(task: Published, tmp_path: Path) -> None:
    found, told = codes_and_words(task, written(tmp_path, b"PAR1" + bytes(40) + b"\x10\0\0\0PARE"))
    assert (found, "encrypted" in told) == (["unknown_format"], True)


def test_a_text_that_would_fill_the_memory_is_seen_before_it_is_copied(tmp_path: Path) -> None:
    """One text of a mebibyte in 60,000 rows, 60 GiB when written out: stored once, it is seen once."""
    rows = 60_000
    truth = "id,w\n" + "".join(f"{number},x\n" for number in range(rows))
    contract = {**makers.table_contract(("w", "string"), key_type="integer"), "formats": ["parquet"]}
    metrics = [{"key": "a", "metric": "accuracy"}]
    task = makers.published_table(tmp_path, truth, metrics, contract)
    words = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array(["z" * 2**20]))
    table = pa.table({"id": pa.array(np.arange(rows)), "w": words})
    pq.write_table(table, tmp_path / "bomb.parquet", store_schema=False)
    problems = task.problems(tmp_path / "bomb.parquet")
    assert {one.code for one in problems} == {"csv_text"}


def test_columns_that_unpack_to_more_than_a_table_can_hold_are_refused(task: Published, tmp_path: Path) -> None:
    path = parquet(tmp_path, {**GOOD, "w": ["x", "x", "y" * 3 * 2**20]}, compression="zstd")
    assert codes_and_words(task, path)[0] == ["parquet_too_large"]


def test_encodings_that_can_blow_up_are_refused(task: Published, tmp_path: Path) -> None:
    options = {"use_dictionary": False, "column_encoding": {"id": "DELTA_BYTE_ARRAY"}}
    assert codes_and_words(task, parquet(tmp_path, GOOD, **options))[0] == ["parquet_unreadable"]


def test_parquet_where_it_is_not_asked_for_is_told_by_name(tmp_path: Path) -> None:
    csv_only = makers.published_table(tmp_path, "id,y\na,1\n", [{"key": "m", "metric": "mae"}])
    found, told = codes_and_words(csv_only, parquet(tmp_path, {"id": ["a"], "y": [1.0]}))
    assert found == ["unknown_format"]
    assert "The file is Parquet; it must be CSV text in UTF-8." in told


def test_many_row_groups_are_one_table(tmp_path: Path) -> None:
    rows = 5000
    values = np.random.default_rng(1).normal(size=rows)
    order = np.random.default_rng(2).permutation(rows)
    truth = "id,y\n" + "".join(f"k{number},{value!r}\n" for number, value in enumerate(values.tolist()))
    contract = {**makers.table_contract(), "formats": ["parquet"]}
    task = makers.published_table(tmp_path, truth, [{"key": "mae", "metric": "mae"}], contract)
    columns = {"id": [f"k{number}" for number in order], "y": pa.array(values[order] + 0.5)}
    score = task.scores(parquet(tmp_path, columns, row_group_size=700))["mae"]["public"]
    assert score == pytest.approx(0.5, abs=1e-12)
