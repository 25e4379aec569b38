"""Fetching what a request names, or saying why not. What a person may not see does not exist for them."""

from difflib import get_close_matches

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request

from competitions.api.errors import ApiError
from competitions.models import Competition, DataRelease, Submission, Task, Team, User
from competitions.permissions import can_download
from competitions.queries.competitions import current_terms, tasks, visible_competitions
from competitions.queries.data import releases
from competitions.queries.participation import current_data_terms, is_over
from competitions.queries.people import Obstacle, has_verified_email, obstacle
from competitions.queries.submissions import visible_submissions
from competitions.queries.teams import team_of
from competitions.services.registrations import InvalidAnswers
from competitions.services.teams import JoinRefused


def person(request: Request) -> User:
    """Who is logged in, or 401."""
    if not isinstance(request.user, User):
        raise _obstructed(Obstacle.NOT_LOGGED_IN, None)
    return request.user


def competition_of(request: Request, slug: str) -> Competition:
    competition = visible_competitions(request.user).filter(slug=slug).first()
    if competition is not None:
        return competition
    slugs = visible_competitions(request.user).values_list("slug", flat=True)
    raise _no_such(_("There is no contest “%(name)s”."), slug, list(slugs))


def task_of(competition: Competition, key: str) -> Task:
    found = {task.key: task for task in tasks(competition)}
    if key not in found:
        raise _no_such(_("There is no task “%(name)s” in this contest."), key, list(found))
    return found[key]


def release_of(competition: Competition, version: str) -> DataRelease:
    found = {release.version: release for release in releases(competition)}
    if version not in found:
        raise _no_such(_("There is no data release “%(name)s” in this contest."), version, list(found))
    return found[version]


def submission_of(request: Request, number: int) -> Submission:
    person(request)
    submissions = visible_submissions(request.user).select_related("team__competition", "phase", "task", "blob", "user")
    submission = submissions.filter(pk=number).first()
    if submission is None:
        raise ApiError(404, "not_found", _("You have no submission #%(number)s.") % {"number": number})
    return submission


def require_taking_part(request: Request, competition: Competition) -> User:
    """Joined, rules accepted, address verified; else 401 or 403 that says which."""
    hindrance = obstacle(request.user, competition)
    if hindrance is not None:
        raise _obstructed(hindrance, competition)
    return person(request)


def team_in(request: Request, competition: Competition) -> Team:
    """This person's team, or 401 or 403 that says what is missing. The rules need not be accepted to look back."""
    team = team_of(request.user, competition)
    if team is None:
        raise _obstructed(obstacle(request.user, competition) or Obstacle.NOT_JOINED, competition)
    return team


def require_download(request: Request, competition: Competition) -> None:
    if not can_download(request.user, competition):
        require_taking_part(request, competition)
        raise ApiError(403, "forbidden", _("You may not download the data of this contest."))


def refused_to_join(error: JoinRefused, competition: Competition) -> ApiError:
    """What a service refused, with the code that it has and the page that mends it."""
    mended = {
        "not_admitted": Obstacle.NOT_ADMITTED,
        "not_eligible": Obstacle.NOT_ELIGIBLE,
        "not_registered": Obstacle.NOT_JOINED,
        "terms_outdated": Obstacle.TERMS_NOT_ACCEPTED,
        "data_terms_outdated": Obstacle.DATA_TERMS_NOT_ACCEPTED,
        "email_not_verified": Obstacle.EMAIL_NOT_VERIFIED,
        "invalid_answers": Obstacle.NOT_JOINED,
    }
    status = {"name_taken": 409, "terms_outdated": 409, "data_terms_outdated": 409, "is_juror": 409}
    unreadable = {"invalid_team_name", "invalid_answers", "no_such_consent"}
    hindrance = mended.get(error.code)
    details: dict[str, object] = dict(_way_out(hindrance, competition)) if hindrance else {}
    if error.code in {"closed", "is_juror"}:
        details["page"] = reverse("pages:competition", args=[competition.slug])
    if isinstance(error, InvalidAnswers):
        details["question"] = error.key
    return ApiError(422 if error.code in unreadable else status.get(error.code, 403), error.code, str(error), **details)


