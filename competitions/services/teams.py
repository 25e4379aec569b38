"""Joining a contest, and accepting its rules."""

import unicodedata
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from competitions.models import Acceptance, Competition, Membership, Team, TeamMember, Terms, User
from competitions.participation import text_digest
from competitions.queries.competitions import current_terms
from competitions.queries.participation import is_over, is_registered
from competitions.queries.people import has_verified_email
from competitions.queries.teams import team_of
from competitions.services import audit, webhooks
from competitions.status import CompetitionStatus, ConsentWay, Role, WebhookEvent

MAX_NAME_CHARACTERS = 60


class JoinRefused(Exception):
    """A person cannot join; the message says why and what to do. `code` is what the API says."""

    code = "join_refused"


class NameTaken(JoinRefused):
    code = "name_taken"


class InvalidTeamName(JoinRefused):
    code = "invalid_team_name"


class TermsOutdated(JoinRefused):
    """The version accepted is not the newest."""

    code = "terms_outdated"


class EmailNotVerified(JoinRefused):
    code = "email_not_verified"


class CompetitionClosed(JoinRefused):
    code = "closed"


class IsJuror(JoinRefused):
    """Who judges does not compete."""

    code = "is_juror"


class NotRegistered(JoinRefused):
    """The contest asks something of whoever joins; services.registrations asks it."""

    code = "not_registered"


def join(
    *,
    user: User,
    competition: Competition,
    team_name: str,
    terms: Terms | None,
    now: datetime,
    way: ConsentWay = ConsentWay.PAGE,
) -> Team:
    """Make a team of one and record that the person accepts the rules. Safe twice: the second time gives the same team.

    `terms` is the version that the person read; None is right only where a contest has no rules. What else a contest
    asks is recorded by services.registrations.join, which people come through.
    """
    require_joinable(user, competition, now)
    _require_newest(competition, terms)
    try:
        with transaction.atomic():
            return _join(user, competition, team_name, terms, now, way)
    except IntegrityError:
        team = team_of(user, competition)  # two clicks at once: the other one was faster
        if team is None:
            raise _name_taken(team_name) from None
        return team


def require_joinable(user: User, competition: Competition, now: datetime) -> None:
    """Is the contest open to this person at all, whatever it asks?"""
    _require_open(competition, now)
    if not has_verified_email(user):
        raise EmailNotVerified(_("Verify your e-mail address first; the link is in the mail we sent you."))
    require_no_juror(user, competition)


def require_no_juror(user: User, competition: Competition) -> None:
    if Membership.objects.filter(competition=competition, user=user, role=Role.JUROR).exists():
        raise IsJuror(_("You are a juror of this contest; jurors do not take part in it."))


def require_registered(user: User, competition: Competition) -> None:
    if not is_registered(user, competition):
        raise NotRegistered(_("Join the contest first: it asks questions, or its organisers admit who takes part."))


def _join(
    user: User, competition: Competition, team_name: str, terms: Terms | None, now: datetime, way: ConsentWay
) -> Team:
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # at this moment they might become a juror
    require_no_juror(user, competition)
    require_registered(user, competition)
    team = team_of(user, competition) or _new_team(user, competition, clean_name(team_name), now)
    if terms is not None:
        _accept(user, terms, now, way)
    return team


def _new_team(user: User, competition: Competition, name: str, now: datetime) -> Team:
    if competition.teams.filter(name__iexact=name).exists():
        raise _name_taken(name)
    team = Team.objects.create(competition=competition, name=name, created_at=now)
    TeamMember.objects.create(team=team, competition=competition, user=user, joined_at=now, is_captain=True)
    audit.note("joined", now=now, actor=user, competition=competition, subject=f"team {team.pk}")
    webhooks.emit(competition, WebhookEvent.TEAM_JOINED, {"team": team.name}, key=f"team-{team.pk}", now=now)
    return team


def accept_terms(*, user: User, terms: Terms, now: datetime, way: ConsentWay = ConsentWay.PAGE) -> Acceptance:
    """Record that the person accepts this version, which must be the newest. Safe twice."""
    _require_newest(terms.competition, terms)
    with transaction.atomic():
        return _accept(user, terms, now, way)


def _accept(user: User, terms: Terms, now: datetime, way: ConsentWay) -> Acceptance:
    record = {"accepted_at": now, "digest": text_digest(terms.text), "way": way}
    acceptance, is_new = Acceptance.objects.get_or_create(user=user, terms=terms, defaults=record)
    if is_new:
        audit.note(
            "accepted the rules",
            now=now,
            actor=user,
            competition=terms.competition,
            subject=f"terms {terms.pk}",
            detail={"version": terms.version, "digest": acceptance.digest, "way": acceptance.way},
        )
    return acceptance


def clean_name(name: str) -> str:
    """A team name as it is stored: composed characters, single spaces, nothing invisible."""
    composed = unicodedata.normalize("NFC", " ".join(name.split()))
    if not 1 <= len(composed) <= MAX_NAME_CHARACTERS:
        limit = {"limit": MAX_NAME_CHARACTERS, "length": len(composed)}
        raise InvalidTeamName(_("A team name has 1 to %(limit)s characters; this one has %(length)s.") % limit)
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"} for character in composed):
        raise InvalidTeamName(_("A team name has visible characters only."))
    return composed


def _require_open(competition: Competition, now: datetime) -> None:
    if competition.status != CompetitionStatus.PUBLISHED:
        raise CompetitionClosed(_("This contest is not published yet."))
    if is_over(competition, now=now):
        raise CompetitionClosed(_("This contest is over; nobody can join any more."))


def _require_newest(competition: Competition, terms: Terms | None) -> None:
    newest = current_terms(competition)
    if newest == terms:
        return
    raise TermsOutdated(newest_text(newest))


def newest_text(newest: Terms | None) -> str:
    return _("Accept version “%(version)s” of the rules, the newest.") % {"version": newest.version if newest else ""}


def _name_taken(name: str) -> NameTaken:
    return NameTaken(_("Another team of this contest is called “%(name)s”; choose another name.") % {"name": name})
