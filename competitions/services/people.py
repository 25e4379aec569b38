"""Accounts made by an operator, and API tokens: made, used, revoked."""

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from competitions.models import ApiToken, User
from competitions.models.people import new_token
from competitions.services import audit

PROFILE = ("language", "time_zone", "affiliation", "country")
MAX_TOKENS = 20
USE_IS_NOTED_EVERY = timedelta(minutes=1)


class InvalidTokenName(Exception):
    """A token needs a name by which its owner can tell it from others."""


class TooManyTokens(Exception):
    """The person has as many tokens as one may have."""


@transaction.atomic
def create_verified_user(*, username: str, email: str, password: str | None) -> User:
    """An account whose address needs no mail to be believed. Without a password nobody can log in to it."""
    user = User.objects.create_user(username, email, password)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def save_profile(
    *, user: User, language: str, time_zone: str, affiliation: str | None = None, country: str | None = None
) -> User:
    """How a person wants to read the site (empty means: as the browser and the contest say), and what they say of
    themselves: `country` is ISO 3166-1 alpha-2 or empty. None leaves these as they are."""
    user.language, user.time_zone = language, time_zone
    if affiliation is not None:
        user.affiliation = " ".join(affiliation.split())
    if country is not None:
        user.country = country
    user.save(update_fields=list(PROFILE))
    return user


@transaction.atomic
def create_token(*, user: User, name: str, now: datetime, expires_at: datetime | None = None) -> tuple[ApiToken, str]:
    """A new token and its text. The text is kept nowhere: show it once."""
    name = name.strip()
    if not 1 <= len(name) <= 100:
        raise InvalidTokenName(_("Give the token a name of 1 to 100 characters."))
    if ApiToken.objects.usable(now).filter(user=user).count() >= MAX_TOKENS:
        raise TooManyTokens(_("You have %(count)s tokens; revoke one first.") % {"count": MAX_TOKENS})
    text = new_token()
    token = ApiToken.objects.create(
        user=user, name=name, created_at=now, expires_at=expires_at, **ApiToken.fields_of(text)
    )
    audit.note("token created", now=now, actor=user, subject=f"token {token.pk}")
    return token, text


@transaction.atomic
def revoke_token(token: ApiToken, *, now: datetime) -> ApiToken:
    """The token stops working at once. Safe twice."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now):
        audit.note("token revoked", now=now, actor=token.user, subject=f"token {token.pk}")
        token.revoked_at = now
    return token


def note_use(token: ApiToken, *, now: datetime) -> None:
    """Remember when the token was last used, at most once a minute: an answer must not cost a write."""
    if token.last_used_at is not None and now - token.last_used_at < USE_IS_NOTED_EVERY:
        return
    long_ago = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_IS_NOTED_EVERY)
    ApiToken.objects.filter(long_ago, pk=token.pk).update(last_used_at=now)
