"""Checking a file before submitting it, and a board that says how sure it is: real boxes, a real browser."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.contest_files import csv_of, make_table_contest, truth
from tests.journeys.contestants import Contestant, import_contest, make_contestants
from tests.site import Site, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.sandbox]
SLUG = "sure-levels"
BOARD = """leaderboards:
  - key: main
    primary: rmse
    tie_tolerance: 0.002
    public_decimals: 3
    gates: [{metric: mae, at_most: 2}]
"""
SIZES = {"ada": 0.50, "ben": 0.51, "cleo": 1.5, "dan": 4.0}


def noisy(size: float, seed: int) -> bytes:
    draw = random.Random(seed)
    return csv_of([value + draw.gauss(0, size) for value in truth()])


@pytest.fixture(scope="module")
def people(site: Site, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Contestant]:
    folder = make_table_contest(tmp_path_factory.mktemp("contest"), slug=SLUG)
    text = (folder / "competition.yaml").read_text()
    (folder / "competition.yaml").write_text(text + BOARD)
    import_contest(site, folder, owner="organiser")
    made = dict(zip(SIZES, make_contestants(site, *SIZES, slug=SLUG), strict=True))
    for seed, (name, person) in enumerate(made.items()):
        number = person.upload(noisy(SIZES[name], seed), "prediction.csv")["number"]
        assert person.outcome(number)["status"] == "scored"
    return made


@pytest.fixture
def page(browser: Browser, site: Site, people: dict[str, Contestant]) -> Iterator[Page]:
    """Ada's browser."""
    context = browser.new_context(base_url=site.url, locale="en", viewport={"width": 1100, "height": 1200})
    context.add_cookies([{"name": "sessionid", "value": people["ada"].session, "url": site.url}])
    yield context.new_page()
    context.close()


def violations(page: Page) -> list[Any]:
    found = Axe().run(page).response["violations"]
    return [one["id"] for one in found if one["impact"] in {"serious", "critical"}]


def choose(page: Page, content: bytes, name: str = "mine.csv") -> None:
    page.goto(f"/competitions/{SLUG}/submit/")
    page.locator("#id_file").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})


def test_a_bad_file_is_told_in_place_and_a_mended_one_fits_and_nothing_is_submitted(
    page: Page, people: dict[str, Contestant]
) -> None:
    before = people["ada"].allowance()
    choose(page, b"id,y\n" + b"".join(b"r%04d,oops\n" % number for number in range(40)))
    page.locator("#check-button").click()
    result = page.locator("#check-result")
    expect(result).to_contain_text("would be refused: 40 problems.", timeout=30_000)
    expect(result).to_contain_text("'oops' is not a number")
    assert violations(page) == []
    page.locator("#id_file").set_input_files({"name": "mended.csv", "mimeType": "text/csv", "buffer": noisy(1, 9)})
    expect(result).to_be_empty()
    page.locator("#check-button").click()
    expect(result).to_contain_text("“mended.csv” fits the contract.", timeout=30_000)
    assert people["ada"].allowance() == before
    page.locator("#upload-button").click()
    expect(page.locator("h1")).to_contain_text("Submission #", timeout=30_000)


def test_the_plain_form_checks_without_a_script(browser: Browser, site: Site, people: dict[str, Contestant]) -> None:
    context = browser.new_context(base_url=site.url, locale="ja", java_script_enabled=False)
    context.add_cookies([{"name": "sessionid", "value": people["ben"].session, "url": site.url}])
    page = context.new_page()
    choose(page, noisy(1, 5))
    page.locator("#check-button").click()
    expect(page.locator("#check-result .notice-success")).to_contain_text("mine.csv", timeout=30_000)
    context.close()


def test_the_boxes_leave_no_file_and_no_row_behind(site: Site, people: dict[str, Contestant], page: Page) -> None:
    choose(page, noisy(1, 3))
    page.locator("#check-button").click()
    expect(page.locator("#check-result .notice-success")).to_be_visible(timeout=30_000)
    rows = "from competitions.models import FileCheck; answer = FileCheck.objects.count()"
    assert site.python(rows) == 0
    assert list(Path(site.home).rglob("held-*")) == []


def test_the_board_marks_who_is_tied_and_who_fails_the_gate_and_how_sure_each_score_is(
    site: Site, people: dict[str, Contestant], page: Page
) -> None:
    board = f"competitions/{SLUG}/leaderboard/"
    rows = wait_until(
        lambda: [row for row in people["ada"].api(board)["results"] if row["is_tied_with_first"]],
        seconds=40,
        what="the sweeper compares the board",
    )
    assert {row["team"] for row in rows} == {"Ada", "Ben"}
    page.goto(f"/{board}")
    text = page.locator("main").inner_text()
    assert "below the requirement" in page.locator("tr[data-group='1']").inner_text()
    assert text.count("tied with first") == 2
    assert "Required: MAE at most 2" in text
    assert page.locator("td .interval").count() == 4
    assert violations(page) == []


def test_the_submission_page_says_how_the_interval_is_made(page: Page, people: dict[str, Contestant]) -> None:
    number = people["ada"].api(f"competitions/{SLUG}/submissions/")["results"][-1]["number"]
    page.goto(f"/competitions/{SLUG}/submissions/{number}/")
    assert "95 % interval" in page.locator(".scores").inner_text()
    page.locator(".interval-note summary").click()
    expect(page.locator(".interval-note")).to_contain_text("The test data are drawn anew many times")
    assert violations(page) == []
