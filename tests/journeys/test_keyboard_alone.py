"""Everything that a contestant and a juror do, with the keyboard alone: where the focus is can always be seen.

Nothing is clicked and no address is typed but the first one. The dialog in which a file is chosen is the browser's own.
"""

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FileChooser, Locator, Page, expect

from tests.contest_files import make_table_contest, offset_prediction
from tests.journeys.contestants import PATIENCE, import_contest, says, scored_state, window
from tests.makers import PASSWORD
from tests.site import Site

pytestmark = [pytest.mark.journey, pytest.mark.sandbox, pytest.mark.timeout(600)]
BOTTOM = "element => element.getBoundingClientRect().bottom"
SCROLL_SECONDS = 10  # pages scroll smoothly, and the machine may be busy
STOPS = 250  # more than any page has
# A contestant of the one contest, who judges one entry of the other.
SETTING = """
from django.utils import timezone
from competitions.models import Competition, Membership
from competitions.services import jury_assignments, teams
from competitions.status import Role
from tests import makers
from tests.competitions import jury

now, name = timezone.now(), {name!r}
person = makers.make_user(name)
contest = Competition.objects.get(slug={slug!r})
teams.join(user=person, competition=contest, team_name="Keys", terms=contest.terms.last(), now=now)

competition = makers.make_competition({jury!r}, title={{"en": "Judged by keys", "ja": "鍵盤で審査"}})
chair = makers.make_member(competition, name + "-chair", Role.OWNER)
Membership.objects.create(competition=competition, user=person, role=Role.JUROR)
division = jury.make_division(competition, jurors_per_entry=1)
entry = jury.hand_in(makers.make_team(competition, name + "-author"), division, jury.HTML, title="An idea").entry
jury.close(division)
jury.declare(division, [person])
jury_assignments.assign(entry, juror=person, actor=chair, now=now)
answer = entry.number
"""
SHEET = """
from competitions.models import Sheet
sheet = Sheet.objects.get(entry__division__competition__slug={jury!r})
answer = {{"marks": sheet.marks, "comment": sheet.comment}}
"""
# Of the focused element: null for the page itself, else whether it shows that it has the focus, or a part of the page
# around it shows so in its place, within the window.
FOCUS = """
() => {
  const focused = document.activeElement;
  if (!focused || focused === document.body || focused === document.documentElement) return null;
  const isOutlined = (element) => {
    const style = getComputedStyle(element);
    const colour = style.outlineColor.replaceAll(" ", "");
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1
      && colour !== "transparent" && !colour.endsWith(",0)");
  };
  let shown = focused;
  while (shown && !isOutlined(shown)) shown = shown.parentElement;
  const place = (shown ?? focused).getBoundingClientRect();
  return {
    element: focused.outerHTML.slice(0, 150),
    isOutlined: shown !== null,
    top: place.top,
    isVisible: focused.matches(":focus-visible") && shown !== null && place.width > 0 && place.height > 0
      && place.bottom > 0 && place.top < innerHeight && place.right > 0 && place.left < innerWidth,
  };
}
"""


@dataclass(frozen=True)
class Words:
    """What is looked for on the pages, in one language."""

    contest: str
    judged: str
    skip: str
    submit: str
    send: str
    choose: str
    chosen: str
    contests: str
    divisions: str
    desk: str
    save: str
    saved: str


SAID = {
    "en": Words(
        contest="Keyed tides",
        judged="Judged by keys",
        skip="Skip to the content",
        submit="Submit",
        send="Submit this file",
        choose="Choose #{} for the end",
        chosen="Submission #{} is chosen for the end.",
        contests="Contests",
        divisions="Juried divisions",
        desk="The jury's desk",
        save="Save",
        saved=r"Saved \d\d:\d\d:\d\d",
    ),
    "ja": Words(
        contest="鍵盤の潮",
        judged="鍵盤で審査",
        skip="本文へ移動",
        submit="投稿する",
        send="このファイルを投稿する",
        choose="#{} を最終評価の対象に選ぶ",
        chosen="投稿 #{} を最終評価の対象に選びました。",
        contests="コンペ一覧",
        divisions="審査部門",
        desk="審査ページ",
        save="保存",
        saved=r"\d\d:\d\d:\d\d",
    ),
}


def see_focus(page: Page) -> None:
    """As soon as the page has scrolled to it."""
    deadline = time.monotonic() + SCROLL_SECONDS
    focus: dict[str, Any] | None = page.evaluate(FOCUS)
    while focus is not None and not focus["isVisible"]:
        assert time.monotonic() < deadline, f"on {page.url} the focus cannot be seen: {focus}"
        page.wait_for_timeout(50)
        focus = page.evaluate(FOCUS)


def tab_to(page: Page, target: Locator) -> None:
    """From stop to stop, as far as the target; the focus is seen at each."""
    expect(target).to_have_count(1, timeout=PATIENCE)
    for _ in range(STOPS):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
        see_focus(page)
    raise AssertionError(f"on {page.url} the keyboard does not reach {target}")


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    tab_to(page, target)
    page.keyboard.press(key)


