"""Browsers: people who are logged in, and one who is not."""

import pytest
from django.conf import settings
from django.test import Client

from competitions.models import Competition, User


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def nobody(db: None) -> Client:
    return Client()


@pytest.fixture
def contestants(contestant: User) -> Client:
    return browser_of(contestant)


@pytest.fixture
def rivals(rival: User) -> Client:
    return browser_of(rival)


@pytest.fixture
def visitors(visitor: User) -> Client:
    return browser_of(visitor)


@pytest.fixture
def organisers(organiser: User) -> Client:
    return browser_of(organiser)


@pytest.fixture
def url(competition: Competition) -> str:
    return f"/competitions/{competition.slug}/"


def text_of(response) -> str:
    return response.content.decode()


@pytest.fixture(scope="session")
def compiled_catalogue() -> None:
    """Japanese on pages needs the compiled catalogue, which the set-up script makes."""
    if not (settings.LOCALE_PATHS[0] / "ja" / "LC_MESSAGES" / "django.mo").is_file():
        pytest.skip("the Japanese catalogue is not compiled; run manage.py compilemessages")
