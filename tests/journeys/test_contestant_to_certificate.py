"""From a mail that invites to a team, over everything the contest asks, to a certificate in hand."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.contest_files import make_table_contest, offset_prediction, split_prediction
from tests.journeys.contestants import (
    CONFIRMATION,
    PATIENCE,
    TEAM_INVITATION,
    Contestant,
    end_phases,
    import_contest,
    log_in,
    mailed_link,
    make_contestants,
    says,
    scored_state,
    upload_file,
    window,
)
from tests.pdf_text import pdf_says
from tests.site import Site, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.sandbox, pytest.mark.timeout(600)]
PASSWORD = "a calm sea and a prosperous voyage"
TITLE = ("Certified tides", "証明の潮位")
ASKED = """\
teams: {max_size: 2}
data_terms: {version: "7", file: {en: rules.en.md, ja: rules.ja.md}}
participation:
  questions:
    - {key: resident, label: {en: "Do you live in Japan?", ja: 日本にお住まいですか}, kind: yes_no, eligible: true}
    - key: status
      label: {en: You are, ja: 身分}
      kind: choice
      choices: [{key: student, label: {en: a student, ja: 学生}}, {key: other, label: {en: none, ja: その他}}]
    - {key: school, label: {en: School, ja: 学校名}, kind: text, personal: true, optional: true}
  consents:
    - {key: sponsors, label: {en: Sponsors may read my name., ja: 協賛企業への氏名の提供に同意します。}}
    - {key: news, label: {en: Write to me about the next contest., ja: 次回の案内を希望します。}}
"""
GIVEN = """
from competitions.models import Consent, DataAcceptance, Registration
contest = {{"competition__slug": {slug!r}}}
of = {{"user__username": {name!r}}}
accepted = DataAcceptance.objects.filter(terms__competition__slug={slug!r}, **of)
answer = {{
    "answers": Registration.objects.get(**contest, **of).answers,
    "consents": list(Consent.objects.filter(**contest, **of, withdrawn_at=None).values_list("key", flat=True)),
    "data": list(accepted.values_list("terms__version", flat=True)),
}}
"""


@dataclass(frozen=True)
class Words:
    """What the pages and the certificate say in one language."""

    person: str
    question: str
    join_first: str
    welcome: str
    in_team: str
    final: str
    place: str
    counted: str
    genuine: str
    certificate: str


SAID = {
    "en": Words(
        person="Coral T. Harbour",
        question="Do you live in Japan?",
        join_first="Join the contest first",
        welcome="Welcome aboard",
        in_team="You are in the team “Pilots en” now.",
        final="This is the final ranking.",
        place="Place 1 of 2",
        counted="Your submission with the best public score counted",
        genuine="This certificate is genuine.",
        certificate="Certificate of participation",
    ),
    "ja": Words(
        person="山田 花子",
        question="日本にお住まいですか",
        join_first="先にコンペに参加してください",
        welcome="ようこそ",
        in_team="チーム「Pilots ja」に参加しました。",
        final="これが最終順位です。",
        place="2チーム中1位",
        counted="公開スコアが最も良い投稿が最終評価の対象になりました",
        genuine="この証明書は本物です。",
        certificate="参加証明書",
    ),
}


def send(form: Locator) -> None:
    form.locator("button.btn-primary").click()


def sign_up(page: Page, site: Site, name: str) -> None:
    """From the page that asks to log in first."""
    page.locator("main a[href*='/accounts/signup/']").click()
    page.locator("[name=username]").fill(name)
    page.locator("[name=email]").fill(f"{name}@example.org")
    page.locator("[name=password1]").fill(PASSWORD)
    page.locator("[name=password2]").fill(PASSWORD)
    page.locator("main form button").last.click()
    page.wait_for_url(re.compile("confirm-email"))
    page.goto(mailed_link(site, f"{name}@example.org", CONFIRMATION))
    page.locator("main form button").last.click()
    page.wait_for_url(re.compile(r"^(?!.*confirm-email)"))
    log_in(page, name, PASSWORD)


def join(page: Page, slug: str, team: str, words: Words, *, consents: tuple[str, ...] = ()) -> None:
    """Answer, accept, agree to what one likes: on the page where the contest's own button leads."""
    page.goto(f"/competitions/{slug}/")
    page.locator(".band-action a").click()
    says(page, words.question)
    for box in page.locator("main form input[type=checkbox]").all():
        expect(box).not_to_be_checked()
    page.locator("[name=team_name]").fill(team)
    page.locator("[name=question-resident]").select_option("yes")
    page.locator("[name=question-status]").select_option("student")
    for name in ("accept", "accept_data", *(f"consent-{key}" for key in consents)):
        page.locator(f"[name={name}]").check()
    send(page.locator("main form"))
    page.wait_for_url(f"**/competitions/{slug}/data/")
    says(page, words.welcome)


