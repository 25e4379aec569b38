"""The fast reader of large tables says what the careful one says, and hands over to it where it is in doubt."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scoring.formats import fast_tables
from scoring.formats.fast_tables import read_plain_rows
from scoring.formats.values import BadValue, number
from tests.scoring import makers
from tests.scoring.hostile import tables
from tests.scoring.makers import Published
from tests.scoring.test_hostile_files import table_task  # noqa: F401  (a fixture)

ROWS = 5000


@pytest.fixture(autouse=True)
def even_for_small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_tables, "MIN_BYTES", 0)
    monkeypatch.setattr(fast_tables, "BLOCK_BYTES", 4096)
    monkeypatch.setattr(fast_tables, "CHUNK_ROWS", 100)


@pytest.mark.parametrize("attack", tables.ATTACKS, ids=str)
def test_the_fast_reader_lets_no_attack_pass(attack: tables.Attack, table_task: Published, tmp_path: Path) -> None:  # noqa: F811
    path = tmp_path / "pred.csv"
    path.write_bytes(attack.data)
    _, is_all = read_plain_rows(path, table_task.contract, None)  # type: ignore[arg-type]
    assert not is_all
    assert makers.codes(table_task.problems(path)) == list(attack.codes)


@pytest.fixture
def large_task(tmp_path: Path) -> Published:
    contract = makers.table_contract(("y", "number"), ("n", "integer"), ("w", "string"))
    lines = ["id,y,n,w", *(f"r{row},{row / 8},{row},w{row % 7}" for row in range(ROWS))]
    metrics = [{"key": name, "metric": "accuracy", "params": {"column": name}} for name in ("y", "n", "w")]
    return makers.published_table(tmp_path, "\n".join(lines) + "\n", metrics, contract)


def written(folder: Path, *, end: str = "\n", change: dict[int, str] | None = None) -> Path:
    order = np.random.default_rng(5).permutation(ROWS)
    lines = [f"w{row % 7},{row},{row / 8:.3f},r{row}" for row in order]
    for place, line in (change or {}).items():
        lines[place] = line
    path = folder / "p.csv"
    path.write_text(end.join(["w,n,y,id", *lines]) + end, newline="")
    return path


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_a_plain_table_is_read_to_its_end(end: str, large_task: Published, tmp_path: Path) -> None:
    path = written(tmp_path, end=end)
    assert read_plain_rows(path, large_task.contract, None) == (ROWS, True)  # type: ignore[arg-type]
    scores = large_task.scores(path)
    assert {key: sides["public"] for key, sides in scores.items()} == {"y": 1.0, "n": 1.0, "w": 1.0}


def test_the_careful_reader_goes_on_where_the_fast_one_stops(large_task: Published, tmp_path: Path) -> None:
    path = written(tmp_path)
    with path.open("a") as file:
        file.write("\n\n")  # blank lines at the end are tolerated, and Arrow takes them for rows
    rows, is_all = read_plain_rows(path, large_task.contract, None)  # type: ignore[arg-type]
    assert 0 < rows <= ROWS
    assert not is_all
    assert {sides["public"] for sides in large_task.scores(path).values()} == {1.0}


def test_a_mistake_far_down_is_found_with_its_line(large_task: Published, tmp_path: Path) -> None:
    path = written(tmp_path, change={4000: "w1,1,nan,r1"})
    (problem, *_) = list(large_task.problems(path))
    assert (problem.code, problem.params["line"]) == ("csv_not_number", 4002)


NUMBER_LIKE = st.one_of(
    st.from_regex(r"\A[+-]?[0-9]{0,4}\.?[0-9]{0,4}([eE][+-]?[0-9]{1,4})?\Z"),
    st.floats().map(repr),
    st.text("0123456789.eE+-_ nafi１", max_size=8),
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(NUMBER_LIKE, min_size=1, max_size=5))
def test_both_readers_agree_on_what_a_number_is(large_task: Published, tmp_path: Path, texts: list[str]) -> None:
    """Whatever the fast reader takes, the careful one takes with the same value."""
    lines = [f"r{row},{text},1,w" for row, text in enumerate(texts)]
    path = tmp_path / "n.csv"
    path.write_text("\n".join(["id,y,n,w", *lines]) + "\n")
    taken: list[float] = []
    _, is_all = read_plain_rows(path, large_task.contract, lambda columns: taken.extend(columns[1]))  # type: ignore[arg-type]
    if is_all:
        assert taken == [number(text) for text in texts]
    for text in texts:
        try:
            value = number(text)
        except BadValue:
            assert not is_all
        else:
            assert np.isfinite(value)
