"""Clients: people with a token in their hands."""

import pytest
from django.test import Client
from django.utils import timezone

from competitions.models import Competition, User
from competitions.services import people


def client_of(user: User) -> Client:
    """A client that sends the person's token."""
    _, text = people.create_token(user=user, name="test", now=timezone.now())
    return Client(headers={"authorization": f"Bearer {text}"})


@pytest.fixture
def anonymous() -> Client:
    return Client()


@pytest.fixture
def api(contestant: User) -> Client:
    return client_of(contestant)


@pytest.fixture
def rivals_api(rival: User) -> Client:
    return client_of(rival)


@pytest.fixture
def visitors_api(visitor: User) -> Client:
    return client_of(visitor)


@pytest.fixture
def organisers_api(organiser: User) -> Client:
    return client_of(organiser)


@pytest.fixture
def contest_url(competition: Competition) -> str:
    return f"/api/v1/competitions/{competition.slug}/"
