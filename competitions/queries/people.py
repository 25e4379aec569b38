"""People: their keys, and what still stands between a person and taking part."""

from datetime import datetime
from enum import StrEnum

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db.models import QuerySet

from competitions.models import ApiToken, Competition, Registration, Team, User
from competitions.models.people import token_digest
from competitions.permissions import Visitor, has_accepted_data_terms, has_accepted_terms, is_contestant
from competitions.status import RegistrationStatus


class Obstacle(StrEnum):
    """The first thing that a person has to do before data and submissions are open to them."""

    NOT_LOGGED_IN = "not_logged_in"
    EMAIL_NOT_VERIFIED = "email_not_verified"
    NOT_JOINED = "not_joined"
    TERMS_NOT_ACCEPTED = "terms_not_accepted"
    DATA_TERMS_NOT_ACCEPTED = "data_terms_not_accepted"
    WAITING_FOR_APPROVAL = "waiting_for_approval"
    NOT_ADMITTED = "not_admitted"
    NOT_ELIGIBLE = "not_eligible"


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """A person's tokens that still work or may be shown as expired; revoked ones are gone from the list."""
    return ApiToken.objects.filter(user=user, revoked_at=None)


def usable_token(text: str, *, now: datetime) -> ApiToken | None:
    """The token that this text is, if it may be used now. Looked up by digest, so timing tells nothing of others."""
    return ApiToken.objects.usable(now).select_related("user").filter(digest=token_digest(text)).first()


def has_verified_email(user: User) -> bool:
    """Has the person answered the verification mail? A site that does not verify asks for nothing."""
    if settings.ACCOUNT_EMAIL_VERIFICATION != "mandatory":
        return True
    return bool(EmailAddress.objects.filter(user=user, verified=True).exists())


def obstacle(user: Visitor, competition: Competition) -> Obstacle | None:
    """What this person has to do next to take part in a contest that they can see; None when nothing is left."""
    if not user.is_authenticated:
        return Obstacle.NOT_LOGGED_IN
    if not has_verified_email(user):
        return Obstacle.EMAIL_NOT_VERIFIED
    asked = Registration.objects.filter(user=user, competition=competition).first()
    stopped = STOPS.get(RegistrationStatus(asked.status)) if asked else None
    if stopped is not None:
        return stopped
    if not is_contestant(user, competition):
        return Obstacle.NOT_JOINED
    if not has_accepted_terms(user, competition):
        return Obstacle.TERMS_NOT_ACCEPTED
    if not has_accepted_data_terms(user, competition):
        return Obstacle.DATA_TERMS_NOT_ACCEPTED
    return Obstacle.WAITING_FOR_APPROVAL if asked and asked.status == RegistrationStatus.WAITING else None


STOPS = {
    RegistrationStatus.REFUSED: Obstacle.NOT_ADMITTED,
    RegistrationStatus.INELIGIBLE: Obstacle.NOT_ELIGIBLE,
    RegistrationStatus.LEFT: Obstacle.NOT_JOINED,
}


def own_teams(user: User) -> QuerySet[Team]:
    """The teams that a person is in, over all contests."""
    return Team.objects.filter(members__user=user).select_related("competition")