def require_verified(request: Request) -> User:
    user = person(request)
    if not has_verified_email(user):
        raise _obstructed(Obstacle.EMAIL_NOT_VERIFIED, None)
    return user


def _no_such(text: str, name: str, known: list[str]) -> ApiError:
    """404, with the nearest name among those that this person may see."""
    near = get_close_matches(name, known, n=1)
    hint = " " + _("Did you mean “%(name)s”?") % {"name": near[0]} if near else ""
    details = {"did_you_mean": near[0]} if near else {}
    return ApiError(404, "not_found", text % {"name": name[:80]} + hint, **details)


def _obstructed(hindrance: Obstacle, competition: Competition | None) -> ApiError:
    """Which of them it is, and the page that mends it."""
    if hindrance == Obstacle.NOT_JOINED and competition is not None and is_over(competition, now=timezone.now()):
        page = reverse("pages:competition", args=[competition.slug])
        return ApiError(403, "closed", _("This contest is over; nobody can join any more."), page=page)
    answer = ApiError(
        401 if hindrance == Obstacle.NOT_LOGGED_IN else 403, hindrance.value, _text(hindrance, competition)
    )
    if hindrance == Obstacle.NOT_LOGGED_IN:
        answer.headers = {"WWW-Authenticate": 'Bearer realm="Tidemark API"'}
    answer.details = _way_out(hindrance, competition)
    return answer


def _text(hindrance: Obstacle, competition: Competition | None) -> str:
    rules, data = _versions(competition) if competition else ("", "")
    texts = {
        Obstacle.NOT_LOGGED_IN: _("Log in first: send “Authorization: Bearer tdm_…” with a token from your settings."),
        Obstacle.EMAIL_NOT_VERIFIED: _("Verify your e-mail address first; the link is in the mail we sent you."),
        Obstacle.NOT_JOINED: _("Join this contest first."),
        Obstacle.TERMS_NOT_ACCEPTED: _("Version “%(version)s” of the rules is not accepted yet; accept it first.")
        % {"version": rules},
        Obstacle.DATA_TERMS_NOT_ACCEPTED: _(
            "Version “%(version)s” of the data terms is not accepted yet; accept it first."
        )
        % {"version": data},
        Obstacle.WAITING_FOR_APPROVAL: _("You have joined; the organisers have not admitted you yet."),
        Obstacle.NOT_ADMITTED: _("The organisers have not admitted you to this contest."),
        Obstacle.NOT_ELIGIBLE: _("With what you answered you are not eligible to take part."),
    }
    return texts[hindrance]


def _versions(competition: Competition) -> tuple[str, str]:
    rules, data = current_terms(competition), current_data_terms(competition)
    return rules.version if rules else "", data.version if data else ""


PAGES = {
    Obstacle.NOT_JOINED: "pages:join",
    Obstacle.TERMS_NOT_ACCEPTED: "pages:rules",
    Obstacle.DATA_TERMS_NOT_ACCEPTED: "pages:data_terms",
    Obstacle.WAITING_FOR_APPROVAL: "pages:competition",
    Obstacle.NOT_ADMITTED: "pages:competition",
    Obstacle.NOT_ELIGIBLE: "pages:join",
}


def _way_out(hindrance: Obstacle, competition: Competition | None) -> dict[str, str]:
    """Paths on this site: `page` for people, the rest for programs."""
    if competition is None or hindrance not in PAGES:
        return {"page": reverse("account_email")} if hindrance == Obstacle.EMAIL_NOT_VERIFIED else {}
    slug, (rules, data) = [competition.slug], _versions(competition)
    found = {"page": reverse(PAGES[hindrance], args=slug)}
    if hindrance in {Obstacle.NOT_JOINED, Obstacle.NOT_ELIGIBLE}:
        found |= {"join_url": reverse("api:join", args=slug), "terms_version": rules, "data_terms_version": data}
    if hindrance == Obstacle.TERMS_NOT_ACCEPTED:
        found |= {"terms_url": reverse("api:terms", args=slug), "terms_version": rules}
    if hindrance == Obstacle.DATA_TERMS_NOT_ACCEPTED:
        found |= {"data_terms_url": reverse("api:data_terms", args=slug), "data_terms_version": data}
    return {key: value for key, value in found.items() if value}
