"""From an organiser's invitation to a juror who is signed in, in a real browser against real servers."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.journeys.contestants import ROLE_INVITATION, log_in, mailed_link
from tests.site import Site

pytestmark = [pytest.mark.journey]
PASSWORD = "a calm sea and a prosperous voyage"
PEOPLE = "/competitions/tide-levels/organiser/people/"


@pytest.fixture
def contexts(browser: Browser, site: Site) -> Iterator[list[BrowserContext]]:
    made = [browser.new_context(base_url=site.url, locale=locale) for locale in ("en", "ja")]
    yield made
    for context in made:
        context.close()


def test_a_juror_comes_from_a_mail_signs_up_and_has_the_role(contexts: list[BrowserContext], site: Site) -> None:
    organiser, juror = (context.new_page() for context in contexts)
    log_in(organiser, "organiser", "organiser")
    organiser.goto(PEOPLE)
    organiser.locator("#id_email").fill("shinsa@example.org")
    organiser.locator("#id_role").select_option("juror")
    organiser.locator("#id_language").select_option("ja")
    organiser.get_by_role("button", name="Send the invitation").click()
    expect(organiser.get_by_role("status").first).to_contain_text("shinsa@example.org is invited")

    link = mailed_link(site, "shinsa@example.org", ROLE_INVITATION)
    juror.goto(link)
    expect(juror).to_have_url(f"{site.url}/invitation/")
    expect(juror.locator("main")).to_contain_text("審査員")
    juror.locator("main").get_by_role("link", name="登録").click()
    juror.locator("[name=username]").fill("shinsa")
    juror.locator("[name=email]").fill("shinsa@example.org")
    juror.locator("[name=password1]").fill(PASSWORD)
    juror.locator("[name=password2]").fill(PASSWORD)
    juror.locator("main form button").last.click()
    expect(juror).to_have_url(f"{site.url}/invitation/")
    juror.get_by_role("button", name="役割を引き受ける").click()
    expect(juror).to_have_url(f"{site.url}/competitions/tide-levels/")

    organiser.goto(PEOPLE)
    expect(organiser.locator("main table").first).to_contain_text("shinsa")
    juror.goto(link)
    expect(juror.locator("main")).not_to_contain_text("潮位")  # it worked once
    token = link.partition("=")[2]
    # Django's mail folder holds the mail itself in files that end in .log, too.
    logs = [path for path in site.home.rglob("*.log") if path.parent.name != "mail"]
    assert site.home / "up.log" in logs
    assert all(token not in path.read_text(errors="replace") for path in logs)