def invite(page: Page, slug: str, address: str) -> None:
    page.goto(f"/competitions/{slug}/team/")
    page.locator("[name=who]").fill(address)
    page.locator("[name=by_mail]").check()
    page.locator("form[action$='/team/invite/'] button").click()
    says(page, address)


def accept_invitation(page: Page, link: str, team: str, words: Words) -> None:
    page.goto(link)
    says(page, team)
    send(page.locator("main form").first)
    says(page, words.in_team)


def download(page: Page, link: str) -> bytes:
    with page.expect_download(timeout=PATIENCE) as waiting:
        page.locator(f"main a[href$='{link}']").first.click()
    return Path(waiting.value.path()).read_bytes()


def fetch_data(page: Page, slug: str) -> None:
    page.goto(f"/competitions/{slug}/data/")
    content = download(page, "train.csv")
    assert content.startswith(b"id,y")
    says(page, hashlib.sha256(content).hexdigest())


def read_results(page: Page, site: Site, slug: str, words: Words) -> None:
    """The tab is there as soon as the sweeper has released the final board."""
    results = f"/competitions/{slug}/results/"
    wait_until(lambda: site.get(results).status == 200, seconds=120, every=1, what="the results are released")
    page.goto(f"/competitions/{slug}/")
    page.locator(f".tabs a[href='{results}']").click()
    says(page, words.final, words.place, words.counted)
    expect(page.locator("table.board tr.is-mine")).to_contain_text("0.500", timeout=PATIENCE)


def make_certificate(page: Page, words: Words) -> dict[str, bytes]:
    """The files in both languages."""
    page.locator("main a[href$='/certificate/']").click()
    expect(page.locator("h1")).to_have_text(words.certificate, timeout=PATIENCE)
    page.locator("[name=name]").fill(words.person)
    send(page.locator("main form"))
    says(page, words.place)
    return {language: download(page, f".pdf?language={language}") for language in SAID}


def look_up(browser: Browser, site: Site, address: str, language: str) -> None:
    """Whoever was shown the certificate asks whether it is genuine."""
    words = SAID[language]
    with window(browser, site, language=language) as page:
        page.goto(address)
        says(page, words.genuine, words.person, f"Pilots {language}")


def has_everything(site: Site, slug: str, name: str) -> None:
    """What was answered, accepted and agreed to is on record, and nothing that was not."""
    given = site.python(GIVEN.format(slug=slug, name=name))
    assert given == {"answers": {"resident": True, "status": "student"}, "consents": ["sponsors"], "data": ["7"]}


@pytest.fixture
def contest(site: Site, tmp_path: Path, language: str) -> str:
    slug = f"certified-tides-{language}"
    folder = make_table_contest(tmp_path / "contest", slug=slug, title=TITLE, more=ASKED)
    import_contest(site, folder, owner="organiser")
    return slug


@pytest.mark.parametrize("language", ["en", "ja"])
def test_who_is_invited_by_mail_takes_part_and_holds_a_certificate_in_the_end(
    browser: Browser, site: Site, contest: str, language: str
) -> None:
    words, team, name = SAID[language], f"Pilots {language}", f"coral-{language}"
    captain, rival = make_contestants(site, f"pilot-{language}", f"smack-{language}", slug=contest, is_joining=False)
    sends(browser, site, rival, "Smacks", split_prediction(0.5, 0.75))
    with window(browser, site, session=captain.session) as page:
        join(page, contest, team, SAID["en"])
        invite(page, contest, f"{name}@example.org")
    link = mailed_link(site, f"{name}@example.org", TEAM_INVITATION)

    with window(browser, site, language=language, complaints="status of 400") as page:
        page.goto(link)
        sign_up(page, site, name)
        page.goto(link)
        page.locator("[name=accept]").check()
        send(page.locator("main form").first)
        says(page, words.join_first)
        join(page, contest, f"Coral {language}", words, consents=("sponsors",))
        accept_invitation(page, link, team, words)
        expect(page.locator("main table").first).to_contain_text(f"pilot-{language}", timeout=PATIENCE)
        has_everything(site, contest, name)

        fetch_data(page, contest)
        upload_file(page, contest, offset_prediction(0.5))
        expect(scored_state(page)).to_contain_text("0.500", timeout=PATIENCE)
        end_phases(site, contest)
        read_results(page, site, contest, words)
        files = make_certificate(page, words)
        address = page.locator("main a[href^='/certificates/']").get_attribute("href") or ""
    for other, content in files.items():
        for printed in (words.person, team, SAID[other].certificate, TITLE[other == "ja"], SAID[other].place):
            assert pdf_says(content, printed), (other, printed)
        assert not pdf_says(content, "Smacks")
    look_up(browser, site, address, language)


def sends(browser: Browser, site: Site, one: Contestant, team: str, content: bytes) -> None:
    """Somebody else takes part, too."""
    with window(browser, site, session=one.session) as page:
        join(page, one.slug, team, SAID["en"])
    assert one.outcome(one.upload(content, "p.csv")["number"])["status"] == "scored"
