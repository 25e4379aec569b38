"""Browsers: people who are logged in, and one who is not."""

import re

import pytest
from django.test import Client

from competitions.models import Competition, User

TOKEN = re.compile(r'(?<=csrfmiddlewaretoken" value=")\w+|(?<="X-CSRFToken": ")\w+')


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
    """Without the forms' tokens: a test that looks for a short text would find it in one of them now and then."""
    return TOKEN.sub("", response.content.decode())
