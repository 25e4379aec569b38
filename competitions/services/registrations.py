"""A person's way into a contest and out of it: what it asks, what they accept and consent to, and who admits them.

    join ---> approved                        (where organisers admit nobody themselves)
      |-----> waiting ---> approved | refused (a refused person may be admitted later)
      `-----> ineligible ---> waiting         (answered otherwise later: organisers look at it)
    approved, waiting ---> left ---> as before

Answers are given once per contest: whoever comes back, or joins another team, is not asked again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from competitions.localised import text_in
from competitions.models import Competition, DataTerms, Registration, Team, Terms, User
from competitions.participation import Answer, InvalidAnswer, failed_questions, questions_of, read_answers
from competitions.queries.participation import current_data_terms
from competitions.queries.teams import team_of
from competitions.services import audit, consents, team_members, teams
from competitions.services.notices import tell
from competitions.services.team_refusals import TeamRefused
from competitions.services.teams import JoinRefused
from competitions.status import ConsentWay, MailKind, RegistrationStatus


class InvalidAnswers(JoinRefused):
    """An answer is missing or impossible; `key` says which."""

    code = "invalid_answers"

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


class NotEligible(JoinRefused):
    """An answer does not let the person in."""

    code = "not_eligible"


class NotAdmitted(JoinRefused):
    """The organisers have refused."""

    code = "not_admitted"


class CannotDecide(Exception):
    """This registration is not one that can be admitted or refused now."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a person says when they join, beside the rules and the team's name."""

    answers: Mapping[str, Any] = field(default_factory=dict)
    consents: frozenset[str] = frozenset()
    data_terms: DataTerms | None = None
    way: ConsentWay = ConsentWay.PAGE


def join(
    *, user: User, competition: Competition, team_name: str, terms: Terms | None, entry: Entry, now: datetime
) -> Team:
    """Join a contest, with all that it asks. Safe twice: the second time gives the same team.

    Raises:
        JoinRefused: of the kind that says why. NotEligible is remembered; everything else leaves no trace.
    """
    teams.require_joinable(user, competition, now)
    with transaction.atomic():
        registration = _register(user, competition, entry, now)
        if registration.status != RegistrationStatus.INELIGIBLE:
            return _enter(registration, team_name, terms, entry, now)
    raise NotEligible(not_eligible_text(competition, registration.answers))


def _register(user: User, competition: Competition, entry: Entry, now: datetime) -> Registration:
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # one way in at a time
    found = Registration.objects.filter(user=user, competition=competition).first()
    if found is not None and found.status == RegistrationStatus.REFUSED:
        raise NotAdmitted(_("The organisers have not admitted you to this contest.") + " " + found.reason)
    if found is not None and found.status != RegistrationStatus.INELIGIBLE:
        return found if found.status != RegistrationStatus.LEFT else _come_back(found, now)
    if found is None and team_of(user, competition) is not None:  # joined before registrations were written down
        fields = {"status": RegistrationStatus.APPROVED, "asked_at": now, "decided_at": now}
        return Registration.objects.create(user=user, competition=competition, **fields)
    return _answer(found or Registration(user=user, competition=competition, asked_at=now), entry, now)


def _answer(registration: Registration, entry: Entry, now: datetime) -> Registration:
    competition = registration.competition
    answers = _read(competition, entry.answers)
    before = registration.answers
    is_eligible = not failed_questions(questions_of(competition.questions), answers)
    if not is_eligible:
        registration.status, registration.was_ineligible = RegistrationStatus.INELIGIBLE, True
    elif competition.needs_approval or registration.was_ineligible:
        registration.status = RegistrationStatus.WAITING
    else:
        registration.status, registration.decided_at = RegistrationStatus.APPROVED, now
    registration.answers, registration.asked_at = answers, now
    registration.save()
    if competition.questions or competition.needs_approval:
        _note("asked to take part", registration, registration.user, now, before=before or None)
    return registration


def _read(competition: Competition, given: Mapping[str, Any]) -> dict[str, Answer]:
    questions = {question.key: question for question in questions_of(competition.questions)}
    try:
        return read_answers(tuple(questions.values()), given)
    except InvalidAnswer as error:
        label = text_in(questions[error.key].label) if error.key in questions else error.key
        raise InvalidAnswers(error.key, answer_text(error.code) % {"question": label}) from None


def answer_text(code: str) -> str:
    texts = {
        "missing": _("“%(question)s” needs an answer."),
        "unknown": _("“%(question)s”: this is not one of the possible answers."),
        "too_long": _("“%(question)s”: the answer is longer than 500 characters."),
        "no_such_question": _("This contest does not ask “%(question)s”."),
    }
    return texts[code]


def not_eligible_text(competition: Competition, answers: Mapping[str, Answer]) -> str:
    failed = failed_questions(questions_of(competition.questions), answers)
    named = " / ".join(text_in(question.label) for question in failed)
    return _("With this answer you are not eligible to take part: %(questions)s") % {"questions": named}


