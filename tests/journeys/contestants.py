"""People of a running site: teams with tokens, sessions for pages, windows of a browser, mails, uploads and what became
of them."""

import email
import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import yaml
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, expect

from tests.launching import PUBLISH_ON_SITE
from tests.site import Site, wait_until

OWNER = """
from competitions.services import people
answer = str(people.create_verified_user(username={name!r}, email={name!r} + "@example.org", password=None))
"""
IMPORTED = """
from django.core.management import call_command
call_command("import_competition", {folder!r}, owner={owner!r})
"""
PEOPLE = """
from django.test import Client
from django.utils import timezone
from competitions.models import Competition, User
from competitions.queries.participation import current_data_terms
from competitions.services import people, registrations
now, answer = timezone.now(), []
for name in {names!r}:
    taken = User.objects.filter(username=name).exists()  # by another contest's journey on the same site
    username = name + "-" + ({slug!r} or "again") if taken else name
    user = people.create_verified_user(username=username, email=username + "@example.org", password=None)
    if {slug!r}:
        contest = Competition.objects.get(slug={slug!r})
        entry = registrations.Entry(answers={answers!r}, data_terms=current_data_terms(contest))
        of = {{"team_name": name.title(), "terms": contest.terms.last(), "entry": entry, "now": now}}
        registrations.join(user=user, competition=contest, **of)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    answer.append([people.create_token(user=user, name="test", now=now)[1], client.session.session_key])
"""
ENDED = """
from datetime import timedelta
from django.utils import timezone
from competitions.models import Phase
ends_at = timezone.now() + timedelta(seconds={seconds})
answer = Phase.objects.filter(competition__slug={slug!r}).update(ends_at=ends_at)
"""
CONFIRMATION, TEAM_INVITATION = r"http\S+/confirm-email/\S+", r"http\S+/invitations/link/\S+"
ROLE_INVITATION = r"http\S+/invitation/\?token=[0-9a-f]+"
PATIENCE = 60_000  # milliseconds: the machine may be busy
FINISHED = {"scored", "failed", "cancelled"}


@dataclass(frozen=True)
class Contestant:
    """Someone with a token for the API and a session for the pages; their team is called by their name."""

    site: Site
    slug: str
    token: str
    session: str

    def page(self, path: str, language: str = "en") -> str:
        """A page of this contest as this person sees it."""
        headers = {"Cookie": f"sessionid={self.session}", "Accept-Language": language}
        answer = self.site.get(f"/competitions/{self.slug}/{path}", headers=headers)
        assert answer.status == HTTPStatus.OK, (path, answer.status, answer.body[:500])
        return answer.body.decode()

    def api(self, path: str) -> Any:
        answer = self.site.get(f"/api/v1/{path}", token=self.token)
        assert answer.status == HTTPStatus.OK, (path, answer.status, answer.body[:500])
        return answer.json()

    def allowance(self) -> dict[str, Any]:
        return dict(self.api(f"competitions/{self.slug}/allowance/"))

    def upload(self, content: bytes, file_name: str, **options: str) -> dict[str, Any]:
        """Send a file as a raw body; it must be taken, whatever it holds."""
        query = urlencode({"name": file_name, **options}, quote_via=quote)
        answer = self.site.send(
            "POST",
            f"/api/v1/competitions/{self.slug}/submissions/?{query}",
            body=content,
            token=self.token,
            headers={"Content-Type": "application/octet-stream"},
        )
        assert answer.status == HTTPStatus.CREATED, (file_name, answer.status, answer.body[:500])
        return dict(answer.json())

    def submission(self, number: int) -> dict[str, Any]:
        return dict(self.api(f"submissions/{number}/"))

    def outcome(self, number: int, *, seconds: float = 60) -> dict[str, Any]:
        """The submission once nothing more happens to it."""

        def finished() -> dict[str, Any] | None:
            found = self.submission(number)
            return found if found["status"] in FINISHED else None

        return dict(wait_until(finished, seconds=seconds, every=0.4, what=f"submission {number} is finished"))


def make_owner(site: Site, name: str) -> None:
    site.python(OWNER.format(name=name))


