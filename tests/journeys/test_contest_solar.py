"""The contest of three solar plants on a real site: from upload to board, with independent numbers."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from tests.contests.solar import contest as solar
from tests.journeys.contestants import Contestant, import_contest, make_contestants
from tests.journeys.test_contests_of_masks import Sent, check_board, check_scores, refusals, send
from tests.site import Site

pytestmark = [pytest.mark.journey, pytest.mark.sandbox]


@pytest.fixture(scope="module")
def people(site: Site, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Contestant]:
    import_contest(site, solar.make_contest(tmp_path_factory.mktemp("solar") / "contest"), owner="organiser")
    names = ("persister", "columnist", "cheater")
    return dict(zip(names, make_contestants(site, *names, slug="solar"), strict=True))


@pytest.fixture(scope="module")
def persistence(people: dict[str, Contestant]) -> Sent:
    """Yesterday's output, its rows in another order."""
    order = np.random.default_rng(3).permutation(solar.DAYS * solar.STEPS)
    return send(people["persister"], solar.tsv(solar.persistence(), order), "persistence.tsv")


def test_a_tsv_is_scored_as_the_formula_says(persistence: Sent, site: Site) -> None:
    expected = solar.expected(solar.persistence())
    check_scores(persistence, expected)
    assert len({round(value, 6) for value in expected.values()}) == len(expected)
    check_board(site, "solar", "Persister", expected["wmae", "public"])


def test_the_same_numbers_as_parquet_score_the_same(people: dict[str, Contestant], site: Site) -> None:
    half = {name: (values + solar.persistence()[name]) / 2 for name, values in solar.truth().items()}
    sent = send(people["columnist"], solar.parquet(half), "half.parquet")
    check_scores(sent, solar.expected(half))
    check_board(site, "solar", "Columnist", solar.expected(half)["wmae", "public"])


def test_the_better_team_is_first_on_the_board(persistence: Sent, people: dict[str, Contestant], site: Site) -> None:
    perfect = send(people["cheater"], solar.tsv(solar.truth()), "perfect.tsv")
    assert {value for (key, _), value in perfect.scores.items() if key in ("wmae", "bias")} == {0.0}
    board = site.get("/api/v1/competitions/solar/leaderboard/").json()["results"]
    assert board[0]["team"] == "Cheater"
    assert [row["value"] for row in board] == sorted(row["value"] for row in board)


def test_the_page_says_what_a_table_must_hold_and_how_plants_are_weighted(people: dict[str, Contestant]) -> None:
    page = people["persister"].page("submit/")
    assert "TSV" in page
    assert "Parquet" in page
    assert "SOLA01 0.4, SOLA02 0.3, SOLA03 0.3" in page
    assert ".tsv" in page


def changed(cell: str, row: int = 20) -> bytes:
    lines = solar.tsv(solar.persistence()).decode().split("\n")
    cells = lines[row].split("\t")
    lines[row] = "\t".join([cells[0], cell, *cells[2:]])
    return "\n".join(lines).encode()


def without_dull_days() -> bytes:
    keep = np.flatnonzero(np.repeat(np.arange(solar.DAYS), solar.STEPS) != 5)
    return solar.tsv(solar.persistence(), keep)


def a_row_twice() -> bytes:
    return solar.tsv(solar.persistence(), np.concatenate([np.arange(solar.DAYS * solar.STEPS), [7]]))


def other_times() -> bytes:
    return solar.tsv(solar.persistence(), names=[time.replace(" 24:00", " 00:00") for time in solar.times()])


def holes() -> bytes:
    values = solar.persistence()["SOLA01"].copy()
    values[30:34] = np.nan
    return solar.parquet({**solar.persistence(), "SOLA01": values})


def texts() -> bytes:
    return solar.parquet(solar.persistence(), SOLA02=pa.array(["１２"] * (solar.DAYS * solar.STEPS)))


@pytest.mark.parametrize(
    ("cheat", "codes"),
    [
        (lambda: changed("nan"), ["csv_not_number"]),
        (lambda: changed("１２"), ["csv_not_number"]),
        (lambda: changed("1e400"), ["csv_number_range"]),
        (lambda: changed(""), ["csv_empty"]),
        (lambda: changed("-1"), ["csv_minimum"]),
        (lambda: solar.tsv(solar.persistence()).replace(b"\t", b","), ["csv_no_header"]),
        (without_dull_days, ["id_missing"] * 20),
        (a_row_twice, ["csv_id_twice"]),
        (other_times, ["id_unexpected"] * 12 + ["id_missing"] * 8),
        (holes, ["csv_not_number"] * 4),
        (texts, ["parquet_type"]),
    ],
    ids=["NaN", "full-width digits", "1e400", "empty", "negative", "commas", "a day left out", "a row twice",
         "other times", "holes in Parquet", "texts in Parquet"],
)  # fmt: skip
def test_tables_that_dodge_hard_hours_are_refused(
    people: dict[str, Contestant], cheat: Callable[[], bytes], codes: list[str]
) -> None:
    assert refusals(people["cheater"], cheat(), "cheat.tsv") == codes
