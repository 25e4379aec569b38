"""Taking part: the terms of the data, leaving a contest, the organisers' queue of people who wait, and consents."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from competitions.localised import text_in
from competitions.models import Competition, Consent, DataAcceptance, DataTerms, Registration, User
from competitions.pages.access import login_needed, person, require_login
from competitions.pages.contest import Contest, find_contest, find_organised, render_contest
from competitions.pages.forms_participation import AcceptDataForm
from competitions.participation import Answer, QuestionKind, failed_questions, questions_of
from competitions.queries.account_hints import AccountHint, account_hints
from competitions.queries.participation import (
    current_data_terms,
    given_consents,
    visible_registrations,
    waiting_registrations,
)
from competitions.queries.people import Obstacle
from competitions.queries.teams import team_of
from competitions.services import consents, registrations
from competitions.services.registrations import CannotDecide
from competitions.status import ConsentWay, RegistrationStatus

LATEST = 50
MAY_ACCEPT = {None, Obstacle.DATA_TERMS_NOT_ACCEPTED, Obstacle.TERMS_NOT_ACCEPTED, Obstacle.WAITING_FOR_APPROVAL}


# -- terms of the data ------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def data_terms(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The newest terms of the data; a contestant who has not accepted this version accepts it here."""
    contest = find_contest(request, slug)
    terms = current_data_terms(contest.competition)
    if terms is None:
        raise Http404(_("The data of this contest have no terms of their own."))
    form = AcceptDataForm(request.POST or None, terms=terms)
    if request.method == "POST":
        answer = _accept(contest, terms, form)
        if answer is not None:
            return answer
    user, status = request.user, 400 if form.errors else 200
    accepted = DataAcceptance.objects.filter(user=user, terms=terms).first() if user.is_authenticated else None
    may_accept = user.is_authenticated and contest.obstacle in MAY_ACCEPT and accepted is None
    context = {"terms": terms, "form": form, "accepted": accepted, "may_accept": may_accept}
    return render_contest(contest, "pages/data_terms.html", tab="rules", status=status, **context)


def _accept(contest: Contest, terms: DataTerms, form: AcceptDataForm) -> HttpResponseBase | None:
    request = contest.request
    if not request.user.is_authenticated:
        return require_login(request)
    if contest.obstacle not in MAY_ACCEPT:
        return redirect("pages:join", contest.competition.slug)
    if not form.is_valid():
        return None
    consents.accept_data_terms(user=person(request), terms=terms, way=ConsentWay.PAGE, now=contest.now)
    text = _("You accepted version %(version)s of the data terms.")
    messages.success(request, text % {"version": terms.version})
    return redirect("pages:data", contest.competition.slug)


# -- leaving ----------------------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_needed
def leave(request: HttpRequest, slug: str) -> HttpResponseBase:
    """What would become of team and submissions, and then the leaving itself."""
    contest, user = find_contest(request, slug), person(request)
    ahead = registrations.leave_outlook(user, contest.competition)
    if ahead is None:
        raise Http404(_("You do not take part in this contest."))
    if request.method == "POST" and request.POST.get("sure"):
        registrations.leave(user=user, competition=contest.competition, now=contest.now)
        messages.success(request, _("You have left the contest."))
        return redirect("pages:competition", slug)
    if request.method == "POST":
        messages.warning(request, _("Nothing was done: tick the box to confirm."))
    given = given_consents(user).filter(competition=contest.competition)
    return render_contest(contest, "pages/leave.html", tab="", ahead=ahead, consents=given)


# -- the organisers' queue --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AnswerRow:
    question: str
    answer: str
    is_wrong: bool
    is_personal: bool


@dataclass(frozen=True, slots=True)
class RegistrationRow:
    registration: Registration
    team: str
    answers: tuple[AnswerRow, ...]
    hints: tuple[AccountHint, ...]


