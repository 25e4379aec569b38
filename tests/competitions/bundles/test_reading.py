"""YAML as organisers mean it, and what a file may not be."""

from pathlib import Path

import pytest

from competitions.bundles.problems import InvalidCompetition
from competitions.bundles.reading import MAX_BYTES, Document, read_document


def read(folder: Path, content: str | bytes) -> Document:
    path = folder / "competition.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_document(path, name=path.name)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("no", "no"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01T00:00:00+09:00", "2026-01-01T00:00:00+09:00"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("'1'", "1"),
        ("1", 1),
        ("-3", -3),
        ("0.5", 0.5),
        ("1e-3", 0.001),
        ("true", True),
        ("~", None),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("潮位", "潮位"),
    ],
)
def test_words_stay_words_and_numbers_are_numbers(written: str, meant: object, tmp_path: Path) -> None:
    value = read(tmp_path, f"key: {written}\n").values["key"]

    assert value == meant
    assert type(value) is type(meant)


def test_every_value_knows_its_line(tmp_path: Path) -> None:
    document = read(tmp_path, "a: 1\nb:\n  - x\n  - {c: 2,\n     d: 3}\n")

    assert document.line(("a",)) == 1
    assert document.line(("b", 0)) == 3
    assert document.line(("b", 1, "d")) == 5
    assert document.line(("b", 1, "missing")) == 4
    assert document.line(("nowhere",)) == 1


def test_keys_that_look_like_numbers_or_truth_stay_words(tmp_path: Path) -> None:
    assert list(read(tmp_path, "{0: a, no: b, 1.0: c}").values) == ["0", "no", "1.0"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "competition.yaml:1 the file is empty; it should begin with 'schema: tidemark/1'"),
        (
            "- a\n- b\n",
            "competition.yaml:1 the file should hold 'key: value' lines, beginning with 'schema: tidemark/1'",
        ),
        ("a: 1\nb: [1, 2\n", "competition.yaml:3 this is not YAML: while parsing a flow sequence"),
        ("a:\n\t- b\n", "competition.yaml:2 this is not YAML: while scanning for the next token"),
        ("a: 1\n---\nb: 2\n", "competition.yaml:2 this is not YAML: expected a single document in the stream"),
        (b"a: 1\nb: \xff\n", "competition.yaml:2 this is not UTF-8; save the file with the encoding UTF-8"),
        ("a: \x07\n", "competition.yaml this is not YAML: unacceptable character"),
        ("a: &x [*x]\n", "competition.yaml:1 the file is nested deeper than 40 levels"),
        ("[" * 60 + "]" * 60, "competition.yaml:1 the file is nested deeper than 40 levels"),
        ("[" * 5000, "competition.yaml the file is nested deeper than 40 levels"),
        ("a: '" + "x" * MAX_BYTES + "'", f"competition.yaml the file is larger than {MAX_BYTES} bytes"),
    ],
)
def test_a_file_that_is_no_contest_at_all_is_refused(content: str | bytes, expected: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidCompetition) as caught:
        read(tmp_path, content)

    (problem,) = caught.value.problems
    assert str(problem).startswith(expected)


def test_a_file_of_many_laughs_is_stopped_while_it_is_small(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]

    with pytest.raises(InvalidCompetition, match="grows to more than 100000 values; use fewer aliases"):
        read(tmp_path, "\n".join(lines))


def test_a_folder_without_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidCompetition, match=r"competition.yaml there is no readable file \(No such file"):
        read_document(tmp_path / "competition.yaml", name="competition.yaml")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a: 1\nb: 2\na: 3\n", "competition.yaml:3 a: 'a' is given twice (first on line 1); keep one of the two"),
        ("a: !!binary aGk=\n", "competition.yaml:1 a: the tag 'binary' is not allowed; write a plain value"),
        ("a: !!set {x}\n", "competition.yaml:1 a: the tag 'set' is not allowed; write a plain value"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", "competition.yaml:3 c: merge keys ('<<') are not read; write the values out"),
        ("? [a]\n: 1\n", "competition.yaml:1 a key should be a word, not a list or a mapping"),
        ('a: "\\0"\n', "competition.yaml:1 a: the text holds a control character or half a character; remove it"),
        ('a: "\\ud800"\n', "competition.yaml:1 a: the text holds a control character or half a character; remove it"),
    ],
)
def test_what_is_no_plain_data_is_told_and_reading_goes_on(content: str, expected: str, tmp_path: Path) -> None:
    assert [str(problem) for problem in read(tmp_path, content).problems] == [expected]
