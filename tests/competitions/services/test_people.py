"""API tokens: shown once, kept as a digest, gone when revoked."""

from datetime import timedelta

import pytest

from competitions.queries.people import tokens_of, usable_token
from competitions.services import people

pytestmark = pytest.mark.django_db


def test_a_token_works_and_is_kept_only_as_a_digest(visitor, now):
    token, text = people.create_token(user=visitor, name=" laptop ", now=now)
    assert text.startswith("tdm_")
    assert usable_token(text, now=now) == token
    assert token.name == "laptop"
    assert text not in {str(value) for value in vars(token).values()}
    assert len(token.shown) < len(text) / 2


def test_a_revoked_token_stops_at_once(visitor, now):
    token, text = people.create_token(user=visitor, name="laptop", now=now)
    people.revoke_token(token, now=now)
    people.revoke_token(token, now=now + timedelta(days=1))
    assert usable_token(text, now=now) is None
    assert not tokens_of(visitor).exists()
    token.refresh_from_db()
    assert token.revoked_at == now


def test_a_token_stops_when_it_expires(visitor, now):
    _, text = people.create_token(user=visitor, name="laptop", now=now, expires_at=now + timedelta(hours=1))
    assert usable_token(text, now=now + timedelta(minutes=59))
    assert usable_token(text, now=now + timedelta(hours=1)) is None


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
def test_a_token_without_a_proper_name_is_refused(visitor, now, name):
    with pytest.raises(people.InvalidTokenName):
        people.create_token(user=visitor, name=name, now=now)


def test_nobody_collects_tokens_without_end(visitor, now):
    tokens = [people.create_token(user=visitor, name="x", now=now)[0] for _ in range(people.MAX_TOKENS)]
    with pytest.raises(people.TooManyTokens):
        people.create_token(user=visitor, name="x", now=now)
    people.revoke_token(tokens[0], now=now)
    people.create_token(user=visitor, name="x", now=now)


def test_the_last_use_is_noted_at_most_once_a_minute(visitor, now, django_assert_num_queries):
    token, _ = people.create_token(user=visitor, name="laptop", now=now)
    people.note_use(token, now=now)
    token.refresh_from_db()
    assert token.last_used_at == now
    with django_assert_num_queries(0):
        people.note_use(token, now=now + timedelta(seconds=59))
    people.note_use(token, now=now + timedelta(seconds=60))
    token.refresh_from_db()
    assert token.last_used_at == now + timedelta(seconds=60)
