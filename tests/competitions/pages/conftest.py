"""Browsers: people who are logged in, and one who is not."""

import re
from datetime import datetime

import pytest
from django.test import Client

from competitions.models import Competition, User
from competitions.services import hosts
from tests import makers

TOKEN = re.compile(r'(?<=csrfmiddlewaretoken" value=")\w+|(?<="X-CSRFToken": ")\w+')
NEW = {
    "slug": "tide-levels",
    "title_en": "Tide levels",
    "title_ja": "潮位",
    "time_zone": "Asia/Tokyo",
    "contact_email": "organiser@example.org",
}


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


# -- organisers who write a contest ------------------------------------------------------------------------------------


@pytest.fixture
def host(db: None, now: datetime) -> User:
    user = makers.make_user("host")
    hosts.allow(user, actor=makers.make_user("operator", is_staff=True), now=now)
    return user


@pytest.fixture
def browser(host: User) -> Client:
    """Of somebody who has just opened the contest."""
    client = browser_of(host)
    assert client.post("/new-contest/", NEW).status_code == 302
    return client
