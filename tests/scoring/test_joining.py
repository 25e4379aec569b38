"""The tables of time steps become one table, and whatever does not fit is told with its step."""

import json
from pathlib import Path

import pytest

from scoring.__main__ import main
from scoring.errors import InvalidPrediction
from scoring.joining import join_tables


def joined(tmp_path: Path, *tables: bytes) -> bytes:
    parts = []
    for number, table in enumerate(tables):
        parts.append(tmp_path / f"{number:06d}.csv")
        parts[-1].write_bytes(table)
    join_tables(parts, tmp_path / "joined.csv")
    return (tmp_path / "joined.csv").read_bytes()


def refused(tmp_path: Path, *tables: bytes) -> tuple[str, str]:
    with pytest.raises(InvalidPrediction) as caught:
        joined(tmp_path, *tables)
    (problem,) = caught.value.problems
    assert problem.message.isprintable()
    return problem.code, problem.message


@pytest.mark.parametrize(
    ("tables", "whole"),
    [
        ([b"id,y\na,1\n"], b"id,y\na,1\n"),
        ([b"id,y\na,1\n", b"id,y\nb,2\n", b"id,y\nc,3\n"], b"id,y\na,1\nb,2\nc,3\n"),
        ([b"id,y\na,1", b"id,y\nb,2"], b"id,y\na,1\nb,2\n"),
        ([b"id,y\r\na,1\r\n", b"id,y\nb,2\n"], b"id,y\na,1\r\nb,2\n"),
        ([b"\xef\xbb\xbfid,y\na,1\n", b"\xef\xbb\xbfid,y\nb,2\n", b"id,y\nc,3\n"], b"id,y\na,1\nb,2\nc,3\n"),
        ([b"id,y\na,1\n", b"id,y\n", b"id,y\nc,3\n"], b"id,y\na,1\nc,3\n"),
        ([b"id,y", b"id,y", b"id,y\nc,3"], b"id,y\nc,3\n"),
        ([b'id,y\n"a\nb",1\n', b"id,y\nc,3\n"], b'id,y\n"a\nb",1\nc,3\n'),
        (["id,氷\na,1\n".encode(), "id,氷\nb,2\n".encode()], "id,氷\na,1\nb,2\n".encode()),
    ],
    ids=["one", "three", "no last line end", "Windows", "BOM", "no rows", "headers only", "quoted", "Japanese"],
)
def test_tables_are_put_under_one_first_line(tmp_path: Path, tables: list[bytes], whole: bytes) -> None:
    assert joined(tmp_path, *tables) == whole


def test_a_step_with_other_columns_is_named(tmp_path: Path) -> None:
    code, message = refused(tmp_path, b"id,y\na,1\n", b"id,y\nb,2\n", b"y,id\n3,c\n")
    assert code == "step_header"
    assert message == "Time step 3: the first line is 'y,id'; in the first step it is 'id,y'."


@pytest.mark.parametrize("table", [b"", b"\n", b"\r\n", b"\xef\xbb\xbf", b"\nid,y\na,1\n"], ids=repr)
def test_an_empty_table_is_named(tmp_path: Path, table: bytes) -> None:
    code, message = refused(tmp_path, b"id,y\na,1\n", table)
    assert (code, message.startswith("Time step 2: the table is empty")) == ("step_empty", True)


def test_a_first_line_of_any_length_and_content_is_told_shortly(tmp_path: Path) -> None:
    code, message = refused(tmp_path, b"id,y\na,1\n", b"\x00\x1b[31m\xff" * 100_000)
    assert code == "step_header"
    assert len(message) < 700


def test_a_large_table_is_joined_piece_by_piece(tmp_path: Path) -> None:
    rows = b"".join(b"r%07d,0.5\n" % number for number in range(200_000))
    assert joined(tmp_path, b"id,y\n" + rows, b"id,y\n" + rows) == b"id,y\n" + rows + rows


def test_the_command_joins_by_name_or_says_what_is_wrong(tmp_path: Path) -> None:
    for folder, second, status in (("good", b"id,y\nb,2\n", "ok"), ("bad", b"x\n", "invalid")):
        parts, output = tmp_path / folder / "parts", tmp_path / folder / "out"
        parts.mkdir(parents=True)
        output.mkdir()
        (parts / "000001.csv").write_bytes(second)
        (parts / "000000.csv").write_bytes(b"id,y\na,1\n")
        assert main(["join", f"--input={parts}", f"--output={output}"]) == 0
        report = json.loads((output / "report.json").read_text())
        assert report["status"] == status
    assert (tmp_path / "good" / "out" / "prediction.csv").read_bytes() == b"id,y\na,1\nb,2\n"
    assert report["problems"][0]["params"]["step"] == 2
