"""From the end of a contest to its award list: one winner's program reproduces its prediction, the next one's does not.

Real workers run what the teams hand in; organisers, candidates and a visitor look at real pages.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.competitions.bundles.contests import TABLE_YAML, changed, write_contest
from tests.journeys.contestants import Contestant, end_phases, import_contest, make_contestants
from tests.journeys.test_accessibility import violations
from tests.site import Site, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.sandbox, pytest.mark.timeout(900)]
SLUG, SECONDS = "tide-prizes", 120
PATIENCE = 60_000  # milliseconds: the machine may be busy
CONTEST = f"/competitions/{SLUG}/"
AUDIT = """
awards:
  - key: main
    title: {en: Grand prize, ja: 大賞}
    places: 2
    amount: {en: "JPY 1,000,000", ja: 100万円}
    sponsor: {en: Harbour office, ja: 港湾局}
winner_audit: {inputs: [test.csv], tolerance: {absolute: 0.001}, rejected: remove, limits: {wall_seconds: 60}}
"""
TEST_DATA = "id,x\na,1.5\nb,-2\nc,0.25\nd,4\n"
PROGRAM = """import random
shift, seed = {shift}, {seed}
random.seed(seed)
rows = [line.split(",") for line in open("data/test.csv").read().split()[1:]]
with open("submission/p.csv", "w") as file:
    file.write("id,y\\n" + "".join(f"{{i}},{{float(x) + shift + {noise} * random.random()}}\\n" for i, x in rows))
