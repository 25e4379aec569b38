"""Who may take part in a contest: data terms, registrations, consents."""

from datetime import datetime

from django.db.models import QuerySet

from competitions.models import Competition, Consent, DataTerms, Registration, User
from competitions.permissions import Visitor, is_operator
from competitions.queries.competitions import organised_competitions
from competitions.status import PhaseState, RegistrationStatus


def current_data_terms(competition: Competition) -> DataTerms | None:
    return competition.data_terms.last()


def registration_of(user: Visitor, competition: Competition) -> Registration | None:
    if not user.is_authenticated:
        return None
    return Registration.objects.filter(user=user, competition=competition).first()


def is_registered(user: Visitor, competition: Competition) -> bool:
    """Has the person answered what the contest asks? One that asks nothing needs no answer."""
    asks = competition.needs_approval or bool(competition.questions)
    return not asks or registration_of(user, competition) is not None


def visible_registrations(user: Visitor) -> QuerySet[Registration]:
    """The set of can_see_registration."""
    if is_operator(user):
        return Registration.objects.all()
    if not user.is_authenticated:
        return Registration.objects.none()
    organised = Registration.objects.filter(competition__in=organised_competitions(user))
    return organised | Registration.objects.filter(user=user)


def waiting_registrations(competition: Competition) -> QuerySet[Registration]:
    """In the order in which people asked."""
    return competition.registrations.filter(status=RegistrationStatus.WAITING).select_related("user")


def given_consents(user: User) -> QuerySet[Consent]:
    return Consent.objects.filter(user=user, withdrawn_at=None).select_related("competition")


def has_consented(user: User, competition: Competition, key: str) -> bool:
    """Has this person given the consent, as its text is now, and not taken it back?"""
    said = next((one for one in competition.consents if one["key"] == key), None)
    if said is None:
        return False
    given = Consent.objects.filter(user=user, competition=competition, key=key, withdrawn_at=None)
    return any(one.text == said["label"] for one in given)


def is_over(competition: Competition, *, now: datetime) -> bool:
    """Nobody can join any more."""
    return all(phase.state(now) == PhaseState.CLOSED for phase in competition.phases.all())
