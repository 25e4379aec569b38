"""A team chooses what counts, the deadline passes under its eyes, and the better one of the chosen decides."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.contest_files import make_table_contest, offset_prediction, split_prediction
from tests.journeys.contestants import (
    PATIENCE,
    Contestant,
    end_phases,
    import_contest,
    make_contestants,
    says,
    scored_state,
    window,
)
from tests.site import Site, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.sandbox, pytest.mark.timeout(600)]
SECONDS = 120
LEFT = 5  # seconds until the deadline, once everything is prepared


@dataclass(frozen=True)
class Words:
    """What the pages say in one language."""

    choose: str
    take_back: str
    too_many: str
    better: str
    locked: str
    too_late: str
    recorded: str
    closed: str
    nothing_more: str
    late_ahead: str
    late: str
    counted: str
    chosen: str
    reason: str


SAID = {
    "en": Words(
        choose="Choose #{} for the end",
        take_back="Take back the choice of #{}",
        too_many="2 of 2 are chosen (#{}, #{}). Take one back first.",
        better="Of the chosen ones the better private score counts at the end.",
        locked="Locked since the deadline",
        too_late="The deadline has passed; what is chosen can no longer be changed.",
        recorded="Chosen by the team: #{}, #{}.",
        closed="This phase is closed. Uploads that began before the deadline have 10 more minutes to end.",
        nothing_more="Nothing can be submitted any more.",
        late_ahead="This phase is over. What is sent now is scored, labelled late, and on no leaderboard",
        late="Late: it came after the end of its phase. It is scored and stands on no leaderboard.",
        counted="counted",
        chosen="chosen",
        reason="You had chosen 2 submissions; the better one counted.",
    ),
    "ja": Words(
        choose="#{} を最終評価の対象に選ぶ",
        take_back="#{} の選択を取り消す",
        too_many="すでに 2/2 件を選択しています（#{}, #{}）。先にどれかの選択を取り消してください。",
        better="選択した投稿のうち、非公開スコアのよい方が最終評価になります。",
        locked="で確定しました。",
        too_late="締切を過ぎたため、選択はもう変更できません。",
        recorded="チームが選択した投稿：#{}, #{}。",
        closed="このフェーズは終了しました。締切前に始まったアップロードは、あと10分以内に終われば受け付けます。",
        nothing_more="に終了しました。投稿はできません。",
        late_ahead="これから送る投稿は「締切後」として採点されますが、順位表には載りません。",
        late="締切後：フェーズの終了後に届いた投稿です。採点されますが、順位表には載りません。",
        counted="採用",
        chosen="選択済み",
        reason="2件を選択していました。良い方のスコアが採用されました。",
    ),
}


@dataclass(frozen=True)
class Scene:
    """The contest, its two teams, and the numbers of what the first has sent: the best public score, the best private
    one, and one between them."""

    slug: str
    chooser: Contestant
    rival: Contestant
    public: int
    private: int
    between: int

    @property
    def path(self) -> str:
        return f"/competitions/{self.slug}/"


def send(one: Contestant, public: float, private: float) -> int:
    number = int(one.upload(split_prediction(public, private), "p.csv")["number"])
    assert one.outcome(number)["status"] == "scored"
    return number


def prepare(site: Site, folder: Path, language: str, *, takes_late: bool) -> Scene:
    slug = f"chosen-tides-{language}"
    phase = f"late_submissions: {str(takes_late).lower()}"
    title = ("Chosen tides", "選ばれた潮")
    make_table_contest(folder, slug=slug, title=title, phase=phase, more="final: {select: 2}\n")
    import_contest(site, folder, owner="organiser")
    # The rival's team is the older one and its file the last: at equal scores the time of the file decides.
    rival, chooser = make_contestants(site, f"skua-{language}", f"petrel-{language}", slug=slug)
    numbers = [send(chooser, *scores) for scores in ((0.125, 0.75), (0.5, 0.25), (0.75, 0.5))]
    send(rival, 0.25, 0.25)
    return Scene(slug, chooser, rival, *numbers)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def choose(page: Page, scene: Scene, words: Words) -> None:
    """The two with the better public scores, then another mind: the two with the better private ones."""
    page.goto(f"{scene.path}submissions/")
    expect(page.locator("#choice strong")).to_contain_text("0/2", timeout=PATIENCE)
    press(page, words.choose.format(scene.public))
    expect(page.locator("#choice strong")).to_contain_text("1/2", timeout=PATIENCE)
    press(page, words.choose.format(scene.private))
    says(page, words.better)
    press(page, words.choose.format(scene.between))
    says(page, words.too_many.format(scene.public, scene.private))
    press(page, words.take_back.format(scene.public))
    expect(page.locator("#choice strong")).to_contain_text("1/2", timeout=PATIENCE)
    press(page, words.choose.format(scene.between))
    expect(page.locator("#choice strong")).to_contain_text("2/2", timeout=PATIENCE)


def choose_file(page: Page, scene: Scene) -> None:
    """A perfect one, ready to be sent."""
    page.goto(f"{scene.path}submit/")
    perfect = offset_prediction(0.0)
    page.locator("#id_file").set_input_files({"name": "late.csv", "mimeType": "text/csv", "buffer": perfect})
    expect(page.locator("#upload-button")).to_be_enabled(timeout=PATIENCE)


def pass_the_deadline(site: Site, scene: Scene, words: Words, language: str) -> None:
    """By the clock of the site, while windows are open."""
    end_phases(site, scene.slug, seconds=LEFT)
    wait_until(
        lambda: words.locked in scene.chooser.page("submissions/", language),
        seconds=SECONDS,
        every=0.5,
        what="the choice is locked",
    )


def is_refused_late(page: Page, scene: Scene, words: Words) -> None:
    """The file was chosen in time and sent too late."""
    page.locator("#upload-button").click()
    expect(page.locator("#upload-error")).to_have_text(words.closed, timeout=PATIENCE)
    page.goto(f"{scene.path}submit/")
    expect(page.locator("#id_file")).to_have_count(0, timeout=PATIENCE)
    for language, other in SAID.items():
        assert other.nothing_more in scene.chooser.page("submit/", language)
    assert len(scene.chooser.api(f"competitions/{scene.slug}/submissions/")["results"]) == 3


def is_labelled_late(page: Page, scene: Scene, words: Words) -> None:
    """It is scored, and on no board, though nothing was ever better."""
    page.locator("#upload-button").click()
    page.wait_for_url(re.compile(r"/submissions/\d+/"))
    expect(scored_state(page)).to_contain_text("0.000", timeout=PATIENCE)
    says(page, words.late)
    number = page.url.rstrip("/").rpartition("/")[2]
    for language, other in SAID.items():
        assert other.late in scene.chooser.page(f"submissions/{number}/", language)
        assert other.late_ahead in scene.chooser.page("submit/", language)
    page.goto(f"{scene.path}leaderboard/")
    expect(page.locator("table.board tr.is-mine")).to_contain_text("0.125", timeout=PATIENCE)


def is_locked(page: Page, scene: Scene, words: Words) -> None:
    """In the window that still has the buttons, and on the page as it is now."""
    press(page, words.take_back.format(scene.private))
    says(page, words.too_late, words.locked)
    expect(page.locator("#choice strong")).to_contain_text("2/2", timeout=PATIENCE)
    expect(page.locator("main form[action$='/choose/']")).to_have_count(0, timeout=PATIENCE)


def the_better_one_decides(page: Page, site: Site, scene: Scene, words: Words) -> None:
    results = f"{scene.path}results/"
    wait_until(lambda: site.get(results).status == 200, seconds=SECONDS, every=1, what="the results are released")
    page.goto(f"{scene.path}submissions/")
    says(page, words.recorded.format(scene.private, scene.between))
    page.goto(results)
    says(page, words.reason)
    own = page.locator("section[aria-labelledby=own-title] tbody tr")
    counted = own.filter(has=page.get_by_text(words.counted, exact=True))
    expect(counted.locator("th a")).to_have_text([f"#{scene.private}"], timeout=PATIENCE)
    expect(own.nth(1).locator("th")).to_contain_text([f"#{scene.between}"])
    expect(own.nth(1).get_by_text(words.chosen, exact=True)).to_be_visible()
    rows = page.locator("table.board tbody tr")
    expect(rows).to_have_count(2, timeout=PATIENCE)
    for row, rank, name in ((rows.first, "1", "Petrel"), (rows.last, "2", "Skua")):
        expect(row.locator(".rank")).to_have_text(rank)
        expect(row).to_contain_text(name)
        expect(row.locator(".score-cell")).to_contain_text("0.250")


@pytest.mark.parametrize(("language", "takes_late"), [("en", False), ("ja", True)])
def test_what_was_chosen_before_the_deadline_counts_and_nothing_after_it(
    browser: Browser, site: Site, tmp_path: Path, language: str, takes_late: bool
) -> None:
    words, scene = SAID[language], prepare(site, tmp_path / "contest", language, takes_late=takes_late)
    own = {"session": scene.chooser.session, "language": language}
    with window(browser, site, **own) as page, window(browser, site, **own, complaints="status of 4") as other:
        choose(page, scene, words)
        choose_file(other, scene)
        pass_the_deadline(site, scene, words, language)
        is_locked(page, scene, words)
        for one, said in SAID.items():
            assert said.locked in scene.chooser.page("submissions/", one)
        (is_labelled_late if takes_late else is_refused_late)(other, scene, words)
        end_phases(site, scene.slug)
        the_better_one_decides(page, site, scene, words)
    for one, said in SAID.items():
        assert said.reason in scene.chooser.page("results/", one)
