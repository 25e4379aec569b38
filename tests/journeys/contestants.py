"""People of a running site: teams with tokens, sessions for pages, uploads and what became of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import yaml

from tests.launching import PUBLISH_ON_SITE
from tests.site import Site, wait_until

OWNER = """
from competitions.services import people
answer = str(people.create_verified_user(username={name!r}, email={name!r} + "@example.org", password=None))
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
    site.manage("import_competition", str(folder), f"--owner={owner}")
    slug = yaml.safe_load((folder / "competition.yaml").read_text())["slug"]
    site.python(PUBLISH_ON_SITE.format(slug=slug))
