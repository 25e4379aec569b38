"""One real site for all journeys, with a contest, and a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.contest_files import make_table_contest
from tests.journeys.contestants import import_contest
from tests.site import Site

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def site(blank_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A served contest 'tide-levels', owned by 'organiser', whose password is 'organiser'."""
    folder = tmp_path_factory.mktemp("site")
    site = Site(folder / "home", {"TIDEMARK_SWEEP_SECONDS": "2"})
    site.begin_as(blank_site)
    site.python(
        "from competitions.services import people\n"
        "answer = str(people.create_verified_user(username='organiser', email='o@example.org', password='organiser'))"
    )
    import_contest(site, make_table_contest(folder / "contest"), owner="organiser")
    site.start()
    yield site
    site.stop()


@pytest.fixture(scope="session")
def chromium() -> str:
    if not Path(CHROMIUM).exists():
        pytest.skip("Debian's chromium is not installed; deploy/tidemark test installs it when run as root")
    return CHROMIUM


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()
