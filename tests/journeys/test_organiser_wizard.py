"""An organiser writes a whole contest in the browser, from an empty draft to one that scores, in either language."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.contest_files import csv_of, ids, offset_prediction, truth
from tests.journeys.contestants import make_contestants
from tests.journeys.test_accessibility import violations
from tests.site import Site, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.sandbox]
HOST = """
from django.utils import timezone
from competitions.models import User
from competitions.services import hosts, people
host = people.create_verified_user(username={name!r}, email={name!r} + "@example.org", password={name!r})
operator, _ = User.objects.get_or_create(username="wizard-operator", email="wo@example.org", is_staff=True)
answer = hosts.allow(host, actor=operator, now=timezone.now())
"""
WORDS = {
    "en": {"save": "Save", "upload": "Upload", "draft": "Make the draft", "apply": "Apply revision"},
    "ja": {"save": "保存", "upload": "アップロード", "draft": "下書きを作る", "apply": "反映する"},
}
CLEAN = {"en": "No problem was found", "ja": "問題は見つかりませんでした"}


class Wizard:
    """The wizard of one contest in one window."""

    def __init__(self, page: Page, slug: str, language: str) -> None:
        self.page, self.slug, self.words = page, slug, WORDS[language]
        self.desk = f"/competitions/{slug}/organiser/workspace/"
        self.barriers: dict[str, list[str]] = {}

    def open(self, step: str) -> None:
        self.page.goto(f"{self.desk}steps/{step}/")

    def fill(self, **fields: str) -> None:
        """Fields by their names, with two underscores for a dot; what is folded in is unfolded first."""
        for details in self.page.locator("details.schema-new").all():
            details.evaluate("one => { one.open = true; }")
        for name, value in fields.items():
            field = self.page.locator(f'[name="{name.replace("__", ".")}"]')
            if field.evaluate("one => one.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)

    def save(self, step: str) -> None:
        self.page.get_by_role("button", name=self.words["save"], exact=True).click()
        expect(self.page.locator(".notice-success").first).to_be_visible()
        self.barriers[step] = violations(self.page)

    def step(self, name: str, **fields: str) -> None:
        self.open(name)
        self.fill(**fields)
        self.save(name)

    def upload(self, step: str, name: str, folder: str, content: bytes) -> None:
        self.open(step)
        file = {"name": name, "mimeType": "text/csv", "buffer": content}
        self.page.locator("input[type=file]").set_input_files(file)
        self.page.locator("[name=folder]").fill(folder)
        self.page.get_by_role("button", name=self.words["upload"], exact=True).click()
        expect(self.page.locator(".notice-success").first).to_contain_text(name)


def solution() -> bytes:
    rows = zip(ids(), truth(), strict=True)
    lines = [f"{key},{value!r},{'Private' if number % 2 else 'Public'}" for number, (key, value) in enumerate(rows)]
    return "\n".join(["id,y,Usage", *lines, ""]).encode()


def log_in(page: Page, name: str) -> None:
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(name)
    page.locator("[name=password]").fill(name)
    page.locator("main form button").last.click()
    expect(page.locator(".topbar-user").last).to_contain_text(name)


def write_contest(wizard: Wizard) -> None:
    both = {"en": "Tides of the harbour", "ja": "港の潮位"}
    wizard.step(
        "basics", f__description__en=both["en"], f__description__ja=both["ja"], f__organiser__en="Harbour office"
    )
    page = {
        "f__pages__new__key": "overview",
        "f__pages__new__title__en": "Overview",
        "f__pages__new__title__ja": "概要",
    }
    wizard.step("pages", **page)
    wizard.step("pages", t__pages__0__en="# Tides", t__pages__0__ja="# 潮位")
    wizard.upload("data", "train.csv", "data", csv_of([0.5, 1.5]))
    wizard.upload("truth", "solution.csv", "truth", solution())
    wizard.upload("truth", "sample.csv", "data", offset_prediction(1.0))
    new = "f__data__new__"
    wizard.step(
        "data", **{f"{new}version": "1", f"{new}licence": "CC0-1.0", f"{new}files__new__path": "data/train.csv"}
    )
    task = {"key": "levels", "name__en": "Levels", "name__ja": "潮位", "truth__path": "truth/solution.csv"}
    wizard.step("truth", **{f"f__tasks__new__{key}": value for key, value in task.items()})
    wizard.step("truth", f__tasks__0__truth__split__by="column", f__tasks__0__sample_submission="data/sample.csv")
    wizard.step("truth", f__tasks__0__truth__split__column="Usage")
    of_task = "f__tasks__0__"
    wizard.step("metric", **{f"{of_task}submission__kind": "table"})
    column = f"{of_task}submission__schema__fields__new__"
    wizard.step(
        "metric",
        **{f"{of_task}submission__schema__primaryKey": "id", f"{column}name": "id", f"{column}type": "string"},
    )
    wizard.step(
        "metric",
        **{f"{column}name": "y", f"{column}type": "number"},
        **{f"{of_task}metrics__new__key": "rmse", f"{of_task}metrics__new__metric": "rmse"},
    )
    wizard.step("metric", **{f"{of_task}metrics__0__params__column": "y"})
    wizard.step("rules", f__terms__version="1", t__terms__en="Be fair.", t__terms__ja="公正に。")
    phase = {
        "key": "main",
        "name__en": "Main phase",
        "name__ja": "本番",
        "start": "2026-01-01T00:00",
        "end": "2035-12-31T23:59",
        "tasks": "levels",
    }
    wizard.step("schedule", **{f"f__phases__new__{key}": value for key, value in phase.items()})


@pytest.mark.parametrize("language", ["en", "ja"])
def test_from_an_empty_wizard_to_a_contest_that_scores(
    browser: Browser, site: Site, language: str, tmp_path: Path
) -> None:
    name, slug = f"host-{language}", f"harbour-{language}"
    site.python(HOST.format(name=name))
    context = browser.new_context(base_url=site.url, locale=language, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    wizard = Wizard(page, slug, language)
    log_in(page, name)
    page.goto("/new-contest/")
    wizard.barriers["new"] = violations(page)
    for field, value in {"slug": slug, "title_en": "Tides", "title_ja": "潮位"}.items():
        page.locator(f"[name={field}]").fill(value)
    page.get_by_role("button", name=wizard.words["draft"]).click()
    expect(page).to_have_url(f"{site.url}{wizard.desk}steps/basics/")

    write_contest(wizard)

    wizard.open("review")
    expect(page.locator("main")).to_contain_text(CLEAN[language])
    wizard.barriers["review"] = violations(page)
    page.get_by_role("button", name=wizard.words["apply"]).click()
    done = page.locator("#workspace-apply .notice-success")
    expect(done).to_be_visible(timeout=90_000)
    page.goto(f"/competitions/{slug}/")
    expect(page.locator("main")).to_contain_text("潮位" if language == "ja" else "Tides")
    assert site.get(f"/competitions/{slug}/").status == 404
    _look_at_the_rest(page, wizard)
    keep_screens(page, wizard, tmp_path, language)

    exported = context.request.post(f"{site.url}{wizard.desk}contest.zip", form=_form(page, context, with_hidden="on"))
    assert exported.ok
    publish(site, exported.body(), tmp_path / "exported", name)
    contestant = make_contestants(site, f"diver-{language}", slug=slug)[0]
    uploaded = contestant.upload(offset_prediction(0.5), "prediction.csv")
    assert contestant.outcome(uploaded["number"])["status"] == "scored"
    context.close()
    assert {step: found for step, found in wizard.barriers.items() if found} == {}


def _form(page: Page, context: Any, **fields: str) -> dict[str, str]:
    token = next(cookie["value"] for cookie in context.cookies() if cookie["name"] == "csrftoken")
    return {"csrfmiddlewaretoken": token, **fields}


def _look_at_the_rest(page: Page, wizard: Wizard) -> None:
    for path in ("", "yaml/", "files/", "diff/?old=1&new=5"):
        page.goto(f"{wizard.desk}{path}")
        wizard.barriers[path or "history"] = violations(page)


def keep_screens(page: Page, wizard: Wizard, folder: Path, language: str) -> None:
    """What a person would look at; no page is wider than a telephone."""
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        for path in (
            "",
            "yaml/",
            "files/",
            "diff/?old=1&new=5",
            "steps/basics/",
            "steps/pages/",
            "steps/metric/",
            "steps/schedule/",
            "steps/review/",
        ):
            page.goto(f"{wizard.desk}{path}")
            shown = path.strip("/").replace("/", "-").split("?")[0] or "history"
            page.screenshot(path=folder / f"{shown}-{width}-{language}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)


def publish(site: Site, archive: bytes, folder: Path, owner: str) -> None:
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        file.extractall(folder)
    site.manage("import_competition", str(folder), "--publish", "--accept=seen", f"--owner={owner}")
    wait_until(
        lambda: site.get(f"/competitions/{owner.replace('host', 'harbour')}/").status == 200,
        seconds=10,
        what="it is shown",
    )
