"""The pages, examined by axe: nothing serious in either language, light or dark."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.site import Site

pytestmark = [pytest.mark.journey]
CONTEST = "/competitions/tide-levels/"
PAGES = [
    "/",
    CONTEST,
    f"{CONTEST}rules/",
    f"{CONTEST}data/",
    f"{CONTEST}submit/",
    f"{CONTEST}leaderboard/",
    f"{CONTEST}sponsors/",
    f"{CONTEST}dashboard/",
    f"{CONTEST}organiser/",
    f"{CONTEST}organiser/people/",
    f"{CONTEST}organiser/registrations/",
    "/invitation/",
    f"{CONTEST}changes/",
    f"{CONTEST}organiser/changes/",
    f"{CONTEST}organiser/changes/scores/",
    "/me/",
    "/accounts/email/",
    "/accounts/2fa/",
]
VISITORS_PAGES = ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/no-such-page/"]


def violations(page: Any) -> list[str]:
    found = Axe().run(page).response["violations"]
    serious = [one for one in found if one["impact"] in {"serious", "critical"}]
    return [f"{one['id']}: {node['html'][:120]}" for one in serious for node in one["nodes"]]


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("ja", "dark")])
def test_no_page_has_a_serious_barrier(browser: Browser, site: Site, language: str, scheme: Any) -> None:
    context = browser.new_context(base_url=site.url, locale=language, color_scheme=scheme)
    page = context.new_page()
    barriers = {}
    for path in VISITORS_PAGES:
        page.goto(path)
        barriers[path] = violations(page)
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill("organiser")
    page.locator("[name=password]").fill("organiser")
    page.locator("main form button").last.click()
    page.locator(".topbar-user").last.wait_for()
    for path in PAGES:
        page.goto(path)
        barriers[path] = violations(page)
    context.close()
    assert {path: found for path, found in barriers.items() if found} == {}