"""
PROGRAMS = {
    "Ada": PROGRAM.format(shift=0.0, seed=1, noise=0),
    "Bea": PROGRAM.format(shift=0.125, seed="None", noise=0.2),
    "Cid": PROGRAM.format(shift=0.25, seed=1, noise=1e-6),
}
REASON = "It writes other numbers each time."
ENTRIES = """
from competitions.models import WinnerEntry
answer = {{one.team.name: one.pk for one in WinnerEntry.objects.filter(audit__competition__slug={slug!r})}}
"""


def prediction(shift: float) -> bytes:
    rows = [line.split(",") for line in TEST_DATA.split()[1:]]
    return ("id,y\n" + "".join(f"{name},{float(x) + shift}\n" for name, x in rows)).encode()


@pytest.fixture(scope="module")
def teams(site: Site, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Contestant]:
    """Three teams whose predictions were scored, ada before bea before cid; then the contest has ended."""
    text = changed(TABLE_YAML, "slug: tide-levels", f"slug: {SLUG}") + AUDIT
    text = changed(text, "title: {en: Tide levels, ja: 潮位}", "title: {en: Tide prizes, ja: 潮位コンペ}")
    text = changed(text, "ja: 学習用}}\n", "ja: 学習用}}\n      - {path: data/test.csv}\n")
    folder = write_contest(tmp_path_factory.mktemp("prizes") / "contest", text, **{"data/test.csv": TEST_DATA})
    import_contest(site, folder, owner="organiser")
    names = ("ada", "bea", "cid")
    found = dict(zip(names, make_contestants(site, *names, slug=SLUG), strict=True))
    for shift, one in zip((0.0, 0.125, 0.25), found.values(), strict=True):
        sent = one.upload(prediction(shift), "p.csv")
        assert one.outcome(sent["number"], seconds=SECONDS)["status"] == "scored"
    end_phases(site, SLUG)
    return found


@contextmanager
def visit(browser: Browser, site: Site, session: str = "", **options: Any) -> Iterator[Page]:
    context = browser.new_context(base_url=site.url, **{"locale": "en", **options})
    if session:
        context.add_cookies([{"name": "sessionid", "value": session, "url": site.url}])
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def log_in(page: Page) -> None:
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill("organiser")
    page.locator("[name=password]").fill("organiser")
    page.locator("main form button").last.click()
    page.locator(".topbar-user").last.wait_for()


def entries(site: Site) -> dict[str, int]:
    return dict(site.python(ENTRIES.format(slug=SLUG)))


def hand_in(page: Page, number: int, program: str) -> None:
    page.goto(f"{CONTEST}hand-in/{number}/")
    files = {"code": ("main.py", program), "environment": ("requirements.txt", "# none\n"), "report": ("r.txt", "How")}
    for part, (name, text) in files.items():
        content = {"name": name, "mimeType": "application/octet-stream", "buffer": text.encode()}
        page.locator(f"[name={part}]").set_input_files(content)
    page.locator("[name=seeds]").fill("random.seed(1)")
    for stage in ("preprocessing", "training", "prediction"):
        page.locator(f"[name={stage}_commands]").fill(f"python {stage}.py")
    page.get_by_role("button", name="Hand in", exact=True).click()
    expect(page.locator("main")).to_contain_text("Received as version 1", timeout=PATIENCE)


def run_again(page: Page, number: int) -> str:
    """What the page says once the run and its comparison have ended."""
    address = f"{CONTEST}organiser/winners/{number}/"
    page.goto(address)
    page.get_by_role("button", name="Run version 1").click()

    def verdict() -> str | None:
        page.goto(address)
        text = page.locator(".rerun h2 .badge-soft").first.inner_text()
        return None if text == "not finished yet" else text

    return str(wait_until(verdict, seconds=SECONDS, every=1, what=f"the run of entry {number} has ended"))


def decide(page: Page, number: int, answer: str, reason: str = "") -> None:
    page.goto(f"{CONTEST}organiser/winners/{number}/")
    page.get_by_label(answer).check()
    page.locator("#reason").fill(reason)
    page.get_by_label("I have looked").check()
    page.get_by_role("button", name="Decide").click()
    expect(page.locator("main")).to_contain_text("Decided. The team was told.", timeout=PATIENCE)


def barriers(browser: Browser, site: Site, shots: Path, paths: list[str], session: str) -> dict[str, Any]:
    """What axe finds on these pages, in both languages, on a wide and on a narrow screen."""
    found = {}
    for language, scheme, width in (("en", "light", 1280), ("ja", "dark", 1280), ("ja", "light", 360)):
        size = {"width": width, "height": 900}
        with visit(browser, site, session, locale=language, color_scheme=scheme, viewport=size) as own:
            for path in paths:
                own.goto(path)
                wide = own.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, f"{path} is {wide} pixels wide on a screen of {width}"
                found[f"{path} {language} {width}"] = violations(own)
                name = re.sub(r"\W+", "-", path.removeprefix(CONTEST)).strip("-")
                own.screenshot(path=shots / f"{name}-{language}-{width}.png", full_page=True)
    return {where: one for where, one in found.items() if one}


def session_of(page: Page) -> str:
    return next(str(one["value"]) for one in page.context.cookies() if one["name"] == "sessionid")


def test_a_winner_that_cannot_be_reproduced_is_found_out_and_the_next_one_moves_up(
    browser: Browser, site: Site, teams: dict[str, Contestant], tmp_path: Path
) -> None:
    look = partial(barriers, browser, site, tmp_path)
    with visit(browser, site) as page:
        log_in(page)
        chair = session_of(page)
        assert look([f"{CONTEST}organiser/winners/", f"{CONTEST}awards/"], chair) == {}
        begin(page)
        asked = entries(site)
        assert {*asked} == {"Ada", "Bea"}
        for name in ("Ada", "Bea"):
            with visit(browser, site, teams[name.lower()].session) as own:
                hand_in(own, asked[name], PROGRAMS[name])
        assert look([f"{CONTEST}hand-in/{asked['Ada']}/"], teams["ada"].session) == {}

        assert run_again(page, asked["Ada"]) == "identical"
        assert run_again(page, asked["Bea"]) == "NOT reproduced"
        for shown in ("4 (100 %)", "Largest difference", "rmse"):
            expect(page.locator(".rerun").first).to_contain_text(shown, timeout=PATIENCE)
        assert look([f"{CONTEST}organiser/winners/{asked[name]}/" for name in ("Ada", "Bea")], chair) == {}

        nobody_else_knows(site, teams["cid"])
        decide(page, asked["Ada"], "Confirm: the team wins")
        decide(page, asked["Bea"], "Reject: the next team moves up", REASON)
        reads_why(browser, site, teams["bea"], asked["Bea"])
        moved_up = entries(site)["Cid"]
        with visit(browser, site, teams["cid"].session) as own:
            hand_in(own, moved_up, PROGRAMS["Cid"])
        assert run_again(page, moved_up) == "reproduced within the tolerance"
        decide(page, moved_up, "Confirm: the team wins")
        assert look([f"{CONTEST}organiser/winners/"], chair) == {}
        publish(page)
    everybody_sees_the_winners(browser, site)
    assert look([f"{CONTEST}awards/"], "") == {}
    told = teams["cid"].api(f"competitions/{SLUG}/awards/")
    assert [(one["place"], one["team"]) for one in told[0]["winners"]] == [(1, "Ada"), (2, "Cid")]


def begin(page: Page) -> None:
    """As soon as all is over and scored."""

    def may_begin() -> bool:
        page.goto(f"{CONTEST}organiser/winners/")
        return page.get_by_role("button", name="Begin the audit").count() == 1

    wait_until(may_begin, seconds=SECONDS, every=1, what="the audit may begin")
    page.get_by_role("button", name="Begin the audit").click()
    expect(page.locator("main")).to_contain_text("The audit has begun", timeout=PATIENCE)


def reads_why(browser: Browser, site: Site, rejected: Contestant, number: int) -> None:
    with visit(browser, site, rejected.session) as own:
        own.goto(f"{CONTEST}hand-in/{number}/")
        expect(own.locator("main")).to_contain_text(REASON, timeout=PATIENCE)
        expect(own.locator("main")).to_contain_text("You may answer until", timeout=PATIENCE)


def publish(page: Page) -> None:
    page.goto(f"{CONTEST}organiser/winners/")
    page.get_by_label("All prizes are decided").check()
    page.get_by_role("button", name="Publish the results").click()
    expect(page.locator("main")).to_contain_text("published", timeout=PATIENCE)


def everybody_sees_the_winners(browser: Browser, site: Site) -> None:
    with visit(browser, site) as visitor:
        visitor.goto(f"{CONTEST}awards/")
        expect(visitor.locator(".award tbody")).to_contain_text("Ada", timeout=PATIENCE)
        expect(visitor.locator(".award tbody")).to_contain_text("Cid", timeout=PATIENCE)
        expect(visitor.locator(".award")).not_to_contain_text("Bea", timeout=PATIENCE)
        visitor.get_by_role("link", name="Final leaderboard").click()
        expect(visitor.locator("table.board")).to_contain_text("Cid", timeout=PATIENCE)
        expect(visitor.locator("table.board")).not_to_contain_text("Bea", timeout=PATIENCE)


def nobody_else_knows(site: Site, other: Contestant) -> None:
    """Before the results are published the next team sees neither board nor candidates."""
    assert "Ada" not in other.page("awards/")
    assert other.api(f"competitions/{SLUG}/awards/")[0]["winners"] is None
    for path in ("leaderboard/?kind=private", "leaderboard/?kind=final", "organiser/winners/"):
        headers = {"Cookie": f"sessionid={other.session}"}
        assert site.get(f"{CONTEST}{path}", headers=headers).status == 404, path