@never_cache
@require_safe
@login_needed
def registration_queue(request: HttpRequest, slug: str) -> HttpResponse:
    """Who waits, with what they answered; and what was decided last."""
    contest = find_organised(request, slug)
    competition, hints = contest.competition, account_hints(contest.competition)
    known = visible_registrations(request.user).filter(competition=competition).select_related("user", "decided_by")
    decided = known.exclude(status=RegistrationStatus.WAITING).order_by("-decided_at", "-pk")
    waiting = waiting_registrations(competition)
    return render_contest(
        contest,
        "pages/registrations.html",
        tab="organiser",
        waiting=[_row(one, hints) for one in waiting[:LATEST]],
        waiting_count=waiting.count(),
        decided=[_row(one, hints) for one in decided[:LATEST]],
    )


def _row(registration: Registration, hints: list[AccountHint]) -> RegistrationRow:
    team = team_of(registration.user, registration.competition)
    name = registration.user.get_username()
    about = tuple(hint for hint in hints if name in hint.people)
    return RegistrationRow(registration, team.name if team else "", answer_rows(registration), about)


def answer_rows(registration: Registration) -> tuple[AnswerRow, ...]:
    questions = questions_of(registration.competition.questions)
    failed = {one.key for one in failed_questions(questions, registration.answers)} if registration.answers else set()
    rows = []
    for question in questions:
        labels = {option.key: text_in(option.label) for option in question.options}
        shown = _shown(registration.answers.get(question.key), labels, question.kind)
        rows.append(AnswerRow(text_in(question.label), shown, question.key in failed, question.is_personal))
    return tuple(rows)


def _shown(answer: Answer | None, labels: dict[str, str], kind: QuestionKind) -> str:
    if answer is None:
        return "–"
    if kind == QuestionKind.YES_NO:
        return _("yes") if answer else _("no")
    return labels.get(str(answer), str(answer))


@require_POST
@login_needed
def registration(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """approve, or refuse with the reason."""
    contest = find_organised(request, slug)
    known = visible_registrations(request.user).filter(competition=contest.competition).select_related("user")
    found, actor = get_object_or_404(known, pk=number), person(request)
    name = {"name": found.user.get_username()}
    try:
        if request.POST.get("act") == "approve":
            registrations.approve(found, actor=actor, now=contest.now)
            messages.success(request, _("“%(name)s” is admitted and is told so.") % name)
        else:
            reason = request.POST.get("reason", "")[:500]
            registrations.refuse(found, actor=actor, reason=reason, now=contest.now)
            messages.success(request, _("“%(name)s” is not admitted and is told why.") % name)
    except CannotDecide as error:
        messages.warning(request, str(error))
    return redirect("pages:registrations", slug)


# -- the own consents -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """An optional consent of a contest that a person takes part in; `given` is None while it is not given."""

    competition: Competition
    key: str
    label: dict[str, str]
    given: Consent | None


def consent_rows(user: User) -> list[ConsentRow]:
    given = {(one.competition_id, one.key): one for one in given_consents(user)}
    joined = Competition.objects.filter(team_members__user=user).order_by("-pk")
    return [
        ConsentRow(contest, said["key"], said["label"], _same_words(given.get((contest.pk, said["key"])), said))
        for contest in joined
        for said in contest.consents
    ]


def _same_words(consent: Consent | None, said: dict[str, dict[str, str]]) -> Consent | None:
    return consent if consent is not None and consent.text == said["label"] else None


@require_POST
@login_needed
def consent(request: HttpRequest) -> HttpResponseBase:
    """Give a consent, or take it back."""
    user, now = person(request), timezone.now()
    joined = Competition.objects.filter(team_members__user=user)
    competition = get_object_or_404(joined, slug=request.POST.get("contest", ""))
    key = request.POST.get("key", "")[:40]
    if request.POST.get("act") == "give":
        if key not in {said["key"] for said in competition.consents}:
            raise Http404(_("This contest asks for no such consent."))
        consents.give(user=user, competition=competition, key=key, way=ConsentWay.PAGE, now=now)
        messages.success(request, _("You gave the consent."))
    else:
        consents.withdraw(user=user, competition=competition, key=key, now=now)
        messages.success(request, _("The consent is withdrawn."))
    return redirect(f"{reverse('pages:me')}#consents")
