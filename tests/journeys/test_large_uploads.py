"""A large file on its way to the site: chosen, then sent by a press of the button, in a page that goes on working."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.contest_files import make_table_contest
from tests.journeys.contestants import Contestant, import_contest, make_contestants
from tests.site import Site

pytestmark = [pytest.mark.journey, pytest.mark.sandbox]
SLUG = "long-levels"
DIGEST = re.compile("^[0-9a-f]{64}$")
FILE_BYTES, BYTES_PER_SECOND = 60 << 20, 8 << 20


@pytest.fixture(scope="module")
def sender(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Contestant:
    folder = make_table_contest(tmp_path_factory.mktemp("contest"), slug=SLUG)
    import_contest(site, folder, owner="organiser")
    return make_contestants(site, "sender", slug=SLUG)[0]


def sent_by(sender: Contestant) -> list[str]:
    """The submissions that the site knows of: another test of this module may have sent one before."""
    return [one["url"] for one in sender.api(f"competitions/{SLUG}/submissions/")["results"]]


@pytest.fixture(scope="module")
def large_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "large.csv"
    row = b"r0000," + b"1" * 1018
    path.write_bytes(b"id,y\n" + (row + b"\n") * (FILE_BYTES // (len(row) + 1)))
    return path


@pytest.fixture
def page(browser: Browser, site: Site, sender: Contestant) -> Iterator[Page]:
    context = browser.new_context(base_url=site.url, locale="en")
    context.add_cookies([{"name": "sessionid", "value": sender.session, "url": site.url}])
    page = context.new_page()
    page.goto(f"/competitions/{SLUG}/submit/")
    yield page
    context.close()


def test_a_file_that_was_chosen_is_not_sent_before_the_button_is_pressed(page: Page, sender: Contestant) -> None:
    before = sent_by(sender)
    page.locator("#id_file").set_input_files({"name": "mine.csv", "mimeType": "text/csv", "buffer": b"id,y\nr0000,1\n"})
    expect(page.locator("[data-chosen=name]")).to_have_text("mine.csv")
    page.reload()
    assert sent_by(sender) == before


def test_a_page_that_sends_a_large_file_goes_on_working(page: Page, sender: Contestant, large_file: Path) -> None:
    before = sent_by(sender)
    page.locator("#id_file").set_input_files(large_file)
    expect(page.locator("[data-chosen=sha256]")).to_have_text(DIGEST, timeout=60_000)
    slow = {"offline": False, "latency": 1, "downloadThroughput": -1, "uploadThroughput": BYTES_PER_SECOND}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
    page.locator("#upload-button").click()
    status, switch = page.locator("#upload-status"), page.locator("[data-theme-switch]")
    expect(status).to_contain_text("%")
    seen = status.text_content()
    theme = page.locator("html").get_attribute("data-bs-theme")
    switch.click()
    expect(page.locator("html")).not_to_have_attribute("data-bs-theme", theme or "")
    expect(status).not_to_have_text(seen or "")
    assert sent_by(sender) == before  # all that was while it was on its way
    expect(page.locator("h1")).to_contain_text("Submission #", timeout=120_000)
