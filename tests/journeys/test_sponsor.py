"""A sponsor signs in, reads the contest in numbers in both languages, and takes files along."""

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.contestants import Visit, log_in
from tests.site import Site

pytestmark = [pytest.mark.journey]
DASHBOARD = "/competitions/tide-levels/dashboard/"
PEOPLE = """
from django.utils import timezone
from competitions.models import Competition, Membership, Team, TeamMember
from competitions.services import people
contest, now = Competition.objects.get(slug="tide-levels"), timezone.now()
def person(name):
    return people.create_verified_user(username=name, email=f"{name}@example.org", password=name)
Membership.objects.create(competition=contest, user=person("patron"), role="sponsor")
team = Team.objects.create(competition=contest, name="Secret Seals", created_at=now)
TeamMember.objects.create(team=team, competition=contest, user=person("seal"), joined_at=now, is_captain=True)
answer = ""
"""


def download(page: Page, link: str) -> bytes:
    with page.expect_download(timeout=120_000) as waiting:
        page.locator(f"a[href$='{link}']").click()
    return Path(waiting.value.path()).read_bytes()


def test_a_sponsor_reads_the_numbers_and_takes_them_along(browser: Browser, site: Site) -> None:
    site.python(PEOPLE)
    for language, heading, joined in (("en", "The contest in numbers", "joined"), ("ja", "数字で見るコンペ", "参加")):
        visit = Visit(browser, site, locale=language, accept_downloads=True)
        page = visit.page
        log_in(visit.page, "patron", "patron")
        page.goto(DASHBOARD)
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        assert "Secret Seals" not in page.content()
        text = download(page, "funnel.csv").decode("utf-8-sig")
        assert next(row for row in csv.reader(io.StringIO(text)) if row[0] == joined)[2] == "100 %"
        assert download(page, "funnel.png").startswith(b"\x89PNG")
        assert download(page, f"language={language}").startswith(b"%PDF-")
        visit.context.close()
        assert visit.complaints == []


def test_whoever_is_not_logged_in_is_asked_to_first(browser: Browser, site: Site) -> None:
    context = browser.new_context(base_url=site.url)
    answer = context.request.get(DASHBOARD, max_redirects=0)
    assert answer.status == 302
    context.close()
