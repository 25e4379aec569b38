"""The truth is corrected while the contest runs: one person proposes, the effect is computed by real scoring, a second
one approves, the boards switch at once, and everybody reads why."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.contest_files import make_table_contest, offset_prediction
from tests.journeys.contestants import Contestant, import_contest, make_contestants
from tests.site import Site, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.sandbox]
SLUG = "corrected-tides"
CONTEST = f"/competitions/{SLUG}/"
REASON, REASON_JA = "The gauge was one metre too low.", "験潮器の値が1メートル低くなっていました。"
STAFF = """
from competitions.models import Competition, Membership, User
from competitions.services import people
for name in ("gauge-owner", "gauge-second"):
    people.create_verified_user(username=name, email=name + "@example.org", password=name)
answer = True
"""
SECOND = """
from competitions.models import Competition, Membership, User
Membership.objects.create(
    competition=Competition.objects.get(slug={slug!r}), user=User.objects.get(username="gauge-second"), role="reviewer"
)
answer = True
"""


def log_in(browser: Browser, site: Site, name: str, locale: str) -> Page:
    page = browser.new_context(base_url=site.url, locale=locale).new_page()
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(name)
    page.locator("[name=password]").fill(name)
    page.locator("main form button").last.click()
    page.locator(".topbar-user").last.wait_for()
    return page


def leader(site: Site) -> str:
    rows = site.get(f"/api/v1/competitions/{SLUG}/leaderboard/").json()["results"]
    return str(rows[0]["team"])


def correct_the_truth(folder: Path) -> None:
    """Every level one metre higher; which rows are public stays."""
    path = folder / "truth" / "solution.csv"
    old = path.read_text().splitlines()
    columns = old[0].split(",")
    place = columns.index("y")
    lines = [old[0]]
    for line in old[1:]:
        cells = line.split(",")
        cells[place] = repr(float(cells[place]) + 1)
        lines.append(",".join(cells))
    path.write_text("\n".join([*lines, ""]))


def everybody_reads_it(site: Site, low: Contestant, mine: int) -> None:
    assert low.submission(mine)["scores"]["rmse"] == 0.75
    shown = low.page(f"submissions/{mine}/")
    assert "public score 0.250 → 0.750" in shown
    assert "公開スコア 0.250 → 0.750" in low.page(f"submissions/{mine}/", "ja")
    public = site.get(f"{CONTEST}changes/", headers={"Accept-Language": "en"}).body.decode()
    assert REASON in public
    assert "2 ranks change on the public board" in public
    assert "private board" not in public
    (entry,) = site.get(f"/api/v1/competitions/{SLUG}/changes/").json()
    assert (entry["kinds"], entry["reason"]["ja"]) == (["truth"], REASON_JA)
    notice = site.get(f"{CONTEST}announcements/{entry['announcement']}/").body.decode()
    assert REASON in notice

    def mailed() -> bool:
        folder = site.home / "mail"
        return any("gauge-low@example.org" in path.read_text() for path in folder.glob("*") if path.is_file())

    wait_until(mailed, seconds=60, what="the notice was mailed")


def test_a_truth_is_corrected_by_two_people_and_everybody_reads_why(
    site: Site, browser: Browser, tmp_path: Path
) -> None:
    site.python(STAFF)
    folder = make_table_contest(tmp_path / "contest", slug=SLUG)
    import_contest(site, folder, owner="gauge-owner")
    site.python(SECOND.format(slug=SLUG))
    low, high = make_contestants(site, "gauge-low", "gauge-high", slug=SLUG)
    mine = low.upload(offset_prediction(0.25), "low.csv")["number"]
    assert low.outcome(mine)["scores"]["rmse"] == 0.25
    other = high.upload(offset_prediction(0.75), "high.csv")["number"]
    assert high.outcome(other)["scores"]["rmse"] == 0.75
    before = leader(site)

    correct_the_truth(folder)
    with pytest.raises(AssertionError, match="--propose"):
        site.manage("import_competition", str(folder), "--owner=gauge-owner")
    told = site.manage(
        "import_competition",
        str(folder),
        "--propose",
        "--owner=gauge-owner",
        f"--reason={REASON}",
        f"--reason-ja={REASON_JA}",
    )
    number = re.findall(r"change (\d+) is drafted \(truth\)", told)[0]

    # the first person looks at the effect and proposes
    page = log_in(browser, site, "gauge-owner", "en-GB")
    page.goto(f"{CONTEST}organiser/changes/")
    page.get_by_role("link", name=f"#{number}").click()

    def effect_is_there() -> bool:
        page.reload()
        return page.get_by_role("button", name="Propose it").count() == 1

    wait_until(effect_is_there, seconds=120, every=1, what="the effect of the change is computed")
    expect(page.get_by_text("Re-score 2 submissions.")).to_be_visible()
    expect(page.get_by_text("2 ranks change on the public board of 2; first place changes.")).to_be_visible()
    expect(page.get_by_text("2 ranks change on the private board of 2; first place changes.")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    page.get_by_role("button", name="Propose it").click()
    expect(page.locator("h1")).to_contain_text("proposed")
    assert leader(site) == before
    assert low.submission(mine)["scores"]["rmse"] == 0.25

    # the second one approves, in Japanese
    second = log_in(browser, site, "gauge-second", "ja-JP")
    second.goto(f"{CONTEST}organiser/changes/{number}/")
    expect(second.get_by_text(REASON_JA)).to_be_visible()
    expect(second.get_by_text("非公開順位表")).to_have_count(0)  # reviewers decide, organisers see the private board
    second.get_by_role("button", name="承認する").click()
    wait_until(lambda: leader(site) != before, seconds=60, what="the boards have switched")
    second.reload()
    expect(second.locator("h1")).to_contain_text("適用済み")

    everybody_reads_it(site, low, mine)
    page.goto(f"{CONTEST}organiser/changes/scores/")
    expect(page.get_by_role("cell", name="0.250000").first).to_be_visible()
    page.context.close()
    second.context.close()
