"""The list of contests, a contest's overview, its pages, its rules and joining it."""

import itertools
from dataclasses import dataclass
from datetime import datetime
from math import inf

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from competitions.models import Acceptance, Competition, Phase, Team, Terms
from competitions.pages.access import person, require_login
from competitions.pages.calendars import calendar
from competitions.pages.code_contracts import code_text
from competitions.pages.contest import Contest, find_contest, phase_of_list, render_contest
from competitions.pages.forms import AcceptForm
from competitions.pages.forms_participation import QUESTION, EntryForm
from competitions.permissions import can_host
from competitions.queries.announcements import latest_announcements
from competitions.queries.changes import change_log
from competitions.queries.competitions import current_terms, listed_competitions, page, tasks
from competitions.queries.leaderboards import board_page, visible_boards
from competitions.queries.participation import current_data_terms, registration_of
from competitions.queries.people import Obstacle
from competitions.queries.sponsors import sponsors
from competitions.services import registrations, teams
from competitions.services.registrations import Entry, InvalidAnswers
from competitions.services.teams import JoinRefused
from competitions.status import BoardKind, CompetitionStatus, PhaseState, RegistrationStatus

FILTERS = ("all", "joined", "open")
TOP_ROWS = 5
MAY_ACCEPT = {
    None,
    Obstacle.TERMS_NOT_ACCEPTED,
    Obstacle.DATA_TERMS_NOT_ACCEPTED,
    Obstacle.WAITING_FOR_APPROVAL,
}


@dataclass(frozen=True, slots=True)
class Card:
    """A contest in the list."""

    competition: Competition
    phase: Phase | None
    state: PhaseState
    is_joined: bool

    @property
    def is_draft(self) -> bool:
        return self.competition.status == CompetitionStatus.DRAFT


@require_safe
def competition_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    wanted = request.GET.get("show", "")
    wanted = wanted if wanted in FILTERS else FILTERS[0]
    cards = [card for card in _cards(request, now) if _is_wanted(card, wanted)]
    context = {"cards": sorted(cards, key=_urgency), "show": wanted, "now": now, "may_host": can_host(request.user)}
    return render(request, "pages/competitions.html", context)


def _urgency(card: Card) -> tuple[int, float, int]:
    """Open contests first, the one that ends next on top; then those to come; then the most recently closed."""
    starts = card.phase.starts_at.timestamp() if card.phase else inf
    ends = card.phase.ends_at.timestamp() if card.phase and card.phase.ends_at else inf
    order = {PhaseState.OPEN: (0, ends), PhaseState.UPCOMING: (1, starts), PhaseState.CLOSED: (2, -ends)}
    return (*order[card.state], card.competition.pk)


def _cards(request: HttpRequest, now: datetime) -> list[Card]:
    joined = set[int]()
    if request.user.is_authenticated:
        joined = set(request.user.team_memberships.values_list("competition", flat=True))
    cards = []
    for competition in listed_competitions(request.user).prefetch_related("phases"):
        phase = phase_of_list(competition.phases.all(), now)
        state = phase.state(now) if phase else PhaseState.UPCOMING
        cards.append(Card(competition, phase, state, competition.pk in joined))
    return cards


def _is_wanted(card: Card, wanted: str) -> bool:
    if wanted == "joined":
        return card.is_joined
    return wanted == "all" or card.state == PhaseState.OPEN


@require_safe
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    contest = find_contest(request, slug)
    return render_contest(
        contest,
        "pages/overview.html",
        tab="overview",
        page=page(contest.competition, "overview"),
        tasks=[(task, code_text(task)) for task in tasks(contest.competition)],
        top=_top_rows(contest),
        announcements=latest_announcements(request.user, contest.competition),
        sponsors=list(sponsors(contest.competition)),
        has_changes=change_log(contest.competition).exists(),
    )


def _top_rows(contest: Contest) -> object:
    boards = visible_boards(contest.request.user, contest.competition, now=contest.now)
    board = boards.filter(phase=contest.phase, kind=BoardKind.PUBLIC).first()
    return board_page(board, size=TOP_ROWS) if board else None


@require_safe
def organisers_page(request: HttpRequest, slug: str, key: str) -> HttpResponseBase:
    contest = find_contest(request, slug)
    if key == "overview":
        return redirect("pages:competition", slug)
    found = page(contest.competition, key)
    if found is None:
        raise Http404(_("This contest has no page “%(key)s”.") % {"key": key})
    return render_contest(contest, "pages/page.html", tab=f"page-{key}", page=found)


@require_safe
def deadlines(request: HttpRequest, slug: str) -> HttpResponse:
    """The phases as an iCalendar file."""
    contest = find_contest(request, slug)
    address = request.build_absolute_uri(f"/competitions/{slug}/")
    text = calendar(contest.competition, contest.phases, address=address, now=contest.now)
    return HttpResponse(
        text,
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{slug}.ics"'},
    )