def _come_back(registration: Registration, now: datetime) -> Registration:
    """As before: who was admitted once is; nobody is asked the same again."""
    is_admitted = registration.decided_at is not None
    registration.status = RegistrationStatus.APPROVED if is_admitted else RegistrationStatus.WAITING
    registration.save(update_fields=["status"])
    _note("came back to the contest", registration, registration.user, now)
    return registration


def _enter(registration: Registration, team_name: str, terms: Terms | None, entry: Entry, now: datetime) -> Team:
    user, competition, way = registration.user, registration.competition, entry.way
    newest = current_data_terms(competition)
    if newest is not None or entry.data_terms is not None:
        consents.require_newest(competition, entry.data_terms)
    team = teams.join(user=user, competition=competition, team_name=team_name, terms=terms, now=now, way=way)
    if newest is not None:
        consents.accept_data_terms(user=user, terms=newest, way=way, now=now)
    for key in entry.consents:
        consents.give(user=user, competition=competition, key=key, way=way, now=now)
    return team


# -- admitting --------------------------------------------------------------------------------------------------------


@transaction.atomic
def approve(registration: Registration, *, actor: User, now: datetime) -> Registration:
    """Admit a person who waits, or one who was refused. Safe twice."""
    found = _locked(registration)
    if found.status == RegistrationStatus.APPROVED:
        return found
    if found.status not in {RegistrationStatus.WAITING, RegistrationStatus.REFUSED}:
        raise CannotDecide(_("This person does not wait for an answer any more."))
    return _decide(found, RegistrationStatus.APPROVED, "", actor, now)


@transaction.atomic
def refuse(registration: Registration, *, actor: User, reason: str, now: datetime) -> Registration:
    """Refuse a person who waits; they read the reason, and their place in a team is free again. Safe twice."""
    found = _locked(registration)
    if found.status == RegistrationStatus.REFUSED:
        return found
    if found.status != RegistrationStatus.WAITING:
        raise CannotDecide(_("This person does not wait for an answer any more."))
    if not reason.strip():
        raise CannotDecide(_("Say why; the person reads it."))
    _leave_team(found.user, found.competition, now)
    consents.withdraw_all(user=found.user, competition=found.competition, now=now)
    return _decide(found, RegistrationStatus.REFUSED, reason.strip()[:500], actor, now)


def _decide(
    registration: Registration, status: RegistrationStatus, reason: str, actor: User, now: datetime
) -> Registration:
    before = registration.status
    registration.status, registration.reason = status, reason
    registration.decided_at, registration.decided_by = now, actor
    registration.save(update_fields=["status", "reason", "decided_at", "decided_by"])
    _note("registration decided", registration, actor, now, before=before, reason=reason)
    tell(
        MailKind.REGISTRATION,
        [registration.user],
        key=f"registration:{registration.pk}:{status.value}:{now.isoformat()}",
        content={"status": status.value, "reason": reason},
        now=now,
        competition=registration.competition,
    )
    return registration


def _locked(registration: Registration) -> Registration:
    rows = Registration.objects.select_for_update(of=("self",)).select_related("competition", "user")
    return rows.get(pk=registration.pk)


# -- leaving ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LeaveOutlook:
    """What would become of a person's things. `keeps_place`: the last member of a team that has submitted stays its
    member in name, so that somebody answers for what was sent; who comes back finds the same team and quota."""

    team: Team
    others: int
    submissions: int

    @property
    def keeps_place(self) -> bool:
        return not self.others and bool(self.submissions)


def leave_outlook(user: User, competition: Competition) -> LeaveOutlook | None:
    """None for a person who is in no team, or has left already."""
    team = team_of(user, competition)
    left = Registration.objects.filter(user=user, competition=competition, status=RegistrationStatus.LEFT)
    if team is None or left.exists():
        return None
    return LeaveOutlook(team, team.members.exclude(user=user).count(), team.submissions.count())


@transaction.atomic
def leave(*, user: User, competition: Competition, now: datetime) -> None:
    """Take part no longer. Submissions stay with their team, optional consents are withdrawn. Safe twice."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if leave_outlook(user, competition) is None:
        return
    fields = {"status": RegistrationStatus.APPROVED, "asked_at": now, "decided_at": now}
    registration, _is_new = Registration.objects.get_or_create(user=user, competition=competition, defaults=fields)
    before = registration.status
    _leave_team(user, competition, now)
    consents.withdraw_all(user=user, competition=competition, now=now)
    registration.status = RegistrationStatus.LEFT
    registration.save(update_fields=["status"])
    _note("left the contest", registration, user, now, before=before)


def _leave_team(user: User, competition: Competition, now: datetime) -> None:
    try:
        team_members.leave(user=user, competition=competition, now=now)
    except TeamRefused as error:
        if error.code != "last_member":
            raise


def _note(
    verb: str, registration: Registration, actor: User, now: datetime, *, before: object = None, reason: str = ""
) -> None:
    """What was answered stays in the registration: a log that nobody can change is no place for personal data."""
    audit.note(
        verb,
        now=now,
        actor=actor,
        competition=registration.competition,
        subject=f"registration {registration.pk}",
        reason=reason,
        before={"status": before} if isinstance(before, str) else None,
        after={"status": str(registration.status)},
        detail={"person": registration.user.get_username()},
    )
