"""Two teams become one in two windows, one in English and one in Japanese; a third one has sent too much for it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.contest_files import make_table_contest, offset_prediction
from tests.journeys.contestants import PATIENCE, Contestant, import_contest, make_contestants, says, window
from tests.site import Site

pytestmark = [pytest.mark.journey, pytest.mark.sandbox, pytest.mark.timeout(600)]
SLUG = "merged-tides"
CONTEST = f"/competitions/{SLUG}/"
TOO_MANY = (
    "Together you have {used} submissions in phase “main” ({mine} + {theirs}). One team could have had 3 until now, so "
    "you cannot merge yet."
)
TOO_MANY_JA = (
    "両チームの投稿はフェーズ「main」で合計 {used} 件です（{mine} + {theirs}）。1チームが現時点までに投稿できるのは "
    "3 件のため、まだ統合できません。"
)
LEFT = """
from competitions.models import Team
answer = sorted(Team.objects.filter(competition__slug={slug!r}).values_list("name", flat=True))
"""


@pytest.fixture(scope="module")
def teams(site: Site, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Contestant]:
    """Three submissions a team in the whole phase: ebb has sent two, flood one, which is better, and slack two."""
    folder = make_table_contest(
        tmp_path_factory.mktemp("merge") / "contest",
        slug=SLUG,
        title=("Merged tides", "合流する潮"),
        phase="max_submissions: 3",
        more="teams: {max_size: 3}\n",
    )
    import_contest(site, folder, owner="organiser")
    names = ("ebb", "flood", "slack", "spring")
    found = dict(zip(names, make_contestants(site, *names, slug=SLUG), strict=True))
    for name, offset in (("ebb", 0.5), ("ebb", 0.75), ("flood", 0.25), ("slack", 1.0), ("slack", 2.0)):
        assert send(found[name], offset)["status"] == "scored"
    return found


def send(one: Contestant, offset: float) -> dict[str, object]:
    return one.outcome(one.upload(offset_prediction(offset), f"{offset}.csv")["number"])


@pytest.fixture
def windows(browser: Browser, site: Site, teams: dict[str, Contestant]) -> Iterator[tuple[Page, Page]]:
    """Of ebb, in English, and of flood, in Japanese."""
    with (
        window(browser, site, session=teams["ebb"].session, language="en") as first,
        window(browser, site, session=teams["flood"].session, language="ja") as second,
    ):
        yield first, second


def look_ahead(page: Page, other: str) -> None:
    """What merging with this team would mean, before it is asked."""
    page.goto(f"{CONTEST}team/")
    page.locator("#other").fill(other)
    page.locator(f"form[action='{CONTEST}team/merge/'] button").click()
    page.wait_for_url(re.compile(r"/team/merge/\?other="))


def board_row(page: Page, team: str) -> str:
    """The team's only row on the public board."""
    page.goto(f"{CONTEST}leaderboard/")
    rows = page.locator("table.board tbody tr", has=page.locator(f".team-cell:has-text('{team}')"))
    expect(rows).to_have_count(1, timeout=PATIENCE)
    return rows.inner_text()


def submissions(page: Page) -> list[str]:
    page.goto(f"{CONTEST}submissions/")
    return sorted(page.locator("table.submissions tbody tr td:first-child a").all_inner_texts())


def test_two_teams_become_one_with_all_that_they_have_sent(
    browser: Browser, site: Site, teams: dict[str, Contestant], windows: tuple[Page, Page]
) -> None:
    first, second = windows
    sent = sorted(submissions(first) + submissions(second))
    assert len(sent) == 3
    refused_for_what_both_have_sent(browser, site, teams, first)

    look_ahead(first, "Flood")
    says(first, "All 3 submissions of both are its own", "The team “Flood” is gone. This cannot be undone.")
    first.get_by_role("button", name="Ask the other team").click()
    says(first, "The team “Flood” is asked; its captain answers.")

    second.goto(f"{CONTEST}team/")
    second.get_by_role("link", name="Flood → Ebb").click()
    says(second, "両チームの投稿 3 件がすべて統合後のチームのものになり", "チーム「Flood」はなくなります")
    second.get_by_role("button", name="統合する").click()
    says(second, "2つのチームが統合されました。")

    for page, you in ((first, "you"), (second, "あなた")):
        page.goto(f"{CONTEST}team/")
        expect(page.locator("h1")).to_have_text("Ebb", timeout=PATIENCE)
        people = page.locator("main table").first.locator("tbody tr")
        expect(people).to_have_count(2, timeout=PATIENCE)
        expect(people.first).to_contain_text("ebb")
        expect(people.last).to_contain_text("flood")
        assert submissions(page) == sent
        row = board_row(page, "Ebb")
        assert "0.250" in row  # flood's, the best of both
        assert you in row
        expect(page.locator("table.board")).not_to_contain_text("Flood")
    assert site.python(LEFT.format(slug=SLUG)) == ["Ebb", "Slack", "Spring"]
    assert teams["flood"].page("submit/", "ja").count("使い切りました") > 0  # three are three: nobody has won a try


def refused_for_what_both_have_sent(browser: Browser, site: Site, teams: dict[str, Contestant], first: Page) -> None:
    """Told to either of the two before anybody is asked, in their languages, and there is nothing to press."""
    look_ahead(first, "Slack")
    says(first, TOO_MANY.format(used=4, mine=2, theirs=2))
    expect(first.get_by_role("button", name="Ask the other team")).to_have_count(0)
    with window(browser, site, session=teams["slack"].session, language="ja") as page:
        look_ahead(page, "Ebb")
        says(page, TOO_MANY_JA.format(used=4, mine=2, theirs=2))
        expect(page.get_by_role("button", name="相手チームに提案する")).to_have_count(0)


def test_what_was_sent_after_the_proposal_is_counted_when_it_is_accepted(
    browser: Browser, site: Site, teams: dict[str, Contestant]
) -> None:
    """The page with the button was open already when the third submission came."""
    slack, spring = teams["slack"], teams["spring"]
    with (
        window(browser, site, session=slack.session, language="en") as first,
        window(browser, site, session=spring.session, language="ja") as second,
    ):
        look_ahead(first, "Spring")
        first.get_by_role("button", name="Ask the other team").click()
        says(first, "The team “Spring” is asked; its captain answers.")
        second.goto(f"{CONTEST}team/")
        second.get_by_role("link", name="Spring → Slack").click()
        expect(second.get_by_role("button", name="統合する")).to_be_visible(timeout=PATIENCE)
        for offset in (3.0, 4.0):
            assert send(spring, offset)["status"] == "scored"
        second.get_by_role("button", name="統合する").click()
        says(second, TOO_MANY_JA.format(used=4, mine=2, theirs=2))
        expect(second.locator("h1")).to_have_text("Spring", timeout=PATIENCE)
        first.goto(f"{CONTEST}team/")
        first.get_by_role("link", name="Spring → Slack").click()
        says(first, TOO_MANY.format(used=4, mine=2, theirs=2))
