"""A newcomer's first hour, in a real browser against real servers."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.contest_files import offset_prediction
from tests.journeys.contestants import CONFIRMATION, Visit, log_in, mailed_link
from tests.site import Site

pytestmark = [pytest.mark.journey, pytest.mark.sandbox]
PASSWORD = "a calm sea and a prosperous voyage"


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    visit = Visit(browser, site, viewport={"width": 1280, "height": 900}, accept_downloads=True)
    yield visit
    visit.context.close()
    assert visit.complaints == []


def sign_up(visit: Visit, site: Site, name: str) -> None:
    page = visit.page
    page.goto("/accounts/signup/")
    page.locator("[name=username]").fill(name)
    page.locator("[name=email]").fill(f"{name}@example.org")
    page.locator("[name=password1]").fill(PASSWORD)
    page.locator("[name=password2]").fill(PASSWORD)
    page.locator("main form button").last.click()
    expect(page).to_have_url(re.compile("confirm-email"))
    page.goto(mailed_link(site, f"{name}@example.org", CONFIRMATION))
    page.locator("main form button").last.click()
    log_in(visit.page, name, PASSWORD)


def join(visit: Visit, team: str) -> None:
    page = visit.page
    page.goto("/competitions/tide-levels/join/")
    page.locator("[name=team_name]").fill(team)
    page.locator("main form input[type=checkbox]").check()
    page.get_by_role("button", name="Join").click()
    expect(page).not_to_have_url(re.compile("/join/"))


def download_training_data(visit: Visit, site: Site) -> None:
    page = visit.page
    page.goto("/competitions/tide-levels/data/")
    with page.expect_download() as waiting:
        page.locator("a[href$='train.csv']").first.click()
    content = Path(waiting.value.path()).read_bytes()
    assert content.startswith(b"id,y")
    assert hashlib.sha256(content).hexdigest() in page.content()


def upload(visit: Visit, content: bytes) -> None:
    page = visit.page
    page.goto("/competitions/tide-levels/submit/")
    file = {"name": "prediction.csv", "mimeType": "text/csv", "buffer": content}
    page.locator("input[type=file]").set_input_files(file)
    expect(page.locator("[data-chosen=sha256]")).to_have_text(hashlib.sha256(content).hexdigest())
    page.get_by_role("button", name="Submit this file").click()
    expect(page).to_have_url(re.compile(r"/submissions/\d+/"))


def test_a_newcomer_signs_up_submits_and_finds_the_team_on_the_board(visit: Visit, site: Site, tmp_path: Path) -> None:
    page = visit.page
    sign_up(visit, site, "newcomer")
    page.goto("/")
    page.get_by_role("link", name="Tide levels").first.click()
    join(visit, "Newcomers")
    download_training_data(visit, site)
    upload(visit, offset_prediction(0.25))
    state = page.locator("#submission-state")
    expect(state).to_have_attribute("data-state", "scored", timeout=30_000)  # without a reload
    expect(state).to_contain_text("0.250")
    page.goto("/competitions/tide-levels/leaderboard/")
    row = page.locator("tr", has_text="Newcomers").first
    expect(row).to_contain_text("0.250")
    page.locator(".language-switch button").click()
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    expect(page).to_have_url(re.compile("/leaderboard/"))
    expect(page.locator("h1")).to_contain_text(re.compile("[ぁ-んァ-ヶ一-龠]"))
    page.screenshot(path=tmp_path / "board-ja.png", full_page=True)


def test_a_bad_file_is_explained_in_plain_words_in_both_languages(visit: Visit, site: Site) -> None:
    page = visit.page
    sign_up(visit, site, "careless")
    join(visit, "Careless")
    upload(visit, offset_prediction(0.25).replace(b"0.25\n", b"nan\n", 1))
    state = page.locator("#submission-state")
    expect(state).to_have_attribute("data-state", "failed", timeout=30_000)
    expect(state.locator(".problems li").first).to_contain_text("nan")
    page.locator(".language-switch button").click()
    expect(page.locator("#submission-state .problems li").first).to_contain_text(re.compile("[ぁ-んァ-ヶ一-龠]"))
    page.goto("/competitions/tide-levels/submit/")
    expect(page.locator(".quota").first).to_contain_text("0")


def test_an_organiser_sees_the_private_board_and_a_contestant_does_not(visit: Visit, site: Site) -> None:
    page = visit.page
    log_in(visit.page, "organiser", "organiser")
    page.goto("/competitions/tide-levels/organiser/")
    expect(page.locator("h1")).to_be_visible()
    answer = page.goto("/competitions/tide-levels/leaderboard/?kind=private")
    assert answer is not None
    assert answer.status == 200
    assert site.get("/competitions/tide-levels/leaderboard/?kind=private").status == 404
    assert site.get("/competitions/tide-levels/organiser/").status == 302


PAGES = ["", "rules/", "data/", "submit/", "leaderboard/"]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_page_fits_a_phone_of_360_px(browser: Browser, site: Site, language: str, tmp_path: Path) -> None:
    phone = Visit(browser, site, locale=language, viewport={"width": 360, "height": 740})
    for number, path in enumerate(PAGES):
        phone.page.goto(f"/competitions/tide-levels/{path}")
        assert phone.page.locator("html").get_attribute("lang") == language
        overflow = phone.page.locator("body").evaluate(
            "body => body.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, path
        phone.page.screenshot(path=tmp_path / f"{language}-{number}.png", full_page=True)
    phone.context.close()
    assert phone.complaints == []
