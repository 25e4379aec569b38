"""A jury's day in a real browser: five documents judged by keyboard alone, signed, and a result for everybody."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.contestants import Visit
from tests.journeys.test_accessibility import violations
from tests.makers import PASSWORD
from tests.site import Site

pytestmark = [pytest.mark.journey]
CONTEST = "/competitions/jury-day/"
DIVISION = f"{CONTEST}divisions/ideas/"
# Everybody with makers' password; five entries of every kind of document, whose deadline has passed.
SETTING = """
from django.utils import timezone
from competitions.models import Entry
from competitions.services import jury_assignments
from competitions.status import Role
from tests import makers
from tests.competitions import jury

competition = makers.make_competition("jury-day", title=makers.both("Jury day"))
chair = makers.make_member(competition, "jury-day-chair", Role.OWNER)
juror = makers.make_member(competition, "jury-day-juror", Role.JUROR)
division = jury.make_division(competition, jurors_per_entry=1)
for number, content in enumerate([jury.PDF, jury.HTML, jury.PNG, jury.JPEG, jury.NOTEBOOK]):
    team = makers.make_team(competition, f"jury-day-{number}")
    jury.hand_in(team, division, content, title=f"Idea {number}", words={"abstract": "In short."})
jury.close(division)
sounds = jury.make_division(competition, "sounds", jurors_per_entry=1)
hostile = jury.hand_in(team, sounds, jury.HTML).entry
jury.close(sounds)
jury.declare(sounds, [juror])
jury_assignments.assign(hostile, juror=juror, actor=chair, now=timezone.now())
jury.make_division(competition, "posters", now=timezone.now(), is_blind=False)
answer = sorted(Entry.objects.filter(division=division).values_list("number", flat=True))
"""


@pytest.fixture(scope="module")
def numbers(site: Site) -> list[int]:
    found: list[int] = site.python(SETTING)
    return found


def enter(browser: Browser, site: Site, name: str, **options: Any) -> Visit:
    visit = Visit(browser, site, **{"viewport": {"width": 1280, "height": 900}, **options})
    page = visit.page
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(name)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button").last.click()
    page.locator(".topbar-user").last.wait_for()
    return visit


@pytest.fixture(scope="module")
def juror(browser: Browser, site: Site, numbers: list[int]) -> Iterator[Visit]:
    visit = enter(browser, site, "jury-day-juror", locale="en-GB")
    yield visit
    visit.context.close()


@pytest.fixture(scope="module")
def chair(browser: Browser, site: Site, numbers: list[int]) -> Iterator[Visit]:
    visit = enter(browser, site, "jury-day-chair", locale="en-GB")
    yield visit
    visit.context.close()


def press_to(page: Page, locator: Any) -> None:
    """Tab until the element has the focus: by keyboard alone."""
    for _ in range(80):
        if locator.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("the keyboard does not reach it")


def test_a_juror_scores_five_documents_by_keyboard_alone_and_the_chair_publishes(
    juror: Visit, chair: Visit, site: Site, numbers: list[int]
) -> None:
    page = juror.page
    page.goto(f"{DIVISION}jury/")
    press_to(page, page.locator("#id_sure"))
    page.keyboard.press("Space")
    press_to(page, page.get_by_role("button", name="Declare"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("No entry is assigned to you yet.")).to_be_visible()

    chair.page.goto(f"{DIVISION}jury/chair/")
    chair.page.get_by_role("button", name="Assign evenly").click()
    expect(chair.page.get_by_text("5 sheets were given out.")).to_be_visible()

    page.goto(f"{DIVISION}jury/{numbers[0]}/")
    for place, number in enumerate(numbers):
        expect(page).to_have_url(re.compile(f"/jury/{number}/$"))
        page.keyboard.press(str(place + 1))
        page.keyboard.press("k")
        page.keyboard.press("j")
        page.keyboard.press("3")
        expect(page.locator("#sheet-status")).to_contain_text(re.compile(r"Saved \d\d:\d\d:\d\d"))
        expect(page.locator("#progress")).to_have_text(f"{place + 1}/5")
        if place < 4:
            page.keyboard.press("n")
    assert "jury-day-0" not in page.content()

    page.goto(f"{DIVISION}jury/")
    press_to(page, page.locator("#id_name"))
    page.keyboard.type("J. Juror")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Signed and locked: 5 sheets.")).to_be_visible()

    chair.page.goto(f"{DIVISION}jury/chair/")
    assert page.request.get(f"{DIVISION}results/").status == 404
    chair.page.get_by_label("Publish rank and total").check()
    chair.page.get_by_role("button", name="Publish the result").click()
    expect(chair.page.get_by_text("The result is published.")).to_be_visible()

    page.goto(f"{DIVISION}results/")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(5)
    # The last entry has 5 and 3 of 5: (2 * 1 + 1 * 0.5) / 3
    expect(rows.first).to_contain_text("0.8333")
    marks = site.python(
        "from competitions.models import Sheet\n"
        "found = Sheet.objects.filter(entry__division__key='ideas', entry__division__competition__slug='jury-day')\n"
        "answer = list(found.values_list('marks', flat=True))"
    )
    assert sorted(one["insight"] for one in marks) == [1, 2, 3, 4, 5]
    assert {one["form"] for one in marks} == {3}
    assert juror.complaints == chair.complaints == []


JURORS_PAGES = ["divisions/", "divisions/ideas/jury/", "divisions/ideas/jury/{number}/", "divisions/ideas/results/"]
CHAIRS_PAGES = ["divisions/ideas/jury/chair/", "divisions/ideas/jury/", "divisions/posters/jury/chair/"]
CONTESTANTS_PAGES = ["divisions/", "divisions/ideas/entry/", "divisions/posters/entry/", "divisions/ideas/results/"]


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("ja", "dark")])
def test_no_page_of_a_jury_has_a_serious_barrier(
    browser: Browser, site: Site, numbers: list[int], language: str, scheme: Any
) -> None:
    barriers = {}
    for name, pages in (
        ("jury-day-juror", JURORS_PAGES),
        ("jury-day-chair", CHAIRS_PAGES),
        ("jury-day-0", CONTESTANTS_PAGES),
    ):
        visit = enter(browser, site, name, locale=language, color_scheme=scheme)
        for path in pages:
            visit.page.goto(CONTEST + path.format(number=numbers[1]))
            barriers[name, path] = violations(visit.page)
        visit.context.close()
    assert {place: found for place, found in barriers.items() if found} == {}


def test_a_hostile_page_runs_nothing_and_loads_nothing(browser: Browser, site: Site, numbers: list[int]) -> None:
    """The HTML document tries to reach the page around it; its frame and its own policy stop it."""
    visit = enter(browser, site, "jury-day-juror")
    page = visit.page
    framed = site.python(
        "from competitions.models import Entry\n"
        "answer = Entry.objects.get(division__key='sounds', division__competition__slug='jury-day').number"
    )
    address = f"{CONTEST}divisions/sounds/jury/{framed}/"
    answer = page.request.get(f"{address}1/view/")
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"
    page.goto(address)
    page.locator(".document details").first.locator("summary").click()
    frame = page.frame_locator("iframe.document-frame")
    expect(frame.locator("p")).to_have_text("Hello")
    assert page.evaluate("window.hacked === undefined")
    page.goto(f"{address}1/view/")
    assert page.evaluate("window.hacked === undefined && window.origin === 'null'")
    visit.context.close()