def make_contestants(
    site: Site, *names: str, slug: str, is_joining: bool = True, answers: Mapping[str, Any] | None = None
) -> list[Contestant]:
    """One team of one each, all with the same answers to what the contest asks; with is_joining=False they only have
    accounts."""
    made = site.python(PEOPLE.format(names=names, slug=slug if is_joining else "", answers=dict(answers or {})))
    return [Contestant(site, slug, token, session) for token, session in made]


def import_contest(site: Site, folder: Path, *, owner: str) -> None:
    slug = yaml.safe_load((folder / "competition.yaml").read_text())["slug"]
    site.python(IMPORTED.format(folder=str(folder), owner=owner) + PUBLISH_ON_SITE.format(slug=slug))


def end_phases(site: Site, slug: str, *, seconds: float = -3600) -> None:
    """All phases of the contest end so many seconds from now; an hour ago leaves nobody the grace of an upload."""
    assert site.python(ENDED.format(slug=slug, seconds=seconds)) == 1


# -- in a browser -----------------------------------------------------------------------------------------------------


class Visit:
    """A browser window that remembers what a strict page must never do."""

    def __init__(self, browser: Browser, site: Site, *, locale: str = "en-GB", **options: Any) -> None:
        self.context = browser.new_context(base_url=site.url, locale=locale, **options)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._asked(request, site))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _asked(self, request: Request, site: Site) -> None:
        if not request.url.startswith((site.url, "data:", "blob:")):
            self.complaints.append(f"a request to another host: {request.url}")


@contextmanager
def window(
    browser: Browser, site: Site, *, session: str = "", language: str = "en", complaints: str = "", **options: Any
) -> Iterator[Page]:
    """A window of whoever has this session, or of nobody yet. `complaints`: a pattern of what may go wrong."""
    size = {"width": 1280, "height": 900}
    visit = Visit(browser, site, locale=language, **{"viewport": size, "accept_downloads": True, **options})
    if session:
        visit.context.add_cookies([{"name": "sessionid", "value": session, "url": site.url}])
    visit.context.set_default_timeout(PATIENCE)
    try:
        yield visit.page
    finally:
        visit.context.close()
    assert [one for one in visit.complaints if not (complaints and re.search(complaints, one))] == []


def log_in(page: Page, name: str, password: str) -> None:
    page.goto("/accounts/login/")
    if "/accounts/login/" not in page.url:
        return  # confirming the address has logged them in
    page.locator("[name=login]").fill(name)
    page.locator("[name=password]").fill(password)
    page.locator("main form button").last.click()
    expect(page.locator(".topbar-user").last).to_contain_text(name)


def says(page: Page, *words: str) -> None:
    """The page shows this, if not at once then soon."""
    for one in words:
        expect(page.locator("main")).to_contain_text(one, timeout=PATIENCE)


def mailed_link(site: Site, address: str, pattern: str) -> str:
    """The link of this form in the newest mail to the address that has one, once the mail is sent."""

    def find() -> str | None:
        for path in sorted((site.home / "mail").glob("*"), reverse=True):
            for content in reversed(path.read_bytes().split(b"-" * 79)):
                message = email.message_from_bytes(content.strip())
                found = re.search(pattern, _plain(message)) if message["To"] == address else None
                if found:
                    return found[0]
        return None

    return str(wait_until(find, seconds=60, every=0.3, what=f"a mail to {address} with {pattern}"))


def _plain(message: Message) -> str:
    parts = [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]
    return parts[0].decode() if parts and isinstance(parts[0], bytes) else ""


def upload_file(page: Page, slug: str, content: bytes) -> int:
    """Choose the file on the contest's page and send it. Returns its number; the page is that of the submission."""
    page.goto(f"/competitions/{slug}/submit/")
    page.locator("#id_file").set_input_files({"name": "prediction.csv", "mimeType": "text/csv", "buffer": content})
    expect(page.locator("[data-chosen=sha256]")).to_have_text(hashlib.sha256(content).hexdigest(), timeout=PATIENCE)
    page.locator("#upload-button").click()
    page.wait_for_url(re.compile(r"/submissions/\d+/"))
    return int(page.url.rstrip("/").rpartition("/")[2])


def scored_state(page: Page) -> Locator:
    """What the open page of a submission says, once it is scored, without a reload."""
    state = page.locator("#submission-state")
    expect(state).to_have_attribute("data-state", "scored", timeout=PATIENCE)
    return state
