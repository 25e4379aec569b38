"""Fetching what a request names, or saying why not. What a person may not see does not exist for them."""

from difflib import get_close_matches

from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from competitions.api.errors import ApiError
from competitions.models import Competition, DataRelease, Submission, Task, Team, User
from competitions.permissions import can_download
from competitions.queries.competitions import current_terms, tasks, visible_competitions
from competitions.queries.data import releases
from competitions.queries.people import Obstacle, has_verified_email, obstacle
from competitions.queries.submissions import visible_submissions
from competitions.queries.teams import team_of


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
    texts = {
        Obstacle.NOT_LOGGED_IN: _("Log in first: send “Authorization: Bearer tdm_…” with a token from your settings."),
        Obstacle.EMAIL_NOT_VERIFIED: _("Verify your e-mail address first; the link is in the mail we sent you."),
        Obstacle.NOT_JOINED: _("Join this contest first."),
        Obstacle.TERMS_NOT_ACCEPTED: _("The rules have a new version; accept it first."),
    }
    answer = ApiError(401 if hindrance == Obstacle.NOT_LOGGED_IN else 403, hindrance.value, texts[hindrance])
    if hindrance == Obstacle.NOT_LOGGED_IN:
        answer.headers = {"WWW-Authenticate": 'Bearer realm="Tidemark API"'}
    if competition is not None:
        answer.details = _way_out(hindrance, competition)
    return answer


def _way_out(hindrance: Obstacle, competition: Competition) -> dict[str, str]:
    terms = current_terms(competition)
    version = {"terms_version": terms.version} if terms else {}
    if hindrance == Obstacle.NOT_JOINED:
        return {"join_url": reverse("api:join", args=[competition.slug]), **version}
    if hindrance == Obstacle.TERMS_NOT_ACCEPTED:
        return {"terms_url": reverse("api:terms", args=[competition.slug]), **version}
    return {}