def follow(page: Page, link: Locator, address: str) -> None:
    press(page, link)
    page.wait_for_url(re.compile(address))
    page.wait_for_load_state()


def skip_to_the_content(page: Page, words: Words) -> None:
    """The first stop of a page is the way past its head; it is not seen before."""
    link = page.locator(".skip-link")
    expect(link).to_have_text(words.skip, timeout=PATIENCE)
    assert link.evaluate(BOTTOM) <= 0
    page.keyboard.press("Tab")
    expect(link).to_be_focused(timeout=PATIENCE)
    assert link.evaluate(BOTTOM) > 0
    see_focus(page)
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused(timeout=PATIENCE)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")
    see_focus(page)


def sign_in(page: Page, name: str, words: Words) -> None:
    page.goto("/accounts/login/")
    skip_to_the_content(page, words)
    tab_to(page, page.locator("[name=login]"))
    page.keyboard.type(name)
    tab_to(page, page.locator("[name=password]"))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".topbar-user").last).to_contain_text(name, timeout=PATIENCE)


def send_a_file(page: Page, words: Words) -> int:
    # Asked for long before the key is pressed: the browser is told in its own time to hand its dialogs over.
    dialogs: list[FileChooser] = []
    page.on("filechooser", lambda dialog: dialogs.append(dialog))  # noqa: PLW0108  # Playwright wraps no builtin
    follow(page, page.locator(".tabs").get_by_role("link", name=words.submit, exact=True), "/submit/")
    tab_to(page, page.locator("#id_file"))
    page.keyboard.press("Enter")
    deadline = time.monotonic() + PATIENCE / 1000
    while not dialogs:
        assert time.monotonic() < deadline, "the browser opens no dialog"
        page.wait_for_timeout(100)
    dialogs[0].set_files({"name": "keys.csv", "mimeType": "text/csv", "buffer": offset_prediction(0.25)})
    send = page.get_by_role("button", name=words.send)
    expect(send).to_be_enabled(timeout=PATIENCE)
    follow(page, send, r"/submissions/\d+/")
    return int(page.url.rstrip("/").rpartition("/")[2])


def judge(page: Page, jury: str, words: Words) -> None:
    follow(page, page.locator(".topbar-nav").get_by_role("link", name=words.contests), "/$")
    contest = page.locator(f"h2 a[href='/competitions/{jury}/']")
    expect(contest).to_have_text(words.judged, timeout=PATIENCE)
    follow(page, contest, f"/competitions/{jury}/$")
    follow(page, page.locator(".tabs").get_by_role("link", name=words.divisions), "/divisions/$")
    follow(page, page.locator("main").get_by_role("link", name=words.desk), "/jury/$")
    follow(page, page.locator("main td a").first, r"/jury/\d+/$")
    mark_with_arrows(page, "insight", 4)
    mark_with_arrows(page, "form", 2)
    tab_to(page, page.locator("#id_comment"))
    page.keyboard.type("Clear and new.")
    press(page, page.get_by_role("button", name=words.save, exact=True))
    expect(page.locator("#sheet-status")).to_contain_text(re.compile(words.saved), timeout=PATIENCE)
    expect(page.locator("#progress")).to_have_text("1/1", timeout=PATIENCE)


def mark_with_arrows(page: Page, criterion: str, mark: int) -> None:
    """Into the row of marks by Tab, Space for the first one, and on by arrows."""
    marks = page.locator(f"[name=mark_{criterion}]")
    press(page, marks.first, "Space")
    for value in range(2, mark + 1):
        page.keyboard.press("ArrowRight")
        expect(marks.nth(value - 1)).to_be_focused(timeout=PATIENCE)
        see_focus(page)
    expect(marks.nth(mark - 1)).to_be_checked(timeout=PATIENCE)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_contestant_and_juror_needs_no_mouse(browser: Browser, site: Site, tmp_path: Path, language: str) -> None:
    words, name, slug, jury = SAID[language], f"keys-{language}", f"keyed-tides-{language}", f"keyed-jury-{language}"
    folder = make_table_contest(
        tmp_path / "contest", slug=slug, title=("Keyed tides", "鍵盤の潮"), more="final: {select: 1}\n"
    )
    import_contest(site, folder, owner="organiser")
    site.python(SETTING.format(name=name, slug=slug, jury=jury))
    with window(browser, site, language=language) as page:
        sign_in(page, name, words)
        follow(page, page.locator(f"h2 a[href='/competitions/{slug}/']"), f"/competitions/{slug}/")
        expect(page.locator(".band-title")).to_have_text(words.contest, timeout=PATIENCE)
        number = send_a_file(page, words)
        expect(scored_state(page)).to_contain_text("0.250", timeout=PATIENCE)
        press(page, page.get_by_role("button", name=words.choose.format(number)))
        says(page, words.chosen.format(number))
        judge(page, jury, words)
    assert site.python(SHEET.format(jury=jury)) == {"marks": {"insight": 4, "form": 2}, "comment": "Clear and new."}