# -- rules and joining ------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The newest rules; a contestant who has not accepted this version accepts it here."""
    contest = find_contest(request, slug)
    terms = current_terms(contest.competition)
    form = AcceptForm(request.POST or None, terms=terms)
    if request.method == "POST" and terms is not None:
        answer = _accept(contest, terms, form)
        if answer is not None:
            return answer
    status = 400 if form.errors else 200
    return render_contest(
        contest,
        "pages/rules.html",
        tab="rules",
        status=status,
        data_terms=current_data_terms(contest.competition),
        terms=terms,
        form=form,
        accepted=_acceptance(contest, terms),
        next=request.GET.get("next", ""),
    )


def _accept(contest: Contest, terms: Terms, form: AcceptForm) -> HttpResponseBase | None:
    request = contest.request
    if not request.user.is_authenticated:
        return require_login(request)
    if contest.obstacle not in MAY_ACCEPT:
        return redirect("pages:join", contest.competition.slug)
    if not form.is_valid():
        return None
    teams.accept_terms(user=person(request), terms=terms, now=contest.now)
    messages.success(request, _("You accepted version %(version)s of the rules.") % {"version": terms.version})
    return redirect("pages:data", contest.competition.slug)


def _acceptance(contest: Contest, terms: Terms | None) -> Acceptance | None:
    user = contest.request.user
    if terms is None or not user.is_authenticated:
        return None
    return Acceptance.objects.filter(user=user, terms=terms).first()


@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Team name, questions, rules, terms of the data and consents in one form."""
    contest = find_contest(request, slug)
    if contest.obstacle == Obstacle.NOT_LOGGED_IN:
        return require_login(request)
    if contest.obstacle is None:
        return redirect("pages:submissions", slug)
    if contest.obstacle == Obstacle.TERMS_NOT_ACCEPTED:
        return redirect("pages:rules", slug)
    if contest.obstacle == Obstacle.DATA_TERMS_NOT_ACCEPTED:
        return redirect("pages:data_terms", slug)
    terms, data_terms = current_terms(contest.competition), current_data_terms(contest.competition)
    form = EntryForm(
        request.POST or None,
        competition=contest.competition,
        terms=terms,
        data_terms=data_terms,
        asks=_asks(contest),
        initial={"team_name": contest.team.name if contest.team else _free_name(contest)},
    )
    if request.method == "POST" and form.is_valid() and _try_to_join(contest, terms, form):
        return redirect("pages:data", slug)
    status = 400 if form.errors else 200
    context = {"terms": terms, "data_terms": data_terms, "form": form, "can_join": contest.obstacle in MAY_JOIN}
    return render_contest(contest, "pages/join.html", tab="", status=status, **context)


MAY_JOIN = {Obstacle.NOT_JOINED, Obstacle.NOT_ELIGIBLE}


def _asks(contest: Contest) -> bool:
    """Questions are answered once per contest: whoever comes back is not asked again."""
    known = registration_of(contest.request.user, contest.competition)
    return known is None or known.status == RegistrationStatus.INELIGIBLE


def _try_to_join(contest: Contest, terms: Terms | None, form: EntryForm) -> bool:
    entry = Entry(form.answers, form.given_consents, form.data_terms)
    user, competition, name = person(contest.request), contest.competition, form.cleaned_data["team_name"]
    try:
        team = registrations.join(
            user=user, competition=competition, team_name=name, terms=terms, entry=entry, now=contest.now
        )
    except InvalidAnswers as error:
        field = QUESTION + error.key
        form.add_error(field if field in form.fields else None, str(error))
        return False
    except JoinRefused as error:
        field = "team_name" if isinstance(error, teams.NameTaken | teams.InvalidTeamName) else ""
        form.add_error(field or None, str(error))
        return False
    _welcome(contest, team)
    return True


def _welcome(contest: Contest, team: Team) -> None:
    known = registration_of(contest.request.user, contest.competition)
    if known is not None and known.status == RegistrationStatus.WAITING:
        text = _("Received. The organisers look at who takes part; you are told when they have decided.")
        messages.success(contest.request, text)
        return
    text = _("Welcome aboard: you take part as “%(team)s”. Next, fetch the data.")
    messages.success(contest.request, text % {"team": team.name})


def _free_name(contest: Contest) -> str:
    """The person's own name, or with a number where a team has it already."""
    name = person(contest.request).get_username()
    candidates = itertools.chain([name], (f"{name} {number}" for number in range(2, 100)))
    taken = {team.lower() for team in contest.competition.teams.values_list("name", flat=True)}
    return next((one for one in candidates if one.lower() not in taken), "")
