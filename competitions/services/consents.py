"""Accepting the terms of the data, and optional consents: given, and taken back at any time. Each leaves a record of
who, what text, when and how."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from competitions.models import Competition, Consent, DataAcceptance, DataTerms, User
from competitions.participation import text_digest
from competitions.queries.participation import current_data_terms
from competitions.services import audit
from competitions.services.teams import JoinRefused
from competitions.status import ConsentWay


class DataTermsOutdated(JoinRefused):
    """The version accepted is not the newest."""

    code = "data_terms_outdated"


class NoSuchConsent(JoinRefused):
    """The contest asks for no such consent."""

    code = "no_such_consent"


def require_newest(competition: Competition, terms: DataTerms | None) -> None:
    newest = current_data_terms(competition)
    if newest != terms:
        raise DataTermsOutdated(newest_text(newest))


def newest_text(newest: DataTerms | None) -> str:
    text = _("Accept version “%(version)s” of the data terms, the newest.")
    return text % {"version": newest.version if newest else ""}


@transaction.atomic
def accept_data_terms(*, user: User, terms: DataTerms, way: ConsentWay, now: datetime) -> DataAcceptance:
    """Record that the person accepts this version, which must be the newest. Safe twice."""
    require_newest(terms.competition, terms)
    record = {"accepted_at": now, "digest": text_digest(terms.text), "way": way}
    acceptance, is_new = DataAcceptance.objects.get_or_create(user=user, terms=terms, defaults=record)
    if is_new:
        audit.note(
            "accepted the data terms",
            now=now,
            actor=user,
            competition=terms.competition,
            subject=f"data terms {terms.pk}",
            detail={"version": terms.version, "digest": acceptance.digest, "way": acceptance.way},
        )
    return acceptance


def give(*, user: User, competition: Competition, key: str, way: ConsentWay, now: datetime) -> Consent:
    """Consent to the text as it is now. Safe twice."""
    said = next((one for one in competition.consents if one["key"] == key), None)
    if said is None:
        raise NoSuchConsent(_("This contest asks for no consent “%(key)s”.") % {"key": key[:40]})
    try:
        with transaction.atomic():
            return _give(user, competition, key, said["label"], way, now)
    except IntegrityError:  # two clicks at once: the other one was faster
        return Consent.objects.get(user=user, competition=competition, key=key, withdrawn_at=None)


def _give(
    user: User, competition: Competition, key: str, text: dict[str, str], way: ConsentWay, now: datetime
) -> Consent:
    earlier = Consent.objects.filter(user=user, competition=competition, key=key, withdrawn_at=None).first()
    if earlier is not None and earlier.text == text:
        return earlier
    if earlier is not None:
        withdraw(user=user, competition=competition, key=key, now=now)  # it was for other words
    consent = Consent.objects.create(
        user=user, competition=competition, key=key, text=text, digest=text_digest(text), given_at=now, way=way
    )
    _note("consent given", consent, now)
    return consent


@transaction.atomic
def withdraw(*, user: User, competition: Competition, key: str, now: datetime) -> None:
    """From now on; what was done under it before was allowed. Safe twice."""
    for consent in Consent.objects.filter(user=user, competition=competition, key=key, withdrawn_at=None):
        if Consent.objects.filter(pk=consent.pk, withdrawn_at=None).update(withdrawn_at=now):
            _note("consent withdrawn", consent, now)


def withdraw_all(*, user: User, competition: Competition, now: datetime) -> None:
    for key in set(Consent.objects.filter(user=user, competition=competition).values_list("key", flat=True)):
        withdraw(user=user, competition=competition, key=key, now=now)


def _note(verb: str, consent: Consent, now: datetime) -> None:
    detail = {"key": consent.key, "digest": consent.digest, "way": consent.way}
    audit.note(
        verb,
        now=now,
        actor=consent.user,
        competition=consent.competition,
        subject=f"consent {consent.pk}",
        detail=detail,
    )
